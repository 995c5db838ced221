#include "cedar/syntax/source.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "codec/utf8.h"

namespace ward::cedar {
namespace {

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// Bytes of the character at the front; one at least.
std::size_t character_size(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && is_continuation(text[size])) ++size;
  return size;
}

// No control (U+0000-1F but tabs, 7F-9F), no line separator and nothing that changes the direction
// of writing (U+2028-2E, 2066-69).
bool is_safe(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return character == "\t" || (byte(0) >= 0x20 && byte(0) != 0x7f);
  if (character.size() == 2) return byte(0) != 0xc2 || byte(1) >= 0xa0;
  if (byte(0) != 0xe2) return true;
  return !(byte(1) == 0x80 && byte(2) >= 0xa8 && byte(2) <= 0xae) &&
         !(byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9);
}

// `12:` at the front, taken off; nothing when there is none.
std::optional<std::size_t> take_number(std::string_view& text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto size = static_cast<std::size_t>(end - text.data());
  if (error != std::errc() || number == 0 || size == text.size() || *end != ':') {
    return std::nullopt;
  }
  text.remove_prefix(size + 1);
  return number;
}

}  // namespace

Position SourceText::position(std::size_t offset) const {
  Position at;
  for (const char c : std::string_view(text).substr(0, std::min(offset, text.size()))) {
    if (c == '\n') {
      ++at.line;
      at.column = 1;
    } else if (!is_continuation(c)) {
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

std::string SourceText::excerpt(Span span) const {
  const std::string_view all = text;
  const std::size_t at = std::min<std::size_t>(span.begin, all.size());
  const std::size_t before = at == 0 ? std::string_view::npos : all.rfind('\n', at - 1);
  std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
  if (at - begin > kExcerptBytesMax) begin = at - kExcerptBytesMax;
  while (begin < at && is_continuation(all[begin])) ++begin;
  const std::size_t end = std::min(all.find('\n', at), all.size());
  std::string line, carets;
  for (std::size_t i = begin; i < end && i < at + kExcerptBytesMax;) {
    const std::string_view character = all.substr(i, character_size(all.substr(i, end - i)));
    line += is_safe(character) ? character : " ";
    const std::size_t next = i + character.size();
    if (next <= at) carets += character == "\t" ? '\t' : ' ';
    if (next > at && (i <= at || i < span.end)) carets += '^';
    i = next;
  }
  if (at == end) carets += '^';
  return line + "\n" + carets;
}

std::optional<PlacedMessage> SourceText::find_place(std::string_view message) const {
  if (!name.empty()) {
    if (!message.starts_with(name) || message.substr(name.size(), 1) != ":") return std::nullopt;
    message.remove_prefix(name.size() + 1);
  }
  const auto line = take_number(message);
  const auto column = line ? take_number(message) : std::nullopt;
  if (!column || !message.starts_with(' ')) return std::nullopt;
  message.remove_prefix(1);
  const std::string_view all = text;
  std::size_t at = 0;
  for (std::size_t i = 1; i < *line; ++i) {
    at = all.find('\n', at);
    if (at == std::string_view::npos) return std::nullopt;
    ++at;
  }
  for (std::size_t i = 1; i < *column; ++i) {
    if (at >= all.size() || all[at] == '\n') return std::nullopt;
    at += character_size(all.substr(at));
  }
  return PlacedMessage{.offset = at, .message = message};
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
