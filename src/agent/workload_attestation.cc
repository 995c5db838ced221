#include "agent/workload_attestation.h"

#include <utility>

namespace ward::agent {
namespace {

constexpr int kAttemptsMax = 3;  // when the process changes under our eyes

Result<attest::Selectors> selectors_of(
    const net::UnixPeer& peer,
    const std::vector<std::unique_ptr<attest::WorkloadAttestor>>& attestors) {
  WARD_TRY(auto process, peer.process->duplicate());
  const os::PeerCredentials credentials{
      .uid = peer.uid, .gid = peer.gid, .pid = peer.pid, .process = std::move(process)};
  attest::Selectors all;
  for (const auto& attestor : attestors) {
    WARD_TRY(const auto selectors, attestor->attest(credentials));
    all.insert(all.end(), selectors.begin(), selectors.end());
  }
  return attest::sorted(std::move(all));
}

Error too_many() {
  return make_error(ErrorCode::kResourceExhausted, "{} attestations wait", kAttestationsWaitingMax);
}

}  // namespace

WorkloadAttestation::WorkloadAttestation(
    net::Loop& loop, std::vector<std::unique_ptr<attest::WorkloadAttestor>> attestors)
    : loop_(loop), attestors_(std::move(attestors)), worker_(loop, kAttestationsWaitingMax) {}

WorkloadAttestation::~WorkloadAttestation() = default;

void WorkloadAttestation::attest(const net::UnixPeer& peer, Done done) {
  auto kept = std::make_shared<Done>(std::move(done));
  const bool taken = worker_.enqueue([this, peer, kept]() -> net::Task {
    return [kept, result = attest_now(peer)]() mutable { (*kept)(std::move(result)); };
  });
  if (taken) return;
  loop_.post([alive = std::weak_ptr(alive_), kept] {
    if (!alive.expired()) (*kept)(too_many());
  });
}

void WorkloadAttestation::changed(const net::UnixPeer& peer, os::ProcessInfo before, Changed done) {
  auto kept = std::make_shared<Changed>(std::move(done));
  const bool taken = worker_.enqueue([peer, before = std::move(before), kept]() -> net::Task {
    auto now = os::read_process(*peer.process);
    Result<bool> result = now.ok() ? Result<bool>(*now != before) : Result<bool>(now.error());
    return [kept, result = std::move(result)]() mutable { (*kept)(std::move(result)); };
  });
  if (taken) return;
  loop_.post([alive = std::weak_ptr(alive_), kept] {
    if (!alive.expired()) (*kept)(too_many());
  });
}

Result<AttestedWorkload> WorkloadAttestation::attest_now(const net::UnixPeer& peer) const {
  if (peer.process == nullptr) {
    return make_error(ErrorCode::kFailedPrecondition, "the peer is not a known process");
  }
  Error last(ErrorCode::kAborted, "the process changes all the time");
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    auto before = os::read_process(*peer.process);
    auto selectors = before.ok() ? selectors_of(peer, attestors_) : before.error();
    auto after = os::read_process(*peer.process);
    if (before.ok() && selectors.ok() && after.ok() && *before == *after) {
      return AttestedWorkload{.selectors = std::move(*selectors), .info = std::move(*after)};
    }
    const Error error = !before.ok()      ? before.error()
                        : !selectors.ok() ? selectors.error()
                        : !after.ok()     ? after.error()
                                          : last;
    if (error.code() != ErrorCode::kAborted) return error;
    last = error;
  }
  return last;
}

}  // namespace ward::agent
