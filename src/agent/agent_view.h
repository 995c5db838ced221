// The agent's world: a view (world/view.h) kept by what the server says, the policies in force, and
// how old all of it is.
//
// Loop thread.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/server_link.h"
#include "base/log.h"
#include "decide/decider.h"
#include "decide/policies.h"
#include "net/loop.h"
#include "world/view.h"

namespace ward::agent {

// The set whose newest version is in force, on the server and on every agent.
inline constexpr std::string_view kPolicySetInForce = "default";

// What moved the view: told after it has moved.
struct ViewChange {
  std::uint64_t revision = 0;
  std::vector<std::string> revoked = {};  // subjects of revocations that are new here
  bool is_base = false;                   // a stream to the server has begun
  bool has_facts = false;                 // facts that touch the view, or a Base that may hold some
};

// When the server was last heard of, by both clocks.
struct Contact {
  WallTime wall;
  MonotonicTime monotonic;
};

// What a view was before a restart.
struct RestoredView {
  JournalHead head;                       // all that touches the entries up to here is in them
  std::vector<world::ViewEntry> entries;  // the least recently used first
  std::optional<Contact> contact;         // none: how long ago is not known
};

class AgentView final : public ServerLink::Listener {
 public:
  using Observer = std::function<void(const ViewChange&)>;

  AgentView(std::string node, std::size_t names_max, net::Loop& loop, Log log);

  // Called, in the order of registration, when facts, a Base or an answer changed something.
  void observe(Observer observer) { observers_.push_back(std::move(observer)); }
  // Called with the names that were let go.
  void on_forget(std::function<void(const std::vector<world::Name>&)> forgotten) {
    forgotten_ = std::move(forgotten);
  }

  // Stands in for a Base until the server is heard of. kInvalidArgument when it is not a view of
  // this node; then nothing has changed.
  Result<void> restore(const RestoredView& restored);
  bool has_base() const { return has_base_; }  // or what stands in for one

  const std::string& node() const { return node_; }
  const world::World& world() const { return view_.world(); }
  std::uint64_t revision() const { return view_.world().revision(); }
  // Another number once world() may be another: what follows from it alone may be kept meanwhile.
  std::uint64_t state() const { return state_; }
  bool holds(const world::NameView& name) { return view_.holds(name); }
  std::size_t size() const { return view_.size(); }
  const std::list<world::Name>& names() const { return view_.names(); }  // most recently used first
  const std::optional<Contact>& contact() const { return contact_; }

  // Since the view was last known to be the newest; the largest duration when it never was.
  std::chrono::nanoseconds age() const;
  decide::Ground ground() const;
  // Of the journal at revision(); zeros while it is not known.
  evidence::RootPrefix journal_root8() const;

  // ServerLink::Listener
  std::vector<world::Name> held() const override;
  Result<void> on_base(const ServerBase& base) override;
  Result<void> on_facts(const std::vector<RevisedFact>& facts, const JournalHead& head) override;
  Result<void> on_answer(const std::vector<world::ViewEntry>& entries,
                         const JournalHead& head) override;
  Result<void> on_heartbeat(const JournalHead& head) override;
  void on_lost() override {}

 private:
  Result<void> replace(const std::vector<world::ViewEntry>& entries);
  Result<void> insert(const std::vector<world::ViewEntry>& entries);
  Result<void> heard(const JournalHead& head);
  void refresh_policies();
  void changed(ViewChange change);

  const std::string node_;
  const std::size_t names_max_;
  net::Loop& loop_;
  Log log_;
  world::View view_;
  std::uint64_t state_ = 0;
  bool has_base_ = false;
  std::optional<Contact> contact_;
  JournalHead head_;
  std::uint64_t policies_version_ = 0;
  std::shared_ptr<const decide::Policies> policies_;
  std::vector<Observer> observers_;
  std::function<void(const std::vector<world::Name>&)> forgotten_;
};

}  // namespace ward::agent
