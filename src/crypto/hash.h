// SHA-2 and HMAC (FIPS 180-4, RFC 2104) by OpenSSL.
//
// The one-shot functions may be called from any thread; an object belongs to one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>

#include "base/bytes.h"
#include "base/secret_bytes.h"

namespace ward::crypto {

using Sha256Digest = std::array<std::uint8_t, 32>;
using Sha384Digest = std::array<std::uint8_t, 48>;
using Sha512Digest = std::array<std::uint8_t, 64>;

// A hash over bytes that come in pieces. Reusable: finish() leaves it ready for the next message.
// A moved-from object may only be assigned to or destroyed.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&& other) noexcept;
  Sha256& operator=(Sha256&& other) noexcept;
  ~Sha256();

  Sha256& update(ByteView bytes);
  Sha256Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Allocates nothing.
Sha256Digest sha256(ByteView bytes);
Sha256Digest sha256(std::initializer_list<ByteView> parts);  // of their concatenation
Sha384Digest sha384(ByteView bytes);
Sha512Digest sha512(ByteView bytes);

Sha256Digest hmac_sha256(const SecretBytes& key, ByteView message);

}  // namespace ward::crypto
