#include "attest/node_attestor.h"

#include <utility>

namespace ward::attest {
namespace {

Result<void> check_size(std::string_view what, ByteView bytes, std::size_t max) {
  if (bytes.size() <= max) return {};
  return invalid_argument("{} of {} bytes, expected at most {}", what, bytes.size(), max);
}

}  // namespace

Result<spiffe::SpiffeId> agent_id(const spiffe::TrustDomain& trust_domain,
                                  std::string_view attestor, std::string_view id) {
  return spiffe::SpiffeId::from_path(trust_domain, fmt::format("/ward/agent/{}/{}", attestor, id));
}

Result<NodeStep> NodeAttestation::start(ByteView payload) {
  const State before = std::exchange(state_, State::kOver);
  if (before != State::kNew)
    return make_error(ErrorCode::kFailedPrecondition, "the attestation has begun already");
  WARD_RETURN_IF_ERROR(check_size("attestation payload", payload, kNodePayloadBytesMax));
  return follow(do_start(payload));
}

Result<NodeStep> NodeAttestation::respond(ByteView answer) {
  const State before = std::exchange(state_, State::kOver);
  if (before != State::kChallenged)
    return make_error(ErrorCode::kFailedPrecondition, "answer to no challenge");
  WARD_RETURN_IF_ERROR(check_size("answer to a challenge", answer, kNodeAnswerBytesMax));
  return follow(do_respond(answer));
}

Result<NodeStep> NodeAttestation::follow(Result<NodeStep> step) {
  if (!step.ok() || !std::holds_alternative<NodeChallenge>(*step)) return step;
  WARD_CHECK(++challenges_ <= kNodeChallengesMax);
  WARD_CHECK(std::get<NodeChallenge>(*step).bytes.size() <= kNodeChallengeBytesMax);
  state_ = State::kChallenged;
  return step;
}

}  // namespace ward::attest
