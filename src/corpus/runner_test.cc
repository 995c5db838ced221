// How tests are read, found, loaded and compared (rules 1 to 9 of docs/rooms/corpus.md).
#include "corpus/runner.h"

#include <gmock/gmock.h>

#include "corpus/testing/corpus_fixture.h"

namespace ward::corpus {
namespace {

using ::testing::AllOf;
using testing::CorpusTest;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

class RunnerTest : public CorpusTest {};

// Rule 1.

TEST_F(RunnerTest, ATestIsAnObjectWithRequests) {
  write_test("a.json", request());
  write("array.json", "[1, 2]");
  write("other.json", R"({"request": []})");
  write("text.json", R"("requests")");
  expect_equal(2);
  EXPECT_EQ(totals_.tests, 1u);
}

TEST_F(RunnerTest, WhatDoesNotParseIsOneDifferentCheck) {
  write_test("a.json", request());
  write("broken.json", R"({"requests": [1, 2, 3)");
  EXPECT_THAT(only_difference(), StartsWith("broken.json file: "));
  EXPECT_EQ(totals_, (CorpusTotals{.tests = 1, .equal = 2, .different = 1, .skipped = 0}));
}

TEST_F(RunnerTest, WhatCannotBeReadIsOneDifferentCheck) {
  write_test("a.json", request());
  files_.paths.insert(path("a.json"));
  EXPECT_THAT(only_difference(), StartsWith("a.json file: "));
  EXPECT_EQ(totals_.tests, 0u);
}

// Rules 2 and 3.

TEST_F(RunnerTest, FormatsAreCedarUnlessTheTestSaysJson) {
  write("p.json", R"({"staticPolicies": {"mine": {"effect": "permit", "principal": {"op": "All"},
    "action": {"op": "All"}, "resource": {"op": "All"}, "conditions": []}}, "templates": {},
    "templateLinks": []})");
  write("s.json", R"({"": {"entityTypes": {"User": {}, "Doc": {"shape": {"type": "Record",
    "attributes": {"owner": {"type": "Entity", "name": "User"}}}}}, "actions": {"view":
    {"appliesTo": {"principalTypes": ["User"], "resourceTypes": ["Doc"]}}}}})");
  write("a.json", test(request("{}", R"("decision": "allow", "reason": ["mine"], "errors": [])"),
                       R"("policies": "p.json", "policyFormat": "json", "schema": "s.json",
                "schemaFormat": "json", "entities": "e.entities.json")"));
  write("b.json", test(request(), std::string(kPaths) + R"(, "policyFormat": "cedar")"));
  expect_equal(4);
}

TEST_F(RunnerTest, UnknownAndMissingKeysMakeATestUnloadable) {
  const std::string two = request() + "," + request();
  for (const auto& [text, what] : std::vector<std::pair<std::string, std::string>>{
           {test(two, std::string(kPaths) + R"(, "extra": 1)"), "`extra` is not known"},
           {test(two, R"("policies": "p.cedar", "schema": "s.cedarschema")"), "`entities`"},
           {test(two, std::string(kPaths) + R"(, "policyFormat": "yaml")"), "policyFormat"},
           {fmt::format(R"({{{}, "requests": [{}]}})", kPaths, two), "`shouldValidate`"},
           {test(request() + "," + request("{}", R"("decision": "allow", "reason": [])")),
            "`requests[1].errors`"},
           {test(request() + "," +
                 request("{}", R"("decision": "no", "reason": [], "errors": [])")),
            "`requests[1].decision`"},
           {test(request() + "," +
                 request("{}", R"("decision": "deny", "reason": [], "errors": [], "note": "")")),
            "`requests[1].note`"},
       }) {
    write("a.json", text);
    EXPECT_THAT(run(), AllOf(SizeIs(3), Each(HasSubstr(what)))) << text;
    EXPECT_EQ(totals_, (CorpusTotals{.tests = 1, .equal = 0, .different = 3, .skipped = 0}));
  }
}

TEST_F(RunnerTest, EntityIdsAreGivenInEitherForm) {
  std::string escaped = request();
  const std::string plain = R"({"type": "User", "id": "a"})";
  escaped.replace(escaped.find(plain), plain.size(),
                  R"({"__entity": {"type": "User", "id": "a"}})");
  write_test("a.json", escaped);
  expect_equal(2);
}

// Rule 4.

