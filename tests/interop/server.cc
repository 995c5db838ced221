// ward_interop_server: what the interoperability judges talk to.
//
//   ward_interop_server --port N | --unix PATH [--tls-cert FILE --tls-key FILE]     prints
//   `listening PORT`
//
// It serves gRPC's test service, health and reflection, and at `/` a small page for h2spec.
#include <fmt/core.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "grpc/health.h"
#include "grpc/reflection.h"
#include "grpc/server.h"
#include "http/server.h"
#include "net/listener.h"
#include "net/tls/server.h"
#include "tests/interop/flags.h"
#include "tests/interop/test_service.h"

namespace ward::interop {
namespace {

using Accept = std::function<void(std::unique_ptr<net::Stream>)>;

Result<std::unique_ptr<net::Listener>> listen(net::SystemLoop& loop, const Flags& flags,
                                              const Accept& accept) {
  const std::string path = flags.get("--unix");
  if (!path.empty()) return net::listen_unix(loop, path, 0600, {}, accept);
  return net::listen_tcp(loop, "127.0.0.1", flags.port(), {}, accept);
}

Result<void> serve(const Flags& flags) {
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

  http::Server server(loop, router);
  Accept accept = [&](std::unique_ptr<net::Stream> stream) { server.serve(std::move(stream)); };

  std::optional<net::TlsMaterialSource> source;
  std::optional<net::TlsServer> tls;
  if (!flags.get("--tls-cert").empty()) {
    WARD_TRY(auto material, load_identity(flags.get("--tls-cert"), flags.get("--tls-key")));
    source.emplace(std::move(material));
    tls.emplace(loop, *source,
                net::TlsServerOptions{.client_certificate = net::ClientCertificate::kNotAsked});
    accept = [&](std::unique_ptr<net::Stream> stream) {
      tls->accept(std::move(stream), [&](Result<std::unique_ptr<net::Stream>> secured) {
        if (secured.ok()) server.serve(std::move(*secured));
      });
    };
  }

  WARD_TRY(const auto listener, listen(loop, flags, accept));
  fmt::print("listening {}\n", listener->port());
  std::fflush(stdout);
  loop.run();
  return {};
}

}  // namespace
}  // namespace ward::interop

int main(int argc, char** argv) {
  const auto served = ward::interop::serve(ward::interop::Flags(argc, argv));
  if (served.ok()) return 0;
  fmt::print(stderr, "ward_interop_server: {}\n", served.error().text());
  return 1;
}
