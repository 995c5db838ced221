// Data that is large, deep or broken: a difference that says so, and no more.
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

class HostileTest : public CorpusTest {
 protected:
  static std::string repeat(std::string_view text, std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += text;
    return out;
  }
};

TEST_F(HostileTest, IntegersAreExact) {
  const std::string_view by_forbid = R"("decision": "deny", "reason": ["policy1"], "errors": [])";
  write_test("a.json", request(R"({"n": 9007199254740993})") + "," +
                           request(R"({"n": 9007199254740994})", by_forbid) + "," +
                           request(R"({"n": 9223372036854775807})", by_forbid) + "," +
                           request(R"({"n": -9223372036854775808})"));
  expect_equal(5);
}

TEST_F(HostileTest, NumbersThatAreNoLongAreErrorsOfTheirRequest) {
  std::vector<std::string> requests{request()};
  for (const char* number : {"9223372036854775808", "-9223372036854775809", "18446744073709551616",
                             "1.5", "1e3", "null"}) {
    requests.push_back(request(fmt::format(R"({{"n": {}}})", number)));
  }
  write_test("a.json", fmt::format("{}", fmt::join(requests, ",")));
  EXPECT_THAT(run(), AllOf(SizeIs(6), Each(HasSubstr("the request cannot be built"))));
  EXPECT_EQ(totals_.equal, 2u);
}

TEST_F(HostileTest, ValuesAHundredAndThreeDeepAreRead) {
  const std::string type = repeat("Set<", 103) + "Long" + repeat(">", 103);
  write("s.cedarschema", fmt::format(R"(entity User; entity Doc {{ owner: User, deep: {} }};
    action view appliesTo {{ principal: User, resource: Doc, context: {{ deep: {} }} }};)",
                                     type, type));
  const std::string value = repeat("[", 103) + "1" + repeat("]", 103);
  write("e.entities.json",
        fmt::format(R"([{{"uid": {{"type": "Doc", "id": "d"}}, "parents": [], "attrs": {{
          "owner": {{"type": "User", "id": "a"}}, "deep": {} }} }}])",
                    value));
  write("p.cedar", fmt::format("permit(principal, action, resource) when {{ context.deep == "
                               "resource.deep && {}true{} }};",
                               repeat("(", 103), repeat(")", 103)));
  write_test("a.json", request(fmt::format(R"({{"deep": {}}})", value)));
  expect_equal(2);
}

TEST_F(HostileTest, WhatIsTooDeepDiffers) {
  write_test("a.json",
             request(fmt::format(R"({{"n": {}1{}}})", repeat("[", 255), repeat("]", 255))));
  EXPECT_THAT(only_difference(), StartsWith("a.json request:0: "));
  write("a.json", repeat("[", 100'000));
  EXPECT_THAT(only_difference(), StartsWith("a.json file: "));
  std::filesystem::remove(path("a.json"));
  write_test("b.json", request());
  write("p.cedar", fmt::format("permit(principal, action, resource) when {{ {}true{} }};",
                               repeat("(", 100'000), repeat(")", 100'000)));
  EXPECT_THAT(run(), AllOf(SizeIs(2), Each(HasSubstr("policies: p.cedar:1:"))));
  write("e.entities.json", repeat("[", 100'000));
  EXPECT_THAT(run(), AllOf(SizeIs(2), Each(HasSubstr("entities: "))));
}

TEST_F(HostileTest, EntityFilesOfSevenMegabytesAreReadOnceForManyTests) {
  std::string entities = R"([{"uid": {"type": "Doc", "id": "d"}, "attrs":
    {"owner": {"type": "User", "id": "a"}}, "parents": []})";
  for (std::size_t i = 0; entities.size() < 7'000'000; ++i) {
    entities += fmt::format(R"(,{{"uid": {{"type": "Doc", "id": "doc-{}"}}, "attrs":
      {{"owner": {{"type": "User", "id": "a"}}}}, "parents": []}})",
                            i);
  }
  write("e.entities.json", entities + "]");
  for (int i = 0; i < 200; ++i) write_test(fmt::format("t{}.json", i), request());
  expect_equal(400);
}

TEST_F(HostileTest, NamesThatStandTwiceDoNotParse) {
  write("a.json", R"({"requests": [], "requests": []})");
  EXPECT_THAT(only_difference(), AllOf(StartsWith("a.json file: "), HasSubstr("duplicate")));
  write_test("a.json", request(R"({"n": 1, "n": 2})"));
  EXPECT_THAT(only_difference(), StartsWith("a.json file: "));
}

TEST_F(HostileTest, BytesThatAreNoUtf8Differ) {
  write("a.json", "{\"requests\": [\"\xff\"]}");
  EXPECT_THAT(only_difference(), StartsWith("a.json file: "));
  write_test("a.json", request());
  write("p.cedar", "permit(principal, action, resource); // \xff");
  EXPECT_THAT(run(), AllOf(SizeIs(2), Each(HasSubstr("policies: "))));
}

TEST_F(HostileTest, DetailsAreBounded) {
  write_test("a.json", request("{}", fmt::format(R"("decision": "allow", "reason": ["{}"],
    "errors": [])",
                                                 repeat("x", 1'000'000))));
  EXPECT_LT(only_difference().size(), kDetailBytesMax + 100);
}

TEST_F(HostileTest, AFolderOrAPipeIsNoFileToRead) {
  std::filesystem::create_directory(path("q.cedar"));
  write("a.json", test(request(), R"("policies": "q.cedar", "schema": "s.cedarschema",
    "entities": "e.entities.json")"));
  EXPECT_THAT(run(), AllOf(SizeIs(2), Each(HasSubstr("`q.cedar` is no regular file"))));
}

}  // namespace
}  // namespace ward::corpus
