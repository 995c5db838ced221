// Policies that are formatted parse to the same trees, and formatting again changes nothing. The
// first byte chooses the width.
#include <cstdlib>

#include "base/bytes.h"
#include "cedar/format/formatter.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ward;
  if (size == 0) return 0;
  const cedar::FormatOptions options{.line_width = data[0], .indent_width = data[0] % 5u};
  const std::string_view text = as_text({data + 1, size - 1});
  const auto before = cedar::parse_policy_trees(text);
  const auto once = cedar::format_policies(text, "fuzz", options);
  if (!before.ok()) {
    if (once.ok()) std::abort();
    return 0;
  }
  if (!once.ok()) std::abort();
  const auto after = cedar::parse_policy_trees(*once);
  if (!after.ok() || after->size() != before->size()) std::abort();
  for (std::size_t i = 0; i < before->size(); ++i) {
    if (!cedar::same_policy(*(*before)[i], *(*after)[i])) std::abort();
  }
  const auto twice = cedar::format_policies(*once, "fuzz", options);
  if (!twice.ok() || *twice != *once) std::abort();
  return 0;
}
