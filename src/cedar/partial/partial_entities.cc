#include "cedar/partial/partial_entities.h"

#include <algorithm>

#include "cedar/entity/conformance.h"

namespace ward::cedar {
namespace {

class Collector final : public AncestorVisitor {
 public:
  void visit(const EntityName& ancestor) override { all_.push_back(to_uid(ancestor)); }
  std::vector<EntityUid> take() && {
    std::ranges::sort(all_);
    const auto rest = std::ranges::unique(all_);
    all_.erase(rest.begin(), rest.end());
    return std::move(all_);
  }

 private:
  std::vector<EntityUid> all_;
};

std::vector<EntityUid> distinct(std::vector<EntityUid> uids) {
  std::ranges::sort(uids);
  const auto rest = std::ranges::unique(uids);
  uids.erase(rest.begin(), rest.end());
  return uids;
}

PartialEntity action_entity(const ActionInfo& action, const Schema& schema) {
  std::vector<EntityUid> groups;
  for (const std::uint32_t each : action.ancestors) groups.push_back(schema.actions()[each].uid);
  return {action.uid, Record(), distinct(std::move(groups)), Record()};
}

bool holds(const std::optional<ValueView>& found, const Value* known) {
  if (!found || known == nullptr) return !found && known == nullptr;
  return *found == ValueView(*known);
}

Error differs(const EntityUid& uid, std::string_view what, std::string_view name) {
  return invalid_argument("`{}`: {} `{}` is not what was known of it", uid.text(), what, name);
}

Result<void> check_attributes(const PartialEntity& known, EntityHandle entity,
                              const EntityStore& entities, const Schema& schema) {
  const EntityTypeInfo* info = schema.find(known.uid.type());
  if (info == nullptr || !known.attributes) return {};
  for (const AttributeType& each : info->attributes->attributes) {
    if (!holds(entities.attribute(entity, each.name), known.attributes->find(each.name))) {
      return differs(known.uid, "attribute", each.name);
    }
  }
  return {};
}

Result<void> check_rest(const PartialEntity& known, EntityHandle entity,
                        const EntityStore& entities) {
  if (known.tags) {
    for (const Field& tag : known.tags->fields()) {
      if (!holds(entities.tag(entity, tag.name), &tag.value)) {
        return differs(known.uid, "tag", tag.name);
      }
    }
  }
  if (!known.ancestors) return {};
  Collector collector;
  entities.each_ancestor(entity, collector);
  if (std::move(collector).take() == *known.ancestors) return {};
  return invalid_argument("`{}`: the ancestors are not those that were known", known.uid.text());
}

}  // namespace

Result<PartialEntities> PartialEntities::build(std::vector<PartialEntity> entities,
                                               const Schema& schema) {
  Known known;
  for (PartialEntity& each : entities) {
    const auto pointer = [](const std::optional<Record>& record) {
      return record ? &*record : nullptr;
    };
    if (each.ancestors) each.ancestors = distinct(*std::move(each.ancestors));
    WARD_RETURN_IF_ERROR(check_entity_parts(each.uid, pointer(each.attributes),
                                            each.ancestors.value_or(std::vector<EntityUid>()),
                                            pointer(each.tags), schema));
    const EntityUid uid = each.uid;
    if (!known.emplace(uid, std::move(each)).second) {
      return invalid_argument("entity `{}` is given twice", uid.text());
    }
  }
  for (const ActionInfo& each : schema.actions()) {
    known.emplace(each.uid, action_entity(each, schema));
  }
  PartialEntities out;
  out.known_ = std::make_shared<const Known>(std::move(known));
  return out;
}

PartialEntities PartialEntities::complete(const EntityStore& store) {
  PartialEntities out;
  out.store_ = &store;
  return out;
}

const PartialEntity* PartialEntities::find(const EntityName& name) const {
  if (known_ == nullptr) return nullptr;
  const auto it = known_->find(name.uid != nullptr ? *name.uid : to_uid(name));
  return it == known_->end() ? nullptr : &it->second;
}

std::optional<bool> PartialEntities::exists(const EntityUid& uid) const {
  if (store_ != nullptr) return static_cast<bool>(store_->find(uid));
  return find(uid) != nullptr ? std::optional(true) : std::nullopt;
}

Result<void> PartialEntities::check_consistent(const EntityStore& entities,
                                               const Schema& schema) const {
  if (known_ == nullptr) return {};
  for (const auto& [uid, known] : *known_) {
    const EntityHandle entity = entities.find(uid);
    if (!entity) return invalid_argument("`{}` was known and is not there", uid.text());
    WARD_RETURN_IF_ERROR(check_attributes(known, entity, entities, schema));
    WARD_RETURN_IF_ERROR(check_rest(known, entity, entities));
  }
  return {};
}

}  // namespace ward::cedar
