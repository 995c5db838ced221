// One measured figure, printed as a JSON line that `./dev bench` gathers into its table
// (tools/bench.py checks it).
//
// `limit` is the physical limit of the same path, measured in the same run and in the same unit;
// `peer` the best figure known of another product; `goal` what we want to reach, said of the value
// or of its ratio to the limit. For rates more is better, for times and sizes less; ratio is
// value/limit.
#pragma once

#include <cstdio>
#include <optional>
#include <string>

namespace ward::bench {

// Which side of the bound is good is in the kind, so no reader guesses it from a unit.
struct Goal {
  enum class Of { kValue, kRatio };
  enum class Side { kAtMost, kAtLeast };
  Of of = Of::kValue;
  Side side = Side::kAtMost;
  double bound = 0;
};

constexpr Goal at_most(double value) {
  return {Goal::Of::kValue, Goal::Side::kAtMost, value};
}
constexpr Goal at_least(double value) {
  return {Goal::Of::kValue, Goal::Side::kAtLeast, value};
}
// Only for a row with a limit.
constexpr Goal ratio_at_most(double ratio) {
  return {Goal::Of::kRatio, Goal::Side::kAtMost, ratio};
}
constexpr Goal ratio_at_least(double ratio) {
  return {Goal::Of::kRatio, Goal::Side::kAtLeast, ratio};
}

struct Row {
  std::string name;  // path/of/figure, as in `evidence/append/batched`
  double value = 0;
  std::string unit;  // `1/s`, `ns`, `MB`, ...
  std::optional<double> limit = {};
  std::optional<double> peer = {};
  std::optional<Goal> goal = {};
};

inline void print_row(const Row& row) {
  std::printf(R"({"name":"%s","value":%.6g,"unit":"%s")", row.name.c_str(), row.value,
              row.unit.c_str());
  if (row.limit) std::printf(R"(,"limit":%.6g,"ratio":%.4g)", *row.limit, row.value / *row.limit);
  if (row.peer) std::printf(R"(,"peer":%.6g)", *row.peer);
  if (row.goal) {
    std::printf(R"(,"goal":{"of":"%s","%s":%.6g})",
                row.goal->of == Goal::Of::kValue ? "value" : "ratio",
                row.goal->side == Goal::Side::kAtMost ? "at_most" : "at_least", row.goal->bound);
  }
  std::printf("}\n");
  std::fflush(stdout);
}

// Under --quick a benchmark keeps its sizes small enough to answer within 3 seconds.
inline bool is_quick(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::string(argv[i]) == "--quick") return true;
  }
  return false;
}

}  // namespace ward::bench
