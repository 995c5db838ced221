// Cedar: decisions of the shipped engine on the inputs of Cedar's paper, on larger draws of them
// and on synthetic sets, by texts and by handles; those of the reference engine beside them; and
// loading policies and entities.
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <numeric>
#include <optional>

#include "cedar/engine/engine.h"
#include "tests/bench/cedar_inputs.h"
#include "tests/bench/row.h"
#include "tests/conformance/cedar_oopsla.h"
#include "tests/support/paths.h"

namespace ward {
namespace {

using bench::CedarInput;
using Clock = std::chrono::steady_clock;

double ns_between(Clock::time_point start, Clock::time_point end) {
  return std::chrono::duration<double, std::nano>(end - start).count();
}

double cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

// What reading the clock twice takes: it is in each single timing, and taken off it again.
double clock_ns() {
  std::vector<double> times(10'001);
  for (double& time : times) {
    const auto start = Clock::now();
    time = ns_between(start, Clock::now());
  }
  std::ranges::nth_element(times, times.begin() + 5'000);
  return times[5'000];
}

struct Goals {
  std::optional<bench::Goal> p50 = {};
  std::optional<bench::Goal> p99 = {};
  std::optional<double> peer_ns = {};  // the Rust engine, p50, on a machine of this class
};

// Each request is timed by itself, as callers meet it, and all together without the clock between.
template <typename Ask>
double measure(const std::string& name, std::size_t count, int rounds, const Goals& goals,
               Ask&& ask) {
  const double clock = clock_ns();
  std::vector<double> times;
  times.reserve(count * static_cast<std::size_t>(rounds));
  std::size_t allows = 0;
  for (std::size_t i = 0; i < count; ++i) allows += ask(i) ? 1u : 0u;  // warm
  if (allows == 0) std::abort();  // an input of denies alone shows little
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto start = Clock::now();
      allows += ask(i) ? 1u : 0u;
      times.push_back(std::max(0.0, ns_between(start, Clock::now()) - clock));
    }
  }
  const double start = cpu_ns();
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < count; ++i) allows += ask(i) ? 1u : 0u;
  }
  const double mean = (cpu_ns() - start) / static_cast<double>(times.size());
  if (allows % static_cast<std::size_t>(2 * rounds + 1) != 0) std::abort();
  std::ranges::sort(times);
  const auto at = [&](std::size_t percent) { return times[times.size() * percent / 100]; };
  bench::print_row({name + "/p50_ns", at(50), "ns", {}, goals.peer_ns, goals.p50});
  bench::print_row({name + "/p99_ns", at(99), "ns", {}, {}, goals.p99});
  bench::print_row({name + "/mean_ns", mean, "ns", {}, {}, {}});
  return mean;
}

// Rounds, so that an input is asked about this many questions.
int rounds_for(std::size_t requests, int questions) {
  return std::max(1, questions / static_cast<int>(requests));
}

// By texts, and by handles of the store, with policies that are bound to it; and by texts with
// policies that are not, as whoever has a store of its own asks.
void decide(const std::string& name, const CedarInput& input, int questions,
            const Goals& text_goals, const Goals& handle_goals) {
  const auto policies = cedar::CompiledPolicies::compile(input.policies);
  const cedar::BoundPolicies bound(*policies, input.entities);
  cedar::Workspace workspace;
  const int rounds = rounds_for(input.requests.size(), questions);
  const auto is_allowed = [&](const cedar::Query& query) {
    return cedar::decide(bound, query, workspace).decision == cedar::Decision::kAllow;
  };
  const auto text_of = [](const cedar::EntityUid& uid) {
    return cedar::EntityName(uid.type().name(), uid.id());
  };
  measure(name + "/string", input.requests.size(), rounds, text_goals, [&](std::size_t i) {
    const cedar::Request& request = input.requests[i];
    return is_allowed(cedar::Query(text_of(request.principal), text_of(request.action),
                                   text_of(request.resource), request.context));
  });
  measure(name + "/unbound", input.requests.size(), rounds, {}, [&](std::size_t i) {
    const cedar::Request& request = input.requests[i];
    const cedar::Query query(text_of(request.principal), text_of(request.action),
                             text_of(request.resource), request.context);
    return cedar::decide(*policies, query, input.entities, workspace).decision ==
           cedar::Decision::kAllow;
  });
  struct Handles {
    cedar::EntityHandle principal, action, resource;
  };
  std::vector<Handles> handles;
  for (const cedar::Request& request : input.requests) {
    const auto& entities = input.entities;
    handles.push_back({entities.find(request.principal), entities.find(request.action),
                       entities.find(request.resource)});
    // An action that is no entity has no handle.
    if (!handles.back().principal || !handles.back().resource) return;
  }
  measure(name + "/handle", input.requests.size(), rounds, handle_goals, [&](std::size_t i) {
    const cedar::Request& request = input.requests[i];
    cedar::Query query(request);
    query.locate_principal(handles[i].principal)
        .locate_action(handles[i].action)
        .locate_resource(handles[i].resource);
    return is_allowed(query);
  });
}

void decide_by_reference(const std::string& name, const CedarInput& input, int questions) {
  measure(name + "/reference", input.requests.size(), rounds_for(input.requests.size(), questions),
          {}, [&](std::size_t i) {
            return cedar::authorize(input.requests[i], input.policies, input.entities).decision ==
                   cedar::Decision::kAllow;
          });
}

struct Given {
  std::string_view folder;
  std::string_view file;
  std::string_view n;
  std::optional<double> peer_ns;
};

void decide_given(bool quick) {
  const Given all[] = {
      {"tinytodo", "n05_h0.json", "5", 4'600},
      {"tinytodo", "n50_h0.json", "50", 4'900},
      {"gdrive-templates", "n05_h0.json", "5", {}},
      {"gdrive-templates", "n50_h0.json", "50", 363'000},
  };
  for (const Given& given : all) {
    auto read = testing::read_oopsla(testing::conformance_dir() / "cedar" / "oopsla" / given.folder,
                                     given.file);
    if (!read.ok()) {
      fmt::print(stderr, "cedar/{}: no input: {}\n", given.folder, read.error().text());
      continue;
    }
    CedarInput input{.policies = std::move(read->policies),
                     .given = {},
                     .entities = std::move(read->entities),
                     .requests = {},
                     .text = {}};
    for (const testing::CedarQuestion& question : read->test.questions) {
      input.requests.push_back(question.request);
    }
    const std::string name = fmt::format("cedar/{}/{}", given.folder, given.n);
    decide(name, input, quick ? 100'000 : 1'000'000,
           {bench::at_most(75), bench::at_most(1000), given.peer_ns},
           {bench::at_most(30), {}, given.peer_ns});
    decide_by_reference(name, input, quick ? 2'000 : 20'000);
  }
}

void decide_made(bool quick) {
  const int questions = quick ? 50'000 : 500'000;
  for (const int n : quick ? std::vector{200} : std::vector{100, 200}) {
    const CedarInput input = bench::draw_gdrive_templates(n);
    const Goals goals = n == 200 ? Goals{.p50 = bench::at_most(500)} : Goals{};
    decide(fmt::format("cedar/gdrive-templates/{}", n), input, questions, goals, goals);
  }
  const auto sizes = quick ? std::vector{5, 10'000} : std::vector{5, 100, 1'000, 10'000, 100'000};
  for (const int n : sizes) {
    decide(fmt::format("cedar/synth-eq/{}", n), bench::make_synth_eq(n), questions, {}, {});
    decide(fmt::format("cedar/synth-in/{}", n), bench::make_synth_in(n), questions, {}, {});
  }
}

// From text to a set that decides.
void load_policies(std::string_view input, const std::string& text, int policies,
                   const std::optional<bench::Goal>& goal) {
  const double start = cpu_ns();
  auto set = cedar::parse_policies(text);
  const double parsed = cpu_ns();
  if (!set.ok() || set->size() != static_cast<std::size_t>(policies)) std::abort();
  const auto compiled = cedar::CompiledPolicies::compile(std::move(set).value());
  const double end = cpu_ns();
  if (compiled->size() != static_cast<std::size_t>(policies)) std::abort();
  const std::string name = fmt::format("cedar/load/{}/{}/", input, policies);
  bench::print_row({name + "parse_ms", (parsed - start) / 1e6, "ms", {}, {}, {}});
  bench::print_row({name + "all_ms", (end - start) / 1e6, "ms", {}, {}, goal});
}

std::string conditional_policies(int count) {
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

void load_entities(int count, const std::optional<bench::Goal>& goal) {
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
  const double start = cpu_ns();
  const auto built = cedar::Entities::build(std::move(entities));
  if (!built.ok()) std::abort();
  bench::print_row({fmt::format("cedar/load/entities/{}/build_ms", count),
                    (cpu_ns() - start) / 1e6,
                    "ms",
                    {},
                    {},
                    goal});
}

int run(bool quick) {
  decide_given(quick);
  decide_made(quick);
  load_policies("synth-eq", bench::make_synth_eq(10'000).text, 10'000, bench::at_most(50));
  load_policies("conditions", conditional_policies(10'000), 10'000, {});
  load_entities(30'030, bench::at_most(30));
  if (!quick) load_entities(1'000'000, {});
  return 0;
}

}  // namespace
}  // namespace ward

int main(int argc, char** argv) {
  return ward::run(ward::bench::is_quick(argc, argv));
}
