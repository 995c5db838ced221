// SHA-256 of executables, remembered for as long as the file is provably as it was.
//
// A file is known again by device, inode, size, mtime and ctime. Every write, and every change of
// those that a user may set, moves ctime, which no user can set. Time stamps are coarse, so a file
// that changed less than kSettledAge before it was read is not remembered: a write within the same
// tick would not show.
//
// Who can forge ctime (root, or the server of a network or FUSE file system) can as well answer
// each reading with other bytes than it executes, so remembering gives him nothing new.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "os/fd.h"
#include "os/file_identity.h"

namespace ward::attest {

inline constexpr std::size_t kExecutablesRemembered = 256;  // the least recently used go
inline constexpr std::chrono::seconds kSettledAge{2};

// Any thread.
class ExecutableHashes {
 public:
  // Files of more than `bytes_max` have no hash. `clock` outlives this; null: nothing is
  // remembered.
  ExecutableHashes(std::uint64_t bytes_max, const Clock* clock)
      : bytes_max_(bytes_max), clock_(clock) {}

  // Hex. `identity` is the file's, taken by the caller from the same descriptor. kAborted when the
  // file changes meanwhile.
  Result<std::optional<std::string>> hash(const os::Fd& file, const os::FileIdentity& identity);

  std::size_t read_count() const;  // files read to their end

 private:
  struct Remembered {
    os::FileIdentity identity;
    std::string hash;
  };

  std::optional<std::string> find(const os::FileIdentity& identity);
  void remember(const os::FileIdentity& identity, const std::string& hash);

  const std::uint64_t bytes_max_;
  const Clock* const clock_;
  mutable std::mutex mutex_;
  std::list<Remembered> remembered_;  // guarded by mutex_; the most recently used first
  std::size_t read_count_ = 0;        // guarded by mutex_
};

namespace internal {
// Hex. kAborted when the file changed between the first and the last byte, kResourceExhausted when
// it has more than `bytes_max`.
Result<std::string> hash_file(const os::Fd& file, std::uint64_t bytes_max);
}  // namespace internal

}  // namespace ward::attest
