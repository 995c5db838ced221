// The real file system, until it is told that the disk under one directory is full; for this room's
// tests. Any thread.
#pragma once

#include <mutex>
#include <string>

#include "os/testing/forwarding_file_system.h"

namespace ward::server::testing {

class FaultyFiles final : public os::testing::ForwardingFileSystem {
 public:
  // From now on writes below `directory` fail, but for the next `appends` to open files.
  void fill(std::string directory, int appends = 0) {
    const std::lock_guard guard(mutex_);
    full_ = std::move(directory);
    appends_ = appends;
  }
  void heal() { fill({}); }

  Result<void> write_file(const std::string& path, ByteView bytes, mode_t mode) override {
    WARD_RETURN_IF_ERROR(check(path));
    return ForwardingFileSystem::write_file(path, bytes, mode);
  }
  Result<void> write_file_lazily(const std::string& path, ByteView bytes, mode_t mode) override {
    WARD_RETURN_IF_ERROR(check(path));
    return ForwardingFileSystem::write_file_lazily(path, bytes, mode);
  }
  Result<std::unique_ptr<os::AppendFile>> open_append(const std::string& path,
                                                      mode_t mode) override {
    WARD_TRY(auto file, ForwardingFileSystem::open_append(path, mode));
    return std::make_unique<File>(*this, path, std::move(file));
  }
  Result<void> create_directory(const std::string& path, mode_t mode) override {
    WARD_RETURN_IF_ERROR(check(path + "/"));
    return ForwardingFileSystem::create_directory(path, mode);
  }

 private:
  class File final : public os::AppendFile {
   public:
    File(FaultyFiles& owner, std::string path, std::unique_ptr<os::AppendFile> file)
        : owner_(owner), path_(std::move(path)), file_(std::move(file)) {}
    Result<void> append(ByteView bytes) override {
      WARD_RETURN_IF_ERROR(owner_.check_append(path_));
      return file_->append(bytes);
    }
    Result<void> sync() override { return file_->sync(); }
    Result<void> truncate(std::uint64_t size) override { return file_->truncate(size); }
    std::uint64_t size() const override { return file_->size(); }

   private:
    FaultyFiles& owner_;
    std::string path_;
    std::unique_ptr<os::AppendFile> file_;
  };

  bool is_full(const std::string& path) const {
    return !full_.empty() && path.starts_with(full_ + "/");
  }
  static Error no_space(const std::string& path) {
    return make_error(ErrorCode::kResourceExhausted, "`{}`: no space left on device", path);
  }
  Result<void> check(const std::string& path) {
    const std::lock_guard guard(mutex_);
    if (is_full(path) && appends_ == 0) return no_space(path);
    return {};
  }
  Result<void> check_append(const std::string& path) {
    const std::lock_guard guard(mutex_);
    if (!is_full(path)) return {};
    if (appends_ == 0) return no_space(path);
    --appends_;
    return {};
  }

  std::mutex mutex_;
  std::string full_;  // guarded by mutex_; empty: none
  int appends_ = 0;   // guarded by mutex_
};

}  // namespace ward::server::testing
