// What the server holds as true, on the loop's thread: the world, the policies in force and the
// journal's tree, all at one revision, moved on fact by fact.
//
// Facts go in through submit() and come back by following the journal, in order, whoever appended
// them; listeners hear of each batch after world(), policies() and root() stand at its end. So what
// a listener sends next to a fact agrees with that fact (world/view.h, the invariant of views).
//
// Loop thread, except where it says otherwise. Store and loop outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "decide/decider.h"
#include "decide/policies.h"
#include "evidence/journal_log.h"
#include "journal/store.h"
#include "net/loop.h"
#include "spiffe/id.h"
#include "world/world.h"

namespace ward::server {

// The set whose newest version is in force, here and on every agent.
inline constexpr std::string_view kPolicySetInForce = "default";

struct RevisedFact {
  std::uint64_t revision = 0;
  Bytes bytes;  // as they stand in the journal
  world::Fact fact;
};

// Who makes something true, and why.
struct Authorship {
  std::string actor;
  std::string reason;
};

class ControlPlane {
 public:
  using Listener = std::function<void(std::span<const RevisedFact>)>;
  using Failed = std::function<void(const Error&)>;
  // The revision of the last fact; world() has it by then.
  using Done = std::move_only_function<void(Result<std::uint64_t>)>;

  // Errors of the journal. `failed` is called when following it fails: nothing moves on after.
  static Result<std::unique_ptr<ControlPlane>> open(journal::Store& store, net::Loop& loop,
                                                    const spiffe::TrustDomain& trust_domain,
                                                    Log log, Failed failed);
  ControlPlane(const ControlPlane&) = delete;
  ControlPlane& operator=(const ControlPlane&) = delete;

  const world::World& world() const { return *world_; }
  std::shared_ptr<const world::World> pin() const { return world_; }
  const decide::Policies* policies() const { return policies_.get(); }
  decide::Ground ground() const { return {.world = *world_, .policies = policies_.get()}; }
  const evidence::JournalLog& journal_log() const { return journal_log_; }
  evidence::RootPrefix root8() const { return root8_; }
  const Clock& clock() const { return loop_.clock(); }
  WallTime now() const { return loop_.clock().now(); }

  // In the order of registration; they stay for as long as this does.
  void listen(Listener listener) { listeners_.push_back(std::move(listener)); }

  // Errors to `done`, later: those of Store::submit.
  void submit(Authorship author, std::vector<world::FactBody> bodies, Done done);
  void submit(journal::Store::Command command, Done done);

  // A fact from the journal, by its revision: reads the disk. kNotFound past the head.
  Result<journal::Entry> read_fact(std::uint64_t revision) const;
  // The leaf hashes of facts [first, first + count), counted from 0: reads the disk.
  Result<std::vector<evidence::Hash>> read_leaves(std::uint64_t first, std::uint64_t count) const;

 private:
  ControlPlane(journal::Store& store, net::Loop& loop, evidence::JournalLog journal_log, Log log,
               Failed failed);
  Result<void> follow();
  void take(std::span<const journal::Entry> entries);
  Result<std::vector<RevisedFact>> decode(std::span<const journal::Entry> entries);
  Result<void> move_world(std::span<const RevisedFact> facts);
  void refresh_policies();
  void run_when_reached(std::uint64_t revision, Done done);
  void run_reached();

  journal::Store& store_;
  net::Loop& loop_;
  Log log_;
  Failed failed_;
  std::shared_ptr<const world::World> world_;
  std::shared_ptr<const world::World> newest_;  // the store's, when the batch under way was sent
  std::shared_ptr<const decide::Policies> policies_;
  std::uint64_t policies_version_ = 0;
  evidence::JournalLog journal_log_;
  evidence::RootPrefix root8_{};
  std::vector<Listener> listeners_;
  std::multimap<std::uint64_t, Done> waiting_;           // for world() to reach a revision
  std::unique_ptr<journal::Subscription> subscription_;  // last: its callbacks use the above
};

// Facts with the time and author that all of one command share.
std::vector<world::Fact> make_facts(const Authorship& author, WallTime now,
                                    const std::vector<world::FactBody>& bodies);

}  // namespace ward::server
