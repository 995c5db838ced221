// HTTP/2 from a hostile peer: no crash, and output that stays within what the peer asked for. The
// first octet says whether the bytes follow a proper preface and settings.
#include <cstdlib>
#include <memory>

#include "http/server_protocol.h"
#include "net/peer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ward;
  constexpr std::string_view kOpening("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
  constexpr std::size_t kOutputMax = 1 << 24;
  if (size == 0) return 0;
  http::Limits limits;
  limits.body_bytes_max = 4096;
  http::Router router(limits);
  const auto echo = [](http::Request request, const net::Peer&, http::Responder responder) {
    responder.send(http::Response::of(200, "text/plain", as_text(request.body)));
  };
  router.add("GET", "/", echo);
  router.add("POST", "/", echo);
  const net::Peer peer;
  const auto server =
      http::make_h2_server({.router = router, .peer = peer, .limits = limits, .wake = [] {}});
  if (data[0] % 2 == 0) server->feed(as_bytes(kOpening));
  const ByteView input(data + 1, size - 1);
  Bytes out;
  for (std::size_t at = 0; at < input.size() && server->wants_input(); at += 64) {
    server->feed(input.subspan(at, std::min<std::size_t>(64, input.size() - at)));
    server->take_output(out, kOutputMax);
    if (out.size() > kOutputMax) std::abort();
  }
  server->feed_end();
  server->take_output(out, kOutputMax);
  return 0;
}
