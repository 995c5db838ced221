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

Result<void> AgentView::restore(const std::vector<world::ViewEntry>& entries) {
  WARD_RETURN_IF_ERROR(replace(entries));
  has_base_ = true;
  changed({.revision = revision()});
  return {};
}

std::chrono::nanoseconds AgentView::age() const {
  if (!newest_at_) return std::chrono::nanoseconds::max();
  return loop_.clock().monotonic() - *newest_at_;
}

decide::Ground AgentView::ground() const {
  return {.world = world(), .policies = policies_.get(), .age = age()};
}

evidence::RootPrefix AgentView::journal_root8() const {
  return root_revision_ == revision() ? root_ : evidence::RootPrefix{};
}

std::vector<world::Name> AgentView::held() const {
  std::vector<world::Name> names;
  for (const world::Name& name : view_.names()) {
    if (name.kind == world::NameKind::kEverywhere || name.kind == world::NameKind::kNode) continue;
    names.push_back(name);
  }
  return names;
}

Result<void> AgentView::on_base(std::uint64_t revision,
                                const std::vector<world::ViewEntry>& entries) {
  // A server that went back in time would bring back what was revoked.
  if (revision < this->revision()) {
    return make_error(ErrorCode::kDataLoss,
                      "the server is at revision {}, this node has seen {}: its journal was rolled "
                      "back",
                      revision, this->revision());
  }
  const world::World before = world();
  WARD_RETURN_IF_ERROR(replace(entries));
  WARD_RETURN_IF_ERROR(view_.advance(revision));
  has_base_ = true;
  newest_at_ = loop_.clock().monotonic();
  changed({.revision = revision, .revoked = new_revocations(before, world()), .is_base = true});
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
  std::vector<world::Name> let_go;
  for (const world::ViewEntry& entry : entries) {
    WARD_TRY(const auto names, view_.insert(entry));
    let_go.insert(let_go.end(), names.begin(), names.end());
  }
  if (!let_go.empty() && forgotten_) forgotten_(let_go);
  return {};
}

Result<void> AgentView::on_facts(const std::vector<RevisedFact>& facts, std::uint64_t head) {
  ViewChange change;
  for (const RevisedFact& revised : facts) {
    WARD_RETURN_IF_ERROR(view_.fold(revised.revision, revised.fact));
    if (const auto* revoked = std::get_if<world::Revoked>(&revised.fact.body)) {
      change.revoked.push_back(revoked->revocation.id.str());
    }
  }
  WARD_RETURN_IF_ERROR(view_.advance(head));
  newest_at_ = loop_.clock().monotonic();
  change.revision = head;
  changed(std::move(change));
  return {};
}

Result<void> AgentView::on_answer(const std::vector<world::ViewEntry>& entries,
                                  std::uint64_t head) {
  WARD_RETURN_IF_ERROR(insert(entries));
  WARD_RETURN_IF_ERROR(view_.advance(head));
  newest_at_ = loop_.clock().monotonic();
  changed({.revision = head});
  return {};
}

Result<void> AgentView::on_heartbeat(std::uint64_t head, const evidence::RootPrefix& root) {
  WARD_RETURN_IF_ERROR(view_.advance(head));
  newest_at_ = loop_.clock().monotonic();
  root_revision_ = head;
  root_ = root;
  return {};
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
