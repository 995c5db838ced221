// Which part of a policy kept it from being satisfied, and what it read.
//
// Made for people and slower than deciding: a part may be evaluated once for each of its own parts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cedar/authorize/policy_set.h"
#include "cedar/entity/entity_store.h"
#include "cedar/evaluate/evaluation_error.h"
#include "cedar/evaluate/request.h"

namespace ward::cedar {

inline constexpr std::size_t kClauseReadsMax = 16;       // of one clause
inline constexpr std::size_t kReadValueBytesMax = 200;   // what is longer ends in `...`
inline constexpr std::size_t kClauseTextBytesMax = 400;  // likewise

// A variable, an attribute or a tag that a clause read.
struct ClauseRead {
  std::string text = {};  // as written: `resource.owner.level`; `?principal` for the slot of a link
  std::string value = {};    // as Cedar text; empty when it has none
  std::string failure = {};  // why it has none
};

struct FailedClause {
  enum class Kind : std::uint8_t {
    kFalse,       // a part of the scope or of `when` that is false
    kTrue,        // a part of `unless` that is true
    kError,       // a part that has no value
    kNotBoolean,  // a condition that is something else
  };

  Kind kind = Kind::kFalse;
  bool is_in_scope = false;
  // In the policy's source: of a conjunction the first operand that is false, of what failed the
  // innermost expression at fault.
  Span span = {};
  std::string text = {};               // that text on one line
  std::string error = {};              // of kError
  std::vector<ClauseRead> reads = {};  // in the order of evaluation, each text once
};

// Nothing when the policy is satisfied. Pure.
std::optional<FailedClause> failed_clause(const Policy& policy, const Request& request,
                                          const EntityStore& entities);

// Of principal, action and resource, how many are as the scope asks: 3 when the scope holds.
std::size_t fitting_scope_parts(const Policy& policy, const Request& request,
                                const EntityStore& entities);

// `false`, `true`, `error`, `not-boolean`
std::string_view clause_kind_name(FailedClause::Kind kind);

// For people: ``context.mfa` at p.cedar:3:8 does not hold, with `context.mfa` false`.
std::string clause_sentence(const FailedClause& clause, const SourceText& source);

}  // namespace ward::cedar
