#include "os/testing/memory_file_system.h"

#include <algorithm>
#include <array>

#include "os/system_error.h"

namespace ward::os::testing {
namespace {

// A file or directory whatever its names are.
struct Node {
  FileKind kind = FileKind::kRegular;
  mode_t mode = 0600;
  bool is_locked = false;
  Bytes data;
  // What the disk holds is the first `synced` bytes of `data` followed by `disk_tail`, which is
  // not empty only after a truncation that was not synced.
  std::size_t synced = 0;
  Bytes disk_tail;

  void sync() {
    synced = data.size();
    disk_tail.clear();
  }

  void truncate(std::size_t size) {
    if (size < synced) {
      Bytes tail(data.begin() + static_cast<std::ptrdiff_t>(size),
                 data.begin() + static_cast<std::ptrdiff_t>(synced));
      ward::append(tail, disk_tail);
      disk_tail = std::move(tail);
      synced = size;
    }
    data.resize(size);
  }

  void crash(Random* random) {
    std::size_t kept = 0;
    if (random != nullptr && disk_tail.empty()) kept = random->below(data.size() - synced + 1);
    data.resize(synced + kept);
    ward::append(data, disk_tail);
    sync();
    is_locked = false;
  }
};

using Names = std::map<std::string, std::shared_ptr<Node>>;

constexpr std::size_t kOperations = static_cast<std::size_t>(FileOperation::kRemove) + 1;

}  // namespace

struct MemoryFileSystem::State {
  mutable std::mutex mutex;
  Names names;
  Names disk_names;
  std::uint64_t boots = 1;
  std::vector<FileFault> faults;
  std::array<std::uint64_t, kOperations> counts{};

  // Counts the operation; the error when a fault is due.
  Result<void> begin(FileOperation operation, std::string_view what, const std::string& path) {
    ++counts[static_cast<std::size_t>(operation)];
    Result<void> outcome;
    for (FileFault& fault : faults) {
      if (fault.operation != operation) continue;
      if (fault.nth > 0) --fault.nth;
      if (fault.nth == 0 && outcome.ok()) outcome = system_error(fault.error_number, what, path);
    }
    std::erase_if(faults, [](const FileFault& f) { return f.nth == 0 && !f.is_lasting; });
    return outcome;
  }

  Node* find(const std::string& path) const {
    const auto at = names.find(path);
    return at == names.end() ? nullptr : at->second.get();
  }

  bool is_directory(const std::string& path) const {
    if (path == "/" || path == ".") return true;
    const Node* node = find(path);
    return node != nullptr && node->kind == FileKind::kDirectory;
  }

  Result<void> check_parent(std::string_view what, const std::string& path) const {
    if (is_directory(parent_directory(path))) return {};
    return system_error(ENOENT, what, path);
  }

  void sync_names(const std::string& directory) {
    const auto is_inside = [&](const auto& entry) {
      return parent_directory(entry.first) == directory;
    };
    std::erase_if(disk_names, is_inside);
    for (const auto& entry : names) {
      if (is_inside(entry)) disk_names.insert(entry);
    }
  }

  void crash(Random* random) {
    const std::lock_guard guard(mutex);
    ++boots;
    names = disk_names;
    for (const auto& [name, node] : names) node->crash(random);
  }
};

namespace {

// The parts of an open file that do not need the private State type.
template <typename State>
class MemoryAppendFile final : public AppendFile {
 public:
  MemoryAppendFile(std::shared_ptr<State> state, std::shared_ptr<Node> node, std::string path)
      : state_(std::move(state)),
        node_(std::move(node)),
        path_(std::move(path)),
        boot_(state_->boots) {}

  Result<void> append(ByteView bytes) override {
    const std::lock_guard guard(state_->mutex);
    WARD_RETURN_IF_ERROR(check_usable());
    WARD_RETURN_IF_ERROR(state_->begin(FileOperation::kWrite, "write", path_));
    ward::append(node_->data, bytes);
    return {};
  }

