// Links that are read are written and read again as the same links.
#include <cstdlib>

#include "base/bytes.h"
#include "cedar/policy_json/links_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ward;
  const auto links = cedar::parse_links_json(as_text({data, size}), "fuzz");
  if (!links.ok()) return 0;
  const auto again =
      cedar::parse_links_json(codec::write_json(cedar::links_to_json(*links)), "again");
  if (!again.ok() || *again != *links) std::abort();
  return 0;
}
