// A proof that is read has one spelling.
#include "evidence/tlog_proof.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ward::evidence;
  const auto text = ward::as_text({data, size});
  if (const auto proof = parse_tlog_proof(text); proof.ok()) {
    WARD_CHECK(tlog_proof_text(*proof) == text);
    WARD_CHECK(
        !verify_inclusion(leaf_hash({}), proof->index, {proof->index, empty_root()}, proof->hashes)
             .ok());
  }
  return 0;
}
