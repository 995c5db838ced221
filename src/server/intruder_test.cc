// Who comes to the server's port with what is not his: forged, foreign, expired, oversized and
// revoked certificates and tokens, at the calls of nodes, of administrators and at AuthZEN. Each
// test begins with what is right, so that a refusal is for what was spoilt.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/base64.h"
#include "codec/hex.h"
#include "crypto/jose.h"
#include "crypto/testing/certificates.h"
#include "http/fetch.h"
#include "server/server.h"
#include "server/testing/test_node.h"
#include "spiffe/jwt_svid.h"

namespace ward::server {
namespace {

using crypto::testing::CertificateSpec;
using crypto::testing::Credential;
using testing::ServerTest;
using testing::TestNode;
namespace admin = testing::admin;
namespace node = testing::node;
namespace fact = testing::fact;
using namespace std::chrono_literals;

constexpr const char* kOps = "spiffe://example.org/ops";
constexpr const char* kBrief = "spiffe://example.org/brief";
constexpr std::uint32_t kBriefS = 5;  // long enough to be used on a machine that is busy
constexpr const char* kServer = "spiffe://example.org/ward/server";

constexpr const char* kPolicies = R"(
@id("ops") permit (principal is Ward::ServiceAccount in Ward::Owner::"team:ward-operators",
  action in [Action::"ward.admin", Action::"ward.read"], resource is Ward::Server);
@id("ask") permit (principal in Ward::Owner::"team:web", action == Action::"ward.evaluate",
  resource is Ward::Server);
)";

constexpr const char* kQuestion =
    R"({"subject":{"type":"identity","id":"spiffe://example.org/web"},
        "action":{"name":"read"},"resource":{"type":"Record","id":"1"}})";

// A certificate chain, leaf first, with its key: what a peer shows.
struct Shown {
  std::vector<crypto::Certificate> chain;
  crypto::PrivateKey key;
};

class IntruderTest : public ServerTest {
 protected:
  // A server with an attested node, three workloads on it and policies that let them work.
  void begin() {
    ServerConfig made = config();
    made.authzen.emplace();
    ASSERT_TRUE(try_start(made).ok());
    roots_ = roots();
    node_ = make_node();
    attest(*node_);
    connect(*node_);
    register_all();
    publish_policies();
  }

  void register_all() {
    register_workload(node_->credential.spiffe_id());
    admin::SubmitRequest request;
    const auto add = [&](const char* id, const char* spiffe_id, const char* owner,
                         fact::IdentityClass identity_class, std::uint32_t ttl_s) {
      auto& identity = *request.add_facts()->mutable_identity_put()->mutable_identity();
      identity.set_id(spiffe_id);
      identity.set_identity_class(identity_class);
      identity.set_status(fact::IDENTITY_STATUS_ACTIVE);
      identity.set_owner(owner);
      auto& registration = *request.add_facts()->mutable_registration_put()->mutable_registration();
      registration.set_id(id);
      registration.set_spiffe_id(spiffe_id);
      registration.set_parent(node_->credential.spiffe_id());
      registration.add_selectors("unix:uid:1001");
      registration.set_x509_ttl_s(ttl_s);
      registration.set_jwt_ttl_s(ttl_s);
    };
    add("ops", kOps, "team:ward-operators", fact::IDENTITY_CLASS_SERVICE_ACCOUNT, 600);
    add("brief", kBrief, "team:web", fact::IDENTITY_CLASS_WORKLOAD, kBriefS);
    add("brief-ops", "spiffe://example.org/brief-ops", "team:ward-operators",
        fact::IDENTITY_CLASS_SERVICE_ACCOUNT, kBriefS);
    const auto done = call<admin::SubmitResponse>("Submit", request);
    ASSERT_TRUE(done.ok()) << done.error().text();
  }
  void publish_policies() {
    admin::PublishPoliciesRequest request;
    request.add_files()->set_name("a.cedar");
    request.mutable_files(0)->set_text(kPolicies);
    const auto done = call<admin::PublishPoliciesResponse>("PublishPolicies", request);
    ASSERT_TRUE(done.ok()) << done.error().text();
  }

