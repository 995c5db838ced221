#include "decide/policies.h"

#include <utility>

#include "cedar/entity/value_json.h"
#include "cedar/schema/schema_text.h"
#include "cedar/syntax/parser.h"
#include "codec/json.h"
#include "decide/policy_schema.h"
#include "decide/shipped.h"

namespace ward::decide {
namespace {

constexpr std::string_view kGuardrailsName = "guardrails.cedar";

// The policies of one file under their ids. What is shipped alone may use own names.
Result<void> add_policies(cedar::PolicySet& set, std::string_view name, std::string_view text,
                          bool is_shipped) {
  if (text.size() > kPolicyFileBytesMax) {
    return make_error(ErrorCode::kResourceExhausted, "{}: expected at most {} bytes, got {}", name,
                      kPolicyFileBytesMax, text.size());
  }
  WARD_TRY(const auto trees, cedar::parse_policy_trees(text, std::string(name)));
  for (std::size_t i = 0; i < trees.size(); ++i) {
    const auto given = trees[i]->annotation("id");
    std::string id = given ? std::string(*given) : fmt::format("{}#{}", name, i);
    const std::string place = trees[i]->source->place(trees[i]->span.begin);
    if (id.empty()) return invalid_argument("{}: expected an id in @id, got an empty one", place);
    if (!is_shipped && id.starts_with(kOwnPrefix)) {
      return make_error(ErrorCode::kPermissionDenied,
                        "{}: the id `{}` begins with `{}`, which is Ward's own", place, id,
                        kOwnPrefix);
    }
    if (trees[i]->is_template()) {
      return make_error(ErrorCode::kUnimplemented,
                        "{}: `{}` is a template; a set has no place for links", place, id);
    }
    WARD_RETURN_IF_ERROR(set.add(std::move(id), trees[i]).in(place));
  }
  return {};
}

Result<cedar::Entity> read_action(const codec::Json& json) {
  const codec::Json* uid_json = json.find("uid");
  if (uid_json == nullptr) return invalid_argument("expected an object with `uid`");
  WARD_TRY(cedar::EntityUid uid, cedar::uid_from_json(*uid_json));
  if (uid.type().name() != "Action")
    return invalid_argument("expected an entity of type Action, got `{}`", uid.text());
  cedar::Entity action{.uid = std::move(uid), .attributes = {}, .parents = {}, .tags = {}};
  const codec::Json* parents = json.find("parents");
  if (parents == nullptr) return action;
  if (parents->if_array() == nullptr)
    return invalid_argument("`{}`: expected an array in `parents`", action.uid.text());
  for (const codec::Json& parent : *parents->if_array()) {
    WARD_TRY(cedar::EntityUid name, cedar::uid_from_json(parent));
    if (name.type().name() != "Action") {
      return invalid_argument("`{}`: expected parents of type Action, got `{}`", action.uid.text(),
                              name.text());
    }
    action.parents.push_back(std::move(name));
  }
  return action;
}

Result<void> add_actions(std::vector<cedar::Entity>& actions, std::string_view name,
                         std::string_view text, bool is_shipped) {
  WARD_TRY(const codec::Json json,
           codec::parse_json(text, {.max_bytes = kPolicyFileBytesMax}).in(name));
  if (json.if_array() == nullptr) return invalid_argument("{}: expected an array of actions", name);
  for (const codec::Json& item : *json.if_array()) {
    WARD_TRY(cedar::Entity action, read_action(item).in(name));
    if (!is_shipped &&
        (action.uid.id().starts_with(kOwnPrefix) || action.uid.id() == kPrivilegedGroup)) {
      return make_error(ErrorCode::kPermissionDenied, "{}: `{}` is Ward's own action", name,
                        action.uid.text());
    }
    actions.push_back(std::move(action));
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const Policies>> Policies::parse(
    const std::vector<world::PolicyFile>& files) {
  const std::shared_ptr<Policies> made(new Policies());
  cedar::PolicySet set;
  std::vector<cedar::Entity> actions;
  std::vector<cedar::SchemaFragment> schema;
  WARD_RETURN_IF_ERROR(add_policies(set, kGuardrailsName, shipped_guardrails(), true));
  WARD_RETURN_IF_ERROR(add_actions(actions, "actions.json", shipped_actions(), true));
  for (const world::PolicyFile& file : files) {
    const std::string_view name = file.name;
    if (name == kGuardrailsName) {
      // A set exported from a server holds them; another text under their name would be a disguise.
      if (file.text == shipped_guardrails()) continue;
      return make_error(ErrorCode::kPermissionDenied,
                        "{}: differs from the guardrails of this release", name);
    }
    if (name.ends_with(".cedar")) {
      WARD_RETURN_IF_ERROR(add_policies(set, name, file.text, false));
    } else if (name.ends_with(".cedarschema")) {
      WARD_TRY(cedar::SchemaFragment fragment,
               cedar::parse_schema_text(file.text, file.name, {.max_bytes = kPolicyFileBytesMax}));
      schema.push_back(std::move(fragment));
    } else if (name == "actions.json" && file.text == shipped_actions()) {
      continue;  // as with the guardrails
    } else if (name == "actions.json") {
      WARD_RETURN_IF_ERROR(add_actions(actions, name, file.text, false));
    } else if (!name.ends_with(".test.json")) {
      return invalid_argument(
          "`{}`: expected a name that is actions.json or ends in .cedar, .cedarschema or "
          ".test.json",
          name);
    }
  }
  WARD_TRY(made->actions_, cedar::Entities::build(std::move(actions)).in("actions.json"));
  made->has_schema_ = !schema.empty();
  if (made->has_schema_) {
    WARD_TRY(made->warnings_, validate_by_schema(schema, set, made->actions_));
  }
  made->compiled_ = cedar::CompiledPolicies::compile(std::move(set));
  return std::shared_ptr<const Policies>(made);
}

bool Policies::action_is_in(std::string_view action, std::string_view group) const {
  if (action == group) return true;
  const cedar::EntityHandle handle = actions_.find({"Action", action});
  return handle && actions_.has_ancestor(handle, {"Action", group});
}

}  // namespace ward::decide
