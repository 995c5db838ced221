#include "enforce/percent.h"

#include "codec/hex.h"

namespace ward::enforce {

Result<std::string> decode_percent(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    const auto byte = codec::decode_hex(text.substr(i + 1, 2));
    if (!byte.ok() || byte->size() != 1)
      return invalid_argument("expected two hex digits after `%` at offset {}", i);
    decoded += as_text(*byte);
    i += 2;
  }
  return decoded;
}

}  // namespace ward::enforce