  Result<void> sync() override {
    const std::lock_guard guard(state_->mutex);
    WARD_RETURN_IF_ERROR(check_usable());
    auto outcome = state_->begin(FileOperation::kSync, "sync", path_);
    if (outcome.ok()) {
      node_->sync();
    } else {
      broken_ = outcome.error();
    }
    return outcome;
  }

  Result<void> truncate(std::uint64_t size) override {
    const std::lock_guard guard(state_->mutex);
    WARD_RETURN_IF_ERROR(check_usable());
    WARD_CHECK(size <= node_->data.size());
    WARD_RETURN_IF_ERROR(state_->begin(FileOperation::kTruncate, "truncate", path_));
    node_->truncate(static_cast<std::size_t>(size));
    return {};
  }

  std::uint64_t size() const override {
    const std::lock_guard guard(state_->mutex);
    return node_->data.size();
  }

 private:
  Result<void> check_usable() const {
    if (boot_ != state_->boots) return system_error(EIO, "use after the crash", path_);
    if (broken_) return *broken_;
    return {};
  }

  std::shared_ptr<State> state_;
  std::shared_ptr<Node> node_;
  std::string path_;
  std::uint64_t boot_;
  std::optional<Error> broken_;
};

template <typename State>
class MemoryFileLock final : public FileLock {
 public:
  MemoryFileLock(std::shared_ptr<State> state, std::shared_ptr<Node> node)
      : state_(std::move(state)), node_(std::move(node)), boot_(state_->boots) {}
  ~MemoryFileLock() override {
    const std::lock_guard guard(state_->mutex);
    if (boot_ == state_->boots) node_->is_locked = false;
  }

