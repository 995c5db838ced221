#include "decide/policy_schema.h"

#include <set>

#include "cedar/validate/validator.h"
#include "decide/policies.h"

namespace ward::decide {
namespace {

// The catalogue decides at run time; a schema that has other groups would prove something else.
Result<void> check_action(const cedar::ActionInfo& action, const cedar::Schema& schema,
                          const cedar::Entities& actions) {
  if (actions.get(action.uid) == nullptr) {
    return invalid_argument("the schema declares {}, which actions.json does not",
                            action.uid.text());
  }
  std::set<cedar::EntityUid> declared;
  for (const std::uint32_t group : action.ancestors) {
    declared.insert(schema.actions()[group].uid);
  }
  const auto held = actions.ancestors(action.uid);
  if (declared != std::set<cedar::EntityUid>(held.begin(), held.end())) {
    return invalid_argument("{} is in other groups in the schema than in actions.json",
                            action.uid.text());
  }
  return {};
}

Error first_of(const cedar::Policy& policy, const std::vector<cedar::ValidationError>& errors) {
  const cedar::ValidationError& first = errors.front();
  const std::string more =
      errors.size() == 1 ? "" : fmt::format(" (and {} more)", errors.size() - 1);
  return invalid_argument("{}: {}: {}{}", policy.tree().source->place(first.span.begin),
                          cedar::validation_error_kind_name(first.kind), first.message, more);
}

}  // namespace

Result<std::vector<std::string>> validate_by_schema(
    const std::vector<cedar::SchemaFragment>& fragments, const cedar::PolicySet& policies,
    const cedar::Entities& actions) {
  WARD_TRY(const cedar::Schema schema, cedar::Schema::resolve(fragments));
  for (const cedar::ActionInfo& action : schema.actions()) {
    WARD_RETURN_IF_ERROR(check_action(action, schema, actions));
  }
  std::vector<std::string> warnings;
  for (const auto& [id, policy] : policies.policies()) {
    if (id.starts_with(kOwnPrefix)) continue;
    WARD_TRY(const cedar::PolicyValidation got, cedar::validate_policy(policy.tree(), schema));
    if (!got.ok()) return first_of(policy, got.errors);
    if (!got.is_impossible) continue;
    warnings.push_back(
        fmt::format("{}: `{}` can never apply to a request of the schema", policy.place(), id));
  }
  return warnings;
}

}  // namespace ward::decide
