// Private to the room: the OpenSSL side of Certificate.
#pragma once

#include "crypto/openssl.h"
#include "crypto/x509.h"

namespace ward::crypto {

struct Certificate::Impl {
  Impl(X509Ptr parsed, CertificateInfo read, PublicKey key, ByteView bytes)
      : x509(std::move(parsed)),
        info(std::move(read)),
        public_key(std::move(key)),
        der(to_bytes(bytes)),
        fingerprint(sha256(bytes)) {}

  X509Ptr x509;
  CertificateInfo info;
  PublicKey public_key;
  Bytes der;
  Sha256Digest fingerprint;
};

struct CertificateAccess {
  // OpenSSL guards what it caches in an X509 by a lock of its own, so a shared one may be used by
  // several threads that only verify.
  static X509* x509(const Certificate& certificate) { return certificate.impl_->x509.get(); }
};

// Fields and extensions of an X509 that is well formed.
Result<CertificateInfo> read_certificate_info(const X509* x509);

}  // namespace ward::crypto
