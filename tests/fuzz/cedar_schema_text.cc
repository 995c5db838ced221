// A schema that is read becomes JSON and text again, each the same every time it goes round, and
// all of them resolve or none does.
#include <cstdlib>

#include "base/bytes.h"
#include "cedar/schema/schema.h"
#include "cedar/schema/schema_json.h"
#include "cedar/schema/schema_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ward;
  const auto fragment = cedar::parse_schema_text(as_text({data, size}), "fuzz");
  if (!fragment.ok()) return 0;
  const auto text = cedar::schema_to_text(*fragment);
  const auto json = cedar::schema_to_json(*fragment);
  if (!text.ok() || !json.ok()) std::abort();
  const auto from_text = cedar::parse_schema_text(*text);
  const auto from_json = cedar::schema_from_json(*json);
  if (!from_text.ok() || !from_json.ok()) std::abort();
  const auto json_again = cedar::schema_to_json(*from_text);
  const auto text_again = cedar::schema_to_text(*from_json);
  if (!json_again.ok() || !text_again.ok()) std::abort();
  if (!(*json_again == *json) || *text_again != *text) std::abort();
  const bool resolves = cedar::Schema::resolve({&*fragment, 1}).ok();
  if (cedar::Schema::resolve({&*from_text, 1}).ok() != resolves) std::abort();
  if (cedar::Schema::resolve({&*from_json, 1}).ok() != resolves) std::abort();
  return 0;
}
