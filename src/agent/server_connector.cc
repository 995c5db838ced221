#include "agent/server_connector.h"

#include "authority/authority.h"
#include "net/tls/client.h"

namespace ward::agent {
namespace {

net::TlsClientOptions only_server(const spiffe::TrustDomain& trust_domain) {
  net::TlsClientOptions options;
  options.verify = net::VerifySpiffe{.authorize = [server = authority::server_id(trust_domain)](
                                                      const spiffe::SpiffeId& id) -> Result<void> {
    if (id == server) return {};
    return make_error(ErrorCode::kPermissionDenied, "the server shows `{}`; expected `{}`",
                      id.text(), server.text());
  }};
  return options;
}

// One attempt: its second part begins when the first is done.
struct Dialing {
  net::Attempt attempt;
  net::ConnectCallback done;
};

}  // namespace

grpc::Connector server_connector(net::SystemLoop& loop, ServerAddress address,
                                 const spiffe::TrustDomain& trust_domain,
                                 const net::TlsMaterialSource& source) {
  auto tls = std::make_shared<net::TlsClient>(loop, source, only_server(trust_domain));
  return [&loop, address = std::move(address), tls](net::ConnectCallback done) {
    auto dialing = std::make_shared<Dialing>();
    dialing->done = std::move(done);
    dialing->attempt = net::connect_tcp(
        loop, address.host, address.port, {},
        [tls, dialing](Result<std::unique_ptr<net::Stream>> stream) {
          if (!stream.ok()) return dialing->done(stream.error());
          dialing->attempt = tls->connect(std::move(*stream),
                                          [dialing](Result<std::unique_ptr<net::Stream>> secured) {
                                            dialing->done(std::move(secured));
                                          });
        });
    return net::Attempt([dialing] { dialing->attempt.cancel(); });
  };
}

}  // namespace ward::agent
