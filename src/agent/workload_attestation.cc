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
    const MonotonicTime begun = loop_.clock().monotonic();
    return [this, peer, begun, kept, found = attest_now(peer)]() mutable {
      (*kept)(keep(peer, begun, std::move(found)));
    };
  });
  if (taken) return;
  loop_.post([alive = std::weak_ptr(alive_), kept] {
    if (!alive.expired()) (*kept)(too_many());
  });
}

Result<AttestedWorkload> WorkloadAttestation::keep(const net::UnixPeer& peer, MonotonicTime begun,
                                                   Result<Found> found) {
  kept_.erase(peer.process.get());
  if (!found.ok()) return found.error();
  found->workload.number = ++attested_;
  if (kept_.size() >= kKnownMax) sweep();
  if (found->watch && kept_.size() < kKnownMax) {
    kept_.emplace(peer.process.get(), Kept{.process = peer.process,
                                           .workload = found->workload,
                                           .watch = std::move(*found->watch),
                                           .begun = begun});
  }
  return std::move(found->workload);
}

const AttestedWorkload* WorkloadAttestation::known(const net::UnixPeer& peer) {
  const auto kept = kept_.find(peer.process.get());
  if (kept == kept_.end()) return nullptr;
  const Kept& one = kept->second;
  // Another handle may have been made where one has gone.
  const bool is_known = one.process.lock() == peer.process &&
                        loop_.clock().monotonic() - one.begun < kKnownFor &&
                        one.watch.is_unchanged();
  if (is_known) return &one.workload;
  kept_.erase(kept);
  return nullptr;
}

void WorkloadAttestation::sweep() {
  std::erase_if(kept_, [](const auto& entry) { return entry.second.process.expired(); });
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

Result<WorkloadAttestation::Found> WorkloadAttestation::attest_now(
    const net::UnixPeer& peer) const {
  if (peer.process == nullptr) {
    return make_error(ErrorCode::kFailedPrecondition, "the peer is not a known process");
  }
  Error last(ErrorCode::kAborted, "the process changes all the time");
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    // Before all else, so that what is found lies within the watch.
    auto watch = os::ProcessWatch::begin(*peer.process);
    auto before = os::read_process(*peer.process);
    auto selectors = before.ok() ? selectors_of(peer, attestors_) : before.error();
    auto after = os::read_process(*peer.process);
    if (before.ok() && selectors.ok() && after.ok() && *before == *after) {
      Found found{.workload = {.selectors = std::move(*selectors), .info = std::move(*after)}};
      if (watch.ok() && watch->is_unchanged()) found.watch = std::move(*watch);
      return found;
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
