// Bytes that are wiped when they go. They have no operator==, no stream operator and no copy: the
// one way to read them is view(), which a reviewer can search for.
#pragma once

#include <cstddef>

#include "base/bytes.h"

namespace ward {

class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(Bytes&& bytes)
      : bytes_(std::move(bytes)) {}  // takes the buffer, makes no copy
  explicit SecretBytes(ByteView bytes) : bytes_(bytes.begin(), bytes.end()) {}
  SecretBytes(SecretBytes&& other) noexcept : bytes_(std::move(other.bytes_)) {
    other.bytes_.clear();
  }
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes() { wipe(); }

  SecretBytes clone() const { return SecretBytes(view()); }
  ByteView view() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }

 private:
  void wipe();

  Bytes bytes_;
};

// Takes time that depends on the sizes only. Differing sizes are unequal.
bool equal_constant_time(ByteView a, ByteView b);

// Overwrites memory in a way the compiler keeps.
void wipe_memory(std::span<std::uint8_t> memory);

}  // namespace ward
