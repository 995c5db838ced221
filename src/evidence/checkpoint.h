// Checkpoints (C2SP tlog-checkpoint): the signed head of a log.
//
// The text is three lines: origin, size in decimal, base64 of the root. Ward's logs write no
// extension lines and the reader refuses them; the name of the log's key is its origin. Values; any
// thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "evidence/merkle.h"
#include "evidence/note.h"

namespace ward::evidence {

inline constexpr std::size_t kCheckpointBytesMax = 64 * 1024;

struct Checkpoint {
  std::string origin;
  TreeHead tree;
  bool operator==(const Checkpoint&) const = default;
};

std::string checkpoint_text(const Checkpoint& checkpoint);
Result<Checkpoint> parse_checkpoint_text(std::string_view text);

// A whole note over the checkpoint. Error when the signer's name is not the origin.
Result<std::string> sign_checkpoint(const Checkpoint& checkpoint, const NoteSigner& signer);

struct SignedCheckpoint {
  Checkpoint checkpoint;
  Note note;
  std::vector<VerifiedSignature> signatures;  // of the given keys; they must outlive this
};

// Form, then signatures: kUnauthenticated unless a type 0x01 key whose name is the origin signed
// it. Cosignatures of given keys are checked too, and listed.
Result<SignedCheckpoint> open_checkpoint(std::string_view note, std::span<const VerifierKey> keys);

}  // namespace ward::evidence
