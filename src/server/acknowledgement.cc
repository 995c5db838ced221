#include "server/acknowledgement.h"

#include <algorithm>

#include "evidence/checkpoint.h"
#include "evidence/merkle_proof.h"
#include "evidence/record.h"
#include "server/signing_keys.h"
#include "ward/node/v1/node.pb.h"

namespace ward::server {
namespace {

Result<evidence::Proof> read_proof(const ward::node::v1::Acknowledge& message) {
  if (message.proof_size() > static_cast<int>(evidence::kProofHashesMax)) {
    return invalid_argument("a proof of {} hashes; expected at most {}", message.proof_size(),
                            evidence::kProofHashesMax);
  }
  evidence::Proof proof;
  for (const std::string& text : message.proof()) {
    if (text.size() != evidence::kHashBytes) {
      return invalid_argument("a hash of {} bytes; expected {}", text.size(), evidence::kHashBytes);
    }
    std::ranges::copy(as_bytes(text), proof.emplace_back().begin());
  }
  return proof;
}

Result<evidence::TreeHead> read_head(const ward::node::v1::Acknowledge& message,
                                     const world::Node& node, const std::string& origin) {
  if (message.checkpoint().size() > evidence::kCheckpointBytesMax) {
    return invalid_argument("a checkpoint of {} bytes; expected at most {}",
                            message.checkpoint().size(), evidence::kCheckpointBytesMax);
  }
  WARD_TRY(const auto key, node_log_key(node));
  WARD_TRY(const auto opened, evidence::open_checkpoint(message.checkpoint(), {&key, 1}));
  if (opened.checkpoint.origin == origin) return opened.checkpoint.tree;
  return invalid_argument("a checkpoint of `{}`; expected one of `{}`", opened.checkpoint.origin,
                          origin);
}

}  // namespace

Result<VerifiedAcknowledgement> verify_acknowledgement(const ward::node::v1::Acknowledge& message,
                                                       const world::Node& node,
                                                       const std::string& origin) {
  if (message.record().size() > evidence::kRecordBytesMax) {
    return invalid_argument("a record of {} bytes; expected at most {}", message.record().size(),
                            evidence::kRecordBytesMax);
  }
  WARD_TRY(const evidence::Proof proof, read_proof(message));
  WARD_TRY(const evidence::TreeHead head, read_head(message, node, origin));
  const evidence::Hash leaf = evidence::leaf_hash(as_bytes(message.record()));
  WARD_RETURN_IF_ERROR(evidence::verify_inclusion(leaf, message.log_index(), head, proof));
  WARD_TRY(const evidence::Record record, evidence::decode_record(as_bytes(message.record())));
  const auto* body = std::get_if<evidence::Acknowledgement>(&record.body);
  if (body == nullptr) return invalid_argument("the record is no acknowledgement");
  if (body->revision < message.revision()) {
    return invalid_argument("the record acknowledges revision {}, the message says {}",
                            body->revision, message.revision());
  }
  return VerifiedAcknowledgement{
      .revision = body->revision,
      .subjects = body->subjects,
      .holder = {.origin = origin, .acknowledgement = message.log_index(), .head = head}};
}

}  // namespace ward::server
