#include "base/random.h"

#include <cstring>

#include "base/check.h"

namespace ward {

Bytes Random::bytes(std::size_t count) {
  Bytes out(count);
  fill(out);
  return out;
}

std::uint64_t Random::next() {
  std::uint64_t value = 0;
  std::uint8_t raw[sizeof value];
  fill(raw);
  std::memcpy(&value, raw, sizeof value);
  return value;
}

std::uint64_t Random::below(std::uint64_t bound) {
  WARD_CHECK(bound > 0);
  const std::uint64_t unfair =
      (0 - bound) % bound;  // values below it would be drawn once too often
  for (;;) {
    const std::uint64_t value = next();
    if (value >= unfair) return value % bound;
  }
}

void SeededRandom::fill(std::span<std::uint8_t> out) {
  for (std::size_t at = 0; at < out.size(); at += 8) {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    z ^= z >> 31;
    std::memcpy(out.data() + at, &z, std::min<std::size_t>(8, out.size() - at));
  }
}

}  // namespace ward
