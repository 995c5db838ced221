// Cedar: decisions of the reference engine on the inputs of Cedar's paper, and reading policies and
// entities. The compiled engine will have rows of its own beside these.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <numeric>

#include "tests/bench/row.h"
#include "tests/conformance/cedar_oopsla.h"
#include "tests/support/paths.h"

namespace ward {
namespace {

using Clock = std::chrono::steady_clock;

double ns_since(Clock::time_point start) {
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
}

struct Input {
  std::string_view folder;
  std::string_view file;
  std::string_view n;
  std::optional<double> peer_ns;  // the Rust engine, p50, on a machine of this class
};

// Each request is timed by itself, as callers meet it, and all together without the clock between.
void decide(const Input& where, const testing::OopslaInput& input, int rounds) {
  std::vector<double> times;
  std::size_t allows = 0;
  const auto ask = [&](const testing::CedarQuestion& question) {
    const auto response = cedar::authorize(question.request, input.policies, input.entities);
    if (response.decision == cedar::Decision::kAllow) ++allows;
  };
  for (int round = 0; round < rounds; ++round) {
    for (const testing::CedarQuestion& question : input.test.questions) {
      const auto start = Clock::now();
      ask(question);
      times.push_back(ns_since(start));
    }
  }
  const auto start = Clock::now();
  for (int round = 0; round < rounds; ++round) {
    for (const testing::CedarQuestion& question : input.test.questions) ask(question);
  }
  const double mean = ns_since(start) / static_cast<double>(times.size());
  std::ranges::sort(times);
  const std::string name = fmt::format("cedar/{}/{}/reference/", where.folder, where.n);
  const auto at = [&](std::size_t percent) { return times[times.size() * percent / 100]; };
  bench::print_row({name + "p50_ns", at(50), "ns", {}, where.peer_ns});
  bench::print_row({name + "p99_ns", at(99), "ns", {}, {}});
  bench::print_row({name + "mean_ns", mean, "ns", {}, {}});
  if (allows == 0) std::abort();  // the work was done, and not optimised away
}

std::string many_policies(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += fmt::format(
        "@id(\"p{0}\")\npermit (principal == User::\"user_{0}\", action in [Action::\"read\", "
        "Action::\"list\"], resource in Folder::\"folder_{0}\")\nwhen {{ context.mfa && "
        "resource.level < principal.level + {0} && !(resource.owner like \"*@example.com\") }};\n",
        i);
  }
  return text;
}

void parse(int policies) {
  const std::string text = many_policies(policies);
  const auto start = Clock::now();
  const auto set = cedar::parse_policies(text);
  const double ns = ns_since(start);
  if (!set.ok() || set->size() != static_cast<std::size_t>(policies)) std::abort();
  bench::print_row({"cedar/parse/policies", policies / ns * 1e9, "1/s", {}, {}});
  bench::print_row(
      {"cedar/parse/text", static_cast<double>(text.size()) / ns * 1e3, "MB/s", {}, {}});
}

void build_entities(int count) {
  std::vector<cedar::Entity> entities;
  const auto type = cedar::EntityType::of("Ward::Workload");
  for (int i = 0; i < count; ++i) {
    entities.push_back({cedar::EntityUid(type, std::to_string(i)),
                        cedar::Record{{"level", i % 7}, {"owner", "team"}},
                        {},
                        {}});
    // A tree ten wide.
    if (i > 0)
      entities.back().parents.push_back(entities[static_cast<std::size_t>(i - 1) / 10].uid);
  }
  const auto start = Clock::now();
  const auto built = cedar::Entities::build(std::move(entities));
  if (!built.ok()) std::abort();
  bench::print_row({"cedar/entities/build", count / ns_since(start) * 1e9, "1/s", {}, {}});
}

int run(bool quick) {
  const Input inputs[] = {
      {"tinytodo", "n05_h0.json", "5", 4'600},
      {"tinytodo", "n50_h0.json", "50", 4'900},
      {"gdrive-templates", "n05_h0.json", "5", {}},
      {"gdrive-templates", "n50_h0.json", "50", 363'000},
  };
  for (const Input& where : inputs) {
    const auto input = testing::read_oopsla(
        testing::conformance_dir() / "cedar" / "oopsla" / where.folder, where.file);
    if (!input.ok()) {
      fmt::print(stderr, "cedar/{}: no input: {}\n", where.folder, input.error().text());
      continue;
    }
    decide(where, *input, quick ? 50 : 500);
  }
  parse(quick ? 10'000 : 100'000);
  build_entities(quick ? 100'000 : 1'000'000);
  return 0;
}

}  // namespace
}  // namespace ward

int main(int argc, char** argv) {
  return ward::run(ward::bench::is_quick(argc, argv));
}