TEST_F(RunnerTest, PathsAreRelativeToTheNearestFolderThatHasPolicies) {
  write_test("deep/er/a.json", request());
  expect_equal(2);
  // A nearer folder with `policies` is the one, whether it has the other files or not.
  write("deep/p.cedar", kPolicies);
  EXPECT_THAT(run(), AllOf(SizeIs(2), Each(HasSubstr("there is no `deep/s.cedarschema`"))));
  write("deep/s.cedarschema", kSchema);
  write("deep/e.entities.json", "[]");
  EXPECT_THAT(only_difference(), StartsWith("deep/er/a.json request:0: decision"));
}

TEST_F(RunnerTest, FoldersAboveTheDirectoryAreNotLookedAt) {
  write_test("below/a.json", request());
  directory_ += "/below";
  EXPECT_THAT(run(), AllOf(SizeIs(2), Each(HasSubstr("no folder from that of the test up"))));
  directory_.resize(directory_.size() - 6);
}

TEST_F(RunnerTest, AbsoluteAndUpwardPathsAreRefused) {
  for (const std::string& bad :
       {path("p.cedar"), std::string("../p.cedar"), std::string("x/../p.cedar"), std::string(".."),
        std::string(), std::string("p\\u0000.cedar"), std::string(5000, 'x')}) {
    for (const std::string_view key : {"policies", "entities", "schema"}) {
      std::string paths(kPaths);
      const std::size_t begin = paths.find(key) + key.size() + 4;
      paths.replace(begin, paths.find('"', begin) - begin, bad);
      write("below/a.json", test(request(), paths));
      EXPECT_THAT(run(), AllOf(SizeIs(2), Each(HasSubstr(key)))) << bad;
    }
  }
}

TEST_F(RunnerTest, PathsOverLinksAreRefused) {
  std::filesystem::create_symlink(path("p.cedar"), path("linked.cedar"));
  std::filesystem::create_directory_symlink(path("."), path("folder"));
  for (const std::string_view policies : {"linked.cedar", "folder/p.cedar"}) {
    write("a.json", test(request(), fmt::format(R"("policies": "{}", "schema": "s.cedarschema",
      "entities": "e.entities.json")",
                                                policies)));
    EXPECT_THAT(run(), AllOf(SizeIs(2), Each(HasSubstr("leads over a link"))));
  }
}

// Rule 5.

TEST_F(RunnerTest, PolicyIdsGoByPositionAndAnnotationsDoNotCount) {
  write_test("a.json", request(R"({"n": 9007199254740994})",
                               R"("decision": "deny", "reason": ["policy1"], "errors": [])"));
  expect_equal(2);
}

// Rule 6.

TEST_F(RunnerTest, EntitiesAreReadBySchemaAndMustConform) {
  write_test("a.json", request());
  write("e.entities.json", R"([{"uid": {"type": "Doc", "id": "d"}, "attrs": {}, "parents": []}])");
  EXPECT_THAT(run(), AllOf(SizeIs(2), Each(HasSubstr("entities: e.entities.json: "))));
}

TEST_F(RunnerTest, TheActionsOfTheSchemaAreAmongTheEntities) {
  write("s.cedarschema", R"(entity User; entity Doc { owner: User }; action all;
    action view in [all] appliesTo { principal: User, resource: Doc };)");
  write("p.cedar", R"(permit(principal, action in Action::"all", resource);)");
  write_test("a.json", request());
  expect_equal(2);
}

TEST_F(RunnerTest, WhatCannotBeLoadedSaysWhy) {
  write_test("a.json", request());
  write("p.cedar", "permit(principal);");
  EXPECT_THAT(run(), Each(HasSubstr("policies: p.cedar:1:")));
  write("s.cedarschema", "entity");
  EXPECT_THAT(run(), Each(HasSubstr("schema: s.cedarschema:1:")));
  files_.paths.insert(path("s.cedarschema"));
  EXPECT_THAT(run(), Each(HasSubstr("schema: read")));
}

// Rule 7.

TEST_F(RunnerTest, ValidityIsComparedAndRequestsAreDecidedWhateverItIs) {
  write("p.cedar", "permit(principal, action, resource) when { context.nope };");
  write_test("a.json", request("{}", R"("decision": "deny", "reason": [], "errors": ["policy0"])"));
  EXPECT_THAT(only_difference(),
              AllOf(StartsWith("a.json shouldValidate: "), HasSubstr("policy0: p.cedar:1:")));
  EXPECT_EQ(totals_.equal, 1u);
}

TEST_F(RunnerTest, WarningsDoNotCount) {
  write("p.cedar",
        "permit(principal, action, resource); permit(principal, action, resource) when "
        "{ false };");
  write_test("a.json", request());
  expect_equal(2);
}

TEST_F(RunnerTest, AnErrorThatIsExpectedAndNotThereDiffers) {
  std::string text = test(request());
  text.replace(text.find("true"), 4, "false");
  write("a.json", text);
  EXPECT_THAT(only_difference(), HasSubstr("expected an error of validation, got none"));
}

