// What base64 and base64url decode encodes to the same text again.
#include <cstdlib>

#include "codec/base64.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ward;
  const std::string_view text = as_text({data, size});
  if (const auto bytes = codec::decode_base64(text); bytes.ok()) {
    if (codec::encode_base64(*bytes) != text) std::abort();
  }
  if (const auto bytes = codec::decode_base64url(text); bytes.ok()) {
    if (codec::encode_base64url(*bytes) != text) std::abort();
  }
  return 0;
}