  Shown svid_of(const std::string& registration) {
    const std::size_t before = node_->issued.size();
    node_->issue_x509(before + 1, registration);
    run_until([&] { return node_->issued.size() > before; });
    const auto& issued = node_->issued.back();
    EXPECT_EQ(issued.error().code(), 0u) << issued.error().message();
    return {{crypto::Certificate::parse_der(as_bytes(issued.chain(0))).value()}, node_->key};
  }
  std::string token_of(const std::string& registration, const std::string& audience = kServer) {
    const std::size_t before = node_->issued.size();
    node::NodeMessage message;
    message.mutable_issue_jwt()->set_request_id(before + 1);
    message.mutable_issue_jwt()->set_registration_id(registration);
    message.mutable_issue_jwt()->add_audience(audience);
    node_->stream.write(message);
    run_until([&] { return node_->issued.size() > before; });
    EXPECT_EQ(node_->issued.back().error().code(), 0u) << node_->issued.back().error().message();
    return node_->issued.back().jwt();
  }

  CertificateSpec valid_now(CertificateSpec spec) const {
    spec.not_before = clock.now() - 1h;
    spec.not_after = clock.now() + 1h;
    return spec;
  }
  Shown shown(const Credential& leaf) const { return {{leaf.certificate}, leaf.key}; }
  // What nobody of this trust domain signed, for the ID, by what is wrong with it.
  std::vector<std::pair<std::string, Shown>> forgeries(const std::string& id) {
    const auto leaf = valid_now(crypto::testing::leaf_spec(id));
    const auto ca = valid_now(crypto::testing::ca_spec("spiffe://example.org"));
    const Credential impostor = crypto::testing::make_root(ca);
    Credential namesake = impostor;  // with the name and key id of the real authority
    namesake.certificate = roots_.front();
    const Credential foreign =
        crypto::testing::make_root(valid_now(crypto::testing::ca_spec("spiffe://foreign.org")));
    const auto foreign_leaf = valid_now(crypto::testing::leaf_spec("spiffe://foreign.org/ops"));
    std::vector<std::pair<std::string, Shown>> made;
    made.emplace_back("of another authority", shown(crypto::testing::make_issued(leaf, impostor)));
    made.emplace_back("of a namesake", shown(crypto::testing::make_issued(leaf, namesake)));
    made.emplace_back("of a foreign authority", shown(crypto::testing::make_issued(leaf, foreign)));
    made.emplace_back("foreign", shown(crypto::testing::make_issued(foreign_leaf, foreign)));
    made.emplace_back("self-signed", shown(crypto::testing::make_root(leaf)));
    Shown bringing_its_root = shown(crypto::testing::make_issued(leaf, impostor));
    bringing_its_root.chain.push_back(impostor.certificate);
    made.emplace_back("that brings its root", bringing_its_root);
    return made;
  }
  // The chain is good, and there is more of it than anybody reads (net::kTlsPeerChainBytesMax).
  static Shown oversized(Shown good) {
    CertificateSpec spec = crypto::testing::ca_spec("spiffe://example.org");
    for (int i = 0; i < 200; ++i) spec.dns_names.push_back(std::string(250, 'n'));
    const crypto::Certificate bulky = crypto::testing::make_root(spec).certificate;
    while (good.chain.size() < 1 + crypto::kIntermediatesMax) good.chain.push_back(bulky);
    return good;
  }

