// What parses is written and read back to the same blocks.
#include <cstdlib>

#include "codec/pem.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ward;
  const auto blocks = codec::parse_pem(as_text({data, size}));
  if (!blocks.ok()) return 0;
  std::string text;
  for (const codec::PemBlock& block : *blocks) text += codec::write_pem(block.label, block.bytes);
  const auto again = codec::parse_pem(text, {.max_bytes = SIZE_MAX});
  if (!again.ok() || again->size() != blocks->size()) std::abort();
  for (std::size_t i = 0; i < blocks->size(); ++i) {
    if ((*again)[i].label != (*blocks)[i].label || (*again)[i].bytes != (*blocks)[i].bytes) {
      std::abort();
    }
  }
  return 0;
}
