#include "authority/key_slots.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace ward::authority {
namespace {

using std::chrono::microseconds;
using world::KeyKind;
using world::KeySlot;
using world::KeyStatus;

constexpr std::chrono::days kPrepareAheadMax{30};
constexpr std::chrono::days kActivateAheadMax{7};
constexpr KeyKind kKinds[] = {KeyKind::kX509, KeyKind::kJwt};

microseconds lifetime_of(const KeySlot& slot) {
  return slot.not_after - slot.not_before;
}

Error refused(std::string message) {
  return {ErrorCode::kFailedPrecondition, std::move(message)};
}

Result<void> check_slot(const KeySlot& slot) {
  if (slot.not_before >= slot.not_after)
    return refused(fmt::format("key slot `{}` has an empty lifetime", slot.id));
  if (slot.status != KeyStatus::kRetired && slot.sealed_private_key.empty())
    return refused(fmt::format("key slot `{}` is {} and has no private key", slot.id,
                               world::name_of(slot.status)));
  return {};
}

// `slots` are of one kind.
Result<void> check_kind(std::span<const KeySlot> slots) {
  if (slots.size() > kKeySlotsMax)
    return refused(
        fmt::format("{} key slots of a kind, expected at most {}", slots.size(), kKeySlotsMax));
  for (const KeyStatus status : {KeyStatus::kActive, KeyStatus::kPrepared}) {
    if (std::ranges::count(slots, status, &KeySlot::status) > 1)
      return refused(fmt::format("two {} key slots of kind {}", world::name_of(status),
                                 world::name_of(slots.front().kind)));
  }
  return {};
}

// The time at which `next` takes over from `active` if nobody acts before.
WallTime take_over_at(const KeySlot& active, const KeySlot& next) {
  return std::min(std::max(activate_next_at(active), may_sign_at(next)), active.not_after);
}

}  // namespace

WallTime prepare_next_at(const KeySlot& active) {
  return active.not_after - std::min<microseconds>(lifetime_of(active) / 2, kPrepareAheadMax);
}

WallTime activate_next_at(const KeySlot& active) {
  return active.not_after - std::min<microseconds>(lifetime_of(active) / 6, kActivateAheadMax);
}

WallTime may_sign_at(const KeySlot& prepared) {
  return prepared.not_before + std::min<microseconds>(lifetime_of(prepared) / 6, kPublishAhead);
}

// A credential never outlives its issuer, so what a key signed is over when the key is. A prepared
// key has signed nothing.
WallTime remove_at(const KeySlot& slot) {
  return slot.status == KeyStatus::kPrepared ? slot.not_after : slot.not_after + kKeyRetention;
}

std::string_view key_step_name(KeyStep step) {
  switch (step) {
    case KeyStep::kPrepare:
      return "prepare";
    case KeyStep::kActivate:
      return "activate";
    case KeyStep::kRemove:
      return "remove";
  }
  WARD_UNREACHABLE();
}

Result<KeySlots> KeySlots::of(const world::World& world) {
  std::vector<KeySlot> slots;
  for (const KeySlot* slot : world.key_slots({.limit = 2 * kKeySlotsMax + 1}))
    slots.push_back(*slot);
  return of(std::move(slots));
}

Result<KeySlots> KeySlots::of(std::vector<KeySlot> slots) {
  std::ranges::sort(slots, {}, [](const KeySlot& slot) {
    return std::tuple(slot.kind, slot.not_before, slot.id.view());
  });
  for (const KeySlot& slot : slots) WARD_RETURN_IF_ERROR(check_slot(slot));
  for (const KeyKind kind : kKinds) {
    const auto of_kind = std::ranges::equal_range(slots, kind, {}, &KeySlot::kind);
    if (!of_kind.empty()) WARD_RETURN_IF_ERROR(check_kind({of_kind.begin(), of_kind.end()}));
  }
  return KeySlots(std::move(slots));
}

const KeySlot* KeySlots::find(std::string_view slot) const {
  const auto found = std::ranges::find(slots_, slot, [](const KeySlot& s) { return s.id.view(); });
  return found == slots_.end() ? nullptr : &*found;
}

const KeySlot* KeySlots::with_status(KeyKind kind, KeyStatus status) const {
  const auto found = std::ranges::find_if(
      slots_, [&](const KeySlot& slot) { return slot.kind == kind && slot.status == status; });
  return found == slots_.end() ? nullptr : &*found;
}

const KeySlot* KeySlots::active(KeyKind kind) const {
  return with_status(kind, KeyStatus::kActive);
}

const KeySlot* KeySlots::prepared(KeyKind kind) const {
  return with_status(kind, KeyStatus::kPrepared);
}

