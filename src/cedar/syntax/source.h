// Where things stand in the text of policies and schemas.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
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
};

using SourcePtr = std::shared_ptr<const SourceText>;

// A text fit to be parsed: kInvalidArgument unless it is UTF-8, kResourceExhausted when it has more
// than `max_bytes` (never more than 4 GiB, as spans are of 32 bits). `what` stands for an empty
// name.
Result<SourcePtr> admit_source(std::string_view text, std::string name, std::string_view what,
                               std::size_t max_bytes);

}  // namespace ward::cedar
