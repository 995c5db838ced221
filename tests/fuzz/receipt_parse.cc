// A receipt that is read has one spelling.
#include "evidence/receipt.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ward::evidence;
  const auto text = ward::as_text({data, size});
  if (const auto receipt = parse_receipt_text(text); receipt.ok()) {
    WARD_CHECK(receipt_text(*receipt) == text);
  }
  return 0;
}
