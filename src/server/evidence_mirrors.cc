#include "server/evidence_mirrors.h"

#include <algorithm>
#include <utility>

#include "evidence/merkle_proof.h"
#include "server/signing_keys.h"
#include "ward/node/v1/node.pb.h"

namespace ward::server {
namespace {

namespace wire = ward::node::v1;

constexpr int kHttpOk = 200;

Result<evidence::Shipment> read_shipment(const wire::ShipEvidenceRequest& request) {
  if (request.entries().size() > kShipmentEntriesBytesMax ||
      request.count() > kShipmentEntriesMax ||
      request.checkpoint().size() > evidence::kCheckpointBytesMax ||
      request.consistency_size() > static_cast<int>(evidence::kProofHashesMax)) {
    return make_error(ErrorCode::kResourceExhausted,
                      "a shipment of {} entries in {} bytes is past its bounds", request.count(),
                      request.entries().size());
  }
  evidence::Shipment shipment{.first = request.first_index(),
                              .count = request.count(),
                              .entries = to_bytes(request.entries()),
                              .consistency = {},
                              .checkpoint = request.checkpoint()};
  for (const std::string& text : request.consistency()) {
    if (text.size() != evidence::kHashBytes)
      return invalid_argument("a hash of {} bytes; expected {}", text.size(), evidence::kHashBytes);
    std::ranges::copy(as_bytes(text), shipment.consistency.emplace_back().begin());
  }
  return shipment;
}

}  // namespace

std::string mirror_directory_name(std::string_view origin) {
  std::string name;
  for (const char c : origin) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                          (c == '.' && !name.empty());
    if (is_plain) {
      name.push_back(c);
    } else {
      name += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return name;
}

Result<std::unique_ptr<EvidenceMirrors>> EvidenceMirrors::open(std::string directory,
                                                               evidence::NoteSigner witness,
                                                               os::FileSystem& files,
                                                               const Clock& clock, Log log,
                                                               std::size_t open_max) {
  WARD_RETURN_IF_ERROR(files.create_directory(directory, 0700));
  WARD_TRY(auto opened,
           evidence::Witness::open(std::move(witness), directory + ".witness", files, clock));
  return std::unique_ptr<EvidenceMirrors>(new EvidenceMirrors(
      std::move(directory), std::move(opened), files, log.part("mirrors"), open_max));
}

wire::ShipEvidenceResponse EvidenceMirrors::receive(const spiffe::SpiffeId& node,
                                                    const world::Node& known,
                                                    const wire::ShipEvidenceRequest& request) {
  wire::ShipEvidenceResponse response;
  const auto fail = [&](const Error& error) {
    log_.warn("evidence of `{}`: {}", node.text(), error.message());
    response.mutable_error()->set_code(static_cast<std::uint32_t>(error.code()));
    response.mutable_error()->set_message(error.message());
    return response;
  };
  const std::string origin = log_origin(node);
  if (request.log_origin() != origin)
    return fail(invalid_argument("log `{}`; expected `{}`", request.log_origin(), origin));
  const auto copy = copy_of(origin, known);
  if (!copy.ok()) return fail(copy.error());
  auto cosignature = take(**copy, request);
  response.set_size((*copy)->mirror.size());
  if (cosignature.ok()) {
    response.set_cosignature(*std::move(cosignature));
    return response;
  }
  const Error error = cosignature.error();
  // After an error of the disk the copy is opened anew (mirror.h); the others are as quick.
  close(origin);
  return fail(error);
}

Result<EvidenceMirrors::Copy*> EvidenceMirrors::copy_of(const std::string& origin,
                                                        const world::Node& known) {
  WARD_TRY(auto key, node_log_key(known));
  const auto found = copies_.find(origin);
  if (found != copies_.end() && found->second.key.id() == key.id()) {
    order_.splice(order_.begin(), order_, found->second.use);
    return &found->second;
  }
  close(origin);
  while (copies_.size() >= open_max_) close(std::string(order_.back()));
  // A node that attests anew may come with another key, and then begins another log: the old copy
  // is kept beside it.
  std::string directory = fmt::format("{}/{}", directory_, mirror_directory_name(origin));
  for (const std::uint8_t byte : key.id())
    directory += fmt::format("{}{:02x}", &byte == key.id().data() ? "+" : "", byte);
  WARD_TRY(auto mirror, evidence::Mirror::open(directory, key, files_));
  WARD_RETURN_IF_ERROR(witness_->add_log(key));
  order_.push_front(origin);
  Copy copy{std::move(key), std::move(directory), std::move(mirror), order_.begin()};
  return &copies_.emplace(origin, std::move(copy)).first->second;
}

void EvidenceMirrors::close(const std::string& origin) {
  const auto found = copies_.find(origin);
  if (found == copies_.end()) return;
  order_.erase(found->second.use);
  copies_.erase(found);
}

Result<std::string> EvidenceMirrors::take(Copy& copy, const wire::ShipEvidenceRequest& request) {
  WARD_TRY(const auto shipment, read_shipment(request));
  WARD_TRY(const bool is_whole, copy.mirror.receive(shipment));
  return is_whole ? cosign(copy) : std::string();
}

Result<std::string> EvidenceMirrors::cosign(const Copy& copy) {
  WARD_TRY(const auto reader, evidence::LogReader::open(files_, copy.directory, {&copy.key, 1}));
  WARD_TRY(const auto last, witness_->head_of(copy.key.name()));
  if (last.size > reader.size()) {
    return make_error(ErrorCode::kAborted,
                      "a head of {} entries is cosigned already, that of the copy has {}",
                      last.size, reader.size());
  }
  WARD_TRY(auto proof, evidence::prove_consistency(last.size, reader.size(), reader.subtrees()));
  const auto answer = witness_->add_checkpoint(evidence::witness_request_text(
      {.old_size = last.size, .proof = std::move(proof), .checkpoint = reader.checkpoint_note()}));
  if (answer.status == kHttpOk) return answer.body;
  return make_error(ErrorCode::kAborted, "the witness says {}: {}", answer.status, answer.body);
}

}  // namespace ward::server
