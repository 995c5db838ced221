// Decisions in process, on one pinned world with the shipped guardrails and default policies and a
// few permits of an operator, beside what the Cedar engine alone takes for the same request: the
// rest is finding principal and resource, assembling the context and saying why.
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cedar/engine/engine.h"
#include "decide/context.h"
#include "decide/decider.h"
#include "decide/shipped.h"
#include "decide/world_entities.h"
#include "tests/bench/row.h"
#include "world/world.h"

namespace ward::decide {
namespace {

constexpr int kTeams = 100;
constexpr const char* kPolicies = R"(
@id("shop.read") @reason("the shop reads its records")
permit (principal, action == Action::"read", resource is Record)
when { principal has environment && resource has environment && principal.environment == resource.environment };

@id("shop.own") @reason("a team's workloads write what the team owns")
permit (principal is Ward::Workload, action in [Action::"write", Action::"delete"], resource is Record)
when { principal has owner && resource has owner && principal.owner == resource.owner };

@id("shop.archived") @reason("archived records do not change")
forbid (principal, action == Action::"delete", resource is Record)
when { resource has state && resource.state == "archived" };
)";
constexpr const char* kActions = R"([
  {"uid": {"type": "Action", "id": "read"}, "parents": []},
  {"uid": {"type": "Action", "id": "write"}, "parents": []},
  {"uid": {"type": "Action", "id": "delete"}, "parents": []}])";

std::string identity_name(int i) {
  return fmt::format("spiffe://example.org/shop/workload-{}", i);
}
std::string team_name(int i) {
  return fmt::format("team:shop-{}", i % kTeams);
}
const char* environment_name(int i) {
  return i % 2 == 0 ? "prod" : "test";
}

world::World make_world(int identities) {
  world::WorldEditor editor{world::World()};
  for (int i = 0; i < kTeams; ++i) editor.put(world::Owner{.id = team_name(i), .contact = ""});
  for (int i = 0; i < identities; ++i) {
    world::Identity identity;
    identity.id = identity_name(i);
    identity.identity_class = world::IdentityClass::kWorkload;
    identity.owner = team_name(i);
    identity.environment = environment_name(i);
    editor.put(std::move(identity));
    world::Resource resource;
    resource.type = "Record";
    resource.id = std::to_string(i);
    resource.owner = team_name(i);
    resource.environment = environment_name(i);
    resource.attributes = {{"state", "open"}};
    editor.put(std::move(resource));
  }
  editor.set_revision(static_cast<std::uint64_t>(identities));
  return std::move(editor).finish();
}

Question make_question(int principal, int resource, std::string action) {
  Question question;
  question.principal = identity_name(principal);
  question.action = std::move(action);
  question.resource = {"Record", std::to_string(resource)};
  question.request = cedar::Record({{"method", "GET"}, {"path", "/records/7"}});
  question.enforcement_point = "auth_request";
  question.source_address = "192.0.2.7";
  question.node = "spiffe://example.org/ward/agent/join_token/n1";
  question.credential = Credential{
      .id = "x509:0a1b2c3d4e5f6071",
      .issued = WallTime(std::chrono::hours(24 * 365 * 50)),
      .expires = WallTime(std::chrono::hours(24 * 365 * 50 + 1)),
  };
  return question;
}

struct Figures {
  double decide_ns = 0;
  double engine_ns = 0;
};

double thread_cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

double ns_each(int count, const std::function<void(int)>& work) {
  const double start = thread_cpu_ns();
  for (int i = 0; i < count; ++i) work(i);
  return (thread_cpu_ns() - start) / count;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// The median of rounds that alternate, so that both met the same noise.
Figures measure(const world::World& world, const Policies& policies,
                const std::vector<Question>& questions, Cause expected, int rounds) {
  const ManualClock clock(WallTime(std::chrono::hours(24 * 365 * 50) + std::chrono::minutes(10)));
  // The credentials of the questions are ten minutes old.
  const Decider decider(clock);
  const Ground ground{.world = world, .policies = &policies};
  const WorldEntities entities(world, policies);
  std::vector<cedar::Request> requests;
  for (const Question& question : questions) {
    const world::Identity& principal = *world.identity(question.principal);
    const world::Resource& resource = *world.resource(question.resource.type, question.resource.id);
    const Known known{world, policies, principal, resource};
    requests.push_back(
        {.principal = entity_uid_of(principal),
         .action = cedar::EntityUid(cedar::EntityType::of("Action"), question.action),
         .resource = entity_uid_of(question.resource).value(),
         .context = assemble_context(known, question, clock.now())});
  }
  const int count = static_cast<int>(questions.size());
  cedar::Workspace workspace;
  std::vector<double> decide_ns, engine_ns;
  for (int round = 0; round < rounds; ++round) {
    engine_ns.push_back(ns_each(count, [&](int i) {
      const cedar::Query query(requests[static_cast<std::size_t>(i)]);
      const cedar::Answer answer = cedar::decide(policies.compiled(), query, entities, workspace);
      if ((answer.decision == cedar::Decision::kAllow) != (expected == Cause::kAllowed)) {
        std::abort();
      }
    }));
    decide_ns.push_back(ns_each(count, [&](int i) {
      if (decider.decide(ground, questions[static_cast<std::size_t>(i)]).cause != expected) {
        std::abort();
      }
    }));
  }
  return {median(decide_ns), median(engine_ns)};
}

int run(bool is_quick) {
  const int identities = is_quick ? 10'000 : 100'000;
  const world::World world = make_world(identities);
  const auto policies = Policies::parse({{"default.cedar", std::string(shipped_default_policies())},
                                         {"shop.cedar", kPolicies},
                                         {"actions.json", kActions}});
  if (!policies.ok()) return fmt::print(stderr, "{}\n", policies.error().text()), 1;
  const auto questions = [&](std::string action, int shift) {
    std::vector<Question> made;
    // A stride through the whole world, so that caches do not hold it.
    for (int i = 0; i < 1000; ++i) {
      const int at = static_cast<int>(i * 7919LL % (identities - kTeams));
      made.push_back(make_question(at, at + shift, action));
    }
    return made;
  };
  struct Case {
    const char* name;
    std::vector<Question> questions;
    Cause expected;
  };
  const Case cases[] = {
      {"allow", questions("read", 2), Cause::kAllowed},
      {"deny_by_default", questions("write", 2), Cause::kNotPermitted},
      {"deny_by_guardrail", questions("read", 1), Cause::kForbidden},
  };
  for (const Case& one : cases) {
    const Figures figures =
        measure(world, **policies, one.questions, one.expected, is_quick ? 20 : 150);
    bench::print_row({.name = fmt::format("decide/in_process/{}", one.name),
                      .value = figures.decide_ns,
                      .unit = "ns",
                      .limit = figures.engine_ns});
  }
  return 0;
}

}  // namespace
}  // namespace ward::decide

int main(int argc, char** argv) {
  return ward::decide::run(ward::bench::is_quick(argc, argv));
}
