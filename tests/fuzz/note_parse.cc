// A note that is read and put together again is the same bytes.
#include "evidence/note.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ward::evidence;
  const auto text = ward::as_text({data, size});
  if (const auto note = parse_note(text); note.ok()) {
    std::string lines;
    for (const NoteSignature& signature : note->signatures) lines += signature_line(signature);
    WARD_CHECK(assemble_note(note->text, lines) == text);
  }
  (void)parse_verifier_keys(text).ok();
  return 0;
}
