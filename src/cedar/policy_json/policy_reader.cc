#include "cedar/policy_json/policy_reader.h"

#include "cedar/policy_json/expression_reader.h"
#include "cedar/syntax/parser.h"
#include "cedar/syntax/printer.h"
#include "cedar/value/identifier.h"

namespace ward::cedar {
namespace {

using codec::Json;
using codec::JsonObject;

class PolicyReader {
 public:
  explicit PolicyReader(JsonPlace& place) : place_(place) {}

  Result<PolicyTree> policy(const Json& json) {
    WARD_TRY(const JsonObject* object, place_.object(json, "a policy, which is an object"));
    WARD_RETURN_IF_ERROR(place_.only(
        *object, {"effect", "principal", "action", "resource", "conditions", "annotations"}));
    PolicyTree out;
    if (const Json* annotations = object->find("annotations")) {
      const auto step = place_.into("annotations");
      WARD_TRY(out.annotations, this->annotations(*annotations));
    }
    WARD_TRY(out.effect, effect(*object));
    WARD_TRY(out.principal, scope(*object, "principal"));
    WARD_TRY(out.action, action(*object));
    WARD_TRY(out.resource, scope(*object, "resource"));
    WARD_TRY(const Json* conditions, place_.member(*object, "conditions"));
    const auto step = place_.into("conditions");
    WARD_TRY(out.conditions, this->conditions(*conditions));
    return out;
  }

 private:
  Result<std::vector<Annotation>> annotations(const Json& json) {
    WARD_TRY(const JsonObject* object, place_.object(json, "an object"));
    std::vector<Annotation> out;
    for (const auto& [key, value] : *object) {
      const auto step = place_.into(key);
      if (!is_identifier(key)) return place_.fail("the name of an annotation is an identifier");
      if (!value.is_null() && value.if_string() == nullptr) {
        return place_.expected("a string or null", value);
      }
      out.push_back({key, value.is_null() ? std::nullopt : std::optional(*value.if_string())});
    }
    return out;
  }

  Result<Effect> effect(const JsonObject& object) {
    WARD_TRY(const Json* json, place_.member(object, "effect"));
    const auto step = place_.into("effect");
    WARD_TRY(const std::string* name, place_.string(*json));
    if (*name == effect_name(Effect::kPermit)) return Effect::kPermit;
    if (*name == effect_name(Effect::kForbid)) return Effect::kForbid;
    return place_.fail("expected `permit` or `forbid`, got `{}`", *name);
  }

  // The member `name` of the policy and its `op`.
  struct Operator {
    const JsonObject* object;
    std::string_view name;
  };
  Result<Operator> scope_operator(const Json& json) {
    WARD_TRY(const JsonObject* object, place_.object(json, "an object"));
    WARD_TRY(const Json* op, place_.member(*object, "op"));
    const auto step = place_.into("op");
    WARD_TRY(const std::string* name, place_.string(*op));
    return Operator{object, *name == "all" ? std::string_view("All") : *name};
  }

  Result<ScopeConstraint> scope(const JsonObject& policy, std::string_view variable) {
    using Kind = ScopeConstraint::Kind;
    WARD_TRY(const Json* json, place_.member(policy, variable));
    const auto step = place_.into(variable);
    WARD_TRY(const Operator op, scope_operator(*json));
    ScopeConstraint out;
    if (op.name == "All") {
      WARD_RETURN_IF_ERROR(place_.only(*op.object, {"op"}));
    } else if (op.name == "==" || op.name == "in") {
      out.kind = op.name == "==" ? Kind::kEqual : Kind::kIn;
      WARD_RETURN_IF_ERROR(place_.only(*op.object, {"op", "entity", "slot"}));
      WARD_TRY(out.entity, reference(*op.object, variable));
    } else if (op.name == "is") {
      out.kind = Kind::kIs;
      WARD_RETURN_IF_ERROR(place_.only(*op.object, {"op", "entity_type", "in"}));
      WARD_TRY(out.type, entity_type_member(*op.object, "entity_type", place_));
      if (const Json* in = op.object->find("in")) {
        out.kind = Kind::kIsIn;
        const auto at = place_.into("in");
        WARD_TRY(const JsonObject* inner, place_.object(*in, "an object"));
        WARD_RETURN_IF_ERROR(place_.only(*inner, {"entity", "slot"}));
        WARD_TRY(out.entity, reference(*inner, variable));
      }
    } else {
      return place_.fail("expected the `op` `All`, `==`, `in` or `is`, got `{}`", op.name);
    }
    return out;
  }

  Result<EntityReference> reference(const JsonObject& object, std::string_view variable) {
    const Json* slot = object.find("slot");
    if ((slot != nullptr) == object.contains("entity")) {
      return place_.fail("expected either `entity` or `slot`");
    }
    if (slot == nullptr) {
      const auto step = place_.into("entity");
      WARD_TRY(EntityUid uid, entity_from_json(*object.find("entity"), place_));
      return EntityReference(std::move(uid));
    }
    const auto step = place_.into("slot");
    WARD_TRY(const std::string* name, place_.string(*slot));
    if (*name != fmt::format("?{}", variable)) {
      return place_.fail("expected `?{}`, got `{}`", variable, *name);
    }
    return EntityReference(SlotReference{});
  }