  // What the server's port does with a peer that shows this, or nothing.
  struct Visit {
    std::shared_ptr<net::TlsMaterialSource> material;
    std::unique_ptr<net::TlsClient> tls;
    net::Attempt connecting, handshake;
  };
  Visit visit(const std::optional<Shown>& with, std::vector<std::string> alpn) {
    spiffe::X509BundleSet bundles;
    bundles.set(
        {.trust_domain = spiffe::TrustDomain::parse("example.org").value(), .authorities = roots_});
    auto material = net::TlsMaterial::without_identity(bundles);
    if (with) material = net::TlsMaterial::with_identity(with->chain, with->key, bundles).value();
    Visit made{.material = std::make_shared<net::TlsMaterialSource>(std::move(material)),
               .tls = nullptr,
               .connecting = {},
               .handshake = {}};
    made.tls = std::make_unique<net::TlsClient>(loop, *made.material,
                                                net::TlsClientOptions{.alpn = std::move(alpn)});
    return made;
  }
  net::Attempt connect_tls(Visit& visit, net::ConnectCallback done) {
    return net::connect_tcp(
        loop, "127.0.0.1", server->port(), {},
        [&visit, done = std::move(done)](Result<std::unique_ptr<net::Stream>> plain) mutable {
          if (!plain.ok()) return done(std::move(plain));
          visit.handshake = visit.tls->connect(std::move(*plain), std::move(done));
        });
  }

  Result<admin::StatusResponse> admin_status(const std::optional<Shown>& with) {
    Visit made = visit(with, {"h2"});
    grpc::Channel channel(
        loop, random, [&](net::ConnectCallback done) { return connect_tls(made, std::move(done)); },
        grpc::ChannelOptions{.is_tls = true});
    std::optional<Result<admin::StatusResponse>> answer;
    const auto pending = channel.unary<admin::StatusRequest, admin::StatusResponse>(
        "ward.admin.v1.Admin/Status", {}, {.timeout = 5s},
        [&](Result<admin::StatusResponse> response) { answer.emplace(std::move(response)); });
    run_until([&] { return answer.has_value(); });
    return answer ? *std::move(answer) : Error(ErrorCode::kInternal, "no answer");
  }

  // The status of AuthZEN's answer; 0 when the connection was refused.
  int evaluate(const std::optional<Shown>& with, const std::string& authorization = "") {
    Visit made = visit(with, {"http/1.1"});
    http::Request request{.head = {.method = "POST",
                                   .authority = "pdp.example.org",
                                   .target = "/access/v1/evaluation",
                                   .headers = {{"content-type", "application/json"}}},
                          .body = to_bytes(kQuestion)};
    if (!authorization.empty()) request.head.headers.add("authorization", authorization);
    std::optional<int> status;
    http::Fetch fetch;
    made.connecting = connect_tls(made, [&](Result<std::unique_ptr<net::Stream>> stream) {
      if (!stream.ok()) {
        status = 0;
        return;
      }
      fetch = http::fetch(loop, std::move(*stream), std::move(request), {},
                          [&](Result<http::Response> response) {
                            status = response.ok() ? response->head.status : 0;
                          });
    });
    run_until([&] { return status.has_value(); });
    return status.value_or(-1);
  }

  // How the stream of a node that shows this ends; nothing when it begins.
  std::optional<ErrorCode> refusal_of_node(const Shown& with) {
    const auto intruder = make_node();
    intruder->key = with.key;
    intruder->evidence_key = node_->evidence_key;
    intruder->credential = node_->credential;
    intruder->credential.clear_chain();
    for (const auto& certificate : with.chain) {
      intruder->credential.add_chain(certificate.der().data(), certificate.der().size());
    }
    intruder->connect();
    run_until([&] { return intruder->status || intruder->base; });
    if (intruder->base || intruder->status->ok()) return std::nullopt;
    return intruder->status->error().code();
  }
  Shown own_of_node() const {
    return {{crypto::Certificate::parse_der(as_bytes(node_->credential.chain(0))).value()},
            node_->key};
  }
  // A brief life, and the clock's next whole second.
  void expire() { loop.run_for(std::chrono::seconds{kBriefS} + 1100ms); }

  std::vector<crypto::Certificate> roots_;
  std::unique_ptr<TestNode> node_;
};

