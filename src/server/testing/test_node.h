// A server in this process and what talks to it, over real sockets; for this room's tests.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "authority/key_proof.h"
#include "crypto/hash.h"
#include "evidence/log_writer.h"
#include "evidence/reader.h"
#include "evidence/record.h"
#include "grpc/client.h"
#include "net/connect.h"
#include "net/tls/client.h"
#include "os/file_system.h"
#include "os/random.h"
#include "server/server.h"
#include "server/signing_keys.h"
#include "server/testing/faulty_files.h"
#include "ward/admin/v1/admin.pb.h"
#include "ward/node/v1/node.pb.h"

namespace ward::server::testing {

namespace admin = ward::admin::v1;
namespace node = ward::node::v1;
namespace fact = ward::fact::v1;

inline std::string text_of(const Bytes& bytes) {
  return std::string(as_text(bytes));
}

// An agent's side: its keys, credential, evidence log and stream.
class TestNode final : public grpc::ResponseReader<node::ServerMessage>,
                       grpc::ResponseReader<node::AttestResponse> {
 public:
  TestNode(net::SystemLoop& loop, Random& random, os::FileSystem& files, const Clock& clock,
           std::uint16_t port)
      : loop_(loop), random_(random), files_(files), clock_(clock), port_(port) {
    use(net::TlsMaterial::without_identity({}));
  }

  void begin_attestation(const std::string& token) {
    connect_channel();
    writer_attest_ = channel_->bidi<node::AttestRequest, node::AttestResponse>(
        "ward.node.v1.NodeAttestation/Attest", {}, *this);
    node::AttestRequest request;
    auto& begin = *request.mutable_begin();
    begin.set_attestor("join_token");
    begin.set_payload(token);
    begin.set_public_key(text_of(to_bytes(key.public_key().spki_der())));
    begin.set_key_proof(text_of(
        authority::make_key_proof(authority::KeyProofPurpose::kNode, "join_token", key).value()));
    begin.set_evidence_key(text_of(evidence_key.public_key().ed25519()));
    begin.set_evidence_proof(text_of(
        authority::make_key_proof(authority::KeyProofPurpose::kEvidence, "join_token", evidence_key)
            .value()));
    writer_attest_.write(request);
  }

  // With the credential from attestation.
  void connect() {
    std::vector<crypto::Certificate> chain;
    for (const std::string& der : credential.chain())
      chain.push_back(crypto::Certificate::parse_der(as_bytes(der)).value());
    spiffe::X509BundleSet bundles;
    spiffe::X509Bundle bundle{.trust_domain = spiffe::TrustDomain::parse("example.org").value()};
    for (const std::string& der : credential.trust_bundle())
      bundle.authorities.push_back(crypto::Certificate::parse_der(as_bytes(der)).value());
    bundles.set(std::move(bundle));
    use(net::TlsMaterial::with_identity(std::move(chain), key, std::move(bundles)).value());
    connect_channel();
    status.reset();
    stream = channel_->bidi<node::NodeMessage, node::ServerMessage>(
        "ward.node.v1.NodeControl/Connect", {}, *this);
    node::NodeMessage message;
    message.mutable_hello()->set_agent_version("test");
    message.mutable_hello()->set_log_origin(origin());
    stream.write(message);
  }

  std::string origin() const { return credential.spiffe_id().substr(9); }

  void issue_x509(std::uint64_t id, const std::string& registration) {
    node::NodeMessage message;
    auto& issue = *message.mutable_issue_x509();
    issue.set_request_id(id);
    issue.set_registration_id(registration);
    issue.set_public_key(text_of(to_bytes(key.public_key().spki_der())));
    issue.set_key_proof(
        text_of(authority::make_key_proof(authority::KeyProofPurpose::kX509Svid, registration, key)
                    .value()));
    stream.write(message);
  }

  // Acknowledges the revocation of `subject` as an agent does: recorded, durable, proved.
  void acknowledge(std::uint64_t revision, const std::string& subject, const std::string& dir) {
    auto signer =
        evidence::NoteSigner::make(origin(), evidence::NoteKeyType::kEd25519, evidence_key).value();
    auto log = evidence::LogWriter::open({.directory = dir, .signer = signer}, files_, clock_);
    ASSERT_TRUE(log.ok()) << log.error().text();
    const evidence::Record record{
        .time = clock_.now(),
        .revision = revision,
        .journal_root8 = {},
        .body = evidence::Acknowledgement{.revision = revision, .subjects = {subject}}};
    const Bytes bytes = evidence::encode_record(record).value();
    evidence::RecordGroup group;
    group.add(bytes, revision);
    const std::uint64_t index = log->commit(group).value();
    const std::string checkpoint = log->publish().value();
    const evidence::VerifierKey verifier = signer.verifier();
    const auto proof =
        evidence::LogReader::open(files_, dir, {&verifier, 1}).value().prove(index).value();
    node::NodeMessage message;
    auto& acknowledge = *message.mutable_acknowledge();
    acknowledge.set_revision(revision);
    acknowledge.set_log_index(index);
    acknowledge.set_checkpoint(checkpoint);
    for (const auto& hash : proof.hashes) acknowledge.add_proof(hash.data(), hash.size());
    acknowledge.set_record(text_of(bytes));
    stream.write(message);
  }

  void on_message(node::ServerMessage& message) override {
    if (message.has_base()) base = message.base();
    if (message.has_facts()) pushed.push_back(message.facts());
    if (message.has_answer()) answers.push_back(message.answer());
    if (message.has_heartbeat()) {
      ++heartbeats;
      heartbeat = message.heartbeat();
    }
    if (message.has_issued()) issued.push_back(message.issued());
    if (message.has_renewed()) renewed.push_back(message.renewed());
  }
  void on_message(node::AttestResponse& message) override {
    if (message.has_credential()) credential = message.credential();
  }
  void on_writable() override {}
  void on_done(const Result<void>& done) override { status = done; }

  crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::kP256).value();
  crypto::PrivateKey evidence_key = crypto::PrivateKey::generate(crypto::KeyType::kEd25519).value();
  node::NodeCredential credential;
  std::optional<node::Base> base;
  std::vector<node::Facts> pushed;
  std::vector<node::Answer> answers;
  std::vector<node::Issued> issued, renewed;
  int heartbeats = 0;
  node::Heartbeat heartbeat;           // the last
  std::optional<Result<void>> status;  // of the newest call
  grpc::ClientWriter<node::NodeMessage> stream;

