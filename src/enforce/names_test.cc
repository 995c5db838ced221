#include "enforce/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/random.h"

namespace ward::enforce {
namespace {

using testing::HasSubstr;

Result<Names> names(const std::string& subject_template,
                    std::map<std::string, std::string, std::less<>> types = {}) {
  return Names::make(
      spiffe::TrustDomain::parse("example.org").value(),
      {.subject_templates = {{"user", subject_template}}, .resource_types = std::move(types)});
}

TEST(EscapeName, LeavesPlainIdsAloneAndEscapesTheRest) {
  EXPECT_EQ(escape_name("alice_B-7"), "alice_B-7");
  EXPECT_EQ(escape_name("beth@the-smiths.com"), "beth.40the-smiths.2ecom");
  EXPECT_EQ(escape_name("../a"), ".2e.2e.2fa");
  EXPECT_EQ(escape_name(std::string_view("\0\xff", 2)), ".00.ff");
}

TEST(EscapeName, IsReversibleAndNeverJoinsTwoIds) {
  SeededRandom random(7);
  std::set<std::string> escaped;
  std::set<std::string> ids;
  for (int i = 0; i < 20'000; ++i) {
    std::string id;
    for (std::uint64_t left = random.below(5); left > 0; --left)
      id.push_back(".2e4@a/A-"[random.below(9)]);
    const std::string name = escape_name(id);
    EXPECT_EQ(unescape_name(name).value(), id);
    ids.insert(id);
    escaped.insert(name);
  }
  EXPECT_EQ(ids.size(), escaped.size());
}

TEST(UnescapeName, TakesOneSpellingOnly) {
  for (const char* name : {"a.", "a.4", "a.4g", "a.2E", "a.61", "a@b", "a/b"})
    EXPECT_FALSE(unescape_name(name).ok()) << name;
}

TEST(Names, SubjectsBecomeSpiffeIdsByTheirTemplate) {
  const auto made = names("spiffe://{trust_domain}/user/{id}");
  ASSERT_TRUE(made.ok()) << made.error().text();
  EXPECT_EQ(made->principal("user", "a@b").value(), "spiffe://example.org/user/a.40b");
  EXPECT_EQ(made->principal("identity", "spiffe://other.org/x").value(), "spiffe://other.org/x");
}

TEST(Names, WhatGivesNoNameIsNotFound) {
  const auto made = names("spiffe://{trust_domain}/user/{id}");
  for (const auto& [type, id] :
       {std::pair{"robot", "x"}, {"user", ""}, {"identity", "alice"}, {"identity", ""}}) {
    const auto found = made->principal(type, id);
    ASSERT_FALSE(found.ok()) << type;
    EXPECT_EQ(found.error().code(), ErrorCode::kNotFound);
  }
  EXPECT_FALSE(made->principal("user", std::string(2048, 'a')).ok());
  EXPECT_FALSE(made->resource("no type", "x").ok());
  EXPECT_FALSE(made->resource("", "x").ok());
}

TEST(Names, ResourceTypesAreMappedOrStandForThemselves) {
  const auto made = names("spiffe://{trust_domain}/{id}", {{"http-route", "Route"}});
  EXPECT_EQ(made->resource("http-route", "x")->type, "Route");
  EXPECT_EQ(made->resource("Table", "x")->type, "Table");
}

TEST(Names, TemplatesThatLetIdsSpeakForOthersAreRefused) {
  for (const char* text :
       {"spiffe://{trust_domain}/user", "spiffe://{id}/user", "spiffe://{trust_domain}{id}",
        "spiffe://{trust_domain}/{id}/{id}", "https://{trust_domain}/{id}", "{id}",
        "spiffe://{trust_domain}/a b/{id}"}) {
    EXPECT_FALSE(names(text).ok()) << text;
  }
  EXPECT_FALSE(names("spiffe://{trust_domain}/{id}", {{"x", "no type"}}).ok());
  EXPECT_FALSE(Names::make(spiffe::TrustDomain::parse("example.org").value(),
                           {.subject_templates = {{"identity", "spiffe://example.org/{id}"}},
                            .resource_types = {}})
                   .ok());
}

}  // namespace
}  // namespace ward::enforce
