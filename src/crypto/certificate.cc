// Certificate: parsing. Extensions are read in certificate_info.cc, paths verified in
// verify_chain.cc.
#include <algorithm>

#include "crypto/certificate_internal.h"

namespace ward::crypto {
namespace {

constexpr long kVersion3 = 2;

Result<PublicKey> read_public_key(const X509* x509) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);
  if (size <= 0) return invalid_argument("certificate has no public key");
  auto key = PublicKey::from_spki_der({der, static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  return key;
}

// The decoder takes some BER as well; two spellings of one certificate would have two fingerprints.
bool is_der(X509* x509, ByteView bytes) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(x509, &der);
  const bool same =
      size > 0 && std::ranges::equal(ByteView(der, static_cast<std::size_t>(size)), bytes);
  OPENSSL_free(der);
  return same;
}

}  // namespace

Result<Certificate> Certificate::parse_der(ByteView der) {
  if (der.size() > kCertificateBytesMax)
    return invalid_argument("certificate has {} bytes, expected at most {}", der.size(),
                            kCertificateBytesMax);
  const unsigned char* end = der.data();
  X509Ptr x509(d2i_X509(nullptr, &end, static_cast<long>(der.size())));
  if (x509 == nullptr)
    return invalid_argument("not an X.509 certificate: {}", take_openssl_error());
  if (end != der.data() + der.size())
    return invalid_argument("certificate is followed by other bytes");
  if (!is_der(x509.get(), der)) return invalid_argument("certificate is not in DER");
  if (X509_get_version(x509.get()) != kVersion3)
    return invalid_argument("certificate has version {}, expected 3",
                            X509_get_version(x509.get()) + 1);
  WARD_TRY(PublicKey key, read_public_key(x509.get()));
  WARD_TRY(CertificateInfo info, read_certificate_info(x509.get()));
  return Certificate(
      std::make_shared<const Impl>(std::move(x509), std::move(info), std::move(key), der));
}

const CertificateInfo& Certificate::info() const {
  return impl_->info;
}

const PublicKey& Certificate::public_key() const {
  return impl_->public_key;
}

ByteView Certificate::der() const {
  return impl_->der;
}

const Sha256Digest& Certificate::fingerprint() const {
  return impl_->fingerprint;
}

bool Certificate::is_self_issued() const {
  return X509_NAME_cmp(X509_get_subject_name(impl_->x509.get()),
                       X509_get_issuer_name(impl_->x509.get())) == 0;
}

bool Certificate::operator==(const Certificate& other) const {
  return impl_->der == other.impl_->der;
}

}  // namespace ward::crypto
