// Who holds what was revoked, and who has acknowledged it.
//
// Every revocation is tracked from the moment its fact is pushed, whether or not anybody waits, so
// that an acknowledgement is never too early to count. Loop thread; loop outlives it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "evidence/receipt.h"
#include "net/loop.h"

namespace ward::server {

// The oldest that nobody waits for is let go beyond this.
inline constexpr std::size_t kRevocationsTrackedMax = 1024;

enum class HolderState : std::uint8_t { kPending, kAcknowledged, kAway };

struct RevocationHolder {
  std::string node;    // SPIFFE ID
  std::string origin;  // of its evidence log
  HolderState state = HolderState::kPending;
  WallTime last_heartbeat{};           // that it was sent
  std::chrono::microseconds after{0};  // from the fact to its acknowledgement
  evidence::ReceiptHolder receipt{};   // of one that acknowledged
};

struct TrackedRevocation {
  std::uint64_t revision = 0;
  std::string subject;  // what is revoked, as its fact names it
  MonotonicTime since{};
  std::vector<RevocationHolder> holders;  // by node, once it is tracked
  std::size_t pending = 0;                // of the holders; kept by the tracker
  std::size_t unacknowledged = 0;         // those away too
};

class RevocationTracker {
 public:
  using Done = std::move_only_function<void(const TrackedRevocation&)>;

  explicit RevocationTracker(net::Loop& loop) : loop_(loop) {}

  void track(TrackedRevocation revocation);

  // `node` acknowledges all of `subjects` that were revoked at `revision` or before.
  void acknowledge(std::string_view node, std::uint64_t revision,
                   const std::vector<std::string>& subjects,
                   const evidence::ReceiptHolder& receipt);

  // The node's stream has ended: nothing more is to be waited for from it.
  void leave(std::string_view node, WallTime last_heartbeat);

  // Calls `done` once, when no holder is pending or `timeout` has passed, from within the call that
  // brings it about. A revocation that is not tracked (any more) has no holders.
  void wait(std::uint64_t revision, std::chrono::milliseconds timeout, Done done);

 private:
  struct Waiter {
    std::uint64_t revision;
    Done done;
    net::Timer timer;
  };

  static RevocationHolder* find(TrackedRevocation& revocation, std::string_view node);
  void run_settled();
  bool is_settled(std::uint64_t revision) const;
  void finish(std::list<Waiter>::iterator waiter);

  net::Loop& loop_;
  std::map<std::uint64_t, TrackedRevocation> tracked_;
  std::list<Waiter> waiters_;
};

}  // namespace ward::server
