// SVIDs through a node's stream of a real server: mTLS, gRPC, the key proof verified, the record
// durable before the answer leaves.
//
// A rate is credentials a second of the server's CPU: the time of all of its threads, user and
// system, disk thread and kernel's share of syncing included. The client's keys and proofs are made
// beforehand, and nothing of the client counts. The limit is the bare signature work, measured in
// this process in alternation with the figure.
#include <algorithm>
#include <optional>

#include "agent/attestation.h"
#include "agent/server_connector.h"
#include "attest/join_token.h"
#include "authority/key_proof.h"
#include "tests/bench/fleet.h"
#include "tests/bench/row.h"
#include "ward/node/v1/node.pb.h"

namespace ward::bench {
namespace {

namespace wire = ward::node::v1;
using authority::KeyProofPurpose;
using crypto::PrivateKey;
using crypto::SignatureScheme;

constexpr const char* kNode = "spiffe://example.org/ward/agent/join_token/bench";
constexpr int kRegistrations = 64;
constexpr int kKeys = 512;

std::string text_of(ByteView bytes) {
  return std::string(as_text(bytes));
}

// What an agent has at its end of the stream, without the rest of an agent.
class NodeStream final : public grpc::ResponseReader<wire::ServerMessage> {
 public:
  explicit NodeStream(Fleet& fleet) : fleet_(fleet) {
    spiffe::X509Bundle bundle{.trust_domain = domain_};
    for (const std::string& der : fleet_.authorities())
      bundle.authorities.push_back(crypto::Certificate::parse_der(as_bytes(der)).value());
    spiffe::X509BundleSet bundles;
    bundles.set(std::move(bundle));
    material_.emplace(net::TlsMaterial::without_identity(std::move(bundles)));
    connect(attest());
  }

  // Sends `count` of what `make` gives, `window` of them at most without an answer, and waits for
  // all answers.
  void exchange(int count, int window, const std::function<wire::NodeMessage&()>& make) {
    make_ = &make;
    to_send_ = count;
    awaited_ = count;
    for (int i = std::min(count, window); i > 0; --i) send();
    fleet_.run_until([this] { return awaited_ == 0; });
  }

  void on_message(wire::ServerMessage& message) override {
    if (message.has_base()) {
      has_base_ = true;
      return fleet_.wake();
    }
    if (!message.has_issued()) return;
    const wire::Issued& issued = message.issued();
    if (issued.has_error()) Fleet::die(Error(ErrorCode::kInternal, issued.error().message()));
    WARD_CHECK(issued.chain_size() > 0 || !issued.jwt().empty());
    if (to_send_ > 0) send();
    if (--awaited_ == 0) fleet_.wake();
  }
  void on_done(const Result<void>& status) override {
    Fleet::die(status.ok() ? Error(ErrorCode::kUnavailable, "the stream ended") : status.error());
  }

 private:
  agent::Attested attest() {
    std::optional<Result<agent::Attested>> attested;
    const agent::Attestation attestation(
        fleet_.loop(), fleet_.random(), connector(),
        std::make_unique<attest::JoinTokenProver>(
            SecretBytes(as_bytes(fleet_.join_tokens({kNode}).front()))),
        {.trust_domain = domain_,
         .key = PrivateKey::generate(crypto::KeyType::kP256).value(),
         .evidence_key = PrivateKey::generate(crypto::KeyType::kEd25519).value()},
        [&](Result<agent::Attested> result) {
          attested.emplace(std::move(result));
          fleet_.wake();
        });
    fleet_.run_until([&] { return attested.has_value(); });
    if (!attested->ok()) Fleet::die(attested->error());
    return std::move(**attested);
  }

  void connect(agent::Attested attested) {
    spiffe::X509BundleSet bundles;
    bundles.set(std::move(attested.bundle));
    material_->publish(net::TlsMaterial::with_identity(attested.identity.chain,
                                                       attested.identity.key, std::move(bundles))
                           .value());
    channel_ = std::make_unique<grpc::Channel>(fleet_.loop(), fleet_.random(), connector(),
                                               grpc::ChannelOptions{.is_tls = true});
    writer_ = channel_->bidi<wire::NodeMessage, wire::ServerMessage>(
        "ward.node.v1.NodeControl/Connect", {}, *this);
    wire::NodeMessage message;
    message.mutable_hello()->set_agent_version("bench");
    message.mutable_hello()->set_log_origin(agent::log_origin(attested.identity.id));
    writer_.write(message);
    fleet_.run_until([this] { return has_base_; });
  }

  grpc::Connector connector() {
    return agent::server_connector(fleet_.loop(), {.host = "127.0.0.1", .port = fleet_.port()},
                                   domain_, *material_);
  }

  void send() {
    --to_send_;
    writer_.write((*make_)());
  }

