#include "cedar/syntax/source.h"

#include <fmt/format.h>

#include <algorithm>

namespace ward::cedar {

Position SourceText::position(std::size_t offset) const {
  Position at;
  for (const char c : std::string_view(text).substr(0, std::min(offset, text.size()))) {
    if (c == '\n') {
      ++at.line;
      at.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {
      ++at.column;
    }
  }
  return at;
}

std::string SourceText::place(std::size_t offset) const {
  const Position at = position(offset);
  if (name.empty()) return fmt::format("{}:{}", at.line, at.column);
  return fmt::format("{}:{}:{}", name, at.line, at.column);
}

}  // namespace ward::cedar