  // The bundle that the server is verified by before the node has one of its own.
  void trust(const std::vector<crypto::Certificate>& roots) {
    spiffe::X509BundleSet bundles;
    bundles.set(
        {.trust_domain = spiffe::TrustDomain::parse("example.org").value(), .authorities = roots});
    use(net::TlsMaterial::without_identity(std::move(bundles)));
  }

 private:
  void use(std::shared_ptr<const net::TlsMaterial> material) {
    if (material_) {
      material_->publish(std::move(material));
    } else {
      material_ = std::make_unique<net::TlsMaterialSource>(std::move(material));
    }
  }

  void connect_channel() {
    stream = {};
    writer_attest_ = {};
    channel_.reset();
    tls_ = std::make_unique<net::TlsClient>(loop_, *material_, net::TlsClientOptions{});
    channel_ = std::make_unique<grpc::Channel>(
        loop_, random_,
        [this](net::ConnectCallback done) {
          return net::connect_tcp(
              loop_, "127.0.0.1", port_, {},
              [this, done = std::move(done)](Result<std::unique_ptr<net::Stream>> plain) mutable {
                if (!plain.ok()) return done(std::move(plain));
                handshake_ = tls_->connect(std::move(*plain), std::move(done));
              });
        },
        grpc::ChannelOptions{.is_tls = true});
  }

