// Byte strings. `Bytes` owns, `ByteView` looks; text is a byte string only through these two casts.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace ward {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

// SAFETY: char and unsigned char may alias any object, and the size is unchanged.
inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// SAFETY: as above. The result need not be UTF-8.
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Bytes to_bytes(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}
inline Bytes to_bytes(std::string_view text) {
  return to_bytes(as_bytes(text));
}

inline void append(Bytes& out, ByteView more) {
  out.insert(out.end(), more.begin(), more.end());
}
inline void append(Bytes& out, std::string_view more) {
  append(out, as_bytes(more));
}

}  // namespace ward
