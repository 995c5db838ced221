#include "server/distribution.h"

#include <algorithm>
#include <utility>

#include "ward/node/v1/node.pb.h"

namespace ward::server {
namespace {

namespace wire = ward::node::v1;

Error ended_by(std::string_view node, std::string_view why) {
  return make_error(ErrorCode::kPermissionDenied, "node `{}` is {}", node, why);
}

// As a node may see it: what stands in the journal, but for the sealed parts of keys.
Result<Bytes> bytes_for_view(const RevisedFact& fact) {
  if (!std::holds_alternative<world::KeySlotPut>(fact.fact.body)) return fact.bytes;
  return world::encode_fact(world::for_view(fact.fact));
}

std::int64_t micros(WallTime time) {
  return time.time_since_epoch().count();
}

}  // namespace

Distribution::Distribution(ControlPlane& plane, RevocationTracker& revocations, net::Loop& loop,
                           Log log)
    : plane_(plane), revocations_(revocations), loop_(loop), log_(log.part("distribution")) {
  plane_.listen([this](std::span<const RevisedFact> facts) { on_facts(facts); });
  timer_ = loop_.after(kHeartbeatInterval, [this] { tick(); });
}

world::ViewId Distribution::connect(NodeLink& link, std::string node, std::string origin,
                                    WallTime certificate_expires) {
  if (const auto older = view_of_.find(node); older != view_of_.end()) {
    NodeLink* ended = views_.at(older->second).link;
    drop(older->second);
    if (ended != nullptr) {
      ended->end(make_error(ErrorCode::kAborted, "a newer stream of `{}` began", node));
    }
  }
  const world::ViewId id = next_view_++;
  WARD_CHECK(holders_.add(id).ok());
  view_of_[node] = id;
  const WallTime now = plane_.now();
  views_[id] = {.node = node,
                .origin = std::move(origin),
                .link = &link,
                .since = now,
                .last_heartbeat = now,
                .certificate_expires = certificate_expires};
  WARD_CHECK(hold(id, {world::NameKind::kNode, std::move(node)}).ok());
  return id;
}

void Distribution::disconnect(world::ViewId view) {
  const auto found = views_.find(view);
  if (found == views_.end()) return;
  found->second.link = nullptr;
  revocations_.leave(found->second.node, found->second.last_heartbeat);
}

void Distribution::drop(world::ViewId view) {
  const auto found = views_.find(view);
  if (found == views_.end()) return;
  revocations_.leave(found->second.node, found->second.last_heartbeat);
  holders_.drop(view);
  view_of_.erase(found->second.node);
  views_.erase(found);
}

Result<void> Distribution::hold(world::ViewId view, const world::Name& name) {
  if (name.kind == world::NameKind::kEverywhere || holders_.holds(view, name)) return {};
  WARD_RETURN_IF_ERROR(holders_.hold(view, name));
  ++views_.at(view).held_names;
  return {};
}

void Distribution::release(world::ViewId view, const world::Name& name) {
  if (!holders_.holds(view, name)) return;
  const std::string& node = views_.at(view).node;
  if (name.kind == world::NameKind::kNode && name.id == node) return;
  // The node may have credentials of an identity that it is registered for, so a revocation of it
  // concerns the node whatever its view forgot.
  if (name.kind == world::NameKind::kIdentity) {
    const auto registrations =
        plane_.world().registrations_of_identity(name.id, {.limit = kNamesPerViewMax});
    if (std::ranges::any_of(registrations, [&](const world::Registration* registration) {
          return registration->parent == node;
        })) {
      return;
    }
  }
  holders_.release(view, name);
  --views_.at(view).held_names;
}

void Distribution::acknowledge(world::ViewId view, std::uint64_t revision) {
  const auto found = views_.find(view);
  if (found == views_.end()) return;
  found->second.acknowledged = std::max(found->second.acknowledged, revision);
}

const NodeView* Distribution::view(world::ViewId view) const {
  const auto found = views_.find(view);
  return found == views_.end() ? nullptr : &found->second;
}

std::vector<const NodeView*> Distribution::connected() const {
  std::vector<const NodeView*> connected;
  for (const auto& [id, view] : views_) {
    if (view.link != nullptr) connected.push_back(&view);
  }
  return connected;
}

void Distribution::shut_down(const Error& error) {
  timer_.cancel();
  for (const auto& [id, view] : views_) {
    if (view.link != nullptr) view.link->end(error);
  }
}

void Distribution::on_facts(std::span<const RevisedFact> facts) {
  for (const RevisedFact& fact : facts) {
    hold_registered(fact);
    track_revocation(fact);
  }
  push(facts);
  for (const RevisedFact& fact : facts) begin_ending(fact);
}

// A node that is registered for an identity is a holder of it, asked or not.
void Distribution::hold_registered(const RevisedFact& fact) {
  const auto* put = std::get_if<world::RegistrationPut>(&fact.fact.body);
  if (put == nullptr) return;
  const auto view = view_of_.find(put->registration.parent.view());
  if (view == view_of_.end()) return;
  const auto held =
      hold(view->second, {world::NameKind::kIdentity, put->registration.spiffe_id.str()});
  if (!held.ok()) log_.error("`{}`: {}", view->first, held.error().message());
}

void Distribution::track_revocation(const RevisedFact& fact) {
  const auto* revoked = std::get_if<world::Revoked>(&fact.fact.body);
  if (revoked == nullptr) return;
  TrackedRevocation tracked{.revision = fact.revision,
                            .subject = revoked->revocation.id.str(),
                            .since = loop_.clock().monotonic(),
                            .holders = {}};
  for (const world::ViewId id : holders_.holding(world::touches(fact.fact))) {
    const NodeView& view = views_.at(id);
    tracked.holders.push_back(
        {.node = view.node,
         .origin = view.origin,
         .state = view.link != nullptr ? HolderState::kPending : HolderState::kAway,
         .last_heartbeat = view.last_heartbeat});
  }
  revocations_.track(std::move(tracked));
}

void Distribution::push(std::span<const RevisedFact> facts) {
  std::map<world::ViewId, wire::ServerMessage> messages;
  for (const RevisedFact& fact : facts) {
    const auto views = holders_.holding(world::touches(fact.fact));
    if (views.empty()) continue;
    const auto bytes = bytes_for_view(fact);
    WARD_CHECK(bytes.ok());  // it was read from its own encoding
    for (const world::ViewId view : views) {
      wire::RevisedFact& added = *messages[view].mutable_facts()->add_facts();
      added.set_revision(fact.revision);
      added.set_fact(bytes->data(), bytes->size());
    }
  }
  // The plane stands at the end of the batch when it tells of it, and so does its root.
  WARD_CHECK(plane_.world().revision() == facts.back().revision);
  const evidence::RootPrefix root8 = plane_.root8();
  for (auto& [id, message] : messages) {
    NodeLink* link = views_.at(id).link;
    if (link == nullptr) continue;
    message.mutable_facts()->set_head(facts.back().revision);
    message.mutable_facts()->set_journal_root8(root8.data(), root8.size());
    link->send(message);
  }
}

void Distribution::begin_ending(const RevisedFact& fact) {
  if (const auto* banned = std::get_if<world::NodeBanned>(&fact.fact.body)) {
    if (banned->banned) end_later(banned->id.view(), ended_by(banned->id.view(), "banned"));
  } else if (const auto* removed = std::get_if<world::NodeRemoved>(&fact.fact.body)) {
    end_later(removed->id.view(), ended_by(removed->id.view(), "removed"));
  } else if (const auto* revoked = std::get_if<world::Revoked>(&fact.fact.body)) {
    if (revoked->revocation.kind != world::RevocationKind::kNode) return;
    const std::string_view node = revoked->revocation.id.view();
    end_later(node, ended_by(node, "revoked"));
  }
}

void Distribution::end_later(std::string_view node, Error error) {
  const auto found = view_of_.find(node);
  if (found == view_of_.end()) return;
  NodeView& view = views_.at(found->second);
  if (view.link == nullptr || view.ending) return;
  view.ending = std::move(error);
  view.ends_at = loop_.clock().monotonic() + kFarewell;
  farewell_ = loop_.after(kFarewell, [this] {
    const MonotonicTime now = loop_.clock().monotonic();
    for (auto& [id, ended] : views_) {
      if (ended.link != nullptr && ended.ending && ended.ends_at <= now) {
        ended.link->end(*ended.ending);
      }
    }
  });
}

void Distribution::tick() {
  timer_ = loop_.after(kHeartbeatInterval, [this] { tick(); });
  const WallTime now = plane_.now();
  const evidence::RootPrefix root8 = plane_.root8();
  wire::ServerMessage message;
  wire::Heartbeat& heartbeat = *message.mutable_heartbeat();
  heartbeat.set_head(plane_.world().revision());
  heartbeat.set_time_us(micros(now));
  heartbeat.set_journal_root8(root8.data(), root8.size());
  std::vector<world::ViewId> expired;
  for (auto& [id, view] : views_) {
    if (view.link != nullptr) {
      view.last_heartbeat = now;
      view.link->send(message);
    } else if (view.certificate_expires < now) {
      expired.push_back(id);
    }
  }
  for (const world::ViewId id : expired) drop(id);
}

}  // namespace ward::server
