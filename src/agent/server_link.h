// The node's stream to the server (node.proto, NodeControl.Connect): begun with Hello, begun again
// after a growing pause when it is lost, and all that goes over it.
//
// What the server says is given to the one Listener in the order of the stream, which is what
// keeps a view right (world/view.h). An error of the listener ends the stream; the next one begins
// with a Base again.
//
// Loop thread. Everything it is given outlives it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/key.h"
#include "crypto/x509.h"
#include "evidence/record.h"
#include "grpc/client.h"
#include "net/loop.h"
#include "world/view.h"

namespace ward::node::v1 {
class Acknowledge;
}

namespace ward::agent {

inline constexpr std::size_t kAskNamesMax = 64;      // of one Ask
inline constexpr std::size_t kRequestsMax = 10'000;  // without an answer yet
inline constexpr std::chrono::seconds kRequestTimeout{10};
// The server is heard of every second; after this long without a word the stream is begun anew.
inline constexpr std::chrono::seconds kSilenceMax{5};
inline constexpr std::size_t kServerMessageBytesMax = std::size_t{80} << 20;

// A place in the journal: a revision, and the first bytes of the root of the tree up to it.
struct JournalHead {
  std::uint64_t revision = 0;
  evidence::RootPrefix root8{};
};

// What a stream begins with.
struct ServerBase {
  JournalHead head;
  std::vector<world::ViewEntry> entries;
};

struct RevisedFact {
  std::uint64_t revision = 0;
  world::Fact fact;
};

struct IssuedX509 {
  std::vector<crypto::Certificate> chain;  // leaf first
};
struct IssuedJwt {
  std::string token;
  WallTime expires;
};

struct ServerLinkOptions {
  std::string agent_version;
  std::string log_origin;
  std::chrono::milliseconds backoff_min{100};
  std::chrono::milliseconds backoff_max{10'000};
};

class ServerLink {
 public:
  // Outlives the link.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual std::vector<world::Name> held() const = 0;  // for Hello
    virtual Result<void> on_base(const ServerBase& base) = 0;
    virtual Result<void> on_facts(const std::vector<RevisedFact>& facts,
                                  const JournalHead& head) = 0;
    virtual Result<void> on_answer(const std::vector<world::ViewEntry>& entries,
                                   const JournalHead& head) = 0;
    virtual Result<void> on_heartbeat(const JournalHead& head) = 0;
    virtual void on_lost() = 0;
  };
  template <typename T>
  using Callback = std::move_only_function<void(Result<T>)>;

  ServerLink(net::Loop& loop, Random& random, grpc::Connector connector, Listener& listener,
             ServerLinkOptions options, Log log);
  ~ServerLink();

  void start();
  // Ends the stream and begins a new one: after the node has a new certificate.
  void restart();

  // Since the Base of the current stream.
  bool is_connected() const;
  // The verifier key, in text, that the server's cosignatures are said to be verified with, as the
  // newest Base had it; not checked. Empty before the first.
  const std::string& witness_key() const;

  // Each callback runs once, from the loop, unless the link is destroyed: kUnavailable without a
  // stream, kDeadlineExceeded after kRequestTimeout, kResourceExhausted at a bound, or the
  // server's error.
  void ask(const std::vector<world::Name>& names, Callback<void> done);  // <= kAskNamesMax
  void forget(const std::vector<world::Name>& names);
  void acknowledge(const ward::node::v1::Acknowledge& message);
  void issue_x509(const std::string& registration, const crypto::PrivateKey& key,
                  Callback<IssuedX509> done);
  void issue_jwt(const std::string& registration, const std::vector<std::string>& audience,
                 Callback<IssuedJwt> done);
  void renew(const std::string& node, const crypto::PrivateKey& key, Callback<IssuedX509> done);

 private:
  class Stream;
  std::unique_ptr<Stream> stream_;
};

}  // namespace ward::agent
