// Where things stand in the text of policies and schemas.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ward::cedar {

// Byte offsets [begin, end) in a SourceText.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  bool operator==(const Span&) const = default;
};

// Counted from 1; columns count characters (Unicode scalar values).
struct Position {
  std::size_t line = 1;
  std::size_t column = 1;
};

// What is shown of a line on either side of a place.
inline constexpr std::size_t kExcerptBytesMax = 200;

// A message about a text without the place that it began with.
struct PlacedMessage {
  std::size_t offset;
  std::string_view message;
};

// A text that was parsed and what it is called, kept by everything that came of it.
struct SourceText {
  std::string name;  // a file name for messages; may be empty
  std::string text;

  Position position(std::size_t offset) const;
  std::string_view slice(Span span) const {
    return std::string_view(text).substr(span.begin, span.end - span.begin);
  }
  // `name:3:14`, or `3:14` without a name.
  std::string place(std::size_t offset) const;
  // For people: the line where `span` begins and below it a caret for each of its characters on
  // that line, one at least. Two lines, the second without a break. What could drive a terminal or
  // change the direction of writing is shown as a space; tabs stay.
  std::string excerpt(Span span) const;
  // Of a message that begins as place() writes it, `policy.cedar:3:14: expected ...`: where that
  // is. Nothing for a message that does not, or whose place is not in the text.
  std::optional<PlacedMessage> find_place(std::string_view message) const;
};

using SourcePtr = std::shared_ptr<const SourceText>;

// A text fit to be parsed: kInvalidArgument unless it is UTF-8, kResourceExhausted when it has more
// than `max_bytes` (never more than 4 GiB, as spans are of 32 bits). `what` stands for an empty
// name.
Result<SourcePtr> admit_source(std::string_view text, std::string name, std::string_view what,
                               std::size_t max_bytes);

}  // namespace ward::cedar
