#include "agent/agent_view.h"

#include <algorithm>
#include <utility>

namespace ward::agent {
namespace {

constexpr world::PageRequest kAll{.limit = static_cast<std::size_t>(-1)};

// Of `now`, those that `before` did not have so; one that was lifted since is none.
std::vector<std::string> new_revocations(const world::World& before, const world::World& now) {
  std::vector<std::string> subjects;
  for (const world::Revocation* revocation : now.revocations(kAll)) {
    const auto* old = before.revocation(revocation->kind, revocation->id);
    if (old == nullptr || old->not_before != revocation->not_before)
      subjects.push_back(revocation->id.str());
  }
  return subjects;
}

}  // namespace

AgentView::AgentView(std::string node, std::size_t names_max, net::Loop& loop, Log log)
    : node_(std::move(node)),
      names_max_(names_max),
      loop_(loop),
      log_(log.part("view")),
      view_({world::NameKind::kNode, node_}, names_max_) {}

Result<void> AgentView::restore(const RestoredView& restored) {
  const auto is_here = [&](const world::Name& name) {
    return std::ranges::any_of(restored.entries,
                               [&](const world::ViewEntry& entry) { return entry.name == name; });
  };
  if (!is_here({world::NameKind::kEverywhere, {}}) || !is_here({world::NameKind::kNode, node_})) {
    return invalid_argument("a view without what each view of `{}` holds", node_);
  }
  for (const world::ViewEntry& entry : restored.entries) {
    if (entry.revision <= restored.head.revision) continue;
    return invalid_argument("an entry of revision {} in a view of revision {}", entry.revision,
                            restored.head.revision);
  }
  if (const auto replaced = replace(restored.entries); !replaced.ok()) {
    return invalid_argument("{}", replaced.error().message());
  }
  WARD_RETURN_IF_ERROR(view_.advance(restored.head.revision));
  ++state_;
  head_ = restored.head;
  contact_ = restored.contact;
  has_base_ = true;
  changed({.revision = revision()});
  return {};
}

std::chrono::nanoseconds AgentView::age() const {
  if (!contact_) return std::chrono::nanoseconds::max();
  return loop_.clock().monotonic() - contact_->monotonic;
}

decide::Ground AgentView::ground() const {
  return {.world = world(), .policies = policies_.get(), .age = age()};
}

evidence::RootPrefix AgentView::journal_root8() const {
  return head_.revision == revision() ? head_.root8 : evidence::RootPrefix{};
}

std::vector<world::Name> AgentView::held() const {
  std::vector<world::Name> names;
  for (const world::Name& name : view_.names()) {
    if (name.kind == world::NameKind::kEverywhere || name.kind == world::NameKind::kNode) continue;
    names.push_back(name);
  }
  return names;
}

Result<void> AgentView::on_base(const ServerBase& base) {
  // A server that went back in time would bring back what was revoked.
  if (base.head.revision < revision()) {
    return make_error(ErrorCode::kDataLoss,
                      "the server is at revision {}, this node has seen {}: its journal was rolled "
                      "back",
                      base.head.revision, revision());
  }
  const world::World before = world();
  WARD_RETURN_IF_ERROR(replace(base.entries));
  WARD_RETURN_IF_ERROR(heard(base.head));
  has_base_ = true;
  changed({.revision = revision(),
           .revoked = new_revocations(before, world()),
           .is_base = true,
           .has_facts = true});
  return {};
}

// The view knows all that touches it up to `head`.
Result<void> AgentView::heard(const JournalHead& head) {
  ++state_;
  WARD_RETURN_IF_ERROR(view_.advance(head.revision));
  head_ = head;
  contact_ = Contact{.wall = loop_.clock().now(), .monotonic = loop_.clock().monotonic()};
  return {};
}

Result<void> AgentView::replace(const std::vector<world::ViewEntry>& entries) {
  world::View fresh({world::NameKind::kNode, node_}, names_max_);
  std::swap(view_, fresh);
  auto inserted = insert(entries);
  if (!inserted.ok()) std::swap(view_, fresh);
  return inserted;
}

Result<void> AgentView::insert(const std::vector<world::ViewEntry>& entries) {
  ++state_;
  std::vector<world::Name> let_go;
  for (const world::ViewEntry& entry : entries) {
    WARD_TRY(const auto names, view_.insert(entry));
    let_go.insert(let_go.end(), names.begin(), names.end());
  }
  if (!let_go.empty() && forgotten_) forgotten_(let_go);
  return {};
}

Result<void> AgentView::on_facts(const std::vector<RevisedFact>& facts, const JournalHead& head) {
  ViewChange change{.has_facts = true};
  ++state_;
  for (const RevisedFact& revised : facts) {
    WARD_RETURN_IF_ERROR(view_.fold(revised.revision, revised.fact));
    if (const auto* revoked = std::get_if<world::Revoked>(&revised.fact.body)) {
      change.revoked.push_back(revoked->revocation.id.str());
    }
  }
  WARD_RETURN_IF_ERROR(heard(head));
  change.revision = head.revision;
  changed(std::move(change));
  return {};
}

Result<void> AgentView::on_answer(const std::vector<world::ViewEntry>& entries,
                                  const JournalHead& head) {
  WARD_RETURN_IF_ERROR(insert(entries));
  WARD_RETURN_IF_ERROR(heard(head));
  changed({.revision = head.revision});
  return {};
}

Result<void> AgentView::on_heartbeat(const JournalHead& head) {
  return heard(head);
}

void AgentView::refresh_policies() {
  const world::PolicySet* set = world().policy_set(kPolicySetInForce);
  if (set == nullptr) {
    policies_.reset();
    policies_version_ = 0;
    return;
  }
  if (set->version == policies_version_) return;
  policies_version_ = set->version;
  auto parsed = decide::Policies::parse(set->files);
  if (parsed.ok()) {
    policies_ = std::move(*parsed);
    return;
  }
  policies_.reset();
  log_.error("policy set `{}` version {} cannot be read, so every decision denies: {}", set->name,
             set->version, parsed.error().message());
}

void AgentView::changed(ViewChange change) {
  refresh_policies();
  for (const Observer& observer : observers_) observer(change);
}

}  // namespace ward::agent