std::vector<const KeySlot*> KeySlots::published(KeyKind kind) const {
  std::vector<const KeySlot*> found;
  for (const KeySlot& slot : slots_) {
    if (slot.kind == kind) found.push_back(&slot);
  }
  return found;
}

bool KeySlots::can_sign(const KeySlot* active, WallTime now) const {
  return active && now < active->not_after;
}

bool KeySlots::may_activate(const KeySlot& prepared, WallTime now) const {
  if (now >= prepared.not_after) return false;
  return now >= may_sign_at(prepared) || !can_sign(active(prepared.kind), now);
}

void KeySlots::add_due(KeyKind kind, WallTime now, std::vector<DueStep>& steps) const {
  const KeySlot* current = active(kind);
  const KeySlot* next = prepared(kind);
  if (!next && (!current || now >= prepare_next_at(*current))) {
    steps.push_back({KeyStep::kPrepare, kind, {}});
    return;
  }
  if (next && may_activate(*next, now) && (!current || now >= activate_next_at(*current))) {
    steps.push_back({KeyStep::kActivate, kind, next->id.str()});
    return;
  }
  for (const KeySlot* slot : published(kind)) {
    if (slot->status == KeyStatus::kActive || now < remove_at(*slot)) continue;
    steps.push_back({KeyStep::kRemove, kind, slot->id.str()});
    return;
  }
}

std::vector<DueStep> KeySlots::due(WallTime now) const {
  std::vector<DueStep> steps;
  for (const KeyKind kind : kKinds) add_due(kind, now, steps);
  return steps;
}

WallTime KeySlots::next_due(WallTime now) const {
  WallTime next = WallTime::max();
  const auto consider = [&](WallTime at) {
    if (at > now) next = std::min(next, at);
  };
  for (const KeySlot& slot : slots_) {
    if (slot.status != KeyStatus::kActive) consider(remove_at(slot));
  }
  for (const KeyKind kind : kKinds) {
    const KeySlot* current = active(kind);
    if (!current) continue;
    const KeySlot* successor = prepared(kind);
    consider(successor ? take_over_at(*current, *successor) : prepare_next_at(*current));
  }
  return next;
}

Result<std::vector<world::FactBody>> KeySlots::prepare(KeySlot made) const {
  WARD_RETURN_IF_ERROR(check_slot(made));
  if (made.status != KeyStatus::kPrepared)
    return refused(fmt::format("key slot `{}` is {}, expected prepared", made.id,
                               world::name_of(made.status)));
  if (find(made.id)) return refused(fmt::format("key slot `{}` exists already", made.id));
  if (const KeySlot* other = prepared(made.kind))
    return refused(fmt::format("key slot `{}` is prepared already", other->id));
  return std::vector<world::FactBody>{world::KeySlotPut{std::move(made)}};
}

Result<std::vector<world::FactBody>> KeySlots::activate(std::string_view slot, WallTime now) const {
  const KeySlot* next = find(slot);
  if (!next) return make_error(ErrorCode::kNotFound, "no key slot `{}`", slot);
  if (next->status != KeyStatus::kPrepared)
    return refused(
        fmt::format("key slot `{}` is {}, expected prepared", slot, world::name_of(next->status)));
  if (now >= next->not_after) return refused(fmt::format("key slot `{}` is expired", slot));
  if (!may_activate(*next, now))
    return refused(
        fmt::format("key slot `{}` must be published for {} s more before it signs", slot,
                    std::chrono::ceil<std::chrono::seconds>(may_sign_at(*next) - now).count()));
  std::vector<world::FactBody> facts;
  if (const KeySlot* current = active(next->kind)) {
    KeySlot retired = *current;
    retired.status = KeyStatus::kRetired;
    retired.sealed_private_key.clear();
    facts.emplace_back(world::KeySlotPut{std::move(retired)});
  }
  KeySlot activated = *next;
  activated.status = KeyStatus::kActive;
  facts.emplace_back(world::KeySlotPut{std::move(activated)});
  return facts;
}

Result<std::vector<world::FactBody>> KeySlots::remove(std::string_view slot, WallTime now) const {
  const KeySlot* old = find(slot);
  if (!old) return make_error(ErrorCode::kNotFound, "no key slot `{}`", slot);
  if (old->status == KeyStatus::kActive)
    return refused(fmt::format("key slot `{}` is active", slot));
  if (now < remove_at(*old))
    return refused(
        fmt::format("key slot `{}` must stay in the trust bundle for {} s more", slot,
                    std::chrono::ceil<std::chrono::seconds>(remove_at(*old) - now).count()));
  return std::vector<world::FactBody>{world::KeySlotRemoved{old->id}};
}

}  // namespace ward::authority
