#include "agent/svid_cache.h"

#include <algorithm>
#include <utility>

#include "codec/hex.h"
#include "spiffe/x509_svid.h"

namespace ward::agent {
namespace {

constexpr world::PageRequest kSvidPage{.limit = kX509SvidsMax};
constexpr std::chrono::seconds kRetryMin{1};
constexpr int kRetryDoublingsMax = 6;  // up to about a minute

}  // namespace

WallTime renewal_time(WallTime issued, WallTime expires, Random& random) {
  const auto half = (expires - issued) / 2;
  const auto tenth = static_cast<std::uint64_t>(std::max<std::int64_t>(half.count() / 10, 1));
  const auto jitter = static_cast<std::int64_t>(random.below(2 * tenth + 1));
  return issued + half + std::chrono::microseconds{jitter - static_cast<std::int64_t>(tenth)};
}

MonotonicTime monotonic_end(const Clock& clock, WallTime now, WallTime expires) {
  constexpr std::chrono::hours kYear{24 * 365};
  if (expires <= now) return clock.monotonic();
  return clock.monotonic() + std::min<std::chrono::microseconds>(expires - now, kYear);
}

std::string credential_name(const crypto::Certificate& certificate) {
  return "x509:" + codec::encode_hex(certificate.info().serial);
}

bool is_entitled(const AgentView& view, const world::Registration& registration) {
  const world::World& world = view.world();
  if (registration.parent != view.node()) return false;
  const world::Node* node = world.node(view.node());
  if (node == nullptr || node->banned) return false;
  const world::Identity* identity = world.identity(registration.spiffe_id);
  const auto stands = [&](world::RevocationKind kind, std::string_view id) {
    const world::Revocation* revocation = world.revocation(kind, id);
    return revocation != nullptr && revocation->stands();
  };
  return identity != nullptr && identity->status == world::IdentityStatus::kActive &&
         !stands(world::RevocationKind::kNode, view.node()) &&
         !stands(world::RevocationKind::kIdentity, registration.spiffe_id);
}

bool is_cut_off(const AgentView& view, const world::Registration& registration, WallTime issued) {
  const auto covers = [&](world::RevocationKind kind, std::string_view id) {
    const world::Revocation* revocation = view.world().revocation(kind, id);
    return revocation != nullptr && revocation->covers(issued);
  };
  return covers(world::RevocationKind::kNode, view.node()) ||
         covers(world::RevocationKind::kIdentity, registration.spiffe_id);
}

SvidCache::SvidCache(AgentView& view, ServerLink& link, NameRequests& names, net::Loop& loop,
                     Random& random, Log log)
    : view_(view),
      link_(link),
      names_(names),
      loop_(loop),
      random_(random),
      log_(log.part("svids")) {
  view_.observe([this](const ViewChange&) { reconcile(); });
}

void SvidCache::restore(std::vector<CachedSvid> svids, WallTime now) {
  for (CachedSvid& svid : svids) {
    const auto slot = slots_.find(svid.registration);  // made when the view was restored
    if (slot == slots_.end() || slot->second.svid || svid.expires() <= now) continue;
    // A registration that asks for other names now is asked for again.
    const auto& names = svid.chain.front().info().dns_names;
    if (std::ranges::equal(names, slot->second.dns_names)) {
      slot->second.due = renewal_time(svid.issued(), svid.expires(), random_);
    }
    keep(slot->second, std::move(svid), now);
  }
  reconcile();
  notify();
}

void SvidCache::keep(Slot& slot, CachedSvid svid, WallTime now) {
  slot.over = monotonic_end(loop_.clock(), now, svid.expires());
  slot.svid = std::move(svid);
}

bool SvidCache::is_valid(const Slot& slot) const {
  return slot.svid && slot.svid->expires() > loop_.clock().now() &&
         slot.over > loop_.clock().monotonic();
}

const CachedSvid* SvidCache::find(std::string_view registration) const {
  const auto slot = slots_.find(registration);
  return slot != slots_.end() && is_valid(slot->second) ? &*slot->second.svid : nullptr;
}

bool SvidCache::is_settled(std::string_view registration) const {
  if (find(registration) != nullptr) return true;
  const auto slot = slots_.find(registration);
  if (slot != slots_.end()) return slot->second.is_refused;
  const world::Registration* known = view_.world().registration(registration);
  // One whose identity was not looked at yet is not settled either.
  return known == nullptr || view_.holds({world::NameKind::kIdentity, known->spiffe_id.str()});
}

std::vector<const CachedSvid*> SvidCache::all() const {
  std::vector<const CachedSvid*> svids;
  for (const auto& [registration, slot] : slots_) {
    if (slot.svid) svids.push_back(&*slot.svid);
  }
  return svids;
}

void SvidCache::reconcile() {
  const bool dropped = drop_unentitled();
  add_missing();
  ask_for_identities();
  ask_for_due();
  arm();
  if (dropped) notify();
}

bool SvidCache::must_go(const std::string& registration, const Slot& slot) const {
  const world::World& world = view_.world();
  const world::Registration* known = world.registration(registration);
  if (known == nullptr || !is_entitled(view_, *known)) return true;
  if (!slot.svid) return false;
  // The registration may be another's by now, the credential alone revoked, or from before a
  // revocation that was taken back: then a new one is due.
  return slot.svid->spiffe_id != known->spiffe_id ||
         is_cut_off(view_, *known, slot.svid->issued()) ||
         world.revocation(world::RevocationKind::kCredential,
                          credential_name(slot.svid->chain.front())) != nullptr;
}

bool SvidCache::drop_unentitled() {
  return std::erase_if(slots_, [&](const auto& entry) {
           if (!must_go(entry.first, entry.second)) return false;
           if (entry.second.is_asking) --asking_;
           return true;
         }) > 0;
}

void SvidCache::add_missing() {
  for (const world::Registration* registration :
       view_.world().registrations_of_parent(view_.node(), kSvidPage)) {
    if (!is_entitled(view_, *registration)) continue;
    const auto [place, is_new] = slots_.try_emplace(registration->id.str());
    Slot& slot = place->second;
    if (!is_new && slot.dns_names != registration->dns_names) slot.due = {};
    slot.dns_names = registration->dns_names;
  }
}

// Facts bring registrations of identities that the view does not hold yet.
void SvidCache::ask_for_identities() {
  if (is_asking_names_ || !link_.is_connected()) return;
  std::vector<world::Name> names;
  for (const world::Registration* registration :
       view_.world().registrations_of_parent(view_.node(), kSvidPage)) {
    world::Name name{world::NameKind::kIdentity, registration->spiffe_id.str()};
    if (view_.holds(name) || std::ranges::find(names, name) != names.end()) continue;
    names.push_back(std::move(name));
    if (names.size() == kAskNamesMax) break;
  }
  if (names.empty()) return;
  is_asking_names_ = true;
  names_.ask(names, [this](Result<void> answered) {
    is_asking_names_ = false;
    if (!answered.ok()) log_.warn("identities of registrations: {}", answered.error().message());
    // The answer has moved the view, and that has reconciled; there may be more to ask for.
    if (answered.ok()) reconcile();
  });
}

void SvidCache::ask_for_due() {
  if (!link_.is_connected()) return;
  const WallTime now = loop_.clock().now();
  for (auto& [registration, slot] : slots_) {
    if (asking_ >= kIssuesAtOnceMax) return;
    if (!slot.is_asking && slot.due <= now) ask(registration, slot);
  }
}

void SvidCache::ask(const std::string& registration, Slot& slot) {
  auto key = crypto::PrivateKey::generate(crypto::KeyType::kP256);
  if (!key.ok()) return fail(registration, slot, key.error());
  slot.is_asking = true;
  ++asking_;
  link_.issue_x509(registration, *key, [this, registration, key = *key](Result<IssuedX509> issued) {
    take(registration, key, std::move(issued));
  });
}

void SvidCache::take(const std::string& registration, const crypto::PrivateKey& key,
                     Result<IssuedX509> issued) {
  const auto found = slots_.find(registration);
  if (found == slots_.end() || !found->second.is_asking) return;  // dropped meanwhile
  Slot& slot = found->second;
  slot.is_asking = false;
  --asking_;
  auto svid = issued.ok() ? make_svid(registration, key, std::move(*issued))
                          : Result<CachedSvid>(issued.error());
  if (!svid.ok()) {
    fail(registration, slot, svid.error());
  } else {
    slot.due = renewal_time(svid->issued(), svid->expires(), random_);
    keep(slot, std::move(*svid), loop_.clock().now());
    slot.is_refused = false;
    slot.failures = 0;
    notify();
  }
  ask_for_due();
  arm();
}

Result<CachedSvid> SvidCache::make_svid(const std::string& registration,
                                        const crypto::PrivateKey& key, IssuedX509 issued) const {
  const world::Registration* known = view_.world().registration(registration);
  if (known == nullptr) return make_error(ErrorCode::kNotFound, "the registration is gone");
  WARD_TRY(const auto id, spiffe::leaf_spiffe_id(issued.chain.front()));
  if (known->spiffe_id != id.text() || issued.chain.front().public_key() != key.public_key()) {
    return invalid_argument("the server issued `{}`; expected `{}` for the key that was sent",
                            id.text(), known->spiffe_id);
  }
  return CachedSvid{.registration = registration,
                    .spiffe_id = id.text(),
                    .key = key,
                    .chain = std::move(issued.chain)};
}

void SvidCache::fail(const std::string& registration, Slot& slot, const Error& error) {
  slot.is_refused = error.code() == ErrorCode::kPermissionDenied;
  const int doublings = std::min(slot.failures++, kRetryDoublingsMax);
  slot.due = loop_.clock().now() + kRetryMin * (1 << doublings);
  log_.warn("no X.509-SVID for registration `{}`: {}", registration, error.text());
  notify();
}

void SvidCache::arm() {
  if (slots_.empty()) return timer_.cancel();
  WallTime next = WallTime::max();
  for (const auto& [registration, slot] : slots_) {
    if (slot.svid) next = std::min(next, slot.svid->expires());
    if (!slot.is_asking) next = std::min(next, slot.due);
  }
  if (next == WallTime::max()) return timer_.cancel();
  const auto wait = std::clamp<net::Duration>(
      next - loop_.clock().now(), std::chrono::milliseconds{100}, std::chrono::minutes{1});
  timer_ = loop_.after(wait, [this] {
    bool is_over = false;
    for (auto& [registration, slot] : slots_) {
      if (!slot.svid || is_valid(slot)) continue;
      slot.svid.reset();
      is_over = true;
    }
    if (is_over) notify();
    ask_for_due();
    arm();
  });
}

void SvidCache::notify() {
  if (changed_) changed_();
}

}  // namespace ward::agent
