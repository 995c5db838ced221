// The files a program keeps, as a parameter: SystemFileSystem is the real one,
// testing::MemoryFileSystem (os/testing/memory_file_system.h) forgets what was not synced and fails
// where a test says.
//
// Errors name operation and path (os/system_error.h says which errno becomes which code): a full
// disk is kResourceExhausted, a read-only one kFailedPrecondition. Paths are bytes without NUL. Any
// thread may call.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret_bytes.h"

namespace ward::os {

// A file that grows at its end; one writer, one thread.
class AppendFile {
 public:
  virtual ~AppendFile() = default;

  // All or nothing: when it fails, the file has the size and content it had before. It is durable
  // after sync() only.
  virtual Result<void> append(ByteView bytes) = 0;
  // fdatasync. When it fails nobody knows which of the appended bytes are on disk and the kernel
  // will not say again (it drops the dirty pages), so the file is broken: every later call fails.
  // Open it anew and recover.
  virtual Result<void> sync() = 0;
  // Cuts to `size` <= size(); durable after sync().
  virtual Result<void> truncate(std::uint64_t size) = 0;
  virtual std::uint64_t size() const = 0;
};

// Held until it goes, or the process ends in whatever way.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

enum class FileKind : std::uint8_t { kRegular, kDirectory, kSymlink, kSocket, kOther };

struct FileStatus {
  FileKind kind = FileKind::kRegular;
  std::uint64_t size = 0;
  mode_t mode = 0;  // permission bits
  uid_t uid = 0;
  gid_t gid = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // kResourceExhausted when the file is larger than `max_bytes`.
  virtual Result<Bytes> read_file(const std::string& path, std::size_t max_bytes) const = 0;
  // `size` bytes from `offset`, fewer when the file ends before.
  virtual Result<Bytes> read_range(const std::string& path, std::uint64_t offset,
                                   std::size_t size) const = 0;
  // A key or another secret: refused unless check_private() passes for the very file that is read.
  virtual Result<SecretBytes> read_private_file(const std::string& path,
                                                std::size_t max_bytes) const = 0;

  // Atomic and durable: when it returns, the new content is there after a crash; at no time is
  // there a part of it. Replaces a file of that name. A failure leaves the old file or, when only
  // the sync of the directory failed, either of both, whole. `mode` is exact, whatever the umask. A
  // process that dies here may leave a temporary file (final_path_of_temporary()).
  virtual Result<void> write_file(const std::string& path, ByteView bytes, mode_t mode) = 0;
  // The same without waiting for the disk: readers never see a part of it, but a crash may leave
  // nothing or a part, until sync_all(). For many files that can be made again.
  virtual Result<void> write_file_lazily(const std::string& path, ByteView bytes, mode_t mode) = 0;
  // Every file, name and directory written so far on the disk that holds directory `path` is
  // durable on return.
  virtual Result<void> sync_all(const std::string& path) = 0;
  // Makes the file (and its name durable) when it is absent.
  virtual Result<std::unique_ptr<AppendFile>> open_append(const std::string& path, mode_t mode) = 0;

  // The directory and its name are durable on return. One that is there already is success; its
  // mode is left.
  virtual Result<void> create_directory(const std::string& path, mode_t mode) = 0;
  // Names without `.` and `..`, sorted; kResourceExhausted beyond `max_names`.
  virtual Result<std::vector<std::string>> list_directory(const std::string& path,
                                                          std::size_t max_names) const = 0;
  // Makes renames and removals in it durable.
  virtual Result<void> sync_directory(const std::string& path) = 0;

  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<void> remove(const std::string& path) = 0;  // a file or an empty directory
  // Of the name itself, links not followed; nothing when there is no such name.
  virtual Result<std::optional<FileStatus>> status(const std::string& path) const = 0;

  // Makes the file when absent. kUnavailable "another process holds `path`" when it is held, also
  // by ourselves.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
};

class SystemFileSystem final : public FileSystem {
 public:
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
};

// A regular file, owned by `user` or root, with no permission for group and others; else
// kPermissionDenied or kFailedPrecondition saying what was expected and what was got.
Result<void> check_private(const std::string& path, const FileStatus& status, uid_t user);

// `a/b` of `a/b/c`, `.` of `c`, `/` of `/c`.
std::string parent_directory(const std::string& path);

// `a/b` of `a/b.tmp-TID`, the name under which a file is written until it is whole.
std::optional<std::string_view> final_path_of_temporary(std::string_view path);

}  // namespace ward::os