  net::SystemLoop& loop_;
  Random& random_;
  os::FileSystem& files_;
  const Clock& clock_;
  std::uint16_t port_;
  std::unique_ptr<net::TlsMaterialSource> material_;
  std::unique_ptr<net::TlsClient> tls_;
  net::Attempt handshake_;
  std::unique_ptr<grpc::Channel> channel_;
  grpc::ClientWriter<node::AttestRequest> writer_attest_;
};

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    std::string pattern = ::testing::TempDir() + "ward-server-XXXXXX";
    dir = ::mkdtemp(pattern.data());
  }
  ~ServerTest() override {
    stop();
    std::filesystem::remove_all(dir);
  }

  ServerConfig config() const {
    ServerConfig made = parse_config("trust_domain = \"example.org\"\ndata_dir = \"" + dir +
                                         "/data\"\n[listen]\naddress = \"127.0.0.1\"\nport = 0\n",
                                     "test")
                            .value();
    made.operators = {{::getuid(), "spiffe://example.org/ward/operator"}};
    return made;
  }

  Result<void> try_start(const ServerConfig& config) {
    auto made = Server::start(config, {.loop = loop,
                                       .files = files,
                                       .clock = clock,
                                       .random = random,
                                       .log = Log::none(),
                                       .version = "test"});
    if (!made.ok()) return made.error();
    server = std::move(*made);
    admin_channel = std::make_unique<grpc::Channel>(
        loop, random, grpc::unix_connector(loop, config.admin_socket), grpc::ChannelOptions{});
    return {};
  }
  void start() {
    const auto started = try_start(config());
    ASSERT_TRUE(started.ok()) << started.error().text();
  }
  void stop() {
    admin_channel.reset();
    if (!server) return;
    bool is_done = false;
    server->shut_down([&] { is_done = true; });
    run_until([&] { return is_done; });
    server.reset();
  }

  void run_until(const std::function<bool()>& holds) {
    const auto end = clock.monotonic() + std::chrono::seconds(8);
    while (!holds()) {
      ASSERT_LT(clock.monotonic(), end) << "waited in vain";
      loop.run_for(std::chrono::milliseconds(2));
    }
  }

  template <typename Response, typename Request>
  Result<Response> call(std::string method, const Request& request) {
    std::optional<Result<Response>> result;
    const auto pending = admin_channel->unary<Request, Response>(
        "ward.admin.v1.Admin/" + method, request, {},
        [&](Result<Response> response) { result.emplace(std::move(response)); });
    run_until([&] { return result.has_value(); });
    if (!result) return Error(ErrorCode::kDeadlineExceeded, "no answer");
    return *std::move(result);
  }

  std::string join_token() {
    const auto made =
        call<admin::CreateJoinTokenResponse>("CreateJoinToken", admin::CreateJoinTokenRequest());
    EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().text());
    return made.ok() ? made->token() : "";
  }

  std::vector<crypto::Certificate> roots() {
    std::vector<crypto::Certificate> roots;
    const auto bundle = call<admin::GetBundleResponse>("GetBundle", admin::GetBundleRequest());
    EXPECT_TRUE(bundle.ok());
    for (const std::string& der : bundle.value().x509_authorities())
      roots.push_back(crypto::Certificate::parse_der(as_bytes(der)).value());
    return roots;
  }
  std::unique_ptr<TestNode> make_node() { return make_node(roots()); }
  std::unique_ptr<TestNode> make_node(const std::vector<crypto::Certificate>& roots) {
    auto made = std::make_unique<TestNode>(loop, random, files, clock, server->port());
    made->trust(roots);
    return made;
  }
  void attest(TestNode& node) {
    node.begin_attestation(join_token());
    run_until([&] { return node.status.has_value(); });
    ASSERT_TRUE(node.status->ok()) << node.status->error().text();
    ASSERT_GT(node.credential.chain_size(), 0);
  }
  void connect(TestNode& node) {
    node.connect();
    run_until([&] { return node.base.has_value() || node.status.has_value(); });
    ASSERT_TRUE(node.base.has_value()) << node.status->error().text();
  }
  std::unique_ptr<TestNode> connected_node() {
    auto made = make_node();
    attest(*made);
    connect(*made);
    return made;
  }

  // A workload identity registered under a node; the registration's id is `web`.
  void register_workload(const std::string& parent) {
    admin::SubmitRequest request;
    auto& owner = *request.add_facts()->mutable_owner_put()->mutable_owner();
    owner.set_id("team:web");
    owner.set_kind(fact::OWNER_KIND_TEAM);
    owner.set_live(true);
    auto& identity = *request.add_facts()->mutable_identity_put()->mutable_identity();
    identity.set_id(kWorkload);
    identity.set_identity_class(fact::IDENTITY_CLASS_WORKLOAD);
    identity.set_status(fact::IDENTITY_STATUS_ACTIVE);
    identity.set_owner("team:web");
    auto& registration = *request.add_facts()->mutable_registration_put()->mutable_registration();
    registration.set_id("web");
    registration.set_spiffe_id(kWorkload);
    registration.set_parent(parent);
    registration.add_selectors("unix:uid:1000");
    const auto done = call<admin::SubmitResponse>("Submit", request);
    ASSERT_TRUE(done.ok()) << done.error().text();
  }

  static constexpr const char* kWorkload = "spiffe://example.org/web";

  SystemClock clock;
  os::SystemRandom random;
  FaultyFiles files;
  net::SystemLoop loop{clock};
  std::string dir;
  std::unique_ptr<Server> server;
  std::unique_ptr<grpc::Channel> admin_channel;
};

}  // namespace ward::server::testing
