// Policies that parse are printed and parse again to the same trees and the same text; both have
// the same warnings about their text.
#include <cstdlib>

#include "base/bytes.h"
#include "cedar/syntax/parser.h"
#include "cedar/syntax/printer.h"
#include "cedar/validate/text_warnings.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ward;
  const auto trees = cedar::parse_policy_trees(as_text({data, size}), "fuzz");
  if (!trees.ok()) return 0;
  for (const cedar::PolicyTreePtr& tree : *trees) {
    const std::string text = cedar::to_text(*tree);
    const auto again = cedar::parse_policy_trees(text);
    if (!again.ok() || again->size() != 1) std::abort();
    if (!cedar::same_policy(*tree, *again->front())) std::abort();
    if (cedar::to_text(*again->front()) != text) std::abort();
    if (cedar::text_warnings(*tree).size() != cedar::text_warnings(*again->front()).size())
      std::abort();
  }
  return 0;
}
