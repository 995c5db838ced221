// ward_interop_server: what the interoperability judges talk to.
//
//   ward_interop_server --port N [--tls-cert FILE --tls-key FILE]     prints `listening PORT`
//
// It serves gRPC's test service, health and reflection, and at `/` a small page for h2spec.
#include <fmt/core.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "grpc/health.h"
#include "grpc/reflection.h"
#include "grpc/server.h"
#include "http/server.h"
#include "net/listener.h"
#include "tests/interop/test_service.h"

namespace ward::interop {
namespace {

struct Flags {
  std::uint16_t port = 0;
  std::string unix_path;
  bool is_verbose = false;
};

Flags parse_flags(int argc, char** argv) {
  Flags flags;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : "";
    if (name == "--port") flags.port = static_cast<std::uint16_t>(std::atoi(value));
    if (name == "--unix") flags.unix_path = value;
    if (name == "--verbose") flags.is_verbose = true;
  }
  return flags;
}

int serve(const Flags& flags) {
  const SystemClock clock;
  net::SystemLoop loop(clock);
  grpc::HealthService health;
  grpc::Server service(loop);
  register_test_service(service, loop);
  health.register_with(service);
  grpc::register_reflection(service);

  http::Router router;
  const auto page = [](http::Request, const net::Peer&, http::Responder responder) {
    responder.send(http::Response::of(200, "text/plain", "ward\n"));
  };
  router.add("GET", "/", page);
  router.add("POST", "/", page);
  service.mount(router);

  const Log log = flags.is_verbose ? Log::to_stderr(LogLevel::kDebug) : Log::none();
  http::Server server(loop, router, {}, log);
  const auto accept = [&](std::unique_ptr<net::Stream> stream) { server.serve(std::move(stream)); };
  auto listener = flags.unix_path.empty()
                      ? net::listen_tcp(loop, "127.0.0.1", flags.port, {}, accept)
                      : net::listen_unix(loop, flags.unix_path, 0600, {}, accept);
  if (!listener.ok()) {
    fmt::print(stderr, "ward_interop_server: {}\n", listener.error().text());
    return 1;
  }
  fmt::print("listening {}\n", (*listener)->port());
  std::fflush(stdout);
  loop.run();
  return 0;
}

}  // namespace
}  // namespace ward::interop

int main(int argc, char** argv) {
  return ward::interop::serve(ward::interop::parse_flags(argc, argv));
}
