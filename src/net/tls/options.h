// How a TLS endpoint handshakes, and whom it takes.
//
// TLS 1.2 and 1.3 (RFC 8446, RFC 5246 with RFC 9325's suites); key exchange by X25519, P-256 or
// P-384. No resumption in either direction, because it skips the verification of the peer; no
// renegotiation, no compression, no early data.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "crypto/x509.h"
#include "spiffe/id.h"

namespace ward::net {

// The certificates of a peer, as bytes of the handshake, before they are parsed.
inline constexpr std::size_t kTlsPeerChainBytesMax = std::size_t{64} << 10;

struct TlsLimits {
  std::chrono::nanoseconds handshake_timeout{std::chrono::seconds{10}};
  // Bytes that the peer may send until the handshake is done.
  std::size_t handshake_size_max = std::size_t{128} << 10;
};

// Says whether a peer that proved to be `id` is welcome here; an error ends the handshake.
using PeerPredicate = std::function<Result<void>(const spiffe::SpiffeId& id)>;

// The peer is a SPIFFE workload: verified by the bundle of its own trust domain and no other.
struct VerifySpiffe {
  PeerPredicate authorize{};  // absent: anybody who can be verified
};

// The peer is a named server below one of `roots`, and need not have a SPIFFE ID. For peers that
// are outside every trust domain.
struct VerifyServerName {
  std::vector<crypto::Certificate> roots;
  std::string dns_name;  // also sent as SNI (RFC 6066 3); matched by RFC 6125 6.4
};

// Of client certificates, by a server. One that is sent is always verified as VerifySpiffe says.
enum class ClientCertificate : std::uint8_t { kNotAsked, kOptional, kRequired };

struct TlsServerOptions {
  ClientCertificate client_certificate = ClientCertificate::kRequired;
  VerifySpiffe verify{};
  // In order of preference. A client that offers none of them is refused (RFC 7301 3.2); one
  // without ALPN gets an empty alpn(). Names have 1 to 255 bytes.
  std::vector<std::string> alpn = {"h2", "http/1.1"};
  std::size_t handshakes_max = 4096;  // at once; the next is refused
  TlsLimits limits{};
};

struct TlsClientOptions {
  std::variant<VerifySpiffe, VerifyServerName> verify{};
  std::vector<std::string> alpn = {"h2"};
  TlsLimits limits{};
};

}  // namespace ward::net
