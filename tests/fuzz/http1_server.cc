// HTTP/1.1 from a hostile peer: no crash, no output without an end, and the same answer however the
// bytes are cut.
#include <cstdlib>
#include <memory>
#include <string>

#include "http/server_protocol.h"
#include "net/peer.h"

namespace {

using namespace ward;

std::string serve(ByteView input, std::size_t piece, const http::Router& router,
                  const http::Limits& limits) {
  const net::Peer peer;
  const auto server =
      http::make_h1_server({.router = router, .peer = peer, .limits = limits, .wake = [] {}});
  Bytes out;
  while (!input.empty() && server->wants_input()) {
    const auto count = std::min(piece, input.size());
    server->feed(input.first(count));
    input = input.subspan(count);
    server->take_output(out, 1 << 20);
  }
  server->feed_end();
  server->take_output(out, 1 << 20);
  return std::string(as_text(out));
}

// Without interim answers: one is left out when the body is there already, and how much is there
// depends on the cuts (RFC 9110 10.1.1).
std::string final_answers(std::string out) {
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  for (auto at = out.find(kContinue); at != std::string::npos; at = out.find(kContinue, at))
    out.erase(at, kContinue.size());
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  http::Limits limits;
  limits.body_bytes_max = 4096;
  http::Router router(limits);
  const auto echo = [](http::Request request, const net::Peer&, http::Responder responder) {
    responder.send(http::Response::of(200, "text/plain", as_text(request.body)));
  };
  router.add("GET", "/", echo);
  router.add("POST", "/", echo);
  const ByteView input(data, std::min<std::size_t>(size, 16'384));
  const auto whole = serve(input, input.size() + 1, router, limits);
  if (final_answers(serve(input, 1, router, limits)) != final_answers(whole)) std::abort();
  return 0;
}
