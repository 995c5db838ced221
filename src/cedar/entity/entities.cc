#include "cedar/entity/entities.h"

#include <algorithm>

namespace ward::cedar {
namespace {

// Any total order does for look-ups, and that of the hashes is one compare.
bool by_hash(const EntityUid& a, const EntityUid& b) {
  return a.hash() != b.hash() ? a.hash() < b.hash() : a < b;
}

}  // namespace

// Depth first over parents, without recursion: an entity is done once all its parents are.
class Entities::Closure {
 public:
  Closure(Nodes& nodes, std::size_t max_ancestors) : nodes_(nodes), left_(max_ancestors) {}

  Result<void> run() {
    for (auto& [uid, node] : nodes_) WARD_RETURN_IF_ERROR(visit(node));
    return {};
  }

 private:
  enum class State : std::uint8_t { kOpen, kDone };
  struct Frame {
    Node* node;
    std::size_t next_parent;
  };

  Result<void> visit(Node& root) {
    if (states_.contains(&root)) return {};
    states_[&root] = State::kOpen;
    stack_.push_back({&root, 0});
    while (!stack_.empty()) {
      Frame& top = stack_.back();
      const auto& parents = top.node->entity.parents;
      if (top.next_parent == parents.size()) {
        WARD_RETURN_IF_ERROR(finish(*top.node));
        stack_.pop_back();
        continue;
      }
      const auto parent = nodes_.find(parents[top.next_parent++]);
      if (parent == nodes_.end()) continue;
      const auto [state, is_new] = states_.try_emplace(&parent->second, State::kOpen);
      if (is_new) {
        stack_.push_back({&parent->second, 0});
      } else if (state->second == State::kOpen) {
        return invalid_argument("entity `{}` is its own ancestor", parent->first.text());
      }
    }
    return {};
  }

  Result<void> finish(Node& node) {
    std::vector<EntityUid>& out = node.ancestors;
    for (const EntityUid& uid : node.entity.parents) {
      out.push_back(uid);
      const auto parent = nodes_.find(uid);
      if (parent == nodes_.end()) continue;
      const auto& more = parent->second.ancestors;
      out.insert(out.end(), more.begin(), more.end());
    }
    std::ranges::sort(out, by_hash);
    const auto rest = std::ranges::unique(out);
    out.erase(rest.begin(), rest.end());
    out.shrink_to_fit();
    if (out.size() > left_) {
      return Error(ErrorCode::kResourceExhausted,
                   "the entities have too many ancestors: the hierarchy is too deep or too wide");
    }
    left_ -= out.size();
    states_[&node] = State::kDone;
    return {};
  }

  Nodes& nodes_;
  std::size_t left_;
  std::unordered_map<const Node*, State> states_;
  std::vector<Frame> stack_;
};

Result<Entities> Entities::build(std::vector<Entity> entities, const EntitiesLimits& limits) {
  if (entities.size() > limits.max_entities) {
    return make_error(ErrorCode::kResourceExhausted, "{} entities, more than {}", entities.size(),
                      limits.max_entities);
  }
  Entities out;
  out.nodes_.reserve(entities.size());
  for (Entity& entity : entities) {
    EntityUid uid = entity.uid;
    const auto it = out.nodes_.find(uid);
    if (it == out.nodes_.end()) {
      out.nodes_.emplace(std::move(uid), Node{std::move(entity), {}});
    } else if (it->second.entity != entity) {
      return invalid_argument("entity `{}` is given twice, with different contents", uid.text());
    }
  }
  WARD_RETURN_IF_ERROR(Closure(out.nodes_, limits.max_ancestors).run());
  return out;
}

const Entity* Entities::get(const EntityUid& uid) const {
  const auto it = nodes_.find(uid);
  return it == nodes_.end() ? nullptr : &it->second.entity;
}

std::span<const EntityUid> Entities::ancestors(const EntityUid& uid) const {
  const auto it = nodes_.find(uid);
  if (it == nodes_.end()) return {};
  return it->second.ancestors;
}

EntityHandle Entities::find(const EntityName& name) const {
  const auto it = nodes_.find(name);
  return it == nodes_.end() ? EntityHandle{} : EntityHandle{&it->second};
}

// SAFETY (the casts below): a true handle of this store came from find(), which puts a Node there.
EntityName Entities::name(EntityHandle entity) const {
  return static_cast<const Node*>(entity.entity)->entity.uid;
}

std::optional<ValueView> Entities::attribute(EntityHandle entity, std::string_view name) const {
  const Value* value = static_cast<const Node*>(entity.entity)->entity.attributes.find(name);
  return value == nullptr ? std::nullopt : std::optional(ValueView(*value));
}

std::optional<ValueView> Entities::tag(EntityHandle entity, std::string_view name) const {
  const Value* value = static_cast<const Node*>(entity.entity)->entity.tags.find(name);
  return value == nullptr ? std::nullopt : std::optional(ValueView(*value));
}

bool Entities::has_ancestor(EntityHandle entity, const EntityName& ancestor) const {
  const auto& all = static_cast<const Node*>(entity.entity)->ancestors;
  const std::size_t hash = ancestor.hash();
  auto it = std::ranges::lower_bound(all, hash, {}, &EntityUid::hash);
  for (; it != all.end() && it->hash() == hash; ++it) {
    if (EntityName(*it) == ancestor) return true;
  }
  return false;
}

void Entities::each_ancestor(EntityHandle entity, AncestorVisitor& visitor) const {
  for (const EntityUid& uid : static_cast<const Node*>(entity.entity)->ancestors) {
    visitor.visit(uid);
  }
}

}  // namespace ward::cedar
