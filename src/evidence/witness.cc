#include "evidence/witness.h"

#include "codec/base64.h"
#include "codec/hex.h"
#include "evidence/decimal.h"
#include "evidence/text_lines.h"

namespace ward::evidence {
namespace {

constexpr std::size_t kLogsMax = 100'000;

WitnessAnswer refuse(int status, std::string_view why) {
  return {status, "text/plain; charset=utf-8", fmt::format("{}\n", why)};
}

// tlog-witness: the body is the size of the latest cosigned checkpoint.
WitnessAnswer conflict(std::uint64_t size) {
  return {409, "text/x.tlog.size", fmt::format("{}\n", size)};
}

}  // namespace

std::string witness_request_text(const WitnessRequest& request) {
  std::string text = fmt::format("old {}\n", request.old_size);
  for (const Hash& hash : request.proof) text += codec::encode_base64(hash) + "\n";
  return text + "\n" + request.checkpoint;
}

Result<WitnessRequest> parse_witness_request(std::string_view body) {
  if (body.size() > kWitnessRequestBytesMax) {
    return make_error(ErrorCode::kResourceExhausted, "a request has at most {} bytes",
                      kWitnessRequestBytesMax);
  }
  LineReader lines(body);
  WitnessRequest request;
  WARD_TRY(const std::string_view old_size, lines.field("old"));
  WARD_TRY(request.old_size, parse_decimal(old_size));
  while (true) {
    WARD_TRY(const std::string_view line, lines.next());
    if (line.empty()) break;
    if (request.proof.size() == kWitnessProofLinesMax) {
      return make_error(ErrorCode::kResourceExhausted, "a proof has at most {} lines",
                        kWitnessProofLinesMax);
    }
    WARD_TRY(const Hash hash, parse_hash_line(line));
    request.proof.push_back(hash);
  }
  request.checkpoint = lines.rest();
  return request;
}

Result<std::unique_ptr<Witness>> Witness::open(NoteSigner signer, std::string directory,
                                               os::FileSystem& files, const Clock& clock) {
  if (signer.verifier().type() != NoteKeyType::kCosignature) {
    return invalid_argument("a witness signs with a key of type 0x04, `{}` is none", signer.name());
  }
  WARD_RETURN_IF_ERROR(files.create_directory(directory, 0750));
  return std::unique_ptr<Witness>(
      new Witness(std::move(signer), std::move(directory), files, clock));
}

Result<void> Witness::add_log(VerifierKey key) {
  if (key.type() != NoteKeyType::kEd25519)
    return invalid_argument("`{}` is no key of a log", key.name());
  const std::lock_guard guard(mutex_);
  if (logs_.size() == kLogsMax && !logs_.contains(key.name())) {
    return make_error(ErrorCode::kResourceExhausted, "a witness has at most {} logs", kLogsMax);
  }
  std::string origin = key.name();
  logs_.insert_or_assign(std::move(origin), std::move(key));
  return {};
}

void Witness::remove_log(const std::string& origin) {
  const std::lock_guard guard(mutex_);
  logs_.erase(origin);
}

std::string Witness::state_path(const std::string& origin) const {
  return fmt::format("{}/{}", directory_, codec::encode_hex(crypto::sha256(as_bytes(origin))));
}

Result<TreeHead> Witness::load(const std::string& origin) const {
  const std::string path = state_path(origin);
  WARD_TRY(const auto status, files_->status(path));
  if (!status) return TreeHead{};
  WARD_TRY(const Bytes bytes, files_->read_file(path, kCheckpointBytesMax));
  // Our own cosignature guards what we remember, as it would anybody's copy.
  const VerifierKey keys[] = {signer_.verifier()};
  WARD_TRY(const Note note, parse_note(as_text(bytes)).in(path));
  WARD_RETURN_IF_ERROR(verify_note(note, keys).in(path));
  WARD_TRY(const Checkpoint checkpoint, parse_checkpoint_text(note.text).in(path));
  if (checkpoint.origin != origin)
    return make_error(ErrorCode::kDataLoss, "`{}` is of another log", path);
  return checkpoint.tree;
}

Result<TreeHead> Witness::head_of(const std::string& origin) const {
  const std::lock_guard guard(mutex_);
  return load(origin);
}

WitnessAnswer Witness::add_checkpoint(std::string_view body) {
  const auto request = parse_witness_request(body);
  if (!request.ok()) return refuse(400, request.error().message());
  const auto note = parse_note(request->checkpoint);
  if (!note.ok()) return refuse(400, note.error().message());
  const auto checkpoint = parse_checkpoint_text(note->text);
  if (!checkpoint.ok()) return refuse(400, checkpoint.error().message());
  const std::lock_guard guard(mutex_);
  const auto log = logs_.find(checkpoint->origin);
  if (log == logs_.end()) return refuse(404, "this log is not known here");
  const auto opened = open_checkpoint(request->checkpoint, std::span(&log->second, 1));
  if (!opened.ok()) return refuse(403, opened.error().message());
  return cosign(*request, *opened);
}

// Under mutex_. The order of the checks is that of the specification.
WitnessAnswer Witness::cosign(const WitnessRequest& request, const SignedCheckpoint& opened) {
  const TreeHead& next = opened.checkpoint.tree;
  if (request.old_size > next.size)
    return refuse(400, "the old size is larger than that of the checkpoint");
  const auto known = load(opened.checkpoint.origin);
  if (!known.ok()) return refuse(500, "the last checkpoint of this log cannot be read");
  if (request.old_size != known->size) return conflict(known->size);
  if (known->size == next.size && known->root != next.root) return conflict(known->size);
  if (!verify_consistency(*known, next, request.proof).ok()) {
    return refuse(422, "the checkpoint is not shown to extend the last one");
  }
  const auto line = signer_.sign(opened.note.text, clock_->now());
  if (!line.ok()) return refuse(500, "the checkpoint could not be cosigned");
  const std::string kept = assemble_note(opened.note.text, *line);
  if (!files_->write_file(state_path(opened.checkpoint.origin), as_bytes(kept), 0640).ok()) {
    return refuse(500, "the checkpoint could not be kept");
  }
  return {200, "text/plain; charset=utf-8", *line};
}

}  // namespace ward::evidence
