#include "analyze/analysis.h"

#include "analyze/inquiry.h"
#include "cedar/authorize/authorizer.h"

namespace ward::analyze {
namespace {

// What a policy does with a request: nothing when it errs.
std::optional<bool> outcome(const cedar::Policy& policy, const Counterexample& example) {
  cedar::Evaluator evaluator(example.request, example.store);
  const auto satisfied = evaluator.satisfied(policy.tree(), policy.slots());
  const bool* value = std::get_if<bool>(&satisfied);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

bool is_match(const cedar::Policy& policy, const Counterexample& example) {
  return outcome(policy, example) == true;
}

bool is_allowed(const cedar::PolicySet& set, const Counterexample& example) {
  return cedar::authorize(example.request, set, example.store).decision == cedar::Decision::kAllow;
}

// Of both kinds of pairs, which have the same three properties in the same order.
enum class Relation : std::uint8_t { kEquivalent, kImplies, kDisjoint };

cvc::Term violation(Logic& logic, Relation relation, const cvc::Term& first,
                    const cvc::Term& second) {
  switch (relation) {
    case Relation::kEquivalent:
      return logic.negation(logic.equal(first, second));
    case Relation::kImplies:
      return logic.both(first, logic.negation(second));
    case Relation::kDisjoint:
      return logic.both(first, second);
  }
  WARD_UNREACHABLE();
}

bool violates(Relation relation, bool first, bool second) {
  switch (relation) {
    case Relation::kEquivalent:
      return first != second;
    case Relation::kImplies:
      return first && !second;
    case Relation::kDisjoint:
      return first && second;
  }
  WARD_UNREACHABLE();
}

// The solver's exceptions end here. What it throws when it runs out of time inside of what it
// does not interrupt has no type of its own.
template <typename F>
Result<Verdict> ask(const Scene& scene, const F& question) {
  try {
    WARD_TRY(const std::unique_ptr<Inquiry> inquiry, Inquiry::make(scene));
    return question(*inquiry);
  } catch (const std::exception& error) {
    return make_error(ErrorCode::kInternal, "the solver failed: {}", error.what());
  }
}

Result<Verdict> ask_policy(PolicyProperty property, const cedar::Policy& policy, Inquiry& inquiry) {
  switch (property) {
    case PolicyProperty::kNeverErrors: {
      WARD_TRY(const cvc::Term errs, inquiry.errs(policy));
      return inquiry.refute(errs, [&](const auto& each) { return !outcome(policy, each); });
    }
    case PolicyProperty::kAlwaysMatches: {
      WARD_TRY(const cvc::Term matches, inquiry.matches(policy));
      return inquiry.refute(inquiry.logic().negation(matches),
                            [&](const auto& each) { return !is_match(policy, each); });
    }
    case PolicyProperty::kNeverMatches: {
      WARD_TRY(const cvc::Term matches, inquiry.matches(policy));
      return inquiry.refute(matches, [&](const auto& each) { return is_match(policy, each); });
    }
  }
  WARD_UNREACHABLE();
}

}  // namespace

Result<Verdict> check(PolicyProperty property, const cedar::Policy& policy, const Scene& scene) {
  return ask(scene, [&](Inquiry& inquiry) { return ask_policy(property, policy, inquiry); });
}

Result<Verdict> check(PairProperty property, const cedar::Policy& first,
                      const cedar::Policy& second, const Scene& scene) {
  const auto relation = static_cast<Relation>(property);
  return ask(scene, [&](Inquiry& inquiry) -> Result<Verdict> {
    WARD_TRY(const cvc::Term a, inquiry.matches(first));
    WARD_TRY(const cvc::Term b, inquiry.matches(second));
    return inquiry.refute(violation(inquiry.logic(), relation, a, b), [&](const auto& each) {
      return violates(relation, is_match(first, each), is_match(second, each));
    });
  });
}

Result<Verdict> check(SetProperty property, const cedar::PolicySet& set, const Scene& scene) {
  const bool always_allows = property == SetProperty::kAlwaysAllows;
  return ask(scene, [&](Inquiry& inquiry) -> Result<Verdict> {
    WARD_TRY(const cvc::Term allows, inquiry.allows(set));
    return inquiry.refute(always_allows ? inquiry.logic().negation(allows) : allows,
                          [&](const auto& each) { return is_allowed(set, each) != always_allows; });
  });
}

Result<Verdict> check(SetPairProperty property, const cedar::PolicySet& first,
                      const cedar::PolicySet& second, const Scene& scene) {
  const auto relation = static_cast<Relation>(property);
  return ask(scene, [&](Inquiry& inquiry) -> Result<Verdict> {
    WARD_TRY(const cvc::Term a, inquiry.allows(first));
    WARD_TRY(const cvc::Term b, inquiry.allows(second));
    return inquiry.refute(violation(inquiry.logic(), relation, a, b), [&](const auto& each) {
      return violates(relation, is_allowed(first, each), is_allowed(second, each));
    });
  });
}

}  // namespace ward::analyze
