// Files in memory that fail where a test says and forget in a crash what was not synced.
//
//   MemoryFileSystem files;
//   files.inject({.operation = FileOperation::kWrite, .nth = 3, .error_number = ENOSPC});
//   ...                                  // the third write from now fails, once
//   files.crash();                       // as if the power failed: open files are dead, unsynced
//   bytes and names are gone
//
// The durable state follows POSIX at its least generous: appended bytes are there after
// AppendFile::sync(), a name made, moved or removed is so after sync_directory() (write_file,
// open_append and create_directory do that themselves). The directories `/` and `.` are there from
// the start. Any thread may call.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/random.h"
#include "os/file_system.h"

namespace ward::os::testing {

enum class FileOperation : std::uint8_t {
  kRead,   // read_file, read_range, read_private_file
  kWrite,  // append, and the bytes of write_file and write_file_lazily
  kSync,   // sync, sync_all, sync_directory, and the sync of write_file
  kTruncate,
  kOpen,    // open_append, lock
  kRename,  // rename, and that of write_file
  kRemove,
};

struct FileFault {
  FileOperation operation = FileOperation::kWrite;
  std::uint64_t nth = 1;    // counted from the injection
  int error_number = 0;     // ENOSPC, EIO, EROFS, ...
  bool is_lasting = false;  // every such operation from then on
};

class MemoryFileSystem final : public FileSystem {
 public:
  MemoryFileSystem();
  ~MemoryFileSystem() override;

  void inject(FileFault fault);
  void heal();                                         // forgets all faults
  std::uint64_t count(FileOperation operation) const;  // done so far, failed ones too

  void crash();
  // Some prefix of the unsynced bytes of each file survives, as on a real disk.
  void crash(Random& random);

  // Flips bits: what a damaged disk does. The byte exists.
  void damage(const std::string& path, std::uint64_t offset, std::uint8_t mask);

  Result<Bytes> read_file(const std::string& path, std::size_t max_bytes) const override;
  Result<Bytes> read_range(const std::string& path, std::uint64_t offset,
                           std::size_t size) const override;
  Result<SecretBytes> read_private_file(const std::string& path,
                                        std::size_t max_bytes) const override;
  Result<void> write_file(const std::string& path, ByteView bytes, mode_t mode) override;
  Result<void> write_file_lazily(const std::string& path, ByteView bytes, mode_t mode) override;
  Result<void> sync_all(const std::string& path) override;
  Result<std::unique_ptr<AppendFile>> open_append(const std::string& path, mode_t mode) override;
  Result<void> create_directory(const std::string& path, mode_t mode) override;
  Result<std::vector<std::string>> list_directory(const std::string& path,
                                                  std::size_t max_names) const override;
  Result<void> sync_directory(const std::string& path) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<std::optional<FileStatus>> status(const std::string& path) const override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;

 private:
  struct State;
  std::shared_ptr<State> state_;  // open files and locks hold it too
};

}  // namespace ward::os::testing
