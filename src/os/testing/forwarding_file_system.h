// The real file system behind a class of its own, for tests that override what shall fail there.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "os/file_system.h"

namespace ward::os::testing {

// Any thread.
class ForwardingFileSystem : public FileSystem {
 public:
  Result<Bytes> read_file(const std::string& path, std::size_t max) const override {
    return real_.read_file(path, max);
  }
  Result<Bytes> read_range(const std::string& path, std::uint64_t offset,
                           std::size_t size) const override {
    return real_.read_range(path, offset, size);
  }
  Result<SecretBytes> read_private_file(const std::string& path, std::size_t max) const override {
    return real_.read_private_file(path, max);
  }
  Result<void> write_file(const std::string& path, ByteView bytes, mode_t mode) override {
    return real_.write_file(path, bytes, mode);
  }
  Result<void> write_file_lazily(const std::string& path, ByteView bytes, mode_t mode) override {
    return real_.write_file_lazily(path, bytes, mode);
  }
  Result<void> sync_all(const std::string& path) override { return real_.sync_all(path); }
  Result<std::unique_ptr<AppendFile>> open_append(const std::string& path, mode_t mode) override {
    return real_.open_append(path, mode);
  }
  Result<void> create_directory(const std::string& path, mode_t mode) override {
    return real_.create_directory(path, mode);
  }
  Result<std::vector<std::string>> list_directory(const std::string& path,
                                                  std::size_t max) const override {
    return real_.list_directory(path, max);
  }
  Result<void> sync_directory(const std::string& path) override {
    return real_.sync_directory(path);
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    return real_.rename(from, to);
  }
  Result<void> remove(const std::string& path) override { return real_.remove(path); }
  Result<std::optional<FileStatus>> status(const std::string& path) const override {
    return real_.status(path);
  }
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    return real_.lock(path);
  }

 private:
  SystemFileSystem real_;
};

}  // namespace ward::os::testing
