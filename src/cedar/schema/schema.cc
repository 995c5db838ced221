#include "cedar/schema/schema.h"

#include <algorithm>

#include "cedar/schema/schema_json.h"
#include "cedar/schema/schema_text.h"

namespace ward::cedar {

bool EntityTypeInfo::has_id(std::string_view id) const {
  return std::ranges::binary_search(enum_ids, id, std::less<>());
}

Result<Schema> Schema::from_text(std::string_view text, std::string source_name,
                                 const SchemaLimits& limits) {
  WARD_TRY(const SchemaFragment fragment, parse_schema_text(text, std::move(source_name), limits));
  return resolve({&fragment, 1});
}

Result<Schema> Schema::from_json(std::string_view text, std::string source_name,
                                 const SchemaLimits& limits) {
  WARD_TRY(const SchemaFragment fragment, parse_schema_json(text, std::move(source_name), limits));
  return resolve({&fragment, 1});
}

const EntityTypeInfo* Schema::find(const EntityType& name) const {
  const auto it = entity_type_index_.find(name.name());
  return it == entity_type_index_.end() ? nullptr : &entity_types_[it->second];
}

const ActionInfo* Schema::find_action(const EntityUid& uid) const {
  const auto it = action_index_.find(uid);
  return it == action_index_.end() ? nullptr : &actions_[it->second];
}

std::uint32_t Schema::index_of(const EntityTypeInfo& info) const {
  return static_cast<std::uint32_t>(&info - entity_types_.data());
}

std::uint32_t Schema::index_of(const ActionInfo& info) const {
  return static_cast<std::uint32_t>(&info - actions_.data());
}

bool Schema::is_action_type(const EntityType& name) const {
  return action_types_.contains(name.name());
}

std::size_t Schema::environment_count() const {
  std::size_t out = 0;
  for (const ActionInfo& each : actions_) out += each.principals.size() * each.resources.size();
  return out;
}

}  // namespace ward::cedar
