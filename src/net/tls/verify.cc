#include "net/tls/verify.h"

#include <openssl/x509v3.h>

#include "spiffe/x509_svid.h"

namespace ward::net {
namespace {

// RFC 6125 6.4 by OpenSSL: a wildcard is a whole leftmost label.
Result<void> check_name(const crypto::Certificate& leaf, const std::string& name) {
  struct Free {
    void operator()(X509* x509) const { X509_free(x509); }
  };
  const auto der = leaf.der();
  const auto* bytes = der.data();
  const std::unique_ptr<X509, Free> x509(d2i_X509(nullptr, &bytes, static_cast<long>(der.size())));
  const unsigned flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
  if (x509 && X509_check_host(x509.get(), name.data(), name.size(), flags, nullptr) == 1) return {};
  return make_error(ErrorCode::kUnauthenticated, "the certificate is not for `{}`", name);
}

}  // namespace

PeerVerifier verify_spiffe(std::shared_ptr<const TlsMaterial> material, VerifySpiffe how,
                           const Clock& clock) {
  return [material = std::move(material), how = std::move(how),
          &clock](std::vector<crypto::Certificate> chain) -> Result<TlsPeer> {
    WARD_TRY(auto svid, spiffe::verify_x509_svid(chain, material->bundles(), clock.now()));
    if (how.authorize) WARD_RETURN_IF_ERROR(how.authorize(svid.id));
    return TlsPeer{.chain = std::move(chain), .id = std::move(svid.id)};
  };
}

PeerVerifier verify_server_name(VerifyServerName how, const Clock& clock) {
  return [how = std::move(how), &clock](std::vector<crypto::Certificate> chain) -> Result<TlsPeer> {
    const auto intermediates = std::span(chain).subspan(1);
    WARD_RETURN_IF_ERROR(
        crypto::verify_chain(chain.front(), intermediates, how.roots, clock.now(),
                             {.required_usages = {crypto::ExtendedKeyUsage::kServerAuth}}));
    WARD_RETURN_IF_ERROR(check_name(chain.front(), how.dns_name));
    return TlsPeer{.chain = std::move(chain)};
  };
}

}  // namespace ward::net
