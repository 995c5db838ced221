// A server for tests of the agent: node.proto over TLS on this machine, a world that tests append
// facts to, and no disk. What it is asked for it writes down; of the node's evidence it keeps a
// copy in memory, which it cosigns.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "crypto/testing/certificates.h"
#include "evidence/mirror.h"
#include "grpc/server.h"
#include "http/server.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/tls/server.h"
#include "os/testing/memory_file_system.h"
#include "ward/node/v1/node.pb.h"
#include "world/world.h"

namespace ward::agent::testing {

inline constexpr std::string_view kToken = "0123456789abcdefghijkl";
inline constexpr std::string_view kNode = "spiffe://example.org/ward/agent/join_token/n1";

class FakeServer {
 public:
  explicit FakeServer(net::SystemLoop& loop);
  ~FakeServer();

  std::uint16_t port() const { return port_; }
  std::string ca_pem() const;
  // A token of these JSON texts, signed by the key `k1` of the JWT bundle.
  std::string token(std::string_view header, std::string_view claims) const;

  // Away: nothing listens, every connection is cut. Back: on the same port.
  void go_away();
  void come_back();

  // The next fact, pushed to whoever holds what it touches.
  void append(world::FactBody body);
  const world::World& world() const { return world_; }

  std::chrono::seconds agent_ttl{3600};
  std::chrono::milliseconds x509_ttl{3'600'000};
  std::chrono::seconds jwt_ttl{300};
  bool takes_evidence = true;
  bool cosigns_wrongly = false;  // with another key of the same name
  std::string witness_text;      // what it says is its witness's key; empty: what it is
  bool is_silent = false;        // takes messages and answers none, sends no heartbeats

  struct Seen {
    int attested = 0, hellos = 0, x509 = 0, jwts = 0, renewals = 0, asks = 0;
    std::vector<ward::node::v1::Acknowledge> acknowledged;  // those with a record
    std::vector<std::string> forgotten;
    std::map<std::string, int> asked;   // how often for a name
    std::vector<std::uint64_t> pushed;  // revisions of the facts
    std::string evidence_key;
    struct Shipped {
      std::uint64_t first = 0;
      std::uint32_t count = 0;
      bool is_taken = false;
    };
    std::vector<Shipped> shipped;
  } seen;

  // The copy of the node's log is `/copy` of these files.
  const os::FileSystem& evidence_files() const { return *evidence_files_; }
  evidence::VerifierKey evidence_key() const;
  const evidence::VerifierKey& witness() const { return witness_.verifier(); }
  const evidence::VerifierKey& false_witness() const { return false_witness_.verifier(); }
  void lose_evidence();

 private:
  class Attest;
  class Control;
  class Shipping;

  void heartbeat();
  std::string root8() const;
  std::string issue(const std::string& id, ByteView spki, std::chrono::milliseconds ttl);

  net::SystemLoop& loop_;
  crypto::testing::Credential root_;
  crypto::testing::Credential identity_;
  crypto::PrivateKey jwt_key_;
  net::TlsMaterialSource material_;
  world::World world_;
  http::Router router_;
  grpc::Server grpc_;
  std::unique_ptr<http::Server> http_;
  net::TlsServer tls_;
  std::unique_ptr<net::Listener> listener_;
  std::uint16_t port_ = 0;
  std::set<Control*> controls_;
  evidence::NoteSigner witness_;
  evidence::NoteSigner false_witness_;
  std::unique_ptr<os::testing::MemoryFileSystem> evidence_files_;
  std::optional<evidence::Mirror> mirror_;
  int serial_ = 10;
  net::Timer timer_;
};

}  // namespace ward::agent::testing
