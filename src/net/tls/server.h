// The server's side of TLS, over any stream.
#pragma once

#include <memory>

#include "net/connect.h"
#include "net/loop.h"
#include "net/stream.h"
#include "net/tls/material.h"
#include "net/tls/options.h"

namespace ward::net {

// Loop thread. Handshakes under way are dropped with it, without callback; streams it made live on.
// Loop and source outlive it.
class TlsServer {
 public:
  TlsServer(Loop& loop, const TlsMaterialSource& source, TlsServerOptions options);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  // Handshakes on `stream`, with what the source has now, and calls `done` later, once:
  //   kUnauthenticated     the client's certificate is missing, or not valid for its trust domain
  //   kPermissionDenied    or what the predicate said
  //   kDeadlineExceeded    the handshake took too long
  //   kResourceExhausted   it was too large, or too many were under way
  //   kFailedPrecondition  no common version, suite or protocol; or no certificate of ours
  //   kDataLoss, kUnavailable  the bytes were no TLS; the connection ended
  // On success peer().tls is there, and has a chain and an id if the client sent a certificate.
  void accept(std::unique_ptr<Stream> stream, ConnectCallback done);

  std::size_t handshakes() const;  // under way

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace ward::net
