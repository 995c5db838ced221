// Tests of policies, as files beside them: `*.test.json` (docs/formats/policy-test.md).
//
//   {"world": {"identities": [{"id": "spiffe://example.org/web", "owner": "team:web"}], ...},
//    "tests": [{"name": "the web tier reads", "principal": "spiffe://example.org/web",
//               "action": "read", "resource": {"type": "Record", "id": "r1"},
//               "decision": "allow"}]}
//
// A file makes its own small world, and every test asks the Decider one question in it. So tests
// decide by the same code as production, guardrails and doubt included.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "decide/policies.h"
#include "world/entities.h"

namespace ward::decide {

inline constexpr std::size_t kPolicyTestsMax = 10'000;  // in one file

struct PolicyTestFailure {
  std::string test;                      // `records.test.json: the web tier reads`
  std::string message;                   // what was expected and what was got
  std::vector<std::string> explanation;  // Decider::explain of the question
};

struct PolicyTestReport {
  std::size_t ran = 0;
  std::vector<PolicyTestFailure> failures;
};

// One file. kInvalidArgument, naming file and member, for what is no test file: unknown members
// included, so that a misspelt expectation does not pass unseen.
Result<PolicyTestReport> run_policy_test_file(const world::PolicyFile& file,
                                              const Policies& policies);

// Every `*.test.json` among the files.
Result<PolicyTestReport> run_policy_tests(const std::vector<world::PolicyFile>& files,
                                          const Policies& policies);

}  // namespace ward::decide
