// A checkpoint that is read has one spelling.
#include "evidence/checkpoint.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ward::evidence;
  const auto text = ward::as_text({data, size});
  if (const auto checkpoint = parse_checkpoint_text(text); checkpoint.ok()) {
    WARD_CHECK(checkpoint_text(*checkpoint) == text);
  }
  (void)open_checkpoint(text, {}).ok();
  return 0;
}
