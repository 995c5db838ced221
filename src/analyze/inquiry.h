// One question to one solver. Private to analyze/.
#pragma once

#include <functional>

#include "analyze/analysis.h"
#include "analyze/encoder.h"

namespace ward::analyze {

class Inquiry {
 public:
  // Whether the property is broken by this request and these entities, as the evaluator sees it.
  using Replay = std::function<bool(const Counterexample&)>;

  // kInvalidArgument for a time limit that is not positive.
  static Result<std::unique_ptr<Inquiry>> make(const Scene& scene);

  Logic& logic() { return logic_; }
  // That evaluating the policy errs; that it is satisfied.
  Result<cvc::Term> errs(const cedar::Policy& policy);
  Result<cvc::Term> matches(const cedar::Policy& policy);
  // That the decision is allow.
  Result<cvc::Term> allows(const cedar::PolicySet& set);

  // Whether there is a request for which `violation` is true. Called once.
  Result<Verdict> refute(const cvc::Term& violation, const Replay& replay);

 private:
  explicit Inquiry(const Scene& scene);

  Result<Encoded> condition(const cedar::Policy& policy);

  const Scene& scene_;
  cvc::Solver solver_;
  Logic logic_;
  Domains domains_;
  EntityTheory entities_;
  std::optional<RequestTerms> request_;
  std::size_t budget_ = kEncodedExpressionsMax;
};

}  // namespace ward::analyze