  Result<ActionConstraint> action(const JsonObject& policy) {
    using Kind = ActionConstraint::Kind;
    WARD_TRY(const Json* json, place_.member(policy, "action"));
    const auto step = place_.into("action");
    WARD_TRY(const Operator op, scope_operator(*json));
    ActionConstraint out;
    if (op.name == "All") {
      WARD_RETURN_IF_ERROR(place_.only(*op.object, {"op"}));
    } else if (op.name == "==" || (op.name == "in" && op.object->contains("entity"))) {
      out.kind = op.name == "==" ? Kind::kEqual : Kind::kIn;
      WARD_RETURN_IF_ERROR(place_.only(*op.object, {"op", "entity"}));
      WARD_TRY(const Json* entity, place_.member(*op.object, "entity"));
      const auto at = place_.into("entity");
      WARD_TRY(EntityUid uid, action_entity(*entity));
      out.entities.push_back(std::move(uid));
    } else if (op.name == "in") {
      out.kind = Kind::kInSet;
      WARD_RETURN_IF_ERROR(place_.only(*op.object, {"op", "entities"}));
      WARD_TRY(const Json* entities, place_.member(*op.object, "entities"));
      const auto at = place_.into("entities");
      WARD_TRY(const codec::JsonArray* items, place_.array(*entities));
      for (const Json& each : *items) {
        const auto item = place_.into(out.entities.size());
        WARD_TRY(EntityUid uid, action_entity(each));
        out.entities.push_back(std::move(uid));
      }
    } else {
      return place_.fail("expected the `op` `All`, `==` or `in`, got `{}`", op.name);
    }
    return out;
  }

  Result<EntityUid> action_entity(const Json& json) {
    WARD_TRY(EntityUid uid, entity_from_json(json, place_));
    if (uid.type().basename() != "Action") {
      return place_.fail("`{}` is no action: its type does not end in `Action`", uid.text());
    }
    return uid;
  }

  Result<std::vector<Condition>> conditions(const Json& json) {
    WARD_TRY(const codec::JsonArray* items, place_.array(json));
    std::vector<Condition> out;
    for (const Json& item : *items) {
      const auto step = place_.into(out.size());
      WARD_TRY(const JsonObject* object, place_.object(item, "an object"));
      WARD_RETURN_IF_ERROR(place_.only(*object, {"kind", "body"}));
      WARD_TRY(const Json* kind_json, place_.member(*object, "kind"));
      WARD_TRY(const Json* body, place_.member(*object, "body"));
      Condition condition;
      {
        const auto at = place_.into("kind");
        WARD_TRY(const std::string* kind, place_.string(*kind_json));
        condition.is_unless = *kind == "unless";
        if (!condition.is_unless && *kind != "when") {
          return place_.fail("expected `when` or `unless`, got `{}`", *kind);
        }
      }
      const auto at = place_.into("body");
      WARD_TRY(condition.body, expression_from_json(*body, place_));
      out.push_back(std::move(condition));
    }
    return out;
  }

  JsonPlace& place_;
};

}  // namespace

Error with_source(const Error& error, const std::string& source_name) {
  return source_name.empty() ? error : error.in(source_name);
}

Result<PolicyTreePtr> policy_from_json(const Json& json, JsonPlace& place,
                                       std::string source_name) {
  WARD_TRY(const PolicyTree tree, PolicyReader(place).policy(json));
  // A tree without a text would have no places to speak of; its own text gives it some.
  auto parsed = parse_policy_trees(to_text(tree), std::move(source_name));
  if (!parsed.ok()) return place.at_place(parsed.error().in("as text"));
  if (parsed->size() != 1 || !same_policy(*parsed->front(), tree)) {
    return place.at_place({ErrorCode::kInternal, "the policy's text is another policy"});
  }
  return std::move(parsed->front());
}

Result<Json> parse_policy_document(std::string_view text, const std::string& source_name,
                                   const PolicyJsonLimits& limits) {
  auto json = codec::parse_json(text, {.max_bytes = limits.max_bytes,
                                       .max_depth = kPolicyJsonDepthMax,
                                       .max_values = limits.max_values});
  if (!json.ok()) return with_source(json.error(), source_name);
  return json;
}

Result<PolicyTreePtr> policy_from_json(const Json& json, std::string source_name) {
  JsonPlace place;
  auto tree = policy_from_json(json, place, source_name);
  if (!tree.ok()) return with_source(tree.error(), source_name);
  return tree;
}

Result<PolicyTreePtr> parse_policy_json(std::string_view text, std::string source_name,
                                        const PolicyJsonLimits& limits) {
  WARD_TRY(const Json json, parse_policy_document(text, source_name, limits));
  return policy_from_json(json, std::move(source_name));
}

}  // namespace ward::cedar
