#include "decide/evidence_keeping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decide/decision_record.h"

namespace ward::decide {
namespace {

using testing::ElementsAre;

TEST(EvidenceKeeping, WhatIsSensitiveIsSealedOnlyWhereThePolicySaysSo) {
  Question question;
  question.source_address = "192.0.2.7";
  question.request = cedar::Record({{"query", "card=4111"}});
  SeededRandom random(1);
  evidence::Decision record = record_of(question, Decision());
  EXPECT_TRUE(seal(record, question, {}, random).empty());
  EXPECT_TRUE(record.sealed.empty());
  auto values = seal(record, question, {.source_address = true}, random);
  ASSERT_EQ(values.size(), 1U);
  EXPECT_EQ(values[0].value, "192.0.2.7");
  EXPECT_THAT(record.sealed, ElementsAre(evidence::seal_value(values[0])));
  record.sealed.clear();
  values = seal(record, question, {.source_address = true, .properties = true}, random);
  ASSERT_EQ(values.size(), 2U) << "what the caller left empty is not kept";
  EXPECT_EQ(values[1].name, "request");
  EXPECT_EQ(values[1].value, R"({"query":"card=4111"})");
  question.request = cedar::Record({{"query", std::string(evidence::kSealedTextBytesMax, 'x')}});
  record.sealed.clear();
  EXPECT_EQ(seal(record, question, {.properties = true}, random).size(), 0U);
}

}  // namespace
}  // namespace ward::decide
