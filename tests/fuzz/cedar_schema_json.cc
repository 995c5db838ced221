// A schema that is read is written as the same JSON every time and, if text can say it, as the same
// text; all of them resolve or none does.
#include <cstdlib>

#include "base/bytes.h"
#include "cedar/schema/schema.h"
#include "cedar/schema/schema_json.h"
#include "cedar/schema/schema_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ward;
  const auto fragment = cedar::parse_schema_json(as_text({data, size}), "fuzz");
  if (!fragment.ok()) return 0;
  const auto json = cedar::schema_to_json(*fragment);
  if (!json.ok()) std::abort();
  const auto again = cedar::schema_from_json(*json);
  if (!again.ok()) std::abort();
  const auto json_again = cedar::schema_to_json(*again);
  if (!json_again.ok() || !(*json_again == *json)) std::abort();
  const bool resolves = cedar::Schema::resolve({&*fragment, 1}).ok();
  if (cedar::Schema::resolve({&*again, 1}).ok() != resolves) std::abort();
  const auto text = cedar::schema_to_text(*fragment);
  if (!text.ok()) return 0;
  const auto from_text = cedar::parse_schema_text(*text);
  if (!from_text.ok()) std::abort();
  const auto text_again = cedar::schema_to_text(*from_text);
  if (!text_again.ok() || *text_again != *text) std::abort();
  if (cedar::Schema::resolve({&*from_text, 1}).ok() != resolves) std::abort();
  return 0;
}
