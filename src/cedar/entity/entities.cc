#include "cedar/entity/entities.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace ward::cedar {
namespace {

std::uint32_t tag_of(std::size_t hash) {
  return static_cast<std::uint32_t>(hash >> 32);
}

template <typename Word>
bool has_same_ends(std::string_view a, std::string_view b) {
  const auto word = [](std::string_view text, std::size_t at) {
    Word out;
    std::memcpy(&out, text.data() + at, sizeof out);
    return out;
  };
  const std::size_t last = a.size() - sizeof(Word);
  return word(a, 0) == word(b, 0) && word(a, last) == word(b, last);
}

// PERF: names are short, and two words that may overlap are compared faster than memcmp is called.
bool is_same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  if (a.size() >= 8 && a.size() <= 16) return has_same_ends<std::uint64_t>(a, b);
  if (a.size() >= 4 && a.size() < 8) return has_same_ends<std::uint32_t>(a, b);
  return a == b;
}

bool is_named(const EntityUid& uid, const EntityName& name) {
  if (name.uid != nullptr) return uid == *name.uid;
  return is_same(uid.id(), name.id) && is_same(uid.type().name(), name.type);
}

}  // namespace

// Depth first over parents, without recursion: an entity is done once all its parents are. What is
// done lies in one list, in the order in which it was done, and is put in the order of the numbers
// at the end.
class Entities::Closure {
 public:
  Closure(Entities& store, std::size_t max_ancestors)
      : store_(store), left_(max_ancestors), places_(store.size()), states_(store.size()) {}

  Result<void> run() {
    for (Number i = 0; i < store_.size(); ++i) WARD_RETURN_IF_ERROR(visit(i));
    put_in_order();
    return {};
  }

 private:
  enum class State : std::uint8_t { kNew, kOpen, kDone };
  struct Frame {
    Number entity;
    std::size_t next_parent;
  };
  struct Place {
    std::uint32_t begin = 0;
    std::uint32_t size = 0;
  };

  Result<void> visit(Number root) {
    if (states_[root] != State::kNew) return {};
    states_[root] = State::kOpen;
    stack_.push_back({root, 0});
    while (!stack_.empty()) {
      Frame& top = stack_.back();
      const auto& parents = store_.entities_[top.entity].parents;
      if (top.next_parent == parents.size()) {
        WARD_RETURN_IF_ERROR(finish(top.entity));
        stack_.pop_back();
        continue;
      }
      const Number parent = store_.number(parents[top.next_parent++]);
      if (parent >= store_.size()) continue;
      if (states_[parent] == State::kOpen) {
        return invalid_argument("entity `{}` is its own ancestor", store_.uid_of(parent).text());
      }
      if (states_[parent] == State::kDone) continue;
      states_[parent] = State::kOpen;
      stack_.push_back({parent, 0});
    }
    return {};
  }

  Result<void> finish(Number entity) {
    found_.clear();
    for (const EntityUid& uid : store_.entities_[entity].parents) {
      const Number parent = store_.number(uid);
      found_.push_back(parent);
      if (parent >= store_.size()) continue;
      const Place place = places_[parent];
      const auto first = done_.begin() + place.begin;
      found_.insert(found_.end(), first, first + place.size);
    }
    std::ranges::sort(found_);
    const auto rest = std::ranges::unique(found_);
    found_.erase(rest.begin(), rest.end());
    if (found_.size() > left_) {
      return Error(ErrorCode::kResourceExhausted,
                   "the entities have too many ancestors: the hierarchy is too deep or too wide");
    }
    left_ -= found_.size();
    places_[entity] = {static_cast<std::uint32_t>(done_.size()),
                       static_cast<std::uint32_t>(found_.size())};
    done_.insert(done_.end(), found_.begin(), found_.end());
    states_[entity] = State::kDone;
    return {};
  }

  void put_in_order() {
    store_.begins_.reserve(store_.size() + 1);
    store_.ancestors_.reserve(done_.size());
    store_.begins_.push_back(0);
    for (const Place& place : places_) {
      const auto first = done_.begin() + place.begin;
      store_.ancestors_.insert(store_.ancestors_.end(), first, first + place.size);
      store_.begins_.push_back(static_cast<std::uint32_t>(store_.ancestors_.size()));
    }
  }

  Entities& store_;
  std::size_t left_;
  std::vector<Place> places_;
  std::vector<State> states_;
  std::vector<Frame> stack_;
  std::vector<Number> found_;
  std::vector<Number> done_;
};

void Entities::reserve_names(std::size_t count) {
  table_.assign(std::bit_ceil(std::max<std::size_t>(4, 2 * count)), Slot());
}

void Entities::insert(const EntityUid& uid, Number number) {
  const std::size_t mask = table_.size() - 1;
  std::size_t at = uid.hash() & mask;
  while (table_[at].number != kNoNumber) at = (at + 1) & mask;
  table_[at] = {tag_of(uid.hash()), number};
}

