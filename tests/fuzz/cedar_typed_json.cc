// Entities that a schema lets through conform to it, and written in explicit forms they are read
// again as what they were.
#include <cstdlib>

#include "base/bytes.h"
#include "cedar/entity/conformance.h"
#include "cedar/entity/value_json.h"

namespace {

using namespace ward;

constexpr std::string_view kSchema = R"(
  entity Color enum ["red", "blue"];
  entity Group in Group = { } tags Set<ipaddr>;
  entity User in [Group, Color] = {
    b?: Bool, l?: Long, s?: String, c?: Color, g?: Set<Group>, i?: ipaddr, d?: decimal,
    t?: datetime, u?: duration, a?: Action, r?: { x: Long, y?: Set<{ i: ipaddr }> } };
  action view in read appliesTo { principal: User, resource: Group, context: { i?: ipaddr } };
  action read;
)";

codec::Json names(const std::vector<cedar::EntityUid>& uids) {
  codec::JsonArray out;
  for (const cedar::EntityUid& uid : uids) out.push_back(*cedar::value_to_json(uid));
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const cedar::Schema schema = cedar::Schema::from_text(kSchema).value();
  const std::string_view text = as_text({data, size});
  const auto entities = cedar::Entities::from_json(text, schema, {.max_ancestors = 100'000});
  if (!entities.ok()) return 0;
  const auto json =
      codec::parse_json(text, {.max_bytes = SIZE_MAX, .max_depth = 256, .max_values = SIZE_MAX});
  if (!json.ok()) std::abort();
  codec::JsonArray explicit_forms;
  for (const codec::Json& each : *json->if_array()) {
    const auto uid = cedar::uid_from_json(*each.find("uid"));
    if (!uid.ok()) std::abort();
    const cedar::Entity* entity = entities->get(*uid);
    if (entity == nullptr) std::abort();
    if (schema.find_action(*uid) != nullptr) continue;
    if (!cedar::check_entity(*entity, schema).ok()) std::abort();
    explicit_forms.push_back(
        codec::Json::object({{"uid", *cedar::value_to_json(*uid)},
                             {"attrs", *cedar::value_to_json(entity->attributes)},
                             {"parents", names(entity->parents)},
                             {"tags", *cedar::value_to_json(entity->tags)}}));
  }
  const std::string written = codec::write_json(codec::Json(std::move(explicit_forms)));
  const auto without = cedar::Entities::from_json(written);
  const auto with = cedar::Entities::from_json(written, schema);
  if (!without.ok() || !with.ok() || with->size() != entities->size()) std::abort();
  for (const codec::Json& each : *json->if_array()) {
    const auto uid = cedar::uid_from_json(*each.find("uid"));
    if (!(*with->get(*uid) == *entities->get(*uid))) std::abort();
    const cedar::Entity* plain = without->get(*uid);
    if (plain != nullptr && !(*plain == *entities->get(*uid))) std::abort();
  }
  return 0;
}
