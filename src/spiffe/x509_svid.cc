#include "spiffe/x509_svid.h"

#include <algorithm>

namespace ward::spiffe {
namespace {

using crypto::Certificate;
using crypto::CertificateInfo;
using crypto::ExtendedKeyUsage;
using crypto::KeyUsage;

constexpr std::size_t kChainMax = 1 + crypto::kIntermediatesMax;

Result<void> check_usage(const CertificateInfo& info) {
  // X509-SVID 5.2: "cA field in the basic constraints extension is set to false".
  if (info.is_ca) return invalid_argument("certificate is an authority's, not a leaf");
  if (info.allows(KeyUsage::kKeyCertSign) || info.allows(KeyUsage::kCrlSign))
    return invalid_argument("certificate may sign certificates or revocation lists");
  // X509-SVID 4.3: key usage "MUST be set on all SVIDs, and MUST be marked critical".
  if (!info.is_key_usage_critical || !info.allows(KeyUsage::kDigitalSignature))
    return invalid_argument("certificate has no critical key usage with digitalSignature");
  const auto& usages = info.extended_key_usages;
  const auto has = [&usages](ExtendedKeyUsage usage) {
    return std::ranges::find(usages, usage) != usages.end();
  };
  if (!usages.empty() &&
      !(has(ExtendedKeyUsage::kServerAuth) && has(ExtendedKeyUsage::kClientAuth)))
    return invalid_argument("extended key usage is without serverAuth or clientAuth");
  return {};
}

Error too_long(std::size_t size) {
  return invalid_argument("X509-SVID chain has {} certificates, expected 1 to {}", size, kChainMax);
}

}  // namespace

Result<SpiffeId> leaf_spiffe_id(const Certificate& leaf) {
  const CertificateInfo& info = leaf.info();
  if (info.uris.size() != 1)
    return invalid_argument("certificate has {} URI names, expected exactly one", info.uris.size());
  WARD_TRY(SpiffeId id, SpiffeId::parse(info.uris.front()));
  if (!id.has_path())
    return invalid_argument("SPIFFE ID `{}` has no path, so it is no workload's", id.text());
  WARD_RETURN_IF_ERROR(check_usage(info));
  return id;
}

Result<X509Svid> verify_x509_svid(std::span<const Certificate> chain, const X509BundleSet& bundles,
                                  WallTime now) {
  if (chain.empty() || chain.size() > kChainMax) return too_long(chain.size());
  WARD_TRY(SpiffeId id, leaf_spiffe_id(chain.front()));
  const X509Bundle* bundle = bundles.find(id.trust_domain_name());
  if (bundle == nullptr)
    return make_error(ErrorCode::kUnauthenticated, "trust domain `{}` is not trusted",
                      id.trust_domain_name());
  WARD_TRY(auto path,
           crypto::verify_chain(chain.front(), chain.subspan(1), bundle->authorities, now));
  // INVARIANT: the rules were checked on the very certificate that the path authenticates.
  WARD_CHECK(path.front() == chain.front());
  return X509Svid{std::move(id), std::move(path)};
}

Result<X509Svid> verify_x509_svid(std::span<const Bytes> chain, const X509BundleSet& bundles,
                                  WallTime now) {
  if (chain.empty() || chain.size() > kChainMax) return too_long(chain.size());
  std::vector<Certificate> certificates;
  for (const Bytes& der : chain) {
    WARD_TRY(Certificate certificate, Certificate::parse_der(der));
    certificates.push_back(std::move(certificate));
  }
  return verify_x509_svid(certificates, bundles, now);
}

Result<X509Svid> verify_x509_svid(ByteView chain, const X509BundleSet& bundles, WallTime now) {
  WARD_TRY(const auto certificates, crypto::parse_certificates_der(chain, kChainMax));
  return verify_x509_svid(certificates, bundles, now);
}

}  // namespace ward::spiffe
