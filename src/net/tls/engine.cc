#include "net/tls/engine.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace ward::net {
namespace {

// TLS alerts by which a peer says that it does not take our certificate, or the lack of one.
bool is_certificate_alert(int reason) {
  switch (reason) {
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return true;
    default:
      return false;
  }
}

Result<crypto::Certificate> certificate_of(const X509* x509) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(x509, &der);
  if (size <= 0) return take_tls_error("peer certificate", ErrorCode::kUnauthenticated);
  auto certificate = crypto::Certificate::parse_der({der, static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  return certificate;
}

Result<std::vector<crypto::Certificate>> chain_of(const X509_STORE_CTX* store) {
  const auto* sent = X509_STORE_CTX_get0_untrusted(store);  // the leaf among them, and first
  const auto count = static_cast<std::size_t>(std::max(sk_X509_num(sent), 0));
  if (count == 0 || count > crypto::kIntermediatesMax + 1) {
    return make_error(ErrorCode::kUnauthenticated,
                      "peer sent {} certificates, at most {} are allowed", count,
                      crypto::kIntermediatesMax + 1);
  }
  std::vector<crypto::Certificate> chain;
  for (std::size_t i = 0; i < count; ++i) {
    WARD_TRY(auto certificate, certificate_of(sk_X509_value(sent, static_cast<int>(i))));
    chain.push_back(std::move(certificate));
  }
  return chain;
}

}  // namespace

Error take_tls_error(std::string_view what, ErrorCode otherwise) {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  const bool is_refused =
      ERR_GET_LIB(error) == ERR_LIB_SSL && is_certificate_alert(ERR_GET_REASON(error));
  return make_error(is_refused ? ErrorCode::kUnauthenticated : otherwise, "{}: {}", what,
                    reason == nullptr ? "unknown reason" : reason);
}

struct TlsEngine::Wire {
  static int read(BIO* bio, char* into, int size) {
    auto& engine = *static_cast<TlsEngine*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const auto count = std::min(engine.input_.size(), static_cast<std::size_t>(std::max(size, 0)));
    if (count == 0) {
      BIO_set_retry_read(bio);
      return -1;
    }
    std::memcpy(into, engine.input_.data(), count);
    engine.input_ = engine.input_.subspan(count);
    return static_cast<int>(count);
  }

  static int write(BIO* bio, const char* from, int size) {
    auto& engine = *static_cast<TlsEngine*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    append(engine.output_, std::string_view(from, static_cast<std::size_t>(size)));
    return size;
  }

  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static const BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "ward wire");
      WARD_CHECK(method != nullptr);
      BIO_meth_set_read(method, read);
      BIO_meth_set_write(method, write);
      BIO_meth_set_ctrl(method, control);
      return method;
    }();
    return made;
  }
};

Result<std::unique_ptr<TlsEngine>> TlsEngine::make(SSL_CTX* context, TlsEngineOptions options) {
  std::unique_ptr<TlsEngine> engine(new TlsEngine(std::move(options)));
  engine->ssl_.reset(SSL_new(context));
  BIO* const bio = BIO_new(Wire::method());
  if (!engine->ssl_ || bio == nullptr) return take_tls_error("TLS", ErrorCode::kResourceExhausted);
  BIO_set_data(bio, engine.get());
  BIO_set_init(bio, 1);
  SSL* const ssl = engine->ssl_.get();
  SSL_set_bio(ssl, bio, bio);             // takes the one reference for both directions
  SSL_set_ex_data(ssl, 0, engine.get());  // what SSL_get_app_data reads
  if (engine->options_.is_server) {
    SSL_set_accept_state(ssl);
  } else {
    SSL_set_connect_state(ssl);
    const auto& name = engine->options_.server_name;
    // What SSL_set_tlsext_host_name does; OpenSSL copies the name.
    if (!name.empty() && SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                                  const_cast<char*>(name.c_str())) != 1)
      return take_tls_error("server name", ErrorCode::kInvalidArgument);
  }
  return engine;
}

void TlsEngine::feed(ByteView input) {
  WARD_CHECK(input_.empty());
  input_ = input;
}

void TlsEngine::keep_input() {
  Bytes rest(input_.begin(), input_.end());  // may look at kept_ itself
  kept_ = std::move(rest);
  input_ = kept_;
}

bool TlsEngine::has_input() const {
  return !input_.empty() || SSL_has_pending(ssl_.get()) == 1;
}

TlsEngine::Progress TlsEngine::progress_of(int result, std::string_view what, ErrorCode otherwise) {
  if (result > 0) return Progress::kDone;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Progress::kNeedsInput;
    case SSL_ERROR_ZERO_RETURN:
      return Progress::kEnded;
    default:
      break;
  }
  auto error = take_tls_error(what, otherwise);
  if (!error_) error_ = std::move(error);  // the verifier's own error says more
  return Progress::kFailed;
}

TlsEngine::Progress TlsEngine::handshake() {
  ERR_clear_error();
  const auto progress =
      progress_of(SSL_do_handshake(ssl_.get()), "TLS handshake", ErrorCode::kFailedPrecondition);
  if (progress == Progress::kDone) {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    peer_.alpn = std::string(as_text({name, size}));
  }
  return progress;
}

TlsEngine::Progress TlsEngine::read(std::span<std::uint8_t> into, std::size_t& count) {
  count = 0;
  ERR_clear_error();
  return progress_of(SSL_read_ex(ssl_.get(), into.data(), into.size(), &count), "TLS read",
                     ErrorCode::kDataLoss);
}

TlsEngine::Progress TlsEngine::write(ByteView bytes, std::size_t& count) {
  count = 0;
  ERR_clear_error();
  return progress_of(SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count), "TLS write",
                     ErrorCode::kDataLoss);
}

void TlsEngine::shutdown() {
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

int TlsEngine::on_certificate(X509_STORE_CTX* store, void*) {
  auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& engine = *static_cast<TlsEngine*>(SSL_get_app_data(ssl));
  auto chain = chain_of(store);
  auto peer =
      chain.ok() ? engine.options_.verify(std::move(*chain)) : Result<TlsPeer>(chain.error());
  if (!peer.ok()) {
    // What the peer shows is no argument of our caller.
    const auto code = peer.error().code();
    engine.error_ = Error(code == ErrorCode::kInvalidArgument ? ErrorCode::kUnauthenticated : code,
                          "peer certificate: " + peer.error().message());
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    return 0;
  }
  engine.peer_ = std::move(*peer);
  X509_STORE_CTX_set_error(store, X509_V_OK);
  return 1;
}

int TlsEngine::on_alpn(SSL* ssl, const unsigned char** chosen, unsigned char* chosen_size,
                       const unsigned char* offered, unsigned offered_size, void*) {
  const auto& engine = *static_cast<TlsEngine*>(SSL_get_app_data(ssl));
  const std::string_view list = as_text({offered, offered_size});
  for (const auto& name : engine.options_.alpn) {
    // OpenSSL has checked the list's form: each name after its length (RFC 7301 3.1).
    for (std::size_t at = 0; at < list.size(); at += 1 + offered[at]) {
      if (list.substr(at + 1, offered[at]) != name) continue;
      *chosen = offered + at + 1;
      *chosen_size = offered[at];
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace ward::net
