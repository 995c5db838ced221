// The one write path: a command is checked against the newest world, its facts appended at the
// revision it saw, folded, published. Nothing else changes a world.
//
// Commands do not wait for one another's fsync: while one batch of facts is at the journal, each
// further command is checked against the world with all facts that are on their way, and gathers
// behind it; the journal's answer sends what gathered. When an append loses a race or fails, what
// gathered behind it runs again from the world that holds.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "base/snapshot.h"
#include "journal/journal.h"
#include "world/world.h"

namespace ward::journal {

struct StoreOptions {
  std::uint64_t facts_between_snapshots = 100'000;  // 0: never
  int attempts_max = 16;                            // of a command that keeps losing races
};

class Store {
 public:
  // What a command makes true, in order; each fact must be admissible to the world with those
  // before it. May run more than once, under the lock of the store: pure, quick, and no call to the
  // store. No facts: nothing is done.
  using Command = std::function<Result<std::vector<world::Fact>>(const world::World&)>;

  // The world as of the command's last fact: durable, and published before this is called. Comes
  // from the journal's thread, or from within submit() when the command is refused or makes no
  // facts: it must not block.
  using Done = std::move_only_function<void(Result<world::World>)>;

  // Restores the world from the newest snapshot and the facts after it. Errors of the journal, and
  // kDataLoss when a fact cannot be read; a snapshot that cannot be read is passed over (and
  // logged), the facts are folded from the first.
  static Result<std::unique_ptr<Store>> open(std::unique_ptr<Journal> journal, Log log,
                                             StoreOptions options = {});

  // Waits for what was submitted.
  ~Store();

  // Any thread. Errors to `done`: of the command, of admissible(), of encode_fact(), of the append.
  void submit(Command command, Done done);

  // The same, waiting for it. Not from a callback of the journal or store.
  Result<world::World> submit_and_wait(Command command);

  // One fact, by the same way.
  Result<world::World> put_and_wait(world::Fact fact);

  // The newest durable world; readers pin it with Snapshot::Reader.
  const Snapshot<world::World>& worlds() const;
  std::shared_ptr<const world::World> world() const { return worlds().load(); }

  // For followers: entries from any revision. A fact's world is published before followers hear of
  // it.
  Journal& journal();

  // Puts a snapshot of the newest world now; done as well in the background, on a thread of the
  // store, every so many facts. kFailedPrecondition while one is being put.
  Result<void> put_snapshot();

 private:
  struct State;
  Store(std::unique_ptr<State> state, std::unique_ptr<Journal> journal);

  // In this order: the thread and the journal, whose callbacks use the state, end before it.
  std::unique_ptr<State> state_;
  std::unique_ptr<Journal> journal_;
  std::jthread snapshots_;
};

}  // namespace ward::journal
