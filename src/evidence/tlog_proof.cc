#include "evidence/tlog_proof.h"

#include "codec/base64.h"
#include "evidence/decimal.h"
#include "evidence/text_lines.h"

namespace ward::evidence {
namespace {

constexpr std::string_view kProofHeader = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";

}  // namespace

std::string tlog_proof_text(const TlogProof& proof) {
  std::string text = fmt::format("{}\n", kProofHeader);
  if (proof.extra) text += fmt::format("{}{}\n", kExtra, codec::encode_base64(*proof.extra));
  text += fmt::format("index {}\n", proof.index);
  for (const Hash& hash : proof.hashes) text += codec::encode_base64(hash) + "\n";
  return text + "\n" + proof.checkpoint;
}

Result<TlogProof> parse_tlog_proof(std::string_view text) {
  if (text.size() > kTlogProofBytesMax) {
    return make_error(ErrorCode::kResourceExhausted, "a proof has at most {} bytes",
                      kTlogProofBytesMax);
  }
  LineReader lines(text);
  WARD_TRY(const std::string_view header, lines.next());
  if (header != kProofHeader) return invalid_argument("a proof begins with `{}`", kProofHeader);
  TlogProof proof;
  if (lines.rest().starts_with(kExtra)) {
    WARD_TRY(const std::string_view extra, lines.field("extra"));
    WARD_TRY(proof.extra, codec::decode_base64(extra));
    if (proof.extra->size() > kProofExtraBytesMax) {
      return make_error(ErrorCode::kResourceExhausted, "extra data has at most {} bytes",
                        kProofExtraBytesMax);
    }
  }
  WARD_TRY(const std::string_view index, lines.field("index"));
  WARD_TRY(proof.index, parse_decimal(index));
  while (true) {
    WARD_TRY(const std::string_view line, lines.next());
    if (line.empty()) break;
    if (proof.hashes.size() == kProofHashesMax) {
      return make_error(ErrorCode::kResourceExhausted, "a proof has at most {} hashes",
                        kProofHashesMax);
    }
    WARD_TRY(const Hash hash, parse_hash_line(line));
    proof.hashes.push_back(hash);
  }
  proof.checkpoint = lines.rest();
  WARD_TRY(const Note note, parse_note(proof.checkpoint));
  WARD_RETURN_IF_ERROR(parse_checkpoint_text(note.text));
  return proof;
}

Result<SignedCheckpoint> verify_tlog_proof(const TlogProof& proof, ByteView entry,
                                           std::span<const VerifierKey> keys) {
  WARD_TRY(SignedCheckpoint head, open_checkpoint(proof.checkpoint, keys));
  WARD_RETURN_IF_ERROR(
      verify_inclusion(leaf_hash(entry), proof.index, head.checkpoint.tree, proof.hashes));
  return head;
}

}  // namespace ward::evidence
