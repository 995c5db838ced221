#include "attest/selectors.h"

#include "codec/utf8.h"

namespace ward::attest {
namespace {

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

}  // namespace

bool is_selector_value(std::string_view value) {
  // 64 bytes are kept for the type and the property's name.
  return !value.empty() && value.size() <= kSelectorBytesMax - 64 &&
         std::ranges::none_of(value, is_control) && codec::is_valid_utf8(value);
}

}  // namespace ward::attest
