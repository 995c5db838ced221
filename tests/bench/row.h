// One measured figure, printed as a JSON line that `./dev bench` gathers into its table.
//
// `limit` is the physical limit of the same path, measured in the same run and in the same unit;
// `peer` the best figure known of another product. For rates more is better, for times and sizes
// less; ratio is value/limit.
#pragma once

#include <cstdio>
#include <optional>
#include <string>

namespace ward::bench {

struct Row {
  std::string name;  // path/of/figure, as in `evidence/append/batched`
  double value = 0;
  std::string unit;  // `1/s`, `ns`, `MB`, ...
  std::optional<double> limit;
  std::optional<double> peer;
};

inline void print_row(const Row& row) {
  std::printf(R"({"name":"%s","value":%.6g,"unit":"%s")", row.name.c_str(), row.value,
              row.unit.c_str());
  if (row.limit) std::printf(R"(,"limit":%.6g,"ratio":%.4g)", *row.limit, row.value / *row.limit);
  if (row.peer) std::printf(R"(,"peer":%.6g)", *row.peer);
  std::printf("}\n");
  std::fflush(stdout);
}

// Under --quick a benchmark keeps its sizes small enough to answer within a few seconds.
inline bool is_quick(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::string(argv[i]) == "--quick") return true;
  }
  return false;
}

}  // namespace ward::bench
