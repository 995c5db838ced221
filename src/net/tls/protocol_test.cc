// What peers that are not ours may try: resumption, old versions, renegotiation, floods, damage.
// The peer is OpenSSL itself with everything switched on.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "net/testing/tls_fixture.h"
#include "net/tls/context.h"

namespace ward::net {
namespace {

using namespace std::chrono_literals;
using testing::Reader;
using testing::Writer;

struct SessionFree {
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using SessionPtr = std::unique_ptr<SSL_SESSION, SessionFree>;

// OpenSSL on one end of a memory stream.
class RawPeer {
 public:
  RawPeer(std::unique_ptr<Stream> wire, SSL_CTX* context, bool is_server)
      : wire_(std::move(wire)), ssl_(SSL_new(context)) {
    BIO* in = BIO_new(BIO_s_mem());
    BIO* out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in, -1);
    SSL_set_bio(ssl_.get(), in, out);
    is_server ? SSL_set_accept_state(ssl_.get()) : SSL_set_connect_state(ssl_.get());
    listen();
  }

  SSL* ssl() { return ssl_.get(); }
  Stream& wire() { return *wire_; }

  // One step: true when the handshake is over with success.
  bool step() {
    const bool is_done = SSL_do_handshake(ssl_.get()) == 1;
    send();
    return is_done;
  }

  bool write(std::string_view text) {
    const bool is_taken = SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())) > 0;
    send();
    return is_taken;
  }

  std::string read() {
    std::array<char, 1000> text{};
    const int size = SSL_read(ssl_.get(), text.data(), text.size());
    return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : "";
  }

  Bytes take_output() {
    BIO* out = SSL_get_wbio(ssl_.get());
    Bytes bytes(BIO_ctrl_pending(out));
    if (!bytes.empty()) BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
  }

  void send() {
    append(unsent_, ByteView(take_output()));
    if (unsent_.empty() || is_writing_) return;
    is_writing_ = true;
    wire_->write(std::exchange(unsent_, {}), [this](Result<void> result) {
      is_writing_ = false;
      if (result.ok()) send();
    });
  }

  void close() { wire_.reset(); }

  // From now on nothing is taken from the wire.
  void stop_reading() { is_deaf_ = true; }

  // As after close_notify both ways; a session that ends without may not be resumed.
  void pretend_shutdown() {
    SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }

 private:
  void listen() {
    wire_->read([this](Result<ByteView> bytes) {
      if (!bytes.ok() || bytes->empty()) return;
      BIO_write(SSL_get_rbio(ssl_.get()), bytes->data(), static_cast<int>(bytes->size()));
      if (!is_deaf_) listen();
    });
  }

  std::unique_ptr<Stream> wire_;
  SslPtr ssl_;
  Bytes unsent_;
  bool is_writing_ = false;
  bool is_deaf_ = false;
};

class TlsProtocolTest : public testing::TlsFixture, public ::testing::WithParamInterface<int> {
 protected:
  TlsProtocolTest() {
    server_options_.verify.authorize = [this](const spiffe::SpiffeId&) -> Result<void> {
      ++judged_;
      return {};
    };
  }

  // A context that allows all that ours do not, with an identity.
  static SslContextPtr raw_context(const Credential& own, int version) {
    SslContextPtr context(SSL_CTX_new(TLS_method()));
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), version);
    SSL_CTX_set_max_proto_version(context.get(), version);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_BOTH);
    const auto der = own.certificate.der();
    EXPECT_EQ(SSL_CTX_use_certificate_ASN1(context.get(), static_cast<int>(der.size()), der.data()),
              1);
    const auto key = own.key.pkcs8_der();
    EXPECT_EQ(SSL_CTX_use_PrivateKey_ASN1(EVP_PKEY_EC, context.get(), key.view().data(),
                                          static_cast<long>(key.size())),
              1);
    return context;
  }

  RawPeer raw_client(std::unique_ptr<Stream> wire) {
    return RawPeer(std::move(wire), raw_context_.get(), false);
  }

  void settle() { loop_.run_for(0s); }

  // Handshakes a raw client with our server. False when either end fails.
  bool join(RawPeer& peer) {
    for (int round = 0; round < 10; ++round) {
      const bool is_done = peer.step();
      settle();
      if (is_done && server_) return server_->ok();
    }
    return false;
  }

  // A session that a raw server gave to a raw client and would take back.
  SessionPtr resumable_session() {
    const auto server_context = raw_context(server_identity_, GetParam());
    const auto connect = [&](SSL_SESSION* offered) {
      auto [client_wire, server_wire] = make_memory_streams(loop_);
      RawPeer client(std::move(client_wire), raw_context_.get(), false);
      RawPeer server(std::move(server_wire), server_context.get(), true);
      if (offered != nullptr) SSL_set_session(client.ssl(), offered);
      for (int round = 0; round < 5; ++round) {
        client.step();
        server.step();
        settle();
      }
      server.write("x");  // tickets of TLS 1.3 come before it
      settle();
      EXPECT_EQ(client.read(), "x");
      EXPECT_EQ(SSL_session_reused(client.ssl()), offered == nullptr ? 0 : 1);
      client.pretend_shutdown();
      server.pretend_shutdown();
      return SessionPtr(SSL_get1_session(client.ssl()));
    };
    const auto first = connect(nullptr);
    EXPECT_EQ(SSL_SESSION_is_resumable(first.get()), 1);
    return connect(first.get());  // resumption does work between those two
  }

  int judged_ = 0;
  SslContextPtr raw_context_ = raw_context(client_identity_, GetParam());
};

using TlsAnyVersionTest = TlsProtocolTest;

