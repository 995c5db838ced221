// One TLS connection as a state machine: bytes of the wire go in and come out, and plaintext on the
// other side. No sockets, no clock. Private to net.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "net/peer.h"
#include "net/tls/context.h"

namespace ward::net {

// Judges the certificates that the peer sent, leaf first and not empty.
using PeerVerifier = std::function<Result<TlsPeer>(std::vector<crypto::Certificate> chain)>;

struct TlsEngineOptions {
  bool is_server = false;
  PeerVerifier verify;
  std::vector<std::string> alpn{};  // of a server, which chooses
  std::string server_name{};        // of a client: sent as SNI
};

class TlsEngine {
 public:
  enum class Progress { kDone, kNeedsInput, kEnded, kFailed };

  static Result<std::unique_ptr<TlsEngine>> make(SSL_CTX* context, TlsEngineOptions options);
  TlsEngine(const TlsEngine&) = delete;
  TlsEngine& operator=(const TlsEngine&) = delete;

  // `input` stays valid until everything says kNeedsInput, or keep_input() copies what is left.
  void feed(ByteView input);
  void keep_input();
  bool has_input() const;

  // What is to be sent to the peer.
  std::size_t output_size() const { return output_.size(); }
  Bytes take_output() { return std::exchange(output_, {}); }

  Progress handshake();
  // kDone: `count` bytes were read, or taken from `bytes`, at least one.
  Progress read(std::span<std::uint8_t> into, std::size_t& count);
  Progress write(ByteView bytes, std::size_t& count);
  void shutdown();  // close_notify

  // After kFailed.
  const Error& error() const { return *error_; }
  // After the handshake.
  const TlsPeer& peer() const { return peer_; }

  // For the context: OpenSSL's callbacks of every connection.
  static int on_certificate(X509_STORE_CTX* store, void*);
  static int on_alpn(SSL* ssl, const unsigned char** chosen, unsigned char* chosen_size,
                     const unsigned char* offered, unsigned offered_size, void*);

 private:
  struct Wire;  // the BIO between OpenSSL and input_, output_

  explicit TlsEngine(TlsEngineOptions options) : options_(std::move(options)) {}
  Progress progress_of(int result, std::string_view what, ErrorCode otherwise);

  TlsEngineOptions options_;
  SslPtr ssl_;
  ByteView input_;
  Bytes kept_;  // what input_ looks at, when it is our own copy
  Bytes output_;
  TlsPeer peer_;
  std::optional<Error> error_;
};

}  // namespace ward::net