Entities::Number Entities::number(const EntityName& name) const {
  if (table_.empty()) return kNoNumber;
  const std::size_t hash = name.hash();
  const std::size_t mask = table_.size() - 1;
  const Slot* table = table_.data();  // INVARIANT: the mask keeps within it
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    const Slot& slot = table[at];
    if (slot.number == kNoNumber) return kNoNumber;
    if (slot.tag == tag_of(hash) && is_named(uid_of(slot.number), name)) return slot.number;
  }
}

// Numbers for the parents that are no entities; the others become one with the uid of theirs, so
// that equal names are mostly one object.
void Entities::add_absent_parents() {
  for (Entity& entity : entities_) {
    for (EntityUid& parent : entity.parents) {
      Number own = number(parent);
      if (own == kNoNumber) {
        own = static_cast<Number>(names());
        absent_.push_back(parent);
        if (2 * names() > table_.size())
          grow_table();
        else
          insert(parent, own);
      }
      parent = uid_of(own);
    }
  }
}

void Entities::grow_table() {
  const auto count = static_cast<Number>(names());
  reserve_names(2 * std::size_t{count});
  for (Number i = 0; i < count; ++i) insert(uid_of(i), i);
}

Result<Entities> Entities::build(std::vector<Entity> entities, const EntitiesLimits& limits) {
  if (entities.size() > limits.max_entities) {
    return make_error(ErrorCode::kResourceExhausted, "{} entities, more than {}", entities.size(),
                      limits.max_entities);
  }
  std::size_t names = entities.size();
  for (const Entity& entity : entities) names += entity.parents.size();
  // INVARIANT: numbers of names and places in the closure are 32 bits wide.
  if (names >= kNoNumber) {
    return make_error(ErrorCode::kResourceExhausted, "the entities have {} names, more than {}",
                      names, kNoNumber);
  }
  Entities out;
  out.reserve_names(entities.size());
  out.entities_.reserve(entities.size());
  for (Entity& entity : entities) {
    const Number known = out.number(entity.uid);
    if (known == kNoNumber) {
      out.insert(entity.uid, static_cast<Number>(out.entities_.size()));
      out.entities_.push_back(std::move(entity));
    } else if (out.entities_[known] != entity) {
      return invalid_argument("entity `{}` is given twice, with different contents",
                              entity.uid.text());
    }
  }
  out.add_absent_parents();
  const std::size_t max_ancestors = std::min<std::size_t>(limits.max_ancestors, kNoNumber - 1);
  WARD_RETURN_IF_ERROR(Closure(out, max_ancestors).run());
  return out;
}

const Entity* Entities::get(const EntityUid& uid) const {
  const Number found = number(uid);
  return found < entities_.size() ? &entities_[found] : nullptr;
}

std::vector<EntityUid> Entities::ancestors(const EntityUid& uid) const {
  std::vector<EntityUid> out;
  const Number found = number(uid);
  if (found >= entities_.size()) return out;
  for (const Number ancestor : ancestors_of(found)) out.push_back(uid_of(ancestor));
  return out;
}

std::vector<EntityUid> Entities::of_type(const EntityType& type) const {
  std::vector<EntityUid> out;
  for (const Entity& each : entities_) {
    if (each.uid.type() == type) out.push_back(each.uid);
  }
  std::ranges::sort(out);
  return out;
}

EntityHandle Entities::find(const EntityName& name) const {
  const Number found = number(name);
  return found < entities_.size() ? EntityHandle{&entities_[found]} : EntityHandle{};
}

// SAFETY (the casts below): a true handle of this store came from find(), which puts an Entity
// there.
EntityName Entities::name(EntityHandle entity) const {
  return static_cast<const Entity*>(entity.entity)->uid;
}

std::optional<ValueView> Entities::attribute(EntityHandle entity, std::string_view name) const {
  const Value* value = static_cast<const Entity*>(entity.entity)->attributes.find(name);
  return value == nullptr ? std::nullopt : std::optional(ValueView(*value));
}

std::optional<ValueView> Entities::tag(EntityHandle entity, std::string_view name) const {
  const Value* value = static_cast<const Entity*>(entity.entity)->tags.find(name);
  return value == nullptr ? std::nullopt : std::optional(ValueView(*value));
}

bool Entities::has_ancestor(EntityHandle entity, const EntityName& ancestor) const {
  const std::span<const Number> all = ancestors(entity);
  if (all.empty()) return false;
  const Number found = number(ancestor);
  return found != kNoNumber && std::ranges::binary_search(all, found);
}

bool Entities::has_ancestor(EntityHandle entity, EntityHandle ancestor) const {
  return std::ranges::binary_search(ancestors(entity), number(ancestor));
}

void Entities::each_ancestor(EntityHandle entity, AncestorVisitor& visitor) const {
  for (const Number ancestor : ancestors(entity)) visitor.visit(uid_of(ancestor));
}

}  // namespace ward::cedar
