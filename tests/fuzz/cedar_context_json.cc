// Contexts that are read are written and read again as the same values.
#include <cstdlib>

#include "base/bytes.h"
#include "cedar/entity/value_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ward;
  const auto context = cedar::parse_context(as_text({data, size}));
  if (!context.ok()) return 0;
  const auto json = cedar::value_to_json(cedar::Value(*context));
  if (!json.ok()) std::abort();
  // The explicit forms may be longer and deeper than what was read.
  const auto again = codec::parse_json(
      codec::write_json(*json), {.max_bytes = SIZE_MAX, .max_depth = 512, .max_values = SIZE_MAX});
  if (!again.ok()) std::abort();
  const auto value = cedar::value_from_json(*again);
  if (!value.ok() || !(*value == cedar::Value(*context))) std::abort();
  return 0;
}
