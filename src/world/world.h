// The world: the fold of the journal up to a revision, immutable, in memory.
//
// A copy costs a few counters, and two worlds share all in which they do not differ: publishing one
// fact is O(log n) with a small constant, whatever the number of identities. Any thread may read;
// pointers are valid while the World (or a copy that shares them) lives.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "world/entities.h"
#include "world/fact.h"
#include "world/ordered_map.h"
#include "world/ref.h"

namespace ward::world {

// A part of a list in the order of names: those that start with `prefix` and come after `after`, at
// most `limit`. The next page starts after the last name of this one.
struct PageRequest {
  std::string_view prefix = {};
  std::string_view after = {};
  std::size_t limit = 100;
};

// A thing whose key is made of several of its fields.
template <typename T>
struct Keyed {
  Text key;
  T value;
};

// What the maps of a world are sorted by.
template <typename T>
const Text& key_of(const T& entity) {
  return entity.id;
}
inline const Text& key_of(const JoinToken& token) {
  return token.sha256;
}
inline const Text& key_of(const PolicySet& set) {
  return set.name;
}
template <typename T>
const Text& key_of(const Keyed<T>& keyed) {
  return keyed.key;
}
template <typename T>
struct Unkeyed {
  using Type = T;
};
template <typename T>
struct Unkeyed<Keyed<T>> {
  using Type = T;
};
template <typename T>
using UnkeyedType = typename Unkeyed<T>::Type;
template <typename T>
std::string_view sort_key(const Ref<T>& entry) {
  return key_of(*entry).view();
}
template <typename T>
Text key_text(const Ref<T>& entry) {
  return key_of(*entry);
}
inline std::string_view sort_key(const Text& entry) {
  return entry.view();
}
inline Text key_text(const Text& entry) {
  return entry;
}

class World {
 public:
  std::uint64_t revision() const { return revision_; }  // 0: nothing has happened

  // Null when there is none.
  const Identity* identity(std::string_view id) const { return find(identities_, id); }
  const Owner* owner(std::string_view id) const { return find(owners_, id); }
  const Registration* registration(std::string_view id) const { return find(registrations_, id); }
  const Node* node(std::string_view id) const { return find(nodes_, id); }
  const JoinToken* join_token(std::string_view sha256_hex) const {
    return find(join_tokens_, sha256_hex);
  }
  const Resource* resource(std::string_view type, std::string_view id) const;
  const Resource* resource(std::string_view name) const {
    return find(resources_, name);
  }  // by resource_name()
  const Segment* segment(std::string_view id) const { return find(segments_, id); }
  const PolicySet* policy_set(std::string_view name) const { return find(policy_sets_, name); }
  const KeySlot* key_slot(std::string_view id) const { return find(key_slots_, id); }
  const Revocation* revocation(RevocationKind kind, std::string_view id) const;
  bool flow_open(std::string_view from, std::string_view to, std::string_view action) const;

  // The registrations of a parent whose selectors are all among `selectors` (in any order), by id.
  // O(candidates): a registration is a candidate when the selector it was filed under, the rarest
  // it had, is there.
  std::vector<const Registration*> matching(std::string_view parent,
                                            const std::vector<std::string>& selectors) const;

  // O(page). Registrations are listed by id, resources by resource_name(), flows by from, to,
  // action.
  std::vector<const Identity*> identities(const PageRequest& page) const {
    return list(identities_, page);
  }
  std::vector<const Owner*> owners(const PageRequest& page) const { return list(owners_, page); }
  std::vector<const Registration*> registrations(const PageRequest& page) const {
    return list(registrations_, page);
  }
  std::vector<const Registration*> registrations_of_parent(std::string_view parent,
                                                           const PageRequest& page) const;
  std::vector<const Registration*> registrations_of_identity(std::string_view id,
                                                             const PageRequest& page) const;
  std::vector<const Node*> nodes(const PageRequest& page) const { return list(nodes_, page); }
  std::vector<const Resource*> resources(const PageRequest& page) const {
    return list(resources_, page);
  }
  std::vector<const Segment*> segments(const PageRequest& page) const {
    return list(segments_, page);
  }
  std::vector<const Flow*> flows(const PageRequest& page) const { return list(flows_, page); }
  std::vector<const PolicySet*> policy_sets(const PageRequest& page) const {
    return list(policy_sets_, page);
  }
  std::vector<const KeySlot*> key_slots(const PageRequest& page) const {
    return list(key_slots_, page);
  }
  std::vector<const Revocation*> revocations(const PageRequest& page) const {
    return list(revocations_, page);
  }
  // The revoked credentials of an identity.
  std::vector<const Revocation*> revocations_of_identity(std::string_view id,
                                                         const PageRequest& page) const;

  struct Counts {
    std::size_t identities = 0, owners = 0, registrations = 0, nodes = 0, join_tokens = 0,
                resources = 0, segments = 0, flows = 0, policy_sets = 0, revocations = 0,
                key_slots = 0;
    bool operator==(const Counts&) const = default;
  };
  Counts counts() const;

