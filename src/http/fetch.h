// One request as a client, on a connection of its own: for the command line and for tests.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "base/result.h"
#include "http/limits.h"
#include "http/message.h"
#include "net/loop.h"
#include "net/stream.h"

namespace ward::http {

struct FetchOptions {
  Limits limits = {};                                          // of the response
  std::chrono::nanoseconds timeout{std::chrono::seconds{30}};  // for all of it
};

// A fetch in progress. Destroying it ends it, and its callback does not run.
class [[nodiscard]] Fetch {
 public:
  class State;  // private to fetch.cc

  Fetch();
  explicit Fetch(std::unique_ptr<State> state);
  Fetch(Fetch&&) noexcept;
  Fetch& operator=(Fetch&&) noexcept;
  ~Fetch();

 private:
  std::unique_ptr<State> state_;
};

using FetchCallback = std::move_only_function<void(Result<Response>)>;

// Sends `request` on a connected `stream`, by HTTP/2 where ALPN agreed on it, else HTTP/1.1 with
// `Connection: close`; sets Content-Length. The callback runs once, from the loop. kUnavailable
// when the connection is lost, kDeadlineExceeded, kResourceExhausted over Limits::body_bytes_max,
// kInternal for an answer that is not HTTP. A status of 4xx or 5xx is a Response.
Fetch fetch(net::Loop& loop, std::unique_ptr<net::Stream> stream, Request request,
            FetchOptions options, FetchCallback done);

}  // namespace ward::http
