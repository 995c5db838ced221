// The certificate of a log's key: the authority of the trust domain says in X.509 that an Ed25519
// key is the one of a process's evidence log.
//
// It names the process by its SPIFFE ID (`spiffe://` and the log's origin), is for signing and no
// SVID: key usage digitalSignature, and an extended key usage that is neither server nor client.
// Pure; any thread.
#pragma once

#include <span>

#include "base/clock.h"
#include "crypto/x509.h"
#include "evidence/note.h"

namespace ward::evidence {

inline constexpr std::size_t kLogKeyCertificateBytesMax = 4096;

// The key that the certificate is of, under the name of its log. Nothing is verified but the form.
Result<VerifierKey> log_key_of(ByteView certificate);

// kUnauthenticated, with the reason, unless the certificate is one of `key`, signed by one of
// `authorities` and valid at `at`.
Result<void> verify_log_key(ByteView certificate, const VerifierKey& key,
                            std::span<const crypto::Certificate> authorities, WallTime at);

}  // namespace ward::evidence
