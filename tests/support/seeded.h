// Choices out of a seed: the same seed makes the same again, on every machine.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

namespace ward::testing {

// A seed or a number of cases that whoever runs the tests may give.
inline std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* given = std::getenv(name);
  return given == nullptr ? otherwise : std::strtoull(given, nullptr, 10);
}

class Seeded {
 public:
  explicit Seeded(std::uint64_t seed) : state_(seed) {}

  int below(int bound) { return static_cast<int>(next() % static_cast<std::uint64_t>(bound)); }
  bool one_in(int n) { return below(n) == 0; }
  template <std::size_t N>
  std::string pick(const char* const (&options)[N]) {
    return options[below(static_cast<int>(N))];
  }

 private:
  std::uint64_t next() {  // splitmix64
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

}  // namespace ward::testing