TEST_F(IntruderTest, NodesWithForgedOrForeignCertificatesGetNoStream) {
  begin();
  EXPECT_EQ(refusal_of_node(own_of_node()), std::nullopt);
  for (const auto& [what, with] : forgeries(node_->credential.spiffe_id())) {
    const auto refused = refusal_of_node(with);
    ASSERT_TRUE(refused.has_value()) << what;
    EXPECT_THAT(*refused, ::testing::AnyOf(ErrorCode::kUnavailable, ErrorCode::kUnauthenticated))
        << what;
  }
}

TEST_F(IntruderTest, NodesWithOversizedChainsGetNoStream) {
  begin();
  EXPECT_TRUE(refusal_of_node(oversized(own_of_node())).has_value());
  EXPECT_EQ(refusal_of_node(own_of_node()), std::nullopt);
}

TEST_F(IntruderTest, ANodeWhoseCertificateExpiredGetsNoStream) {
  ServerConfig made = config();
  made.x509_svid_ttl = std::chrono::seconds{kBriefS};  // the server looks at its own each second
  ASSERT_TRUE(try_start(made).ok());
  roots_ = roots();
  node_ = make_node();
  attest(*node_);
  expire();
  EXPECT_TRUE(refusal_of_node(own_of_node()).has_value());
}

