#include "crypto/roca.h"

#include <algorithm>
#include <array>

namespace ward::crypto {
namespace {

// The primes that divide the generator's constant for 512-bit keys, which all sizes share; 2 says
// nothing of an odd modulus.
constexpr std::array<unsigned, 38> kPrimes = {
    3,  5,  7,  11, 13, 17,  19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67,  71,
    73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};

bool is_power_of_65537(unsigned value, unsigned prime) {
  const unsigned generator = 65537 % prime;
  unsigned power = 1;
  do {
    if (power == value) return true;
    power = power * generator % prime;
  } while (power != 1 && power != 0);
  return false;
}

}  // namespace

bool is_roca_modulus(const BIGNUM* modulus) {
  return std::ranges::all_of(kPrimes, [modulus](unsigned prime) {
    return is_power_of_65537(static_cast<unsigned>(BN_mod_word(modulus, prime)), prime);
  });
}

}  // namespace ward::crypto
