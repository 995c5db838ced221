#include "os/service.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <optional>

#include "os/system_error.h"

namespace ward::os {
namespace {

constexpr int kFirstInherited = 3;  // SD_LISTEN_FDS_START
constexpr int kMaxInherited = 64;

std::optional<int> number_in(const Environment& environment, std::string_view name) {
  const auto text = environment.get(name);
  if (!text) return std::nullopt;
  int value = 0;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), value);
  if (read.ec != std::errc() || read.ptr != text->data() + text->size()) return std::nullopt;
  return value;
}

// Takes the next name off the front of a list separated by colons.
std::string take_name(std::string_view& names) {
  if (names.empty()) return "unknown";
  const std::size_t end = std::min(names.find(':'), names.size());
  std::string name(names.substr(0, end));
  names.remove_prefix(std::min(end + 1, names.size()));
  return name;
}

}  // namespace

Result<void> notify_service_manager(const Environment& environment, std::string_view state) {
  const auto path = environment.get("NOTIFY_SOCKET");
  if (!path || path->empty()) return {};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path->size() >= sizeof address.sun_path || (path->front() != '/' && path->front() != '@')) {
    return invalid_argument("NOTIFY_SOCKET: expected a path or `@name` below {} bytes, got `{}`",
                            sizeof address.sun_path, *path);
  }
  std::memcpy(address.sun_path, path->data(), path->size());
  if (path->front() == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path->size());
  const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return system_error(errno, "open socket");
  // SAFETY: a sockaddr_un is made to be passed as its header.
  const ssize_t sent = ::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL,
                                reinterpret_cast<const sockaddr*>(&address), size);
  if (sent < 0) return system_error(errno, "notify", *path);
  return {};
}

Result<std::vector<InheritedSocket>> take_inherited_sockets(const Environment& environment) {
  std::vector<InheritedSocket> sockets;
  if (number_in(environment, "LISTEN_PID") != ::getpid()) return sockets;
  const auto count = number_in(environment, "LISTEN_FDS");
  if (!count || *count < 0 || *count > kMaxInherited) {
    return invalid_argument("LISTEN_FDS: expected a number up to {}, got `{}`", kMaxInherited,
                            environment.get("LISTEN_FDS").value_or(""));
  }
  const std::string all_names = environment.get("LISTEN_FDNAMES").value_or("");
  std::string_view names = all_names;
  for (int descriptor = kFirstInherited; descriptor < kFirstInherited + *count; ++descriptor) {
    if (::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) {
      return system_error(errno, "take over inherited socket", std::to_string(descriptor));
    }
    sockets.push_back({.name = take_name(names), .socket = Fd(descriptor)});
  }
  return sockets;
}

}  // namespace ward::os