TEST_F(RunnerTest, TemplatesAndLinksAreValidatedToo) {
  const auto with = [&](std::string_view effect_of, std::string_view type) {
    write("p.json",
          fmt::format(R"({{"staticPolicies": {{}}, "templates": {{"t": {{"effect": "permit",
      "principal": {{"op": "==", "slot": "?principal"}}, "action": {{"op": "All"}},
      "resource": {{"op": "All"}}, "conditions": [{{"kind": "when", "body": {}}}]}}}},
      "templateLinks": [{{"templateId": "t", "newId": "l", "values": {{"?principal":
      {{"type": "{}", "id": "a"}}}}}}]}})",
                      effect_of, type));
    write("a.json", test(request("{}", type == "User"
                                           ? R"("decision": "allow", "reason": ["l"], "errors": [])"
                                           : R"("decision": "deny", "reason": [], "errors": [])"),
                         R"("policies": "p.json", "policyFormat": "json", "schema": "s.cedarschema",
                  "entities": "e.entities.json")"));
  };
  with(R"({"Value": true})", "User");
  expect_equal(2);
  with(R"({"Value": true})", "Nobody");
  EXPECT_THAT(only_difference(),
              HasSubstr("shouldValidate: expected no error of validation, got l"));
  with(R"({"Value": 1})", "Nobody");
  EXPECT_THAT(only_difference(), HasSubstr("got t: "));
}

// Rule 8.

TEST_F(RunnerTest, DecisionReasonsAndErrorsAreCompared) {
  write_test("a.json", request("{}", R"("decision": "deny", "reason": ["x"], "errors": ["y"])"));
  EXPECT_THAT(only_difference(), AllOf(HasSubstr("decision: expected deny, got allow"),
                                       HasSubstr("reason: expected [x], got [policy0]"),
                                       HasSubstr("errors: expected [y], got []")));
}

TEST_F(RunnerTest, ReasonsAreASet) {
  write("p.cedar", "permit(principal, action, resource); permit(principal, action, resource);");
  write_test("a.json", request("{}", R"("decision": "allow", "reason": ["policy1", "policy0",
    "policy1"], "errors": [])"));
  expect_equal(2);
}

TEST_F(RunnerTest, TheContextIsReadBySchema) {
  write("p.cedar", R"(permit(principal, action, resource) when
    { context has by && context.by == principal };)");
  write_test("a.json", request(R"({"by": {"type": "User", "id": "a"}})"));
  expect_equal(2);
}

TEST_F(RunnerTest, RequestsAreCheckedUnlessTheTestSaysNot) {
  std::string wrong = request("{}", R"("decision": "deny", "reason": [], "errors": [])");
  wrong.replace(wrong.find("User"), 4, "Group");
  write_test("a.json", wrong);
  EXPECT_THAT(only_difference(), HasSubstr("request:0: the request cannot be built"));
  wrong.insert(wrong.size() - 1, R"(, "validateRequest": false)");
  write_test("a.json", wrong);
  expect_equal(2);
}

// Rule 9.

TEST_F(RunnerTest, ARequestThatCannotBeBuiltDiffersAndTheOthersDoNot) {
  std::string unknown_action = request();
  unknown_action.replace(unknown_action.find("\"view\""), 6, "\"nope\"");
  std::string no_id = request();
  no_id.replace(no_id.find("\"id\""), 4, "\"name\"");
  write_test("a.json",
             fmt::format("{}", fmt::join(std::vector{request("[]"), unknown_action, no_id,
                                                     request(R"({"nope": 1})"), request()},
                                         ",")));
  EXPECT_THAT(run(),
              ElementsAre(StartsWith("a.json request:0: "), StartsWith("a.json request:1: "),
                          StartsWith("a.json request:2: "), StartsWith("a.json request:3: ")));
  EXPECT_EQ(totals_, (CorpusTotals{.tests = 1, .equal = 2, .different = 4, .skipped = 0}));
}

TEST_F(RunnerTest, RequestsThatAreNoArrayLeaveOneCheck) {
  write("a.json", R"({"requests": 1})");
  EXPECT_THAT(only_difference(), StartsWith("a.json shouldValidate: "));
}

// Rule 13: what makes a run fail as a whole.

TEST_F(RunnerTest, ADirectoryThatCannotBeListedIsAnError) {
  EXPECT_FALSE(run_corpus(files_, path("nope"), exclusions_, [](const Difference&) {}).ok());
}

}  // namespace
}  // namespace ward::corpus
