// The kernel's generator, getrandom(2): for keys, serial numbers and nonces.
#pragma once

#include "base/random.h"

namespace ward::os {

// Any thread may call. Before the kernel's pool is ready at boot it waits; it cannot fail after, so
// that a failure is a check.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

}  // namespace ward::os
