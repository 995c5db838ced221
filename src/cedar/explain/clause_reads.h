// What an expression read when it was evaluated. Private to explain/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cedar/evaluate/evaluator.h"
#include "cedar/explain/failed_clause.h"

namespace ward::cedar {

// Variables, attributes and tags that evaluation comes to, as a whole: of `principal.boss.level`
// that alone. At most kClauseReadsMax.
std::vector<ClauseRead> clause_reads(const Expr& expr, Evaluator& evaluator,
                                     const SourceText& source);

// Any space as one; what has more than `bytes_max` bytes is cut between characters and ends in
// `...`.
std::string on_one_line(std::string_view text, std::size_t bytes_max);

}  // namespace ward::cedar
