#include "net/tls/context.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/check.h"
#include "net/tls/engine.h"

namespace ward::net {
namespace {

// RFC 9325 4.2: forward secrecy and AEAD only.
constexpr const char* kTls12Suites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kTls13Suites =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kGroups = "X25519:P-256:P-384";
// 112 bits: no RSA below 2048, no SHA-1.
constexpr int kSecurityLevel = 2;

struct X509Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

Result<void> use_identity(SSL_CTX* context, const TlsMaterial& material) {
  bool is_leaf = true;
  for (const auto& certificate : material.chain()) {
    const auto der = certificate.der();
    const auto* bytes = der.data();
    const std::unique_ptr<X509, X509Free> parsed(
        d2i_X509(nullptr, &bytes, static_cast<long>(der.size())));
    const bool is_used = parsed && (is_leaf ? SSL_CTX_use_certificate(context, parsed.get())
                                            : SSL_CTX_add1_chain_cert(context, parsed.get())) == 1;
    if (!is_used) return take_tls_error("own certificate");
    is_leaf = false;
  }
  if (!material.key()) return {};
  const auto der = material.key()->pkcs8_der();
  const auto* bytes = der.view().data();
  const std::unique_ptr<EVP_PKEY, X509Free> key(
      d2i_AutoPrivateKey(nullptr, &bytes, static_cast<long>(der.size())));
  if (!key || SSL_CTX_use_PrivateKey(context, key.get()) != 1) return take_tls_error("own key");
  return {};
}

Result<SslContextPtr> make_context(const SSL_METHOD* method, const TlsMaterial& material) {
  SslContextPtr context(SSL_CTX_new(method));
  if (!context) return take_tls_error("TLS context");
  SSL_CTX* const raw = context.get();
  SSL_CTX_set_security_level(raw, kSecurityLevel);
  SSL_CTX_set_options(raw, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE);
  // Idle connections give their record buffers back.
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(raw, static_cast<long>(kTlsPeerChainBytesMax));
  const bool is_set = SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION) == 1 &&
                      SSL_CTX_set_cipher_list(raw, kTls12Suites) == 1 &&
                      SSL_CTX_set_ciphersuites(raw, kTls13Suites) == 1 &&
                      SSL_CTX_set1_groups_list(raw, kGroups) == 1 &&
                      SSL_CTX_set_num_tickets(raw, 0) == 1;
  if (!is_set) return take_tls_error("TLS context");
  SSL_CTX_set_cert_verify_callback(raw, &TlsEngine::on_certificate, nullptr);
  WARD_RETURN_IF_ERROR(use_identity(raw, material));
  return context;
}

// The wire form of RFC 7301 3.1: each name after its length.
Result<Bytes> alpn_list(std::span<const std::string> names) {
  Bytes list;
  for (const auto& name : names) {
    if (name.empty() || name.size() > 255)
      return invalid_argument("ALPN name `{}`: expected 1 to 255 bytes", name);
    list.push_back(static_cast<std::uint8_t>(name.size()));
    append(list, name);
  }
  return list;
}

int verify_mode(ClientCertificate asked) {
  switch (asked) {
    case ClientCertificate::kNotAsked:
      return SSL_VERIFY_NONE;
    case ClientCertificate::kOptional:
      return SSL_VERIFY_PEER;
    case ClientCertificate::kRequired:
      return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  }
  WARD_UNREACHABLE();
}

}  // namespace

Result<SslContextPtr> make_server_context(const TlsMaterial& material,
                                          const TlsServerOptions& options) {
  if (!material.key())
    return Error(ErrorCode::kFailedPrecondition, "a TLS server needs a certificate and has none");
  WARD_TRY(auto context, make_context(TLS_server_method(), material));
  WARD_RETURN_IF_ERROR(alpn_list(options.alpn));
  SSL_CTX_set_verify(context.get(), verify_mode(options.client_certificate), nullptr);
  SSL_CTX_set_alpn_select_cb(context.get(), &TlsEngine::on_alpn, nullptr);
  return context;
}

Result<SslContextPtr> make_client_context(const TlsMaterial& material,
                                          const TlsClientOptions& options) {
  WARD_TRY(auto context, make_context(TLS_client_method(), material));
  WARD_TRY(const auto list, alpn_list(options.alpn));
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  // Zero is success here.
  if (SSL_CTX_set_alpn_protos(context.get(), list.data(), static_cast<unsigned>(list.size())) != 0)
    return take_tls_error("ALPN");
  return context;
}

}  // namespace ward::net
