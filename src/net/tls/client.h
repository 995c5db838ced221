// The client's side of TLS, over any stream.
#pragma once

#include <memory>

#include "net/connect.h"
#include "net/loop.h"
#include "net/stream.h"
#include "net/tls/material.h"
#include "net/tls/options.h"

namespace ward::net {

// Loop thread. Loop and source outlive it; attempts and streams it made may live on.
class TlsClient {
 public:
  TlsClient(Loop& loop, const TlsMaterialSource& source, TlsClientOptions options);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // Handshakes on `stream`, with what the source has now; errors as for TlsServer::accept. In
  // TLS 1.3 the client is done before the server has judged the client's certificate: a refusal is
  // an error of the first read (kUnauthenticated).
  Attempt connect(std::unique_ptr<Stream> stream, ConnectCallback done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ward::net
