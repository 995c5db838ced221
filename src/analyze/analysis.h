// What is true of Cedar policies for every request and every store of entities, proved or refuted.
//
// A question is asked of one request environment: an action with a type of principal and one of
// resource. The answer is that the property holds, or a request with entities for which it does
// not, or that the solver found neither in its time. A counterexample conforms to the schema and
// has been evaluated: it is what authorize() says of it. The semantics is Cedar's to the letter: a
// policy that errs is skipped.
//
// What is quantified over: requests that conform to the schema, and stores whose entities conform
// to it, with ancestors closed and without cycles. Unless `entities_may_be_missing`, the entities
// that a request or another entity names are in the store; a policy that reads `principal.name`
// does err for a principal that is not.
//
// Source: Cedar documentation, "Analysis"; the symbolic compiler of cedar-lean. Solved by cvc5.
//
// Errors: kInvalidArgument when a policy is not strictly valid in the environment or the time limit
// is not positive; kUnimplemented, naming it, for what cannot be expressed; kResourceExhausted for
// policies that are too large; kInternal when the solver fails or its counterexample is none.
// Pure; any number of threads at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "cedar/authorize/policy_set.h"
#include "cedar/entity/entities.h"
#include "cedar/evaluate/request.h"
#include "cedar/validate/validator.h"

namespace ward::analyze {

struct Options {
  std::chrono::milliseconds time_limit{60'000};  // of the solver, for one question
  bool entities_may_be_missing = false;
};

// Where a question is asked. The schema outlives it; the environment is of it.
struct Scene {
  const cedar::Schema& schema;
  cedar::RequestEnvironment environment;
  Options options = {};
};

// Of one policy. It matches when it is satisfied: its scope and conditions hold without an error.
enum class PolicyProperty : std::uint8_t { kNeverErrors, kAlwaysMatches, kNeverMatches };
// Of a first and a second policy, whatever their effects: they match the same requests; the second
// matches whenever the first does; they never both match.
enum class PairProperty : std::uint8_t { kEquivalent, kImplies, kDisjoint };
// Of a policy set; templates that are not linked do not count.
enum class SetProperty : std::uint8_t { kAlwaysAllows, kAlwaysDenies };
// Of a first and a second set: they allow the same requests; the second allows whatever the first
// does; they never both allow.
enum class SetPairProperty : std::uint8_t { kEquivalent, kImplies, kDisjoint };

struct Holds {
  bool operator==(const Holds&) const = default;
};

struct Counterexample {
  cedar::Request request;
  std::vector<cedar::Entity> entities;  // by name, without the actions
  cedar::Entities store;                // the same and the actions of the schema
};

// The solver gave up.
struct Unknown {
  std::chrono::milliseconds time_limit;
  std::string reason;  // `timeout`, or what the solver says
};

using Verdict = std::variant<Holds, Counterexample, Unknown>;

Result<Verdict> check(PolicyProperty property, const cedar::Policy& policy, const Scene& scene);
Result<Verdict> check(PairProperty property, const cedar::Policy& first,
                      const cedar::Policy& second, const Scene& scene);
Result<Verdict> check(SetProperty property, const cedar::PolicySet& set, const Scene& scene);
Result<Verdict> check(SetPairProperty property, const cedar::PolicySet& first,
                      const cedar::PolicySet& second, const Scene& scene);

}  // namespace ward::analyze