  // All of it, kind by kind, each in the order of names, until `visit` returns false: bool(const
  // T&) for each T of Entity.
  template <typename Visit>
  bool visit_all(Visit&& visit) const;

 private:
  friend class WorldEditor;
  template <typename T>
  using Map = OrderedMap<Ref<T>>;

  template <typename T>
  static const T& value_of(const T& entity) {
    return entity;
  }
  template <typename T>
  static const T& value_of(const Keyed<T>& keyed) {
    return keyed.value;
  }
  template <typename T>
  static const UnkeyedType<T>* find(const Map<T>& map, std::string_view key) {
    const Ref<T>* entry = map.find(key);
    return entry ? &value_of(**entry) : nullptr;
  }
  template <typename T>
  static std::vector<const UnkeyedType<T>*> list(const Map<T>& map, const PageRequest& page) {
    std::vector<const UnkeyedType<T>*> found;
    map.scan(std::max(page.prefix, page.after), [&](const Ref<T>& entry) {
      const std::string_view key = sort_key(entry);
      if (found.size() >= page.limit || !key.starts_with(page.prefix)) return false;
      if (key != page.after) found.push_back(&value_of(*entry));
      return true;
    });
    return found;
  }
  template <typename T, typename Visit>
  static bool visit(const Map<T>& map, Visit& visit_one) {
    bool all = true;
    map.scan({}, [&](const Ref<T>& entry) { return all = visit_one(value_of(*entry)); });
    return all;
  }
  std::vector<const Registration*> list_registrations(const OrderedMap<Text>& index,
                                                      std::string_view of,
                                                      const PageRequest& page) const;

  std::uint64_t revision_ = 0;
  Map<Identity> identities_;
  Map<Owner> owners_;
  Map<Registration> registrations_;
  // Keys of parts, each but the last ended by NUL: parent, id; SPIFFE ID, id; parent, selector, id.
  OrderedMap<Text> registrations_by_parent_;
  OrderedMap<Text> registrations_by_identity_;
  OrderedMap<Text> registrations_by_selector_;
  Map<Node> nodes_;
  Map<JoinToken> join_tokens_;
  Map<Keyed<Resource>> resources_;
  Map<Segment> segments_;
  Map<Keyed<Flow>> flows_;
  Map<PolicySet> policy_sets_;
  Map<Keyed<Revocation>> revocations_;
  OrderedMap<Text> revocations_by_identity_;  // identity, credential id
  Map<KeySlot> key_slots_;
  OrderedMap<Text> vocabulary_;  // owners, environments and segments, so that identities share them
};

// Changes to one World that nobody else sees yet. Costs as little as a mutable map where the world
// is not shared, so it serves replay and snapshots as well as single facts. One thread.
class WorldEditor {
 public:
  explicit WorldEditor(World start) : world_(std::move(start)) {}

  // The fold. Total: a fact was admissible when it was appended, and what it names but is not here
  // (as in a view) is passed over. Error kOutOfRange unless `revision` is the next one.
  Result<void> fold(std::uint64_t revision, const Fact& fact);

  // The same for a partial world, to which only some of the facts come: `revision` may be any later
  // one.
  Result<void> fold_some(std::uint64_t revision, const Fact& fact);

  // A thing as it is, all state included, whatever was there before.
  void put(Entity entity);

  // Takes away what goes by this name: an identity with its revocations, a node with its revocation
  // and registrations. For a view, when it lets go of a name or learns it anew.
  void forget(const Name& name);

  void set_revision(std::uint64_t revision) { world_.revision_ = revision; }
  const World& world() const { return world_; }
  World finish() && { return std::move(world_); }

 private:
  struct Fold;

  Text shared(const Text& text);
  Text shared(const Text& text, Text& last);
  void put_registration(Registration registration);
  void erase_registration(std::string_view id);
  void put_revocation(Revocation revocation);
  void erase_revocation(RevocationKind kind, std::string_view id);
  void lift_revocation(RevocationKind kind, std::string_view id);

  World world_;
  // PERF: of a million identities in order most have the owner of the one before; a find in the
  // vocabulary is saved.
  Text last_owner_, last_environment_, last_segment_;
};

template <typename Visit>
bool World::visit_all(Visit&& visit_one) const {
  return visit(owners_, visit_one) && visit(segments_, visit_one) && visit(flows_, visit_one) &&
         visit(identities_, visit_one) && visit(nodes_, visit_one) &&
         visit(registrations_, visit_one) && visit(join_tokens_, visit_one) &&
         visit(resources_, visit_one) && visit(policy_sets_, visit_one) &&
         visit(revocations_, visit_one) && visit(key_slots_, visit_one);
}

// The fold of one fact.
Result<World> apply(const World& world, std::uint64_t revision, const Fact& fact);

// Whether the fact may be appended to this world. Errors, each saying what stands in the way:
// kNotFound, kAlreadyExists, kFailedPrecondition.
Result<void> admissible(const World& world, const Fact& fact);

}  // namespace ward::world
