#include "cedar/syntax/policy.h"

#include <algorithm>

namespace ward::cedar {
namespace {

bool same_scope(const ScopeConstraint& a, const ScopeConstraint& b) {
  return a.kind == b.kind && a.type == b.type && a.entity == b.entity;
}

bool same_condition(const Condition& a, const Condition& b) {
  return a.is_unless == b.is_unless && same_expression(*a.body, *b.body);
}

}  // namespace

std::optional<std::string_view> PolicyTree::annotation(std::string_view key) const {
  return find_annotation(annotations, key);
}

std::string_view effect_name(Effect effect) {
  switch (effect) {
    case Effect::kPermit:
      return "permit";
    case Effect::kForbid:
      return "forbid";
  }
  WARD_UNREACHABLE();
}

bool same_policy(const PolicyTree& a, const PolicyTree& b) {
  return a.effect == b.effect && same_scope(a.principal, b.principal) &&
         a.action.kind == b.action.kind && a.action.entities == b.action.entities &&
         same_scope(a.resource, b.resource) && same_annotations(a.annotations, b.annotations) &&
         std::ranges::equal(a.conditions, b.conditions, same_condition);
}

}  // namespace ward::cedar
