// Two TLS ends over memory under simulated time, with a small PKI. Included by tests only.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "crypto/testing/certificates.h"
#include "net/testing/harness.h"
#include "net/testing/memory_stream.h"
#include "net/testing/simulated_loop.h"
#include "net/tls/client.h"
#include "net/tls/server.h"

namespace ward::net::testing {

using Outcome = std::optional<Result<std::unique_ptr<Stream>>>;

class TlsFixture : public ::testing::Test {
 protected:
  using Credential = crypto::testing::Credential;

  static Credential authority(const std::string& trust_domain) {
    return crypto::testing::make_root(crypto::testing::ca_spec("spiffe://" + trust_domain));
  }
  static Credential workload(const std::string& id, const Credential& issuer) {
    return crypto::testing::make_issued(crypto::testing::leaf_spec(id), issuer);
  }
  static spiffe::SpiffeId spiffe_id(const std::string& text) {
    return spiffe::SpiffeId::parse(text).value();
  }

  // A version of the material: an identity, and what is trusted for example.org.
  static std::shared_ptr<const TlsMaterial> material(const Credential& own,
                                                     const Credential& trusted) {
    return TlsMaterial::with_identity({own.certificate}, own.key, bundles(trusted)).value();
  }
  static std::shared_ptr<const TlsMaterial> anonymous(const Credential& trusted) {
    return TlsMaterial::without_identity(bundles(trusted));
  }
  static spiffe::X509BundleSet bundles(const Credential& trusted) {
    spiffe::X509BundleSet set;
    set.set({.trust_domain = spiffe::TrustDomain::parse("example.org").value(),
             .authorities = {trusted.certificate}});
    return set;
  }

  // Handshakes both ends and waits for both outcomes.
  void handshake() { handshake(make_memory_streams(loop_, wire_)); }
  void handshake(std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> wires) {
    client_.reset();
    server_.reset();
    tls_server().accept(std::move(wires.second), keep(server_));
    attempt_ = tls_client().connect(std::move(wires.first), keep(client_));
    loop_.run();
    ASSERT_TRUE(client_ && server_);
  }

  // The server's outcome with a peer that the test plays itself.
  std::unique_ptr<Stream> accept_raw() {
    auto [peer, wire] = make_memory_streams(loop_, wire_);
    server_.reset();
    tls_server().accept(std::move(wire), keep(server_));
    return std::move(peer);
  }

  // Made on first use, so that a test can change options before.
  TlsServer& tls_server() {
    if (!tls_server_) tls_server_.emplace(loop_, server_source_, server_options_);
    return *tls_server_;
  }
  TlsClient& tls_client() {
    if (!tls_client_) tls_client_.emplace(loop_, client_source_, client_options_);
    return *tls_client_;
  }

  static ConnectCallback keep(Outcome& outcome) {
    return
        [&outcome](Result<std::unique_ptr<Stream>> stream) { outcome.emplace(std::move(stream)); };
  }
  static std::optional<ErrorCode> code(const Outcome& outcome) {
    if (!outcome || outcome->ok()) return std::nullopt;
    return outcome->error().code();
  }
  Stream& server() { return ***server_; }
  Stream& client() { return ***client_; }

  // True when what one end writes comes out at the other, both ways.
  bool carries() {
    std::string up, down;
    server().read([&](Result<ByteView> bytes) { up = bytes.ok() ? as_text(*bytes) : "error"; });
    client().read([&](Result<ByteView> bytes) { down = bytes.ok() ? as_text(*bytes) : "error"; });
    const Writer first(client(), to_bytes("up")), second(server(), to_bytes("down"));
    loop_.run();
    return up == "up" && down == "down";
  }

  ManualClock clock_;
  SimulatedLoop loop_{clock_};
  MemoryStreamOptions wire_;
  Credential root_ = authority("example.org");
  Credential server_identity_ = workload("spiffe://example.org/server", root_);
  Credential client_identity_ = workload("spiffe://example.org/client", root_);
  TlsMaterialSource server_source_{material(server_identity_, root_)};
  TlsMaterialSource client_source_{material(client_identity_, root_)};
  TlsServerOptions server_options_;
  TlsClientOptions client_options_;
  std::optional<TlsServer> tls_server_;
  std::optional<TlsClient> tls_client_;
  Outcome server_, client_;
  Attempt attempt_;
};

}  // namespace ward::net::testing
