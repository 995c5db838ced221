// Big-endian numbers, as the binary formats of this room have them.
#pragma once

#include <concepts>
#include <cstdint>

#include "base/bytes.h"

namespace ward::evidence {

template <std::unsigned_integral T>
void store_be(std::span<std::uint8_t> out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i)
    out[i] = static_cast<std::uint8_t>(value >> (8 * (sizeof(T) - 1 - i)));
}

template <std::unsigned_integral T>
void append_be(Bytes& out, T value) {
  out.resize(out.size() + sizeof(T));
  store_be(std::span(out).last(sizeof(T)), value);
}

template <std::unsigned_integral T>
T load_be(ByteView bytes) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>(value << 8 | bytes[i]);
  return value;
}

}  // namespace ward::evidence
