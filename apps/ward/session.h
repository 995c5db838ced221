// A command's connection to the server: the admin socket, or mTLS with an X.509-SVID.
//
// Calls are made one at a time and wait; the loop runs only meanwhile.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "grpc/client.h"
#include "net/loop.h"
#include "net/tls/client.h"
#include "net/tls/material.h"
#include "os/random.h"

namespace ward::cli {

struct Target {
  std::string socket = "/run/ward/admin.sock";
  // Instead of the socket: host:port, and the files of the caller's X.509-SVID.
  std::string server;
  std::string certificate_file;
  std::string key_file;
  std::string bundle_file;
  std::chrono::milliseconds timeout{10'000};
};

class Session {
 public:
  static Result<std::unique_ptr<Session>> open(const Target& target);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // `method` is a method of ward.admin.v1.Admin. An error says where the server was looked for.
  template <grpc::Message Response, grpc::Message Request>
  Result<Response> call(std::string_view method, const Request& request,
                        std::chrono::milliseconds more_time = {}) {
    std::optional<Result<Response>> answer;
    const grpc::PendingCall pending =
        channel_->unary<Request, Response>(fmt::format("ward.admin.v1.Admin/{}", method), request,
                                           grpc::CallOptions{.timeout = target_.timeout + more_time,
                                                             .metadata = {},
                                                             .wait_for_ready = false,
                                                             .on_initial_metadata = {},
                                                             .on_trailers = {}},
                                           [&](Result<Response> got) {
                                             answer.emplace(std::move(got));
                                             loop_.stop();
                                           });
    loop_.run();
    if (!answer) return make_error(ErrorCode::kInternal, "the call ended without an answer");
    return std::move(*answer).in(where_);
  }

 private:
  explicit Session(const Target& target);
  Result<void> use_socket();
  Result<void> use_tls();

  Target target_;
  std::string where_;
  SystemClock clock_;
  os::SystemRandom random_;
  net::SystemLoop loop_{clock_};
  std::optional<net::TlsMaterialSource> material_;
  std::unique_ptr<net::TlsClient> tls_;
  net::Attempt handshake_;
  std::unique_ptr<grpc::Channel> channel_;
};

}  // namespace ward::cli