TEST_P(TlsAnyVersionTest, TheServerGivesNothingToResume) {
  auto peer = raw_client(accept_raw());
  ASSERT_TRUE(join(peer));
  const Writer writer(server(), to_bytes("x"));
  settle();
  EXPECT_EQ(peer.read(), "x");
  const SessionPtr session(SSL_get1_session(peer.ssl()));
  EXPECT_EQ(SSL_SESSION_is_resumable(session.get()), 0);
}

TEST_P(TlsAnyVersionTest, AnAttemptToResumeGetsAFullHandshake) {
  const auto session = resumable_session();
  auto peer = raw_client(accept_raw());
  ASSERT_EQ(SSL_set_session(peer.ssl(), session.get()), 1);
  ASSERT_TRUE(join(peer));
  EXPECT_EQ(SSL_session_reused(peer.ssl()), 0);
  EXPECT_EQ(judged_, 1);  // the certificate was sent and judged
  EXPECT_TRUE(server().peer().tls->id);
}

TEST_P(TlsAnyVersionTest, TheClientNeverResumes) {
  const auto server_context = raw_context(server_identity_, GetParam());
  client_options_.alpn = {};
  for (int connection = 0; connection < 2; ++connection) {
    auto [client_wire, server_wire] = make_memory_streams(loop_);
    RawPeer peer(std::move(server_wire), server_context.get(), true);
    client_.reset();
    attempt_ = tls_client().connect(std::move(client_wire), keep(client_));
    for (int round = 0; round < 10 && !(peer.step() && client_); ++round) settle();
    ASSERT_TRUE(client_ && client_->ok());
    EXPECT_EQ(SSL_session_reused(peer.ssl()), 0);
    Reader reader(client());
    peer.write("x");
    settle();
    EXPECT_EQ(reader.text(), "x");
  }
}

TEST_P(TlsAnyVersionTest, AStreamThatIsCutShortIsNotAnEnd) {
  auto peer = raw_client(accept_raw());
  ASSERT_TRUE(join(peer));
  Reader reader(server());
  peer.write("half");
  settle();
  peer.close();
  settle();
  EXPECT_EQ(reader.text(), "half");
  ASSERT_TRUE(reader.error());
  EXPECT_EQ(reader.error()->code(), ErrorCode::kDataLoss);
}

TEST_P(TlsAnyVersionTest, ADamagedRecordIsNotRead) {
  auto peer = raw_client(accept_raw());
  ASSERT_TRUE(join(peer));
  Reader reader(server());
  SSL_write(peer.ssl(), "secret", 6);
  auto record = peer.take_output();
  record.back() ^= 1;
  const Writer writer(peer.wire(), std::move(record));
  settle();
  EXPECT_EQ(reader.text(), "");
  ASSERT_TRUE(reader.error());
  EXPECT_EQ(reader.error()->code(), ErrorCode::kDataLoss);
}

INSTANTIATE_TEST_SUITE_P(Versions, TlsAnyVersionTest,
                         ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& version) {
                           return version.param == TLS1_2_VERSION ? "Tls12" : "Tls13";
                         });

class TlsOldVersionTest : public TlsProtocolTest {};

TEST_P(TlsOldVersionTest, IsRefused) {
  auto peer = raw_client(accept_raw());
  EXPECT_FALSE(join(peer));
  EXPECT_EQ(code(server_), ErrorCode::kFailedPrecondition);
}

INSTANTIATE_TEST_SUITE_P(Versions, TlsOldVersionTest,
                         ::testing::Values(TLS1_VERSION, TLS1_1_VERSION));

class Tls12Test : public TlsProtocolTest {};

TEST_P(Tls12Test, RenegotiationIsRefused) {
  auto peer = raw_client(accept_raw());
  ASSERT_TRUE(join(peer));
  Reader reader(server());
  ASSERT_EQ(SSL_renegotiate(peer.ssl()), 1);
  for (int round = 0; round < 5; ++round) {
    peer.step();
    settle();
  }
  EXPECT_EQ(SSL_total_renegotiations(peer.ssl()), 1);  // asked for
  EXPECT_NE(SSL_is_init_finished(peer.ssl()), 1);      // and not given
  EXPECT_EQ(judged_, 1);
}

INSTANTIATE_TEST_SUITE_P(, Tls12Test, ::testing::Values(TLS1_2_VERSION));

class Tls13Test : public TlsProtocolTest {};

TEST_P(Tls13Test, AKeyUpdateIsAnswered) {
  auto peer = raw_client(accept_raw());
  ASSERT_TRUE(join(peer));
  Reader reader(server());
  ASSERT_EQ(SSL_key_update(peer.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
  peer.write("new key");
  settle();
  EXPECT_EQ(reader.text(), "new key");
  const Writer writer(server(), to_bytes("also"));
  settle();
  EXPECT_EQ(peer.read(), "also");
}

TEST_P(Tls13Test, KeyUpdatesWhoseAnswersAreNotReadEndTheConnection) {
  wire_.buffer_size = 20'000;  // the handshake fits, the answers do not
  auto peer = raw_client(accept_raw());
  ASSERT_TRUE(join(peer));
  Reader reader(server());
  peer.stop_reading();
  for (int i = 0; i < 10'000 && !reader.is_done(); ++i) {
    SSL_key_update(peer.ssl(), SSL_KEY_UPDATE_REQUESTED);
    ASSERT_TRUE(peer.write("x"));
    settle();
  }
  ASSERT_TRUE(reader.error());
  EXPECT_EQ(reader.error()->code(), ErrorCode::kResourceExhausted) << reader.error()->text();
}

INSTANTIATE_TEST_SUITE_P(, Tls13Test, ::testing::Values(TLS1_3_VERSION));

}  // namespace
}  // namespace ward::net
