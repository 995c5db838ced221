#include "attest/executable_hashes.h"

#include <algorithm>

#include "codec/hex.h"
#include "crypto/hash.h"
#include "os/file_io.h"

namespace ward::attest {
namespace {

constexpr std::size_t kHashChunkBytes = std::size_t{1} << 16;
constexpr std::string_view kExecutable = "executable of the peer";

}  // namespace

namespace internal {

Result<std::string> hash_file(const os::Fd& file, std::uint64_t bytes_max) {
  WARD_TRY(const os::FileIdentity before, os::identify_file(file));
  crypto::Sha256 hash;
  std::uint64_t offset = 0;
  for (;;) {
    WARD_TRY(const Bytes chunk, os::read_at(file.get(), offset, kHashChunkBytes, kExecutable));
    if (chunk.empty()) break;
    offset += chunk.size();
    if (offset > bytes_max)
      return make_error(ErrorCode::kResourceExhausted, "{} has more than {} bytes", kExecutable,
                        bytes_max);
    hash.update(chunk);
  }
  WARD_TRY(const os::FileIdentity after, os::identify_file(file));
  if (before != after || offset != after.size)
    return make_error(ErrorCode::kAborted, "{} changed while it was read", kExecutable);
  return codec::encode_hex(hash.finish());
}

}  // namespace internal

Result<std::optional<std::string>> ExecutableHashes::hash(const os::Fd& file,
                                                          const os::FileIdentity& identity) {
  if (identity.size > bytes_max_ || bytes_max_ == 0) return std::optional<std::string>();
  if (auto known = find(identity)) return known;
  // Before the first byte is read: what changes from here on has a younger ctime.
  const auto settled_ns = clock_ == nullptr ? std::chrono::nanoseconds::min()
                                            : (clock_->now() - kSettledAge).time_since_epoch();
  WARD_TRY(std::string hash, internal::hash_file(file, bytes_max_));
  WARD_TRY(const os::FileIdentity after, os::identify_file(file));
  if (after == identity && std::chrono::nanoseconds(identity.changed_ns) < settled_ns) {
    remember(identity, hash);
  }
  const std::lock_guard lock(mutex_);
  ++read_count_;
  return std::optional(std::move(hash));
}

std::size_t ExecutableHashes::read_count() const {
  const std::lock_guard lock(mutex_);
  return read_count_;
}

std::optional<std::string> ExecutableHashes::find(const os::FileIdentity& identity) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(remembered_, identity, &Remembered::identity);
  if (found == remembered_.end()) return std::nullopt;
  remembered_.splice(remembered_.begin(), remembered_, found);
  return found->hash;
}

void ExecutableHashes::remember(const os::FileIdentity& identity, const std::string& hash) {
  const std::lock_guard lock(mutex_);
  remembered_.push_front({.identity = identity, .hash = hash});
  if (remembered_.size() > kExecutablesRemembered) remembered_.pop_back();
}

}  // namespace ward::attest
