// A request that is read has one spelling.
#include "evidence/witness.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ward::evidence;
  const auto text = ward::as_text({data, size});
  if (const auto request = parse_witness_request(text); request.ok()) {
    WARD_CHECK(witness_request_text(*request) == text);
  }
  return 0;
}
