// What parses is written and read back to an equal value and to the same text.
#include <cstdlib>

#include "base/bytes.h"
#include "codec/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ward;
  const auto json = codec::parse_json(as_text({data, size}));
  if (!json.ok()) return 0;
  const std::string text = codec::write_json(*json);
  const auto again = codec::parse_json(text);
  if (!again.ok() || !(*again == *json) || codec::write_json(*again) != text) std::abort();
  const auto pretty = codec::parse_json(codec::write_json_pretty(*json), {.max_bytes = SIZE_MAX});
  if (!pretty.ok() || !(*pretty == *json)) std::abort();
  return 0;
}
