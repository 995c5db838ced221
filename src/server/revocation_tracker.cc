#include "server/revocation_tracker.h"

#include <algorithm>
#include <utility>

namespace ward::server {

void RevocationTracker::track(TrackedRevocation revocation) {
  std::ranges::sort(revocation.holders, {}, &RevocationHolder::node);
  revocation.unacknowledged = revocation.holders.size();
  revocation.pending = static_cast<std::size_t>(
      std::ranges::count(revocation.holders, HolderState::kPending, &RevocationHolder::state));
  tracked_[revocation.revision] = std::move(revocation);
  if (tracked_.size() <= kRevocationsTrackedMax) return;
  const auto unwaited = std::ranges::find_if(tracked_, [this](const auto& entry) {
    return std::ranges::none_of(
        waiters_, [&](const Waiter& waiter) { return waiter.revision == entry.first; });
  });
  if (unwaited != tracked_.end()) tracked_.erase(unwaited);
}

void RevocationTracker::acknowledge(std::string_view node, std::uint64_t revision,
                                    const std::vector<std::string>& subjects,
                                    const evidence::ReceiptHolder& receipt) {
  const MonotonicTime now = loop_.clock().monotonic();
  for (auto& [at, revocation] : tracked_) {
    if (at > revision) break;
    if (revocation.unacknowledged == 0) continue;
    if (std::ranges::find(subjects, revocation.subject) == subjects.end()) continue;
    RevocationHolder* holder = find(revocation, node);
    if (holder == nullptr || holder->state == HolderState::kAcknowledged) continue;
    if (holder->state == HolderState::kPending) --revocation.pending;
    --revocation.unacknowledged;
    holder->state = HolderState::kAcknowledged;
    holder->after = std::chrono::duration_cast<std::chrono::microseconds>(now - revocation.since);
    holder->receipt = receipt;
  }
  run_settled();
}

void RevocationTracker::leave(std::string_view node, WallTime last_heartbeat) {
  for (auto& [at, revocation] : tracked_) {
    if (revocation.pending == 0) continue;
    RevocationHolder* holder = find(revocation, node);
    if (holder == nullptr || holder->state != HolderState::kPending) continue;
    --revocation.pending;
    holder->state = HolderState::kAway;
    holder->last_heartbeat = last_heartbeat;
  }
  run_settled();
}

void RevocationTracker::wait(std::uint64_t revision, std::chrono::milliseconds timeout, Done done) {
  const auto waiter =
      waiters_.insert(waiters_.end(), {.revision = revision, .done = std::move(done), .timer = {}});
  if (is_settled(revision)) return finish(waiter);
  waiter->timer = loop_.after(timeout, [this, waiter] { finish(waiter); });
}

bool RevocationTracker::is_settled(std::uint64_t revision) const {
  const auto found = tracked_.find(revision);
  return found == tracked_.end() || found->second.pending == 0;
}

RevocationHolder* RevocationTracker::find(TrackedRevocation& revocation, std::string_view node) {
  const auto found =
      std::ranges::lower_bound(revocation.holders, node, {}, &RevocationHolder::node);
  return found != revocation.holders.end() && found->node == node ? &*found : nullptr;
}

void RevocationTracker::run_settled() {
  for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
    const auto next = std::next(waiter);
    if (is_settled(waiter->revision)) finish(waiter);
    waiter = next;
  }
}

void RevocationTracker::finish(std::list<Waiter>::iterator waiter) {
  Waiter finished = std::move(*waiter);
  waiters_.erase(waiter);
  const auto found = tracked_.find(finished.revision);
  if (found != tracked_.end()) return finished.done(found->second);
  finished.done({.revision = finished.revision, .subject = {}, .since = {}, .holders = {}});
}

}  // namespace ward::server
