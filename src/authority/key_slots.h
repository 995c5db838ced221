// The life of the authority's keys, as a state machine over facts. Pure: it reads no clock, makes
// no key and changes nothing; each step gives the facts that make it true.
//
//   (none) --prepare--> prepared --activate--> active --(activation of the next)--> retired
//   --remove--> (none)
//
// Two slots a kind hold a private key: the active one, which signs, and a prepared one, which is in
// the trust bundle before anything is signed with it (SPIFFE_Federation.md, "publish a new key
// before issuing with it"). A retired key has lost its private part and stays in the bundle until
// nothing it signed can be valid. So rotation needs no restart, and a crash between any two steps
// leaves a state from which due() goes on.
//
// When (the rules of SPIRE, which operators know; lifetime is not_after - not_before of the active
// key): the next is prepared when at most min(lifetime/2, 30 d) remain, and activated when at most
// min(lifetime/6, 7 d) remain. Lifetimes of credentials are best at most the latter, or the last
// credentials of a key are cut short.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "world/entities.h"
#include "world/fact.h"
#include "world/world.h"

namespace ward::authority {

// How long a key stays in the bundle after all it signed has expired: clocks differ, and a
// federated domain may fetch the bundle rarely.
inline constexpr std::chrono::hours kKeyRetention{24};
// How long a prepared key is published before it may sign, while there is another that can. Three
// times the 5 min after which a bundle consumer comes back (SPIFFE_Federation.md, refresh hint).
// A key of a short life (a demonstration) waits a sixth of it at most.
inline constexpr std::chrono::minutes kPublishAhead{15};
// Of each kind. With the rules above there are three or four.
inline constexpr std::size_t kKeySlotsMax = 32;

WallTime prepare_next_at(const world::KeySlot& active);
WallTime activate_next_at(const world::KeySlot& active);
WallTime may_sign_at(const world::KeySlot& prepared);
WallTime remove_at(const world::KeySlot& retired_or_prepared);

enum class KeyStep : std::uint8_t { kPrepare, kActivate, kRemove };
std::string_view key_step_name(KeyStep step);  // `prepare`, ...

struct DueStep {
  KeyStep step;
  world::KeyKind kind;
  std::string slot;  // of which; empty for kPrepare
  bool operator==(const DueStep&) const = default;
};

class KeySlots {
 public:
  // The slots of a world. kFailedPrecondition when they break a rule of this machine, saying which:
  // two active or two prepared slots of a kind, a key that could sign but has no private part, an
  // empty lifetime, too many.
  static Result<KeySlots> of(const world::World& world);
  static Result<KeySlots> of(std::vector<world::KeySlot> slots);

  // Null when there is none. A key may be active and expired; then due() says what to do.
  const world::KeySlot* active(world::KeyKind kind) const;
  const world::KeySlot* prepared(world::KeyKind kind) const;
  // Every key of the trust bundle, oldest first: all of the kind, whatever their status.
  std::vector<const world::KeySlot*> published(world::KeyKind kind) const;
  std::span<const world::KeySlot> all() const { return slots_; }

  // What is to be done now, at most one step a kind; take it, fold its facts, ask again. Nothing
  // when all is well.
  std::vector<DueStep> due(WallTime now) const;
  // The earliest time after `now` at which due() could say more, all steps of now being taken.
  // WallTime::max() when there are no keys.
  WallTime next_due(WallTime now) const;

  // Each gives the facts of the step, to be appended as one group, or kFailedPrecondition /
  // kNotFound saying which rule forbids it. An operator may take a step before it is due.
  //
  // `made` is prepared and holds its private part sealed; there is no other prepared slot of its
  // kind, and none of its name.
  Result<std::vector<world::FactBody>> prepare(world::KeySlot made) const;
  // The slot is prepared, has been published for long enough (unless no other key can sign) and is
  // not expired. The key that was active is retired first.
  Result<std::vector<world::FactBody>> activate(std::string_view slot, WallTime now) const;
  // The slot is retired and its retention over, or it expired while it was prepared.
  Result<std::vector<world::FactBody>> remove(std::string_view slot, WallTime now) const;

 private:
  explicit KeySlots(std::vector<world::KeySlot> slots) : slots_(std::move(slots)) {}
  const world::KeySlot* find(std::string_view slot) const;
  const world::KeySlot* with_status(world::KeyKind kind, world::KeyStatus status) const;
  bool can_sign(const world::KeySlot* active, WallTime now) const;
  bool may_activate(const world::KeySlot& prepared, WallTime now) const;
  void add_due(world::KeyKind kind, WallTime now, std::vector<DueStep>& steps) const;

  std::vector<world::KeySlot> slots_;  // INVARIANT: by kind, then by not_before, then by id
};

}  // namespace ward::authority
