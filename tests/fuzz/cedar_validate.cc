// A policy that is strictly valid raises no error of type, attribute or arity on entities and
// requests that conform to the schema; one that is impossible is satisfied by none.
#include <cstdlib>

#include "base/bytes.h"
#include "cedar/authorize/authorizer.h"
#include "cedar/entity/conformance.h"
#include "cedar/validate/validator.h"

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const cedar::Schema schema = cedar::Schema::from_text(kSchema).value();
  static const cedar::Entities entities = cedar::Entities::from_json(kEntities, schema).value();
  const auto trees = cedar::parse_policy_trees(as_text({data, size}), "fuzz");
  if (!trees.ok()) return 0;
  for (const cedar::PolicyTreePtr& tree : *trees) {
    const auto validation = cedar::validate_strictly(*tree, schema);
    if (!validation.ok()) std::abort();
    if (!validation->ok() || tree->is_template()) continue;
    cedar::PolicySet policies;
    if (!policies.add("p", tree).ok()) std::abort();
    for (const std::string_view user : {"a", "b", "ghost"}) {
      for (const std::string_view doc : {"d", "ghost"}) {
        const cedar::Request request{
            *cedar::EntityUid::of("User", user), *cedar::EntityUid::of("Action", "read"),
            *cedar::EntityUid::of("Doc", doc), cedar::Record{{"mfa", true}}};
        if (!cedar::check_request(request, schema).ok()) std::abort();
        const cedar::Response got = cedar::authorize(request, policies, entities);
        if (!got.errors.empty() && !may_happen(got.errors[0].error.kind)) std::abort();
        if (!got.reasons.empty() && validation->is_impossible) std::abort();
      }
    }
  }
  return 0;
}
