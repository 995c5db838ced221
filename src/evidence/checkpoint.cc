#include "evidence/checkpoint.h"

#include <algorithm>

#include "codec/base64.h"
#include "evidence/decimal.h"
#include "evidence/text_lines.h"

namespace ward::evidence {

std::string checkpoint_text(const Checkpoint& checkpoint) {
  return fmt::format("{}\n{}\n{}\n", checkpoint.origin, checkpoint.tree.size,
                     codec::encode_base64(checkpoint.tree.root));
}

Result<Checkpoint> parse_checkpoint_text(std::string_view text) {
  LineReader lines(text);
  WARD_TRY(const std::string_view origin, lines.next());
  WARD_TRY(const std::string_view size, lines.next());
  WARD_TRY(const std::string_view root, lines.next());
  if (!lines.is_done()) return invalid_argument("a checkpoint of Ward has three lines");
  if (!is_key_name(origin))
    return invalid_argument("`{}` is no origin of a log", origin.substr(0, 128));
  Checkpoint checkpoint{std::string(origin), {}};
  WARD_TRY(checkpoint.tree.size, parse_decimal(size));
  WARD_TRY(checkpoint.tree.root, parse_hash_line(root));
  if (checkpoint.tree.size == 0 && checkpoint.tree.root != empty_root()) {
    return invalid_argument("the empty tree has another root");
  }
  return checkpoint;
}

Result<std::string> sign_checkpoint(const Checkpoint& checkpoint, const NoteSigner& signer) {
  if (signer.name() != checkpoint.origin) {
    return invalid_argument("the key of log `{}` has its name, got `{}`", checkpoint.origin,
                            signer.name());
  }
  const std::string text = checkpoint_text(checkpoint);
  WARD_TRY(const std::string line, signer.sign(text, {}));
  return assemble_note(text, line);
}

Result<SignedCheckpoint> open_checkpoint(std::string_view note, std::span<const VerifierKey> keys) {
  if (note.size() > kCheckpointBytesMax) {
    return make_error(ErrorCode::kResourceExhausted, "a checkpoint has at most {} bytes",
                      kCheckpointBytesMax);
  }
  SignedCheckpoint opened;
  WARD_TRY(opened.note, parse_note(note));
  WARD_TRY(opened.checkpoint, parse_checkpoint_text(opened.note.text));
  WARD_TRY(opened.signatures, verify_note(opened.note, keys));
  const bool by_log =
      std::ranges::any_of(opened.signatures, [&](const VerifiedSignature& signature) {
        return signature.key->type() == NoteKeyType::kEd25519 &&
               signature.key->name() == opened.checkpoint.origin;
      });
  if (!by_log) {
    return make_error(ErrorCode::kUnauthenticated,
                      "log `{}` did not sign its checkpoint with a known key",
                      opened.checkpoint.origin);
  }
  return opened;
}

}  // namespace ward::evidence
