// AuthZEN Authorization API 1.0 through the HTTP handler: the cases of the OpenID certification
// scenario, and the decisions of the Todo interop application. The fixtures are registry worlds and
// Cedar policies (tests/conformance/authzen/).
#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <map>

#include "codec/json.h"
#include "enforce/authzen.h"
#include "enforce/testing_http.h"
#include "tests/support/conformance.h"

namespace ward::enforce {
namespace {

using codec::Json;

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string text_of(const Json& json, std::string_view name) {
  const Json* member = json.find(name);
  const std::string* text = member == nullptr ? nullptr : member->if_string();
  return text == nullptr ? "" : *text;
}

// A registry, a policy file, and the handler before them.
class Fixture {
 public:
  explicit Fixture(const std::string& policy_file) : policy_file_(policy_file) {
    editor_.put(world::Owner{.id = "team:people", .contact = ""});
  }
  void add_user(const std::string& id, world::TextMap labels = {}) {
    world::Identity user;
    user.id = "spiffe://example.org/user/" + id;
    user.identity_class = world::IdentityClass::kHuman;
    user.owner = "team:people";
    user.labels = std::move(labels);
    editor_.put(user);
  }
  void add_resource(std::string_view type, std::string_view id, world::TextMap attributes = {}) {
    world::Resource resource;
    resource.type = type;
    resource.id = id;
    resource.attributes = std::move(attributes);
    editor_.put(resource);
  }
  void start() {
    const std::string text =
        read_text(ward::testing::source_dir() / "tests" / "conformance" / "authzen" / policy_file_);
    auto policies = decide::Policies::parse({{policy_file_, text}});
    ASSERT_TRUE(policies.ok()) << policies.error().text();
    judge_.emplace(clock_, std::move(editor_).finish(), *policies);
    auto api = AuthzenApi::make(
        spiffe::TrustDomain::parse("example.org").value(),
        {.names = {.subject_templates = {{"user", "spiffe://{trust_domain}/user/{id}"}},
                   .resource_types = {}},
         .identifier = "https://pdp.example.org"},
        *judge_, callers_);
    ASSERT_TRUE(api.ok()) << api.error().text();
    api_.emplace(std::move(api).value());
    api_->mount(router_);
  }
  testing::MemoryExchange send(const std::string& method, const std::string& path,
                               const std::string& body, http::Headers headers = {}) {
    if (method == "POST" && !headers.contains("content-type")) {
      headers.add("content-type", "application/json");
    }
    return {router_,
            {.head = {.method = method, .target = path, .headers = std::move(headers)},
             .body = to_bytes(body)}};
  }

