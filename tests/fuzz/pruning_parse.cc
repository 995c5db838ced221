// A statement of pruning that is read, signed as it stands, has one spelling.
#include <cstddef>
#include <cstdint>

#include "evidence/pruning.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ward;
  using namespace ward::evidence;
  static const NoteSigner signer =
      NoteSigner::make("example.org/log", NoteKeyType::kEd25519,
                       crypto::PrivateKey::from_ed25519(SecretBytes(Bytes(32, 1))).value())
          .value();
  static const std::vector keys{signer.verifier()};
  const auto text = as_text({data, size});
  const std::string note = assemble_note(text, signer.sign(text, {}).value());
  if (const auto pruning = open_pruning(note, keys); pruning.ok()) {
    WARD_CHECK(sign_pruning(*pruning, signer).value() == note);
  }
  return 0;
}
