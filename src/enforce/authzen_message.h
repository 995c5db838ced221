// AuthZEN messages as questions and decisions as AuthZEN messages.
//
// Source: OpenID AuthZEN Authorization API 1.0, sections 5 to 7 (subject, resource, action,
// context, access evaluation, access evaluations). Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "decide/decision.h"
#include "decide/question.h"
#include "enforce/names.h"

namespace ward::enforce {

inline constexpr std::size_t kAuthzenBodyBytesMax = 1 << 20;
inline constexpr std::size_t kAuthzenDepthMax = 32;
inline constexpr std::size_t kEvaluationsMax = 256;  // in one request

enum class EvaluationsSemantic : std::uint8_t {
  kExecuteAll,
  kDenyOnFirstDeny,
  kPermitOnFirstPermit,
};

struct AuthzenRequest {
  bool is_batch = false;  // answered by a list
  EvaluationsSemantic semantic = EvaluationsSemantic::kExecuteAll;
  // At least one. An item that could not be read as a question is answered `false` with the error:
  // kNotFound is a name that the registry cannot hold; kInvalidArgument, in a batch only, an item
  // that is no evaluation.
  std::vector<Result<decide::Question>> items;
};

// The body of POST /access/v1/evaluation. The error is for the whole request: kInvalidArgument or
// kResourceExhausted.
Result<AuthzenRequest> read_evaluation(std::string_view body, const Names& names);

// The body of POST /access/v1/evaluations. An entity of an item stands in place of the default one;
// a `type`, `id` or `name` that it lacks is the default's (certification scenario 3.2.7). Without
// items it is read as a single evaluation.
Result<AuthzenRequest> read_evaluations(std::string_view body, const Names& names);

// {"decision": false, "context": {"cause": "forbidden", "reason": "...", "policies":
// ["no.archived"],
//   "errors": ["..."], "revision": 41}}; `policies` and `errors` are left out when empty.
std::string write_decision(const decide::Decision& decision);

// {"decision": false, "context": {"error": {"status": 404, "message": "..."}}}
std::string write_item_error(const Error& error);

}  // namespace ward::enforce