  Fleet& fleet_;
  spiffe::TrustDomain domain_ = spiffe::TrustDomain::parse("example.org").value();
  std::optional<net::TlsMaterialSource> material_;
  std::unique_ptr<grpc::Channel> channel_;
  grpc::ClientWriter<wire::NodeMessage> writer_;
  const std::function<wire::NodeMessage&()>* make_ = nullptr;
  bool has_base_ = false;
  int to_send_ = 0;
  int awaited_ = 0;
};

std::string registration(int i) {
  return "w" + std::to_string(i % kRegistrations);
}

void register_workloads(Fleet& fleet) {
  admin::SubmitRequest request;
  add_owner(request);
  for (int i = 0; i < kRegistrations; ++i) {
    const std::string id = "spiffe://example.org/ns/payments/sa/" + registration(i);
    add_identity(request, id);
    add_registration(request, registration(i), id, kNode, "unix:uid:1000");
  }
  fleet.submit(request);
}

// Requests made beforehand: each of another key.
std::vector<wire::NodeMessage> x509_requests() {
  std::vector<wire::NodeMessage> requests(kKeys);
  for (int i = 0; i < kKeys; ++i) {
    const PrivateKey key = PrivateKey::generate(crypto::KeyType::kP256).value();
    wire::IssueX509& request = *requests[static_cast<std::size_t>(i)].mutable_issue_x509();
    request.set_registration_id(registration(i));
    request.set_public_key(text_of(key.public_key().spki_der()));
    request.set_key_proof(text_of(
        authority::make_key_proof(KeyProofPurpose::kX509Svid, registration(i), key).value()));
  }
  return requests;
}

std::vector<wire::NodeMessage> jwt_requests() {
  std::vector<wire::NodeMessage> requests(kRegistrations);
  for (int i = 0; i < kRegistrations; ++i) {
    wire::IssueJwt& request = *requests[static_cast<std::size_t>(i)].mutable_issue_jwt();
    request.set_registration_id(registration(i));
    request.add_audience("spiffe://example.org/ns/payments/sa/db");
  }
  return requests;
}

struct Rates {
  double value = 0, limit = 0;
};

class Issuing {
 public:
  explicit Issuing(bool is_quick) : rounds_(is_quick ? 8 : 40) {
    stream_.emplace(fleet_);
    register_workloads(fleet_);
  }

  void x509(const char* name, int window) {
    print(name, 2200, measure(window, x509_requests(), [this] {
            WARD_CHECK(public_key_.verify(SignatureScheme::kEs256Der, text_, signature_).ok());
            sign();
          }));
  }
  void jwt(const char* name, int window) {
    print(name, 2000, measure(window, jwt_requests(), [this] { sign(); }));
  }

 private:
  static constexpr int kRequests = 500;  // of a round

  void sign() { WARD_CHECK(key_.sign(SignatureScheme::kEs256Der, text_).ok()); }

  Rates measure(int window, std::vector<wire::NodeMessage> requests, auto&& limit) {
    std::size_t next = 0;
    std::uint64_t id = 0;
    const std::function<wire::NodeMessage&()> make = [&]() -> wire::NodeMessage& {
      wire::NodeMessage& request = requests[next++ % requests.size()];
      ++id;
      if (request.has_issue_jwt()) {
        request.mutable_issue_jwt()->set_request_id(id);
      } else {
        request.mutable_issue_x509()->set_request_id(id);
      }
      return request;
    };
    double work_time = 0, limit_time = 0;
    stream_->exchange(kRequests, window, make);  // warm
    for (int round = 0; round < rounds_; ++round) {
      const double before = process_cpu_seconds(fleet_.server_pid());
      stream_->exchange(kRequests, window, make);
      work_time += process_cpu_seconds(fleet_.server_pid()) - before;
      const double start = thread_cpu_seconds();
      for (int i = 0; i < kRequests; ++i) limit();
      limit_time += thread_cpu_seconds() - start;
    }
    const double count = static_cast<double>(rounds_) * kRequests;
    return {count / work_time, count / limit_time};
  }

  static void print(const char* name, double peer, const Rates& rates) {
    print_row({.name = name,
               .value = rates.value,
               .unit = "1/s of a core",
               .limit = rates.limit,
               .peer = peer,
               .goal = ratio_at_least(0.75)});
  }

  const int rounds_;
  Fleet fleet_;
  std::optional<NodeStream> stream_;
  const PrivateKey key_ = PrivateKey::generate(crypto::KeyType::kP256).value();
  const crypto::PublicKey public_key_ = key_.public_key();
  const Bytes text_ = Bytes(64, 0x5a);
  const Bytes signature_ = key_.sign(SignatureScheme::kEs256Der, text_).value();
};

void run(bool is_quick) {
  Issuing issuing(is_quick);
  issuing.x509("svid/x509/agent_stream", 64);  // as an agent asks: agent::kIssuesAtOnceMax
  issuing.jwt("svid/jwt/agent_stream", 256);   // an agent has no bound of its own here
}

}  // namespace
}  // namespace ward::bench

int main(int argc, char** argv) {
  ward::bench::run(ward::bench::is_quick(argc, argv));
  return 0;
}
