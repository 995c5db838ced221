#include "decide/policy_tests.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "cedar/entity/value_json.h"
#include "codec/json_reader.h"
#include "codec/time.h"
#include "decide/decider.h"
#include "decide/policy_test_world.h"
#include "spiffe/id.h"

namespace ward::decide {
namespace {

using codec::JsonReader;

// Where a test says nothing of time, it is this one: no test depends on the day it runs.
constexpr WallTime kTestNow{std::chrono::seconds{1'767'225'600}};  // 2026-01-01T00:00:00Z

struct Expectation {
  std::string name;
  Question question;
  bool allow = false;
  std::optional<std::string> cause;
  std::optional<std::vector<std::string>> policies;  // sorted
};

Result<cedar::Record> read_record(JsonReader& reader, std::string_view member) {
  const codec::Json* json = reader.optional_any(member);
  if (json == nullptr) return cedar::Record();
  if (json->if_object() == nullptr)
    return invalid_argument("`{}`: expected an object", reader.path_of(member));
  return cedar::fields_from_json(*json).in(reader.path_of(member));
}

Result<std::optional<WallTime>> read_time(JsonReader& reader, std::string_view member) {
  WARD_TRY(const std::optional<std::string_view> text, reader.optional_string(member));
  if (!text) return std::optional<WallTime>();
  WARD_TRY(const WallTime time, codec::parse_rfc3339(*text).in(reader.path_of(member)));
  return std::optional<WallTime>(time);
}

Result<std::optional<Credential>> read_credential(JsonReader& reader, WallTime now) {
  WARD_TRY(std::optional<JsonReader> object, reader.optional_object("credential"));
  if (!object) return std::optional<Credential>();
  Credential credential;
  WARD_TRY(const std::string_view id, object->string("id"));
  credential.id = id;
  WARD_TRY(const std::optional<WallTime> issued, read_time(*object, "issued"));
  WARD_TRY(const std::optional<WallTime> expires, read_time(*object, "expires"));
  credential.issued = issued.value_or(now);
  credential.expires = expires.value_or(now + std::chrono::hours{1});
  WARD_RETURN_IF_ERROR(object->no_other_names());
  return std::optional(std::move(credential));
}

Result<Question> read_question(JsonReader& reader, WallTime now) {
  Question question;
  WARD_TRY(const std::string_view principal, reader.string("principal"));
  WARD_RETURN_IF_ERROR(spiffe::SpiffeId::parse(principal).in(reader.path_of("principal")));
  question.principal = principal;
  WARD_TRY(const std::string_view action, reader.string("action"));
  question.action = action;
  WARD_TRY(JsonReader resource, reader.object("resource"));
  WARD_TRY(question.resource, read_entity_name(std::move(resource)));
  WARD_TRY(question.request, read_record(reader, "request"));
  WARD_TRY(question.subject_properties, read_record(reader, "subject"));
  WARD_TRY(question.action_properties, read_record(reader, "action_properties"));
  WARD_TRY(question.resource_properties, read_record(reader, "resource_properties"));
  WARD_TRY(question.credential, read_credential(reader, now));
  for (auto [member, field] :
       {std::pair{"enforcement_point", &question.enforcement_point},
        std::pair{"caller", &question.caller}, std::pair{"source", &question.source_address},
        std::pair{"session", &question.session}, std::pair{"node", &question.node}}) {
    WARD_TRY(const std::optional<std::string_view> text, reader.optional_string(member));
    if (text) *field = *text;
  }
  return question;
}

constexpr Cause kCauses[] = {
    Cause::kAllowed,   Cause::kUnknownPrincipal, Cause::kUnknownResource,
    Cause::kStale,     Cause::kNoPolicies,       Cause::kErringForbid,
    Cause::kForbidden, Cause::kNotPermitted,     Cause::kNoEvidence,
};

Result<Expectation> read_test(JsonReader reader, WallTime now) {
  Expectation test;
  WARD_TRY(const std::string_view name, reader.string("name"));
  test.name = name;
  WARD_TRY(test.question, read_question(reader, now));
  WARD_TRY(const std::string_view decision, reader.string("decision"));
  if (decision != "allow" && decision != "deny") {
    return invalid_argument("`{}`: expected `allow` or `deny`, got `{}`",
                            reader.path_of("decision"), decision);
  }
  test.allow = decision == "allow";
  WARD_TRY(const std::optional<std::string_view> cause, reader.optional_string("cause"));
  if (cause) {
    if (std::ranges::none_of(kCauses, [&](Cause known) { return *cause == cause_name(known); }))
      return invalid_argument("`{}`: `{}` is no cause", reader.path_of("cause"), *cause);
    test.cause = std::string(*cause);
  }
  WARD_TRY(const auto policies, reader.optional_strings("policies"));
  if (policies) {
    test.policies.emplace(policies->begin(), policies->end());
    std::ranges::sort(*test.policies);
  }
  WARD_RETURN_IF_ERROR(reader.no_other_names());
  return test;
}

std::string joined(const std::vector<std::string>& ids) {
  return ids.empty() ? "none" : fmt::format("`{}`", fmt::join(ids, "`, `"));
}

// What is wrong with the decision; empty when it is the expected one.
std::string difference(const Expectation& test, const Decision& decision) {
  if (decision.allow != test.allow || (test.cause && *test.cause != cause_name(decision.cause))) {
    return fmt::format("expected {}{}, got {} ({})", test.allow ? "allow" : "deny",
                       test.cause ? fmt::format(" ({})", *test.cause) : "",
                       decision.allow ? "allow" : "deny", cause_name(decision.cause));
  }
  if (!test.policies) return "";
  std::vector<std::string> got = decision.policies;
  std::ranges::sort(got);
  if (got == *test.policies) return "";
  return fmt::format("expected the policies {}, got {}", joined(*test.policies), joined(got));
}

Result<PolicyTestReport> run(const codec::Json& json, const std::string& file,
                             const Policies& policies) {
  WARD_TRY(JsonReader reader, JsonReader::of(json));
  WARD_TRY(JsonReader world_reader, reader.object("world"));
  WARD_TRY(const world::World world, read_test_world(std::move(world_reader)));
  WARD_TRY(const std::optional<WallTime> now, read_time(reader, "now"));
  WARD_TRY(const codec::JsonArray* tests, reader.array("tests"));
  WARD_RETURN_IF_ERROR(reader.no_other_names());
  if (tests->empty() || tests->size() > kPolicyTestsMax) {
    return invalid_argument("`tests`: expected 1 to {} tests, got {}", kPolicyTestsMax,
                            tests->size());
  }
  const ManualClock clock(now.value_or(kTestNow));
  const Decider decider(clock);
  const Ground ground{.world = world, .policies = &policies};
  PolicyTestReport report;
  for (std::size_t i = 0; i < tests->size(); ++i) {
    WARD_TRY(JsonReader one, JsonReader::of((*tests)[i], fmt::format("tests[{}]", i)));
    WARD_TRY(const Expectation test, read_test(std::move(one), clock.now()));
    ++report.ran;
    std::string wrong = difference(test, decider.decide(ground, test.question));
    if (wrong.empty()) continue;
    report.failures.push_back({.test = fmt::format("{}: {}", file, test.name),
                               .message = std::move(wrong),
                               .explanation = decider.explain(ground, test.question)});
  }
  return report;
}

}  // namespace

Result<PolicyTestReport> run_policy_test_file(const world::PolicyFile& file,
                                              const Policies& policies) {
  WARD_TRY(const codec::Json json,
           codec::parse_json(file.text, {.max_bytes = kPolicyFileBytesMax}).in(file.name));
  return run(json, file.name, policies).in(file.name);
}

Result<PolicyTestReport> run_policy_tests(const std::vector<world::PolicyFile>& files,
                                          const Policies& policies) {
  PolicyTestReport all;
  for (const world::PolicyFile& file : files) {
    if (!file.name.ends_with(".test.json")) continue;
    WARD_TRY(PolicyTestReport report, run_policy_test_file(file, policies));
    all.ran += report.ran;
    std::ranges::move(report.failures, std::back_inserter(all.failures));
  }
  return all;
}

}  // namespace ward::decide
