// SSL_CTX of one version of the material. Private to net, as everything that names OpenSSL.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "net/tls/material.h"
#include "net/tls/options.h"

namespace ward::net {

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslPtr = std::unique_ptr<SSL, SslFree>;
using SslContextPtr = std::unique_ptr<SSL_CTX, SslFree>;

// Sessions made from a context keep what they need of it. `alpn` is preference, best first.
Result<SslContextPtr> make_server_context(const TlsMaterial& material,
                                          const TlsServerOptions& options);
Result<SslContextPtr> make_client_context(const TlsMaterial& material,
                                          const TlsClientOptions& options);

// The newest OpenSSL error as one of ours, and an empty queue: kUnauthenticated when it is about a
// certificate that the peer refused or did not send, else `otherwise`.
Error take_tls_error(std::string_view what, ErrorCode otherwise = ErrorCode::kFailedPrecondition);

}  // namespace ward::net