 private:
  std::string policy_file_;
  ManualClock clock_;
  world::WorldEditor editor_{world::World()};
  std::optional<testing::WorldJudge> judge_;
  testing::FixedCallerCheck callers_;
  http::Router router_;
  std::optional<AuthzenApi> api_;
};

// The decisions of an answer: one, or those of the list.
std::vector<bool> decisions_of(const Json& json) {
  std::vector<bool> decisions;
  const Json* list = json.find("evaluations");
  const codec::JsonArray one{json};
  for (const Json& item :
       list != nullptr && list->if_array() != nullptr ? *list->if_array() : one) {
    const Json* decision = item.find("decision");
    const bool* value = decision == nullptr ? nullptr : decision->if_bool();
    EXPECT_NE(value, nullptr) << codec::write_json(item);
    decisions.push_back(value != nullptr && *value);
  }
  return decisions;
}

void check_body(const Json& test, const Json& got, std::string_view match) {
  if (match == "decisions_equal") {
    EXPECT_EQ(decisions_of(got), decisions_of(*test.find("expected_body")));
    EXPECT_EQ(got.find("evaluations") != nullptr,
              test.find("expected_body")->find("evaluations") != nullptr);
  } else if (match == "structure_only") {
    EXPECT_EQ(decisions_of(got).size(),
              test.find("request")->find("evaluations")->if_array()->size());
  } else if (match == "metadata") {
    for (const Json& name : *test.find("required")->if_array())
      EXPECT_NE(text_of(got, *name.if_string()), "") << *name.if_string();
  } else {
    EXPECT_TRUE(match == "status_only" || match == "echo_header") << match;
  }
}

void run_case(Fixture& fixture, const Json& test) {
  const Json* raw = test.find("raw_body");
  const std::string body = raw != nullptr ? *raw->if_string()
                           : test.find("request") != nullptr
                               ? codec::write_json(*test.find("request"))
                               : "";
  http::Headers headers;
  if (const Json* fields = test.find("headers"))
    for (const auto& [name, value] : *fields->if_object()) {
      std::string lower = name;
      for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      headers.add(lower, *value.if_string());
    }
  if (const std::string type = text_of(test, "content_type"); !type.empty())
    headers.set("content-type", type);
  const std::string method = text_of(test, "method").empty() ? "POST" : text_of(test, "method");
  const auto exchange = fixture.send(method, text_of(test, "endpoint"), body, headers);
  ASSERT_TRUE(exchange.is_answered());
  ASSERT_EQ(exchange.response().head.status, *test.find("expected_status")->if_integer());
  const auto got = codec::parse_json(exchange.text());
  ASSERT_TRUE(got.ok()) << exchange.text();
  check_body(test, *got, text_of(test, "match"));
  if (text_of(test, "match") == "echo_header") {
    EXPECT_EQ(exchange.header("x-request-id"), headers.find("x-request-id").value());
  }
}

TEST(AuthzenConformance, CertificationScenario) {
  WARD_CONFORMANCE_DATA(const auto path, "authzen/certification-cases.json");
  Fixture fixture("certification.cedar");
  fixture.add_user("alice");
  fixture.add_user("bob");
  fixture.add_resource("record", "record-1", {{"status", "active"}});
  fixture.add_resource("record", "record-2", {{"status", "archived"}});
  fixture.start();
  const auto file = codec::parse_json(read_text(path));
  ASSERT_TRUE(file.ok()) << file.error().text();
  std::map<std::string, int> ran;
  std::map<std::string, int> skipped;
  for (const Json& test : *file->find("cases")->if_array()) {
    const std::string level = text_of(test, "level");
    // Search is not offered, and the metadata says so.
    if (level.starts_with("search")) {
      ++skipped[level];
      continue;
    }
    SCOPED_TRACE(text_of(test, "id") + " " + text_of(test, "title"));
    run_case(fixture, test);
    ++ran[level];
  }
  for (const auto& [level, count] : ran) std::cout << level << ": " << count << " ran\n";
  for (const auto& [level, count] : skipped)
    std::cout << level << ": " << count << " do not apply: search is not offered\n";
  EXPECT_EQ(ran, (std::map<std::string, int>{{"basic-core", 20},
                                             {"basic-props", 4},
                                             {"batch-core", 7},
                                             {"batch-props", 3},
                                             {"discovery", 1}}));
}

TEST(AuthzenConformance, TodoDecisions) {
  WARD_CONFORMANCE_DATA(const auto path, "authzen/todo-decisions.json");
  Fixture fixture("todo.cedar");
  const auto user = [&](const char* letter, world::TextMap labels) {
    fixture.add_user(
        fmt::format("CiRmZD{}2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs", letter),
        std::move(labels));
  };
  user("A", {{"role", "admin"}, {"evil_genius", "yes"}, {"email", "rick@the-citadel.com"}});
  user("E", {{"role", "editor"}, {"email", "morty@the-citadel.com"}});
  user("I", {{"role", "editor"}, {"email", "summer@the-smiths.com"}});
  user("M", {{"role", "viewer"}, {"email", "beth@the-smiths.com"}});
  user("Q", {{"role", "viewer"}, {"email", "jerry@the-smiths.com"}});
  const auto file = codec::parse_json(read_text(path));
  ASSERT_TRUE(file.ok()) << file.error().text();
  // The resources that the cases name are those that exist.
  const auto add_resource = [&](const Json& from) {
    if (const Json* resource = from.find("resource"))
      fixture.add_resource(text_of(*resource, "type"), text_of(*resource, "id"));
  };
  for (const char* list : {"evaluation", "evaluations"})
    for (const Json& test : *file->find(list)->if_array()) {
      add_resource(*test.find("request"));
      if (const Json* items = test.find("request")->find("evaluations"))
        for (const Json& item : *items->if_array()) add_resource(item);
    }
  fixture.start();
  int singles = 0;
  for (const Json& test : *file->find("evaluation")->if_array()) {
    const std::string request = codec::write_json(*test.find("request"));
    const auto exchange = fixture.send("POST", "/access/v1/evaluation", request);
    ASSERT_EQ(exchange.response().head.status, 200) << request;
    EXPECT_EQ(decisions_of(*codec::parse_json(exchange.text())),
              std::vector<bool>{*test.find("expected")->if_bool()})
        << request << exchange.text();
    ++singles;
  }
  int batches = 0;
  for (const Json& test : *file->find("evaluations")->if_array()) {
    const std::string request = codec::write_json(*test.find("request"));
    const auto exchange = fixture.send("POST", "/access/v1/evaluations", request);
    ASSERT_EQ(exchange.response().head.status, 200) << request;
    EXPECT_EQ(decisions_of(*codec::parse_json(exchange.text())),
              decisions_of(Json::object({{"evaluations", *test.find("expected")}})))
        << request << exchange.text();
    ++batches;
  }
  std::cout << "todo: " << singles << " evaluations and " << batches << " batches ran\n";
  EXPECT_EQ(singles, 40);
  EXPECT_EQ(batches, 3);
}

}  // namespace
}  // namespace ward::enforce
