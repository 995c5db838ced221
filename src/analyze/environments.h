// A question asked of every request environment of a schema.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "analyze/analysis.h"

namespace ward::analyze {

// By action, type of principal, type of resource.
std::vector<cedar::RequestEnvironment> environments(const cedar::Schema& schema);

// `User, Action::"view", Document`.
std::string to_text(const cedar::RequestEnvironment& environment);

struct EnvironmentVerdict {
  cedar::RequestEnvironment environment;
  Verdict verdict;
};

using Ask = std::function<Result<Verdict>(const Scene&)>;
// Called before each question and after the last; false ends the analysis.
using Progress = std::function<bool(std::size_t done, std::size_t total)>;

// Verdicts in the order of environments(). kCancelled when `progress` said so; the first error of
// `ask`, with the environment before it.
Result<std::vector<EnvironmentVerdict>> check_everywhere(const cedar::Schema& schema,
                                                         const Options& options, const Ask& ask,
                                                         const Progress& progress = {});

}  // namespace ward::analyze
