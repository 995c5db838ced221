// Input: a byte for the size of the subject, one for that of the key, subject, key, proof. A proof
// that is taken is one for a P-256 key, and for nothing else than was asked.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "authority/key_proof.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ward;
  using authority::KeyProofPurpose;
  if (size < 2) return 0;
  ByteView rest(data + 2, size - 2);
  const auto take = [&](std::size_t count) {
    const ByteView part = rest.first(std::min(count, rest.size()));
    rest = rest.subspan(part.size());
    return part;
  };
  const std::string subject(as_text(take(data[0])));
  const ByteView key = take(data[1]);
  const auto taken = authority::verify_key_proof(KeyProofPurpose::kX509Svid, subject, key, rest);
  if (taken.ok()) {
    if (taken->type() != crypto::KeyType::kP256) std::abort();
    if (authority::verify_key_proof(KeyProofPurpose::kNode, subject, key, rest).ok()) std::abort();
    if (authority::verify_key_proof(KeyProofPurpose::kX509Svid, subject + "x", key, rest).ok())
      std::abort();
  }
  static_cast<void>(authority::verify_evidence_key_proof(subject, key, rest).ok());
  return 0;
}
