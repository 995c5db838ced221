// Who may talk to whom, and how a handshake ends when it must not succeed.
#include <gtest/gtest.h>

#include "net/testing/tls_fixture.h"

namespace ward::net {
namespace {

using namespace std::chrono_literals;
using testing::Reader;
using testing::Writer;

class TlsTest : public testing::TlsFixture {
 protected:
  // Both ends after a handshake that the server refused: in TLS 1.3 the client learns it by
  // reading.
  void expect_refused(ErrorCode expected) {
    handshake();
    EXPECT_EQ(code(server_), expected);
    if (!client_->ok()) return;
    Reader reader(client());
    loop_.run();
    ASSERT_TRUE(reader.error());
    EXPECT_EQ(reader.error()->code(), ErrorCode::kUnauthenticated) << reader.error()->text();
  }
};

TEST_F(TlsTest, BothEndsLearnWhoTheOtherIs) {
  handshake();
  ASSERT_TRUE(server_->ok()) << server_->error().text();
  ASSERT_TRUE(client_->ok()) << client_->error().text();
  EXPECT_EQ(server().peer().tls->id, spiffe_id("spiffe://example.org/client"));
  EXPECT_EQ(client().peer().tls->id, spiffe_id("spiffe://example.org/server"));
  EXPECT_EQ(server().peer().tls->chain.front(), client_identity_.certificate);
  EXPECT_EQ(server().alpn(), "h2");
  EXPECT_EQ(client().alpn(), "h2");
  EXPECT_TRUE(carries());
}

TEST_F(TlsTest, TheEndOfOneDirectionLeavesTheOtherOpen) {
  handshake();
  Reader at_server(server()), at_client(client());
  client().shutdown();
  loop_.run();
  EXPECT_TRUE(at_server.is_ended());
  const Writer writer(server(), to_bytes("late"));
  loop_.run();
  EXPECT_EQ(at_client.text(), "late");
  server().shutdown();
  loop_.run();
  EXPECT_TRUE(at_client.is_ended());
}

TEST_F(TlsTest, LargeWritesPassThroughSmallPieces) {
  wire_.buffer_size = 5000;
  wire_.read_size_max = 777;
  handshake();
  const std::string large(1 << 20, 'x');
  Reader reader(server());
  const Writer writer(client(), to_bytes(large));
  loop_.run();
  EXPECT_TRUE(reader.text() == large);
  EXPECT_TRUE(writer.is_ok());
}

TEST_F(TlsTest, AnEmptyWriteIsDone) {
  handshake();
  const Writer writer(client(), {});
  loop_.run();
  EXPECT_TRUE(writer.is_ok());
}

TEST_F(TlsTest, ByteAtATimeIsEnoughForAHandshake) {
  wire_.read_size_max = 1;
  handshake();
  EXPECT_TRUE(carries());
}

TEST_F(TlsTest, AClientWithoutCertificateIsRefusedWhereOneIsRequired) {
  client_source_.publish(anonymous(root_));
  expect_refused(ErrorCode::kUnauthenticated);
}

TEST_F(TlsTest, AClientWithoutCertificateHasNoIdentityWhereOneIsOptional) {
  server_options_.client_certificate = ClientCertificate::kOptional;
  client_source_.publish(anonymous(root_));
  handshake();
  EXPECT_TRUE(carries());
  EXPECT_TRUE(server().peer().tls->chain.empty());
  EXPECT_FALSE(server().peer().tls->id);
}

TEST_F(TlsTest, AWrongCertificateIsRefusedEvenWhereNoneIsRequired) {
  server_options_.client_certificate = ClientCertificate::kOptional;
  const auto impostor = workload("spiffe://example.org/client", authority("example.org"));
  client_source_.publish(material(impostor, root_));
  expect_refused(ErrorCode::kUnauthenticated);
}

TEST_F(TlsTest, ACertificateThatIsNotAskedForIsNotSeen) {
  server_options_.client_certificate = ClientCertificate::kNotAsked;
  handshake();
  EXPECT_TRUE(carries());
  EXPECT_FALSE(server().peer().tls->id);
}

TEST_F(TlsTest, ATrustDomainWithoutBundleIsRefused) {
  const auto foreign_root = authority("foreign.org");
  const auto foreigner = workload("spiffe://foreign.org/client", foreign_root);
  client_source_.publish(material(foreigner, root_));
  expect_refused(ErrorCode::kUnauthenticated);
}

TEST_F(TlsTest, AnAuthorityVouchesOnlyForItsOwnTrustDomain) {
  // example.org's own CA signs a name of foreign.org.
  const auto crossing = workload("spiffe://foreign.org/client", root_);
  client_source_.publish(material(crossing, root_));
  expect_refused(ErrorCode::kUnauthenticated);
}

TEST_F(TlsTest, AnExpiredPeerIsRefused) {
  clock_.advance(2h);
  handshake();
  EXPECT_EQ(code(client_), ErrorCode::kUnauthenticated);
  EXPECT_EQ(code(server_), ErrorCode::kUnauthenticated);  // told so by the client's alert
}

TEST_F(TlsTest, AServerThatIsNoWorkloadIsRefused) {
  auto spec = crypto::testing::leaf_spec("spiffe://example.org/server");
  spec.uris = {};
  spec.dns_names = {"server.example.org"};
  const auto plain = crypto::testing::make_issued(spec, root_);
  server_source_.publish(material(plain, root_));
  handshake();
  EXPECT_EQ(code(client_), ErrorCode::kUnauthenticated);
}

TEST_F(TlsTest, ThePredicateDecidesAmongThoseWhoAreProved) {
  server_options_.verify.authorize = [](const spiffe::SpiffeId& id) -> Result<void> {
    if (id.path() == "/client") return {};
    return make_error(ErrorCode::kPermissionDenied, "`{}` is not welcome", id.text());
  };
  handshake();
  EXPECT_TRUE(carries());
  client_source_.publish(material(workload("spiffe://example.org/other", root_), root_));
  expect_refused(ErrorCode::kPermissionDenied);
}

TEST_F(TlsTest, AClientRefusesAServerItDidNotMean) {
  client_options_.verify = VerifySpiffe{[](const spiffe::SpiffeId&) -> Result<void> {
    return Error(ErrorCode::kPermissionDenied, "not this one");
  }};
  handshake();
  EXPECT_EQ(code(client_), ErrorCode::kPermissionDenied);
}

TEST_F(TlsTest, WithoutACommonProtocolThereIsNoConnection) {
  client_options_.alpn = {"spdy/3"};
  handshake();
  EXPECT_EQ(code(server_), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(code(client_), ErrorCode::kFailedPrecondition);
}

TEST_F(TlsTest, TheServersPreferenceChoosesTheProtocol) {
  client_options_.alpn = {"http/1.1", "h2"};
  handshake();
  EXPECT_EQ(client().alpn(), "h2");
}

TEST_F(TlsTest, AClientWithoutAlpnAgreesOnNothing) {
  client_options_.alpn = {};
  handshake();
  EXPECT_TRUE(carries());
  EXPECT_EQ(server().alpn(), "");
}

TEST_F(TlsTest, AServerWithoutIdentityAcceptsNobody) {
  server_source_.publish(anonymous(root_));
  handshake();
  EXPECT_EQ(code(server_), ErrorCode::kFailedPrecondition);
}

TEST_F(TlsTest, AKeyThatDoesNotFitItsCertificateIsNoMaterial) {
  const auto wrong = TlsMaterial::with_identity({server_identity_.certificate},
                                                client_identity_.key, bundles(root_));
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_FALSE(TlsMaterial::with_identity({}, client_identity_.key, bundles(root_)).ok());
}

TEST_F(TlsTest, ANewCertificateIsShownToNewPeersAndOldConnectionsLiveOn) {
  handshake();
  const auto old_client = std::move(*client_);
  const auto old_server = std::move(*server_);
  const auto renewed = workload("spiffe://example.org/server", root_);
  server_source_.publish(material(renewed, root_));
  handshake();
  EXPECT_EQ(client().peer().tls->chain.front(), renewed.certificate);
  EXPECT_EQ((*old_client)->peer().tls->chain.front(), server_identity_.certificate);
  Reader reader(**old_client);
  const Writer writer(**old_server, to_bytes("alive"));
  loop_.run();
  EXPECT_EQ(reader.text(), "alive");
}

TEST_F(TlsTest, AWithdrawnAuthorityEndsNewHandshakesAtOnce) {
  handshake();
  ASSERT_TRUE(server_->ok());
  const auto next_root = authority("example.org");
  server_source_.publish(material(server_identity_, next_root));
  expect_refused(ErrorCode::kUnauthenticated);
  client_source_.publish(material(workload("spiffe://example.org/client", next_root), root_));
  handshake();
  EXPECT_TRUE(server_->ok());
}

class TlsServerNameTest : public TlsTest {
 protected:
  void expect(const std::string& certificate_name, const std::string& wanted, bool is_taken) {
    auto spec = crypto::testing::leaf_spec("spiffe://example.org/ignored");
    spec.uris = {};
    spec.dns_names = {certificate_name};
    server_source_.publish(material(crypto::testing::make_issued(spec, root_), root_));
    server_options_.client_certificate = ClientCertificate::kNotAsked;
    client_options_.verify = VerifyServerName{{root_.certificate}, wanted};
    tls_client_.reset();
    handshake();
    EXPECT_EQ(client_->ok(), is_taken) << certificate_name << " for " << wanted;
    if (!is_taken) {
      EXPECT_EQ(code(client_), ErrorCode::kUnauthenticated);
    }
  }
};

TEST_F(TlsServerNameTest, TheNameMustBeTheServers) {
  expect("ward.example.org", "ward.example.org", true);
  expect("*.example.org", "ward.example.org", true);
  expect("ward.example.org", "other.example.org", false);
  expect("*.example.org", "a.b.example.org", false);
  expect("w*.example.org", "ward.example.org", false);
}

TEST_F(TlsServerNameTest, OnlyGivenRootsCount) {
  client_options_.verify = VerifyServerName{{authority("example.org").certificate}, "x"};
  handshake();
  EXPECT_EQ(code(client_), ErrorCode::kUnauthenticated);
}

TEST_F(TlsTest, ASilentPeerIsCutByTheTimeOut) {
  const auto peer = accept_raw();
  loop_.run_for(9s);
  EXPECT_FALSE(server_);
  EXPECT_EQ(tls_server().handshakes(), 1U);
  loop_.run_for(2s);
  EXPECT_EQ(code(server_), ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(tls_server().handshakes(), 0U);
}

TEST_F(TlsTest, APeerThatTricklesIsCutByTheSameTimeOut) {
  const auto peer = accept_raw();
  // The head of a record that announces more than will come in time.
  Writer head(*peer, Bytes{0x16, 0x03, 0x01, 0x02, 0x00});
  for (int second = 0; second < 9; ++second) {
    loop_.run_for(1s);
    ASSERT_FALSE(server_) << second;
    const Writer byte(*peer, Bytes{0x01});
    loop_.run_for(0s);
  }
  loop_.run_for(2s);
  EXPECT_EQ(code(server_), ErrorCode::kDeadlineExceeded);
}

TEST_F(TlsTest, AHandshakeLargerThanTheBoundIsCut) {
  server_options_.limits.handshake_size_max = 100;
  handshake();
  EXPECT_EQ(code(server_), ErrorCode::kResourceExhausted);
}

TEST_F(TlsTest, BytesThatAreNoTlsAreRefused) {
  const auto peer = accept_raw();
  const Writer writer(*peer, to_bytes("GET / HTTP/1.1\r\nhost: x\r\n\r\n"));
  loop_.run();
  EXPECT_EQ(code(server_), ErrorCode::kFailedPrecondition);
}

TEST_F(TlsTest, APeerThatLeavesDuringTheHandshakeIsUnavailable) {
  accept_raw().reset();
  loop_.run();
  EXPECT_EQ(code(server_), ErrorCode::kUnavailable);
}

TEST_F(TlsTest, HandshakesAtOnceAreBounded) {
  server_options_.handshakes_max = 1;
  const auto first = accept_raw();
  testing::Outcome second;
  auto [peer, wire] = make_memory_streams(loop_);
  tls_server().accept(std::move(wire), keep(second));
  loop_.run_for(1s);
  EXPECT_EQ(code(second), ErrorCode::kResourceExhausted);
  EXPECT_FALSE(server_);
}

TEST_F(TlsTest, DroppingAServerDropsItsHandshakes) {
  const auto peer = accept_raw();
  tls_server_.reset();
  loop_.run();
  EXPECT_FALSE(server_);
}

TEST_F(TlsTest, ADroppedAttemptIsNotCalledBack) {
  auto [peer, wire] = make_memory_streams(loop_);
  attempt_ = tls_client().connect(std::move(wire), keep(client_));
  attempt_.cancel();
  loop_.run();
  EXPECT_FALSE(client_);
}

}  // namespace
}  // namespace ward::net
