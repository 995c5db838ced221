#include "decide/policy_test_world.h"

#include <array>
#include <utility>

#include "spiffe/id.h"
#include "world/fact.h"

namespace ward::decide {
namespace {

using codec::JsonReader;

// The word of an enumeration by its name, as world::name_of writes it.
template <typename Enum, std::size_t kCount>
Result<Enum> word(JsonReader& reader, std::string_view member,
                  const std::array<Enum, kCount>& values) {
  WARD_TRY(const std::optional<std::string_view> text, reader.optional_string(member));
  if (!text) return values.front();
  for (const Enum value : values) {
    if (world::name_of(value) == *text) return value;
  }
  return invalid_argument("`{}`: `{}` is not known", reader.path_of(member), *text);
}

Result<world::Text> bounded(JsonReader& reader, std::string_view member) {
  WARD_TRY(const std::string_view text, reader.string(member));
  if (text.empty() || text.size() > world::kNameBytesMax) {
    return invalid_argument("`{}`: expected 1 to {} bytes, got {}", reader.path_of(member),
                            world::kNameBytesMax, text.size());
  }
  return world::Text(text);
}

Result<world::Text> optional_bounded(JsonReader& reader, std::string_view member) {
  if (!reader.json().contains(member)) return world::Text();
  return bounded(reader, member);
}

Result<world::Text> spiffe_id(JsonReader& reader, std::string_view member) {
  WARD_TRY(const std::string_view text, reader.string(member));
  WARD_TRY(const spiffe::SpiffeId id, spiffe::SpiffeId::parse(text).in(reader.path_of(member)));
  return world::Text(id.text());
}

Result<world::TextMap> pairs(JsonReader& reader, std::string_view member) {
  WARD_TRY(const std::optional<JsonReader> object, reader.optional_object(member));
  if (!object) return world::TextMap();
  if (object->json().size() > world::kPairsMax) {
    return invalid_argument("`{}`: expected at most {} members", object->path(), world::kPairsMax);
  }
  std::vector<world::TextMap::Pair> found;
  for (const auto& [name, value] : object->json()) {
    const std::string* text = value.if_string();
    if (text == nullptr || name.size() > world::kNameBytesMax ||
        text->size() > world::kAttributeBytesMax) {
      return invalid_argument("`{}`: expected a string of at most {} bytes", object->path_of(name),
                              world::kAttributeBytesMax);
    }
    found.emplace_back(name, *text);
  }
  return world::TextMap(std::move(found));
}

Result<world::Entity> read_owner(JsonReader& reader) {
  using world::OwnerKind;
  world::Owner owner;
  WARD_TRY(owner.id, bounded(reader, "id"));
  WARD_TRY(owner.kind, word(reader, "kind", std::array{OwnerKind::kTeam, OwnerKind::kPerson}));
  WARD_TRY(const std::optional<bool> live, reader.optional_boolean("live"));
  owner.live = live.value_or(true);
  return world::Entity(std::move(owner));
}

Result<world::Entity> read_identity(JsonReader& reader) {
  using enum world::IdentityClass;
  using world::IdentityStatus;
  world::Identity identity;
  WARD_TRY(identity.id, spiffe_id(reader, "id"));
  WARD_TRY(identity.identity_class,
           word(reader, "class",
                std::array{kWorkload, kHuman, kServiceAccount, kCiJob, kDevice, kAiAgent}));
  WARD_TRY(identity.status, word(reader, "status",
                                 std::array{IdentityStatus::kActive, IdentityStatus::kQuarantined,
                                            IdentityStatus::kRetired}));
  WARD_TRY(identity.owner, optional_bounded(reader, "owner"));
  WARD_TRY(identity.environment, optional_bounded(reader, "environment"));
  WARD_TRY(identity.segment, optional_bounded(reader, "segment"));
  WARD_TRY(identity.labels, pairs(reader, "labels"));
  WARD_TRY(const std::optional<std::int64_t> age,
           reader.optional_integer("credential_age_max_s", 0, UINT32_MAX));
  identity.credential_age_max_s = static_cast<std::uint32_t>(age.value_or(0));
  return world::Entity(std::move(identity));
}

Result<world::Entity> read_resource(JsonReader& reader) {
  world::Resource resource;
  WARD_TRY(resource.type, bounded(reader, "type"));
  WARD_TRY(resource.id, bounded(reader, "id"));
  WARD_TRY(resource.attributes, pairs(reader, "attributes"));
  WARD_TRY(resource.owner, optional_bounded(reader, "owner"));
  WARD_TRY(resource.environment, optional_bounded(reader, "environment"));
  WARD_TRY(resource.segment, optional_bounded(reader, "segment"));
  WARD_TRY(const codec::JsonArray* parents, reader.optional_array("parents"));
  if (parents == nullptr) return world::Entity(std::move(resource));
  if (parents->size() > world::kListMax) {
    return invalid_argument("`{}`: expected at most {} parents", reader.path_of("parents"),
                            world::kListMax);
  }
  for (std::size_t i = 0; i < parents->size(); ++i) {
    WARD_TRY(JsonReader parent,
             JsonReader::of((*parents)[i], fmt::format("{}[{}]", reader.path_of("parents"), i)));
    WARD_TRY(world::EntityName name, read_entity_name(std::move(parent)));
    resource.parents.push_back(std::move(name));
  }
  return world::Entity(std::move(resource));
}

Result<world::Entity> read_flow(JsonReader& reader) {
  world::Flow flow;
  WARD_TRY(flow.from, bounded(reader, "from"));
  WARD_TRY(flow.to, bounded(reader, "to"));
  WARD_TRY(flow.action, bounded(reader, "action"));
  return world::Entity(std::move(flow));
}

Result<world::Entity> read_revocation(JsonReader& reader) {
  using world::RevocationKind;
  world::Revocation revocation;
  WARD_TRY(revocation.kind, word(reader, "kind",
                                 std::array{RevocationKind::kIdentity, RevocationKind::kCredential,
                                            RevocationKind::kNode}));
  WARD_TRY(revocation.id, bounded(reader, "id"));
  WARD_TRY(revocation.identity, optional_bounded(reader, "identity"));
  return world::Entity(std::move(revocation));
}

using ReadOne = Result<world::Entity> (*)(JsonReader&);

Result<void> read_list(JsonReader& world, std::string_view member, ReadOne read_one,
                       world::WorldEditor& editor) {
  WARD_TRY(const codec::JsonArray* items, world.optional_array(member));
  if (items == nullptr) return {};
  for (std::size_t i = 0; i < items->size(); ++i) {
    WARD_TRY(JsonReader item,
             JsonReader::of((*items)[i], fmt::format("{}[{}]", world.path_of(member), i)));
    WARD_TRY(world::Entity entity, read_one(item));
    WARD_RETURN_IF_ERROR(item.no_other_names());
    editor.put(std::move(entity));
  }
  return {};
}

}  // namespace

Result<world::EntityName> read_entity_name(JsonReader reader) {
  world::EntityName name;
  WARD_TRY(name.type, bounded(reader, "type"));
  WARD_TRY(name.id, bounded(reader, "id"));
  WARD_RETURN_IF_ERROR(reader.no_other_names());
  return name;
}

Result<world::World> read_test_world(JsonReader reader) {
  world::WorldEditor editor{world::World()};
  WARD_RETURN_IF_ERROR(read_list(reader, "owners", read_owner, editor));
  WARD_RETURN_IF_ERROR(read_list(reader, "identities", read_identity, editor));
  WARD_RETURN_IF_ERROR(read_list(reader, "resources", read_resource, editor));
  WARD_RETURN_IF_ERROR(read_list(reader, "flows", read_flow, editor));
  WARD_RETURN_IF_ERROR(read_list(reader, "revocations", read_revocation, editor));
  WARD_RETURN_IF_ERROR(reader.no_other_names());
  editor.set_revision(1);
  return std::move(editor).finish();
}

}  // namespace ward::decide
