// Outgoing connections.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/loop.h"
#include "net/stream.h"

namespace ward::net {

struct ConnectOptions {
  std::chrono::nanoseconds timeout{std::chrono::seconds{10}};  // for all of it: name, every address
  StreamLimits stream{};
};

using ConnectCallback = std::move_only_function<void(Result<std::unique_ptr<Stream>>)>;

// An attempt under way. Once it is destroyed or cancelled its callback does not run. Loop thread.
class [[nodiscard]] Attempt {
 public:
  Attempt() = default;
  explicit Attempt(Task cancel) : cancel_(std::move(cancel)) {}
  Attempt(Attempt&& other) noexcept : cancel_(std::exchange(other.cancel_, nullptr)) {}
  Attempt& operator=(Attempt&& other) noexcept {
    if (this != &other) {
      cancel();
      cancel_ = std::exchange(other.cancel_, nullptr);
    }
    return *this;
  }
  ~Attempt() { cancel(); }

  void cancel() {
    if (auto cancel = std::exchange(cancel_, nullptr)) cancel();
  }

 private:
  Task cancel_;
};

// `host` is a name or a numeric address; a name's addresses are tried in the resolver's order, at
// most kAddressesMax of them. TCP_NODELAY is set. The callback runs later, on the loop:
// kUnavailable when nobody answers or the name is unknown, kDeadlineExceeded.
inline constexpr std::size_t kAddressesMax = 8;
Attempt connect_tcp(SystemLoop& loop, const std::string& host, std::uint16_t port,
                    const ConnectOptions& options, ConnectCallback done);

// kNotFound when there is no such path, kUnavailable when nobody listens, kPermissionDenied.
Attempt connect_unix(SystemLoop& loop, const std::string& path, const ConnectOptions& options,
                     ConnectCallback done);

}  // namespace ward::net
