// Offline proofs (C2SP tlog-proof): one entry, its place, and the signed head of its log, in one
// text file
// (`.tlog-proof`).
//
//   c2sp.org/tlog-proof@v1
//   extra <base64>               optional; not covered by any signature
//   index <n>
//   <base64 sibling hash>        zero or more, leaf to root
//   <empty line>
//   <checkpoint, verbatim>
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "evidence/checkpoint.h"
#include "evidence/merkle_proof.h"

namespace ward::evidence {

inline constexpr std::size_t kProofExtraBytesMax = 64 * 1024;
inline constexpr std::size_t kTlogProofBytesMax = 256 * 1024;

struct TlogProof {
  std::optional<Bytes> extra;
  std::uint64_t index = 0;
  Proof hashes;
  std::string checkpoint;  // the whole note

  bool operator==(const TlogProof&) const = default;
};

std::string tlog_proof_text(const TlogProof& proof);
Result<TlogProof> parse_tlog_proof(std::string_view text);

// The entry is number `proof.index` of the log whose checkpoint a known key signed.
Result<SignedCheckpoint> verify_tlog_proof(const TlogProof& proof, ByteView entry,
                                           std::span<const VerifierKey> keys);

}  // namespace ward::evidence
