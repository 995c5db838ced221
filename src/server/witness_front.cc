#include "server/witness_front.h"

#include <utility>

#include "evidence/checkpoint.h"
#include "server/signing_keys.h"

namespace ward::server {

Result<void> WitnessFront::mount(const WitnessOptions& options, http::Router& router) {
  for (const evidence::VerifierKey& key : options.logs) {
    WARD_RETURN_IF_ERROR(mirrors_.witness().add_log(key));
  }
  router.add("POST", options.prefix + "/add-checkpoint",
             [this](const http::Request& request, const net::Peer&, http::Responder responder) {
               responder.send(answer(as_text(request.body)));
             });
  return {};
}

http::Response WitnessFront::answer(std::string_view body) {
  know(body);
  const evidence::WitnessAnswer answer = mirrors_.witness().add_checkpoint(body);
  return http::Response::of(answer.status, answer.content_type, answer.body);
}

// The witness learns the key of a node's log when the node ships, or when its checkpoint comes
// here.
void WitnessFront::know(std::string_view body) {
  const auto request = evidence::parse_witness_request(body);
  if (!request.ok()) return;
  const auto note = evidence::parse_note(request->checkpoint);
  if (!note.ok()) return;
  const auto checkpoint = evidence::parse_checkpoint_text(note->text);
  if (!checkpoint.ok()) return;
  const world::Node* node = plane_.world().node("spiffe://" + checkpoint->origin);
  if (node == nullptr) return;
  auto key = node_log_key(*node);
  if (key.ok()) (void)mirrors_.witness().add_log(std::move(*key));
}

}  // namespace ward::server
