// An agent's world: the part of the world that its node needs (docs/architecture.md, "a view, not a
// copy").
//
// A view holds names. Held from the start: kEverywhere and the agent's own node. Others are asked
// for on demand and held, present or known to be absent, until they are let go. Facts that touch a
// held name are pushed; a heartbeat brings the newest revision when nothing did.
//
// INVARIANT: entries, facts and heartbeats come on one ordered stream, and the server holds a name
// for the view before it reads the entry it sends. So an entry at revision N comes after every
// pushed fact up to N and before every later one, and a view at revision N knows all that is true
// at N about the names it holds.
//
// One thread changes a view; world() is to be published as a snapshot for the others.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "world/fact.h"
#include "world/world.h"

namespace ward::world {

inline constexpr std::size_t kViewEntryBytesMax =
    64 << 20;  // kEverywhere, with all policies, is the largest

// A name as it stands at a revision; without entities it is absent there.
struct ViewEntry {
  Name name;
  std::uint64_t revision = 0;
  std::vector<Entity> entities;
  bool operator==(const ViewEntry&) const = default;
};

// A name to look for, without a copy of it.
struct NameView {
  NameKind kind;
  std::string_view id;

  NameView(NameKind kind_, std::string_view id_) : kind(kind_), id(id_) {}
  NameView(const Name& name) : kind(name.kind), id(name.id) {}
  bool operator==(const NameView&) const = default;
};

// What the server answers for a name, as a view may see it: an identity with its revocations, a
// node with its revocation and registrations, and so on.
ViewEntry view_entry(const World& world, const Name& name);

Result<Bytes> encode_view_entry(const ViewEntry& entry);
Result<ViewEntry> decode_view_entry(ByteView bytes);

class View {
 public:
  // Holds at most `names_max` names (>= 2), the least recently used of which is let go for a new
  // one; `node` and kEverywhere are never let go.
  View(Name node, std::size_t names_max);

  // Whether questions about the name can be answered here, be it that there is no such thing.
  // Counts as a use.
  bool holds(const NameView& name);

  // Takes what the server answered. The names that were let go to make room: tell the server.
  // Error kOutOfRange when the entry is older than the view.
  Result<std::vector<Name>> insert(const ViewEntry& entry);

  // Takes a pushed fact. Error kOutOfRange unless the revision is newer than the view's.
  Result<void> fold(std::uint64_t revision, const Fact& fact);

  // A heartbeat: nothing that touches this view happened up to `revision`.
  Result<void> advance(std::uint64_t revision);

  const World& world() const { return world_; }
  std::size_t size() const { return uses_.size(); }
  const std::list<Name>& names() const { return order_; }  // held, most recently used first

 private:
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(const NameView& name) const {
      return std::hash<std::string_view>()(name.id) ^ static_cast<std::size_t>(name.kind);
    }
  };

  bool pinned(const Name& name) const {
    return name.kind == NameKind::kEverywhere || name == node_;
  }
  std::vector<Name> make_room();

  Name node_;
  std::size_t names_max_;
  World world_;
  std::list<Name> order_;  // most recently used first
  std::unordered_map<Name, std::list<Name>::iterator, NameHash, std::equal_to<>> uses_;
};

}  // namespace ward::world
