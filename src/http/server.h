// HTTP server on streams that are accepted elsewhere: HTTP/1.1 and HTTP/2 on one port, told apart
// by ALPN over TLS and by the connection preface without (RFC 9113 3.3; h2c upgrade is not
// offered).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "base/log.h"
#include "http/limits.h"
#include "http/router.h"
#include "net/loop.h"
#include "net/stream.h"

namespace ward::http {

// What ALPN is to offer, in this order.
inline constexpr const char* kAlpnHttp2 = "h2";
inline constexpr const char* kAlpnHttp11 = "http/1.1";

// Loop thread only. `loop` and `router` outlive it. Destroying it, which is not done from within a
// handler, closes every connection; exchanges that handlers still hold hear on_abort.
class Server {
 public:
  Server(net::Loop& loop, const Router& router, Limits limits = {}, Log log = Log::none());
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Serves one connection; give this to a net::Listener's accept callback.
  void serve(std::unique_ptr<net::Stream> stream);

  // Takes no new request, lets those in progress end (Limits::drain_timeout at most), closes, and
  // calls `done`. Stop the listener first.
  void shut_down(std::function<void()> done);

  std::size_t connection_count() const;

  class State;  // private to the room

 private:
  std::unique_ptr<State> state_;
};

}  // namespace ward::http
