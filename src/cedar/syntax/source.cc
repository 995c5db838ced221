#include "cedar/syntax/source.h"

#include <fmt/format.h>

#include <algorithm>

#include "codec/utf8.h"

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

Result<SourcePtr> admit_source(std::string_view text, std::string name, std::string_view what,
                               std::size_t max_bytes) {
  max_bytes = std::min<std::size_t>(max_bytes, UINT32_MAX);
  if (text.size() > max_bytes) {
    return make_error(ErrorCode::kResourceExhausted, "{}: the text has {} bytes, more than {}",
                      name.empty() ? what : name, text.size(), max_bytes);
  }
  auto source = std::make_shared<const SourceText>(SourceText{std::move(name), std::string(text)});
  const std::size_t valid = codec::valid_utf8_prefix(text);
  if (valid != text.size()) {
    return invalid_argument("{}: the text is not UTF-8 here", source->place(valid));
  }
  return source;
}

}  // namespace ward::cedar