TEST_F(IntruderTest, NodesAreNotAttestedByTokensThatDoNotHold) {
  begin();
  const std::string good = join_token();
  admin::CreateJoinTokenRequest brief;
  brief.set_ttl_s(1);
  const auto expired = call<admin::CreateJoinTokenResponse>("CreateJoinToken", brief);
  ASSERT_TRUE(expired.ok()) << expired.error().text();
  expire();
  std::string tampered = good;
  tampered[5] = tampered[5] == 'A' ? 'B' : 'A';
  for (const std::string& token :
       {std::string(), std::string("x"), tampered, good + "A", good.substr(1), expired->token(),
        std::string(1024, 'A'), std::string(100'000, 'A'), std::string("../") + good}) {
    const auto intruder = make_node();
    intruder->begin_attestation(token);
    run_until([&] { return intruder->status.has_value(); });
    ASSERT_FALSE(intruder->status->ok()) << token.substr(0, 40);
    EXPECT_EQ(intruder->credential.chain_size(), 0) << token.substr(0, 40);
  }
  const auto honest = make_node();
  honest->begin_attestation(good);
  run_until([&] { return honest->status.has_value(); });
  EXPECT_TRUE(honest->status->ok()) << "what was wrong used up nothing";
}

TEST_F(IntruderTest, AdministratorsAreTakenByTheirCertificateAndNothingLess) {
  begin();
  const auto welcome = admin_status(svid_of("ops"));
  ASSERT_TRUE(welcome.ok()) << welcome.error().text();
  EXPECT_EQ(welcome->trust_domain(), "example.org");

  EXPECT_EQ(admin_status(std::nullopt).error().code(), ErrorCode::kUnauthenticated);
  EXPECT_EQ(admin_status(svid_of("web")).error().code(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(admin_status(own_of_node()).error().code(), ErrorCode::kPermissionDenied);
  for (const std::string id : {kOps, "spiffe://example.org/ward/operator", kServer}) {
    for (const auto& [what, with] : forgeries(id)) {
      const auto refused = admin_status(with);
      ASSERT_FALSE(refused.ok()) << what << ' ' << id;
      EXPECT_THAT(refused.error().code(),
                  ::testing::AnyOf(ErrorCode::kUnavailable, ErrorCode::kUnauthenticated))
          << what;
    }
  }
  EXPECT_FALSE(admin_status(oversized(svid_of("ops"))).ok());
}

TEST_F(IntruderTest, AnAdministratorsCertificateThatExpiredOrWasRevokedOpensNothing) {
  begin();
  const Shown brief = svid_of("brief-ops");
  EXPECT_TRUE(admin_status(brief).ok());
  const Shown stolen = svid_of("ops");
  EXPECT_TRUE(admin_status(stolen).ok());
  admin::RevokeRequest request;
  request.set_kind(fact::REVOCATION_KIND_CREDENTIAL);
  request.set_id("x509:" + codec::encode_hex(stolen.chain[0].info().serial));
  request.set_identity(kOps);
  const auto revoked = call<admin::RevokeResponse>("Revoke", request);
  ASSERT_TRUE(revoked.ok()) << revoked.error().text();
  EXPECT_EQ(admin_status(stolen).error().code(), ErrorCode::kPermissionDenied);
  EXPECT_TRUE(admin_status(svid_of("ops")).ok()) << "another certificate is not revoked";
  expire();
  EXPECT_FALSE(admin_status(brief).ok());
}

TEST_F(IntruderTest, AuthzenTakesCallersByTheirCertificateAndNothingLess) {
  begin();
  const Shown brief = svid_of("brief");
  EXPECT_EQ(evaluate(svid_of("web")), 200);
  EXPECT_EQ(evaluate(brief), 200);
  EXPECT_EQ(evaluate(std::nullopt), 401);
  EXPECT_EQ(evaluate(svid_of("ops")), 403) << "no policy lets it ask";
  for (const auto& [what, with] : forgeries(kWorkload)) EXPECT_EQ(evaluate(with), 0) << what;
  EXPECT_EQ(evaluate(oversized(svid_of("web"))), 0);
  expire();
  EXPECT_EQ(evaluate(brief), 0);
}

TEST_F(IntruderTest, AuthzenTakesCallersByATokenThatHoldsAndNothingLess) {
  begin();
  const std::string good = token_of("web"), brief = token_of("brief");
  EXPECT_EQ(evaluate(std::nullopt, "Bearer " + good), 200);
  EXPECT_EQ(evaluate(std::nullopt, "Bearer " + brief), 200);
  EXPECT_EQ(evaluate(std::nullopt, "Bearer " + token_of("ops")), 403);
  EXPECT_EQ(evaluate(std::nullopt, "Bearer " + token_of("web", "others")), 401);

  const auto jws = crypto::UnverifiedJws::parse(good).value();
  const auto other_key = crypto::PrivateKey::generate(crypto::KeyType::kP256).value();
  const auto forged = [&](const char* subject, std::string_view key_id) {
    return spiffe::sign_jwt_svid({.id = spiffe::SpiffeId::parse(subject).value(),
                                  .audience = {kServer},
                                  .issued_at = clock.now(),
                                  .expiry = clock.now() + 1h,
                                  .token_id = "t"},
                                 other_key, key_id)
        .value();
  };
  std::string tampered = good;
  tampered[good.size() - 20] = tampered[good.size() - 20] == 'A' ? 'B' : 'A';
  const std::string none = codec::encode_base64url(as_bytes(R"({"alg":"none"})")) +
                           good.substr(good.find('.'), good.rfind('.') - good.find('.')) + ".";
  expire();
  const std::vector<std::pair<const char*, std::string>> bad = {
      {"expired", brief},
      {"tampered", tampered},
      {"unsigned", none},
      {"forged, with the name of the real key", forged(kWorkload, jws.header().kid)},
      {"forged, with another key's name", forged(kWorkload, "k")},
      {"foreign", forged("spiffe://foreign.org/web", jws.header().kid)},
      {"oversized", std::string(20'000, 'a')},
      {"no token", "a.b"},
  };
  for (const auto& [what, token] : bad) {
    EXPECT_EQ(evaluate(std::nullopt, "Bearer " + token), 401) << what;
  }
  EXPECT_EQ(evaluate(std::nullopt, "Basic " + good), 401);
  EXPECT_EQ(evaluate(std::nullopt, good), 401);
  // A certificate is who its bearer is; a token beside it is not looked at.
  EXPECT_EQ(evaluate(svid_of("ops"), "Bearer " + good), 403);

  admin::RevokeRequest request;
  request.set_kind(fact::REVOCATION_KIND_IDENTITY);
  request.set_id(kWorkload);
  ASSERT_TRUE(call<admin::RevokeResponse>("Revoke", request).ok());
  EXPECT_EQ(evaluate(std::nullopt, "Bearer " + good), 403);
}

}  // namespace
}  // namespace ward::server
