// Randomness is a parameter. The system's own generator is ward::os::SystemRandom.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace ward {

// Any thread may call.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;

  Bytes bytes(std::size_t count);
  std::uint64_t next();
  std::uint64_t below(std::uint64_t bound);  // uniform in [0, bound); bound > 0
};

// Repeatable (SplitMix64); for tests and simulation, never for keys. One thread.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::uint8_t> out) override;

 private:
  std::uint64_t state_;
};

}  // namespace ward
