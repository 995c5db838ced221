#include "agent/enforcement.h"

#include <utility>

namespace ward::agent {

Result<void> Enforcement::mount(const AgentConfig& config, http::Router& router) {
  if (config.authzen) {
    WARD_TRY(authzen_,
             enforce::AuthzenApi::make(config.trust_domain, *config.authzen, *this, *this));
    authzen_->mount(router);
  }
  if (config.auth_request) {
    decide::Judge& judge = *this;
    enforce::CallerCheck& callers = *this;
    const enforce::TrustSource& trust = *this;
    auth_request_.emplace(*config.auth_request, judge, callers, trust, clock_);
    auth_request_->mount(router);
  }
  return {};
}

void Enforcement::judge(decide::Question question, decide::Judge::Answer answer) {
  if (session_ != nullptr) {
    question.node = session_->view().node();
    return session_->judge().judge(std::move(question), std::move(answer));
  }
  decide::Decision decision;
  decision.cause = decide::Cause::kNoEvidence;
  decision.reasons = {"the agent has no identity yet"};
  answer(std::move(decision));
}

void Enforcement::check(const net::Peer& peer, std::string_view,
                        enforce::CallerCheck::Answer answer) {
  workloads_.check_caller(peer, std::move(answer));
}

const spiffe::X509BundleSet& Enforcement::x509_bundles() const {
  return session_ != nullptr ? session_->sources().bundles.x509() : no_x509_;
}

const spiffe::JwtBundleSet& Enforcement::jwt_bundles() const {
  return session_ != nullptr ? session_->sources().bundles.jwt() : no_jwt_;
}

}  // namespace ward::agent
