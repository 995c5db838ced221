#include "cedar/policy_json/policy_set_json.h"

#include "cedar/entity/value_json.h"
#include "cedar/policy_json/expression_reader.h"
#include "cedar/policy_json/policy_reader.h"

namespace ward::cedar {
namespace {

using codec::Json;
using codec::JsonObject;

class SetReader {
 public:
  explicit SetReader(const std::string& source_name) : source_name_(source_name) {}

  Result<PolicySet> policies(const Json& json) {
    WARD_TRY(const JsonObject* object, place_.object(json, "a policy set, which is an object"));
    WARD_RETURN_IF_ERROR(place_.only(*object, {"staticPolicies", "templates", "templateLinks"}));
    WARD_RETURN_IF_ERROR(add_all(*object, "staticPolicies", false));
    WARD_RETURN_IF_ERROR(add_all(*object, "templates", true));
    WARD_TRY(const Json* links, place_.member(*object, "templateLinks"));
    const auto step = place_.into("templateLinks");
    WARD_TRY(const codec::JsonArray* items, place_.array(*links));
    for (std::size_t i = 0; i < items->size(); ++i) {
      const auto at = place_.into(i);
      WARD_RETURN_IF_ERROR(link((*items)[i]));
    }
    return std::move(out_);
  }

 private:
  Result<void> add_all(const JsonObject& object, std::string_view member, bool are_templates) {
    WARD_TRY(const Json* json, place_.member(object, member));
    const auto step = place_.into(member);
    WARD_TRY(const JsonObject* policies, place_.object(*json, "an object of policies by id"));
    for (const auto& [id, policy] : *policies) {
      const auto at = place_.into(id);
      WARD_TRY(
          PolicyTreePtr tree,
          policy_from_json(policy, place_, fmt::format("{}#/{}/{}", source_name_, member, id)));
      if (tree->is_template() != are_templates) {
        return are_templates ? place_.fail("a template has a slot in its scope, and this has none")
                             : place_.fail("a static policy has no slots, and this has one");
      }
      WARD_RETURN_IF_ERROR(done(out_.add(id, std::move(tree))));
    }
    return {};
  }

  Result<void> link(const Json& json) {
    WARD_TRY(const JsonObject* object, place_.object(json, "an object"));
    WARD_RETURN_IF_ERROR(place_.only(*object, {"templateId", "newId", "values"}));
    WARD_TRY(const std::string* template_id, id(*object, "templateId"));
    WARD_TRY(const std::string* new_id, id(*object, "newId"));
    WARD_TRY(const Json* values, place_.member(*object, "values"));
    SlotValues slots;
    {
      const auto step = place_.into("values");
      WARD_TRY(const JsonObject* members, place_.object(*values, "an object of entities by slot"));
      WARD_RETURN_IF_ERROR(place_.only(*members, {"?principal", "?resource"}));
      for (const auto& [slot, entity] : *members) {
        const auto at = place_.into(slot);
        WARD_TRY(EntityUid uid, entity_from_json(entity, place_));
        (slot == "?principal" ? slots.principal : slots.resource) = std::move(uid);
      }
    }
    return done(out_.link(*template_id, *new_id, std::move(slots)));
  }

  Result<const std::string*> id(const JsonObject& object, std::string_view member) {
    WARD_TRY(const Json* json, place_.member(object, member));
    const auto step = place_.into(member);
    return place_.string(*json);
  }

  Result<void> done(const Result<void>& result) const {
    if (!result.ok()) return place_.at_place(result.error());
    return {};
  }

  const std::string& source_name_;
  JsonPlace place_;
  PolicySet out_;
};

Json link_json(const Policy& link) {
  codec::JsonObject values;
  if (link.slots().principal) values.set("?principal", uid_to_json(*link.slots().principal));
  if (link.slots().resource) values.set("?resource", uid_to_json(*link.slots().resource));
  return Json::object({{"templateId", *link.template_id()},
                       {"newId", link.id()},
                       {"values", Json(std::move(values))}});
}

}  // namespace

Result<PolicySet> policy_set_from_json(const Json& json, std::string source_name) {
  auto policies = SetReader(source_name).policies(json);
  if (!policies.ok()) return with_source(policies.error(), source_name);
  return policies;
}

Result<PolicySet> parse_policy_set_json(std::string_view text, std::string source_name,
                                        const PolicyJsonLimits& limits) {
  WARD_TRY(const Json json, parse_policy_document(text, source_name, limits));
  return policy_set_from_json(json, std::move(source_name));
}

Result<Json> policy_set_to_json(const PolicySet& policies) {
  std::vector<codec::JsonMember> statics;
  std::vector<codec::JsonMember> templates;
  codec::JsonArray links;
  for (const auto& [id, each] : policies.templates()) {
    WARD_TRY(Json json, policy_to_json(*each.tree));
    templates.push_back({id, std::move(json)});
  }
  for (const auto& [id, policy] : policies.policies()) {
    if (policy.is_link()) {
      links.push_back(link_json(policy));
      continue;
    }
    WARD_TRY(Json json, policy_to_json(policy.tree()));
    statics.push_back({id, std::move(json)});
  }
  WARD_TRY(codec::JsonObject static_object, JsonObject::from_members(std::move(statics)));
  WARD_TRY(codec::JsonObject template_object, JsonObject::from_members(std::move(templates)));
  return Json::object({{"staticPolicies", Json(std::move(static_object))},
                       {"templates", Json(std::move(template_object))},
                       {"templateLinks", Json(std::move(links))}});
}

}  // namespace ward::cedar
