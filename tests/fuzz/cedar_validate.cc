// A policy that is valid, strictly or permissively, raises no error of type, attribute or arity on
// entities and requests that conform to the schema; one that is impossible is satisfied by none.
// What is strictly valid is permissible, a slice of the level that validates gives the same answer,
// and so does what partial evaluation leaves of the policy.
#include <cstdlib>

#include "base/bytes.h"
#include "cedar/authorize/authorizer.h"
#include "cedar/entity/conformance.h"
#include "cedar/partial/partial_authorizer.h"
#include "cedar/validate/entity_slice.h"
#include "cedar/validate/validator.h"
#include "tests/support/cedar_engines.h"

namespace {

using namespace ward;

constexpr std::string_view kSchema = R"(
  entity Group;
  entity User in Group = { name: String, age?: Long, at: datetime, ip: ipaddr, groups: Set<Group>,
                           home?: { city: String, zip?: Long } } tags String;
  entity Doc = { owner: User, cost: decimal };
  action read, write in all appliesTo {
    principal: User, resource: Doc, context: { mfa: Bool, n?: Long } };
  action all;
)";
constexpr std::string_view kEntities = R"([
  {"uid": {"type": "User", "id": "a"}, "parents": [{"type": "Group", "id": "g"}], "attrs": {
    "name": "a", "age": 3, "at": "2024-01-01", "ip": "10.0.0.1", "home": {"city": "x"},
    "groups": [{"type": "Group", "id": "g"}]}, "tags": {"k": "v"}},
  {"uid": {"type": "User", "id": "b"}, "parents": [], "attrs": {
    "name": "b", "at": "2024-01-01", "ip": "::1", "groups": []}},
  {"uid": {"type": "Doc", "id": "d"}, "parents": [], "attrs": {
    "owner": {"type": "User", "id": "ghost"}, "cost": "1.5"}}])";

bool may_happen(cedar::EvaluationErrorKind kind) {
  using Kind = cedar::EvaluationErrorKind;
  // Validation promises nothing about overflow, about entities that are not in the store, and about
  // what a function makes of its arguments.
  return kind == Kind::kEntityDoesNotExist || kind == Kind::kIntegerOverflow ||
         kind == Kind::kFailedExtensionFunctionExecution || kind == Kind::kRecursionLimit;
}

// The least level at which the policy is valid; nothing when there is none.
std::optional<std::uint32_t> level_of(const cedar::PolicyTree& tree, const cedar::Schema& schema) {
  for (std::uint32_t level = 0; level < 6; ++level) {
    const auto got = cedar::validate_policy(
        tree, schema, {.mode = cedar::ValidationMode::kPermissive, .level = level});
    if (!got.ok()) std::abort();
    if (got->ok()) return level;
  }
  return std::nullopt;
}

void check_answers(const cedar::PolicyTreePtr& tree, const cedar::Schema& schema,
                   const cedar::Entities& entities, bool is_impossible) {
  cedar::PolicySet policies;
  if (!policies.add("p", tree).ok()) std::abort();
  const auto level = level_of(*tree, schema);
  for (const std::string_view user : {"a", "b", "ghost"}) {
    for (const std::string_view doc : {"d", "ghost"}) {
      const cedar::Request request{*cedar::EntityUid::of("User", user),
                                   *cedar::EntityUid::of("Action", "read"),
                                   *cedar::EntityUid::of("Doc", doc), cedar::Record{{"mfa", true}}};
      if (!cedar::check_request(request, schema).ok()) std::abort();
      const cedar::Response got = cedar::authorize(request, policies, entities);
      if (!got.errors.empty() && !may_happen(got.errors[0].error.kind)) std::abort();
      if (!got.reasons.empty() && is_impossible) std::abort();
      if (!level) continue;
      const auto slice = cedar::slice_at_level(entities, request, *level);
      if (!slice.ok()) std::abort();
      const cedar::Response again = cedar::authorize(request, policies, *slice);
      if (again.decision != got.decision || again.reasons != got.reasons) std::abort();
      if (again.errors.size() != got.errors.size()) std::abort();
    }
  }
}

void check_partial(const cedar::PolicyTreePtr& tree, const cedar::Schema& schema,
                   const cedar::Entities& entities) {
  cedar::PolicySet policies;
  if (!policies.add("p", tree).ok()) std::abort();
  const auto nothing = cedar::PartialEntities::build({}, schema);
  for (const cedar::PartialEntities& known :
       {nothing.value(), cedar::PartialEntities::complete(entities)}) {
    const auto partial =
        cedar::authorize_partially({cedar::PartialUid::known(*cedar::EntityUid::of("User", "a")),
                                    *cedar::EntityUid::of("Action", "read"),
                                    cedar::PartialUid::any(cedar::EntityType::of("Doc"))},
                                   policies, known, schema);
    // Scope and conditions may be too deep together.
    if (!partial.ok() && partial.error().code() != ward::ErrorCode::kResourceExhausted)
      std::abort();
    if (!partial.ok()) return;
    for (const std::string_view doc : {"d", "ghost"}) {
      const cedar::Request request{*cedar::EntityUid::of("User", "a"),
                                   *cedar::EntityUid::of("Action", "read"),
                                   *cedar::EntityUid::of("Doc", doc), cedar::Record{{"mfa", true}}};
      const cedar::Response expected = cedar::authorize(request, policies, entities);
      const cedar::Response got = partial->reauthorize(request, entities).value();
      if (testing::text_of(got) != testing::text_of(expected)) std::abort();
      if (partial->decision().value_or(expected.decision) != expected.decision) std::abort();
    }
    if (!cedar::parse_policy_trees(to_text(partial->policies().front())).ok()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const cedar::Schema schema = cedar::Schema::from_text(kSchema).value();
  static const cedar::Entities entities = cedar::Entities::from_json(kEntities, schema).value();
  const auto trees = cedar::parse_policy_trees(as_text({data, size}), "fuzz");
  if (!trees.ok()) return 0;
  for (const cedar::PolicyTreePtr& tree : *trees) {
    const auto strict = cedar::validate_policy(*tree, schema);
    const auto permissive =
        cedar::validate_policy(*tree, schema, {.mode = cedar::ValidationMode::kPermissive});
    if (!strict.ok() || !permissive.ok()) std::abort();
    if (strict->ok() && !permissive->ok()) std::abort();
    if (!permissive->ok() || tree->is_template()) continue;
    check_answers(tree, schema, entities, permissive->is_impossible);
    if (strict->ok()) check_partial(tree, schema, entities);
  }
  return 0;
}
