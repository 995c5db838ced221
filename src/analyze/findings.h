// What is remarkable about a policy set: policies that may err, that never match, that match
// whatever is asked, and that change nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/environments.h"

namespace ward::analyze {

struct Finding {
  enum class Kind : std::uint8_t {
    kMayErr,         // with the request; an erring policy is skipped, a forbid too
    kNeverMatches,   // in no environment of the schema
    kAlwaysMatches,  // though it has conditions
    kShadowed,       // `other`, of the same effect, matches whenever this does
    kOverridden,     // `other`, a forbid, matches whenever this permit does
    kRedundant,      // without it the set decides the same, and no other policy alone is why
    kUnknown,        // what was asked got no answer: `reason`
  };

  Kind kind;
  std::string policy;
  std::optional<cedar::RequestEnvironment> environment = {};  // all but kNeverMatches
  std::string other = {};
  std::optional<Counterexample> example = {};  // of kMayErr
  std::string reason = {};

  // Whether policies do something that their author cannot have meant.
  bool is_error() const { return kind == Kind::kMayErr; }
};

// `MayErr`, `NeverMatches`, ...
std::string_view finding_name(Finding::Kind kind);

struct Report {
  std::vector<Finding> findings;  // by environment and policy; kNeverMatches last
  std::size_t environments = 0;
  std::size_t questions = 0;
};

// Static policies and links of the set in every environment; of policies that never match in one,
// nothing is said there, nor of what changes nothing where no permit matches. Of two policies that
// match the same, the later id is the shadowed one. Progress counts pairs of environment and
// policy. Errors are those of check(), kInvalidArgument for a policy that is not strictly valid
// among them, and kCancelled.
Result<Report> examine(const cedar::PolicySet& policies, const cedar::Schema& schema,
                       const Options& options, const Progress& progress = {});

}  // namespace ward::analyze
