// Which checks are skipped (rule 10 of docs/rooms/corpus.md).
#include "corpus/exclusions.h"

#include <gmock/gmock.h>

#include "corpus/testing/corpus_fixture.h"

namespace ward::corpus {
namespace {

using testing::CorpusTest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Exclusions, LinesAreReadAndCommentsAreNot) {
  Exclusions out;
  const auto added = out.add(
      "# a comment\n\n  \na.json\trequest:0\twhy # and so on\r\nb c/d.json\t*\tall of them", "x");
  ASSERT_TRUE(added.ok()) << added.error().text();
  EXPECT_TRUE(out.excludes("a.json", "request:0"));
  EXPECT_FALSE(out.excludes("a.json", "request:1"));
  EXPECT_TRUE(out.excludes("b c/d.json", "file"));
  EXPECT_FALSE(out.excludes("# a comment", "*"));
  EXPECT_THAT(out.unused(), ElementsAre());
}

TEST(Exclusions, WhatIsNoLineIsAnError) {
  for (const char* text : {"a.json", "a.json\t*", "a.json\t*\t", "\t*\twhy", "a.json\t\twhy",
                           "a.json * why", "ok\t*\twhy\nb.json"}) {
    Exclusions out;
    const auto added = out.add(text, "skip.txt");
    ASSERT_FALSE(added.ok()) << text;
    EXPECT_THAT(added.error().message(), HasSubstr("skip.txt:")) << text;
  }
}

TEST(Exclusions, LinesThatExcludedNothingAreTold) {
  Exclusions out;
  ASSERT_TRUE(out.add("a.json\trequest:0\twhy\nb.json\t*\twhy\n", "skip.txt").ok());
  EXPECT_TRUE(out.excludes("a.json", "request:0"));
  EXPECT_THAT(out.unused(), ElementsAre("skip.txt:2: b.json *"));
}

class ExcludedChecks : public CorpusTest {
 protected:
  void exclude(std::string_view lines) { ASSERT_TRUE(exclusions_.add(lines, "x").ok()); }
};

TEST_F(ExcludedChecks, OnlyTheyAreSkipped) {
  const std::string wrong = request("{}", R"("decision": "deny", "reason": [], "errors": [])");
  write_test("a.json", wrong + "," + wrong);
  write_test("b.json", wrong);
  exclude("a.json\trequest:1\twhy\nb.json\t*\twhy");
  EXPECT_THAT(only_difference(), HasSubstr("a.json request:0"));
  EXPECT_EQ(totals_, (CorpusTotals{.tests = 2, .equal = 1, .different = 1, .skipped = 3}));
}

TEST_F(ExcludedChecks, WhatCannotBeLoadedOrReadCanBeExcludedToo) {
  write("a.json", "{");
  write("b.json", R"({"requests": [1, 2]})");
  exclude("a.json\tfile\twhy\nb.json\trequest:1\twhy");
  EXPECT_EQ(run().size(), 2u);
  EXPECT_EQ(totals_, (CorpusTotals{.tests = 1, .equal = 0, .different = 2, .skipped = 2}));
}

}  // namespace
}  // namespace ward::corpus