 private:
  std::shared_ptr<State> state_;
  std::shared_ptr<Node> node_;
  std::uint64_t boot_;
};

FileStatus status_of(const Node& node) {
  return {.kind = node.kind, .size = node.data.size(), .mode = node.mode, .uid = 0, .gid = 0};
}

}  // namespace

MemoryFileSystem::MemoryFileSystem() : state_(std::make_shared<State>()) {}
MemoryFileSystem::~MemoryFileSystem() = default;

void MemoryFileSystem::inject(FileFault fault) {
  WARD_CHECK(fault.nth > 0 && fault.error_number != 0);
  const std::lock_guard guard(state_->mutex);
  state_->faults.push_back(fault);
}

void MemoryFileSystem::heal() {
  const std::lock_guard guard(state_->mutex);
  state_->faults.clear();
}

std::uint64_t MemoryFileSystem::count(FileOperation operation) const {
  const std::lock_guard guard(state_->mutex);
  return state_->counts[static_cast<std::size_t>(operation)];
}

void MemoryFileSystem::crash() {
  state_->crash(nullptr);
}

void MemoryFileSystem::crash(Random& random) {
  state_->crash(&random);
}

void MemoryFileSystem::damage(const std::string& path, std::uint64_t offset, std::uint8_t mask) {
  const std::lock_guard guard(state_->mutex);
  Node* node = state_->find(path);
  WARD_CHECK(node != nullptr && offset < node->data.size());
  node->data[static_cast<std::size_t>(offset)] ^= mask;
}

Result<Bytes> MemoryFileSystem::read_file(const std::string& path, std::size_t max_bytes) const {
  WARD_TRY(Bytes bytes, read_range(path, 0, max_bytes == SIZE_MAX ? max_bytes : max_bytes + 1));
  if (bytes.size() <= max_bytes) return bytes;
  return make_error(ErrorCode::kResourceExhausted, "read `{}`: expected at most {} bytes, got more",
                    path, max_bytes);
}

Result<Bytes> MemoryFileSystem::read_range(const std::string& path, std::uint64_t offset,
                                           std::size_t size) const {
  const std::lock_guard guard(state_->mutex);
  WARD_RETURN_IF_ERROR(state_->begin(FileOperation::kRead, "read", path));
  const Node* node = state_->find(path);
  if (node == nullptr) return system_error(ENOENT, "open", path);
  if (node->kind != FileKind::kRegular) return system_error(EISDIR, "read", path);
  const ByteView data = node->data;
  const std::size_t start = std::min<std::uint64_t>(offset, data.size());
  return to_bytes(data.subspan(start, std::min(size, data.size() - start)));
}

Result<SecretBytes> MemoryFileSystem::read_private_file(const std::string& path,
                                                        std::size_t max_bytes) const {
  WARD_TRY(const auto found, status(path));
  if (!found) return system_error(ENOENT, "open", path);
  WARD_RETURN_IF_ERROR(check_private(path, *found, 0));
  WARD_TRY(Bytes bytes, read_file(path, max_bytes));
  return SecretBytes(std::move(bytes));
}

Result<void> MemoryFileSystem::write_file(const std::string& path, ByteView bytes, mode_t mode) {
  const std::lock_guard guard(state_->mutex);
  WARD_RETURN_IF_ERROR(state_->check_parent("write", path));
  if (state_->is_directory(path)) return system_error(EISDIR, "write", path);
  WARD_RETURN_IF_ERROR(state_->begin(FileOperation::kWrite, "write", path));
  WARD_RETURN_IF_ERROR(state_->begin(FileOperation::kSync, "sync", path));
  WARD_RETURN_IF_ERROR(state_->begin(FileOperation::kRename, "rename to", path));
  auto node = std::make_shared<Node>();
  node->mode = mode;
  node->data = to_bytes(bytes);
  node->sync();
  state_->names[path] = std::move(node);
  WARD_RETURN_IF_ERROR(state_->begin(FileOperation::kSync, "sync", parent_directory(path)));
  state_->sync_names(parent_directory(path));
  return {};
}

Result<void> MemoryFileSystem::write_file_lazily(const std::string& path, ByteView bytes,
                                                 mode_t mode) {
  const std::lock_guard guard(state_->mutex);
  WARD_RETURN_IF_ERROR(state_->check_parent("write", path));
  if (state_->is_directory(path)) return system_error(EISDIR, "write", path);
  WARD_RETURN_IF_ERROR(state_->begin(FileOperation::kWrite, "write", path));
  auto node = std::make_shared<Node>();
  node->mode = mode;
  node->data = to_bytes(bytes);
  state_->names[path] = std::move(node);
  return {};
}

Result<void> MemoryFileSystem::sync_all(const std::string& path) {
  const std::lock_guard guard(state_->mutex);
  if (!state_->is_directory(path)) return system_error(ENOENT, "open", path);
  WARD_RETURN_IF_ERROR(state_->begin(FileOperation::kSync, "sync all of", path));
  for (const auto& [name, node] : state_->names) node->sync();
  state_->disk_names = state_->names;
  return {};
}

Result<std::unique_ptr<AppendFile>> MemoryFileSystem::open_append(const std::string& path,
                                                                  mode_t mode) {
  const std::lock_guard guard(state_->mutex);
  WARD_RETURN_IF_ERROR(state_->begin(FileOperation::kOpen, "open", path));
  WARD_RETURN_IF_ERROR(state_->check_parent("open", path));
  if (state_->is_directory(path)) return system_error(EISDIR, "open", path);
  auto& node = state_->names[path];
  if (node == nullptr) {
    node = std::make_shared<Node>();
    node->mode = mode;
  }
  state_->sync_names(parent_directory(path));
  return std::unique_ptr<AppendFile>(std::make_unique<MemoryAppendFile<State>>(state_, node, path));
}

Result<void> MemoryFileSystem::create_directory(const std::string& path, mode_t mode) {
  const std::lock_guard guard(state_->mutex);
  if (state_->is_directory(path)) return {};
  WARD_RETURN_IF_ERROR(state_->check_parent("create directory", path));
  if (state_->find(path) != nullptr) return system_error(EEXIST, "create directory", path);
  WARD_RETURN_IF_ERROR(state_->begin(FileOperation::kWrite, "create directory", path));
  auto node = std::make_shared<Node>();
  node->kind = FileKind::kDirectory;
  node->mode = mode;
  state_->names[path] = std::move(node);
  state_->sync_names(parent_directory(path));
  return {};
}

Result<std::vector<std::string>> MemoryFileSystem::list_directory(const std::string& path,
                                                                  std::size_t max_names) const {
  const std::lock_guard guard(state_->mutex);
  if (!state_->is_directory(path)) return system_error(ENOENT, "list", path);
  std::vector<std::string> names;
  for (const auto& [name, node] : state_->names) {
    if (parent_directory(name) != path) continue;
    if (names.size() == max_names) {
      return make_error(ErrorCode::kResourceExhausted, "list `{}`: expected at most {} names", path,
                        max_names);
    }
    names.push_back(name.substr(name.find_last_of('/') + 1));
  }
  std::ranges::sort(names);
  return names;
}

Result<void> MemoryFileSystem::sync_directory(const std::string& path) {
  const std::lock_guard guard(state_->mutex);
  if (!state_->is_directory(path)) return system_error(ENOENT, "open", path);
  WARD_RETURN_IF_ERROR(state_->begin(FileOperation::kSync, "sync", path));
  state_->sync_names(path);
  return {};
}

Result<void> MemoryFileSystem::rename(const std::string& from, const std::string& to) {
  const std::lock_guard guard(state_->mutex);
  WARD_RETURN_IF_ERROR(state_->begin(FileOperation::kRename, "rename to", to));
  const Node* node = state_->find(from);
  if (node == nullptr) return system_error(ENOENT, "rename to", to);
  WARD_RETURN_IF_ERROR(state_->check_parent("rename to", to));
  if (node->kind == FileKind::kDirectory || state_->is_directory(to)) {
    return system_error(EOPNOTSUPP, "rename a directory in memory to", to);
  }
  if (from == to) return {};
  state_->names[to] = state_->names[from];
  state_->names.erase(from);
  return {};
}

Result<void> MemoryFileSystem::remove(const std::string& path) {
  const std::lock_guard guard(state_->mutex);
  WARD_RETURN_IF_ERROR(state_->begin(FileOperation::kRemove, "remove", path));
  if (state_->find(path) == nullptr) return system_error(ENOENT, "remove", path);
  const auto is_inside = [&](const auto& entry) { return parent_directory(entry.first) == path; };
  if (std::ranges::any_of(state_->names, is_inside)) return system_error(ENOTEMPTY, "remove", path);
  state_->names.erase(path);
  return {};
}

Result<std::optional<FileStatus>> MemoryFileSystem::status(const std::string& path) const {
  const std::lock_guard guard(state_->mutex);
  const Node* node = state_->find(path);
  if (node != nullptr) return std::optional(status_of(*node));
  if (!state_->is_directory(path)) return std::optional<FileStatus>();
  return std::optional(FileStatus{.kind = FileKind::kDirectory, .mode = 0700});
}

Result<std::unique_ptr<FileLock>> MemoryFileSystem::lock(const std::string& path) {
  const std::lock_guard guard(state_->mutex);
  WARD_RETURN_IF_ERROR(state_->begin(FileOperation::kOpen, "open", path));
  WARD_RETURN_IF_ERROR(state_->check_parent("open", path));
  auto& node = state_->names[path];
  if (node == nullptr) node = std::make_shared<Node>();
  if (node->is_locked) {
    return make_error(ErrorCode::kUnavailable, "another process holds `{}`", path);
  }
  node->is_locked = true;
  return std::unique_ptr<FileLock>(std::make_unique<MemoryFileLock<State>>(state_, node));
}

}  // namespace ward::os::testing
