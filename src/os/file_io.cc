#include "os/file_io.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "os/system_error.h"

namespace ward::os {
namespace {

constexpr std::size_t kChunk = 64 * 1024;

// Calls until it is not interrupted.
template <typename Call>
auto retry(const Call& call) {
  decltype(call()) got;
  do {
    got = call();
  } while (got < 0 && errno == EINTR);
  return got;
}

}  // namespace

Result<Fd> open_file(const std::string& path, int flags, unsigned mode) {
  const int descriptor = retry([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); });
  if (descriptor < 0) return system_error(errno, "open", path);
  return Fd(descriptor);
}

Result<Bytes> read_to_end(int descriptor, std::size_t max_bytes, std::string_view name) {
  Bytes out;
  while (true) {
    const std::size_t have = out.size();
    // One byte past the bound tells "exactly full" from "too large".
    const std::size_t room = std::min(kChunk, max_bytes - have + 1);
    out.resize(have + room);
    const ssize_t got = retry([&] { return ::read(descriptor, out.data() + have, room); });
    if (got < 0) return system_error(errno, "read", name);
    out.resize(have + static_cast<std::size_t>(got));
    if (got == 0) return out;
    if (out.size() > max_bytes) {
      return make_error(ErrorCode::kResourceExhausted,
                        "read `{}`: expected at most {} bytes, got more", name, max_bytes);
    }
  }
}

Result<Bytes> read_at(int descriptor, std::uint64_t offset, std::size_t size,
                      std::string_view name) {
  Bytes out(size);
  std::size_t have = 0;
  while (have < size) {
    const ssize_t got = retry([&] {
      return ::pread(descriptor, out.data() + have, size - have, static_cast<off_t>(offset + have));
    });
    if (got < 0) return system_error(errno, "read", name);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  out.resize(have);
  return out;
}

Result<void> write_all(int descriptor, ByteView bytes, std::string_view name) {
  while (!bytes.empty()) {
    const ssize_t put = retry([&] { return ::write(descriptor, bytes.data(), bytes.size()); });
    if (put < 0) return system_error(errno, "write", name);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

Result<void> write_all_at(int descriptor, std::uint64_t offset, ByteView bytes,
                          std::string_view name) {
  while (!bytes.empty()) {
    const ssize_t put = retry([&] {
      return ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    });
    if (put < 0) return system_error(errno, "write", name);
    offset += static_cast<std::uint64_t>(put);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

}  // namespace ward::os
