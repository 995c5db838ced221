#include "analyze/findings.h"

#include <algorithm>
#include <set>

#include "cedar/validate/validator.h"

namespace ward::analyze {
namespace {

using cedar::Policy;
using Kind = Finding::Kind;

// One environment after the other, over the same set.
class Examination {
 public:
  Examination(const cedar::PolicySet& policies, const cedar::Schema& schema, const Options& options,
              const Progress& progress)
      : policies_(policies),
        schema_(schema),
        options_(options),
        progress_(progress),
        environments_(environments(schema)) {
    report_.environments = environments_.size();
  }

  Result<Report> run() {
    for (const cedar::RequestEnvironment& each : environments_) {
      WARD_RETURN_IF_ERROR(examine({schema_, each, options_}).in(to_text(each)));
    }
    (void)goes_on();
    for (const auto& [id, policy] : policies_.policies()) {
      if (!alive_.contains(id)) report_.findings.push_back({Kind::kNeverMatches, id});
    }
    return std::move(report_);
  }

 private:
  bool goes_on() const {
    return !progress_ || progress_(done_, environments_.size() * policies_.size());
  }

  Result<void> examine(const Scene& scene) {
    std::vector<const Policy*> live;
    twins_.clear();
    for (const auto& [id, policy] : policies_.policies()) {
      if (!goes_on()) return make_error(ErrorCode::kCancelled, "the analysis was ended");
      ++done_;
      WARD_TRY(const bool never_errs, ask_errors(policy, scene));
      WARD_TRY(const bool never_matches,
               holds(policy, scene, "never matches",
                     check(PolicyProperty::kNeverMatches, policy, scene)));
      if (never_matches) continue;
      alive_.insert(id);
      live.push_back(&policy);
      // A scope alone says itself that it matches whatever is in it.
      if (!never_errs || policy.tree().conditions.empty()) continue;
      WARD_TRY(const bool always, holds(policy, scene, "always matches",
                                        check(PolicyProperty::kAlwaysMatches, policy, scene)));
      if (always) add(Kind::kAlwaysMatches, policy, scene);
    }
    // Where nothing is permitted nothing makes a difference, and forbids are for other sets.
    const bool is_permitted = std::ranges::any_of(
        live, [](const Policy* each) { return each->effect() == cedar::Effect::kPermit; });
    if (!is_permitted) return {};
    for (const Policy* each : live) WARD_RETURN_IF_ERROR(ask_use(*each, live, scene));
    return {};
  }

  Result<bool> ask_errors(const Policy& policy, const Scene& scene) {
    auto verdict = check(PolicyProperty::kNeverErrors, policy, scene);
    WARD_TRY(const bool never, holds(policy, scene, "never errs", verdict));
    if (auto* example = std::get_if<Counterexample>(&*verdict)) {
      add(Kind::kMayErr, policy, scene).example = std::move(*example);
    }
    return never;
  }

  // Whether the set decides the same without the policy, and who is why.
  Result<void> ask_use(const Policy& policy, const std::vector<const Policy*>& live,
                       const Scene& scene) {
    cedar::PolicySet all;
    cedar::PolicySet others;
    for (const Policy* each : live) {
      WARD_RETURN_IF_ERROR(add_to(all, *each));
      if (each != &policy) WARD_RETURN_IF_ERROR(add_to(others, *each));
    }
    WARD_TRY(const bool is_useless, holds(policy, scene, "changes nothing",
                                          check(SetPairProperty::kEquivalent, all, others, scene)));
    if (!is_useless) return {};
    for (const Policy* other : live) {
      if (other == &policy) continue;
      WARD_TRY(const std::optional<Kind> kind, relation(policy, *other, scene));
      if (!kind) continue;
      add(*kind, policy, scene).other = other->id();
      return {};
    }
    // Of two that match the same, one has been told of the other.
    if (!twins_.contains(policy.id())) add(Kind::kRedundant, policy, scene);
    return {};
  }

  Result<std::optional<Kind>> relation(const Policy& policy, const Policy& other,
                                       const Scene& scene) {
    const bool is_same_effect = policy.effect() == other.effect();
    if (!is_same_effect && policy.effect() == cedar::Effect::kForbid) return std::optional<Kind>();
    WARD_TRY(const bool implies, holds(policy, scene, "matches only with " + other.id(),
                                       check(PairProperty::kImplies, policy, other, scene)));
    if (!implies) return std::optional<Kind>();
    if (!is_same_effect) return std::optional(Kind::kOverridden);
    WARD_TRY(const bool is_implied, holds(policy, scene, "matches whenever " + other.id() + " does",
                                          check(PairProperty::kImplies, other, policy, scene)));
    if (!is_implied || other.id() < policy.id()) return std::optional(Kind::kShadowed);
    twins_.insert(policy.id());
    return std::optional<Kind>();
  }

  static Result<void> add_to(cedar::PolicySet& set, const Policy& policy) {
    return set.add(policy.id(), policy.is_link() ? cedar::fill_slots(policy.tree(), policy.slots())
                                                 : policy.shared_tree());
  }

  // What has no answer is said, and does not hold.
  Result<bool> holds(const Policy& policy, const Scene& scene, std::string_view question,
                     const Result<Verdict>& verdict) {
    ++report_.questions;
    if (!verdict.ok()) return verdict.error();
    if (const auto* unknown = std::get_if<Unknown>(&*verdict)) {
      add(Kind::kUnknown, policy, scene).reason = fmt::format(
          "whether it {}: {} after {} ms", question, unknown->reason, unknown->time_limit.count());
    }
    return std::holds_alternative<Holds>(*verdict);
  }

  Finding& add(Kind kind, const Policy& policy, const Scene& scene) {
    report_.findings.push_back({kind, policy.id(), scene.environment});
    return report_.findings.back();
  }

  const cedar::PolicySet& policies_;
  const cedar::Schema& schema_;
  const Options& options_;
  const Progress& progress_;
  std::vector<cedar::RequestEnvironment> environments_;
  std::set<std::string> alive_;  // match in some environment
  std::set<std::string> twins_;  // of an environment: with an equal of a later id
  std::size_t done_ = 0;
  Report report_;
};

}  // namespace

std::string_view finding_name(Kind kind) {
  switch (kind) {
    case Kind::kMayErr:
      return "MayErr";
    case Kind::kNeverMatches:
      return "NeverMatches";
    case Kind::kAlwaysMatches:
      return "AlwaysMatches";
    case Kind::kShadowed:
      return "Shadowed";
    case Kind::kOverridden:
      return "Overridden";
    case Kind::kRedundant:
      return "Redundant";
    case Kind::kUnknown:
      return "Unknown";
  }
  WARD_UNREACHABLE();
}

Result<Report> examine(const cedar::PolicySet& policies, const cedar::Schema& schema,
                       const Options& options, const Progress& progress) {
  for (const auto& [id, policy] : policies.policies()) {
    WARD_TRY(const cedar::PolicyValidation valid,
             cedar::validate_policy(policy.tree(), schema).in(fmt::format("policy `{}`", id)));
    if (valid.ok()) continue;
    const cedar::ValidationError& first = valid.errors.front();
    return invalid_argument("{}: policy `{}`: {}: {}",
                            policy.tree().source->place(first.span.begin), id,
                            cedar::validation_error_kind_name(first.kind), first.message);
  }
  return Examination(policies, schema, options, progress).run();
}

}  // namespace ward::analyze
