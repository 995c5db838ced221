// Connections to the server: TCP, then TLS in which the server proves to be
// `spiffe://TD/ward/server`. Whether the node shows a certificate is the material's to say.
#pragma once

#include <memory>
#include <string>

#include "grpc/client.h"
#include "net/loop.h"
#include "net/tls/material.h"
#include "spiffe/id.h"

namespace ward::agent {

struct ServerAddress {
  std::string host;  // name or numeric
  std::uint16_t port = 0;
};

// `loop` and `source` outlive what the connector makes. Loop thread.
grpc::Connector server_connector(net::SystemLoop& loop, ServerAddress address,
                                 const spiffe::TrustDomain& trust_domain,
                                 const net::TlsMaterialSource& source);

}  // namespace ward::agent
