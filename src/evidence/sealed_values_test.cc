#include "evidence/sealed_values.h"

#include <gtest/gtest.h>

#include "os/testing/memory_file_system.h"

namespace ward::evidence {
namespace {

TEST(SealedValues, WhatWasKeptOpensTheCommitmentAndNothingElseDoes) {
  SeededRandom random(1);
  const OpenedValue value = open_value("source.address", "192.0.2.7", random);
  OpenedValue guess = value;
  EXPECT_EQ(seal_value(guess), seal_value(value));
  guess.value = "192.0.2.8";
  EXPECT_NE(seal_value(guess), seal_value(value));
  EXPECT_NE(seal_value(open_value("source.address", "192.0.2.7", random)), seal_value(value))
      << "without the salt a guess tells nothing";
  OpenedValue shifted = value;
  shifted.name = "source";
  shifted.value = ".address192.0.2.7";
  EXPECT_NE(seal_value(shifted).commitment, seal_value(value).commitment);
}

TEST(SealedValues, ErasedValuesAreGoneAndTheOthersStay) {
  os::testing::MemoryFileSystem files;
  SeededRandom random(1);
  auto side = SealedValues::open("/side", files);
  ASSERT_TRUE(side.ok());
  const std::vector<OpenedValue> old{open_value("a", "1", random), open_value("b", "2", random)};
  const std::vector<OpenedValue> young{open_value("a", "3", random)};
  ASSERT_TRUE(side->keep(7, old).ok());
  ASSERT_TRUE(side->keep(8, {open_value("c", "4", random)}).ok());
  ASSERT_TRUE(side->keep(kRecordsPerSideFile + 3, young).ok());
  files.crash();
  side = SealedValues::open("/side", files);
  EXPECT_EQ(*side->values_of(7), old);
  EXPECT_EQ(*side->values_of(kRecordsPerSideFile + 3), young);
  ASSERT_TRUE(side->erase_below(kRecordsPerSideFile - 1).ok());
  EXPECT_EQ(side->values_of(7)->size(), 2u) << "a file goes when all its records are old enough";
  ASSERT_TRUE(side->erase_below(kRecordsPerSideFile).ok());
  files.crash();
  EXPECT_TRUE(side->values_of(7)->empty());
  EXPECT_EQ(*side->values_of(kRecordsPerSideFile + 3), young);
}

TEST(SealedValues, TheValuesOfOneRecordAreErasedAndWritingGoesOn) {
  os::testing::MemoryFileSystem files;
  SeededRandom random(1);
  auto side = SealedValues::open("/side", files);
  const std::vector<RecordValues> records{
      {7, {open_value("a", "secret-7", random), open_value("b", "2", random)}},
      {8, {open_value("a", "3", random)}},
      {kRecordsPerSideFile + 1, {open_value("a", "4", random)}}};
  ASSERT_TRUE(side->keep(records).ok());
  auto other = SealedValues::open("/side", files);
  EXPECT_EQ(other->erase(7).error().code(), ErrorCode::kUnavailable) << "somebody writes here";
  EXPECT_EQ(other->values_of(7)->size(), 2u) << "reading needs no lock";
  ASSERT_TRUE(side->erase(7).ok());
  ASSERT_TRUE(side->erase(99).ok()) << "nothing was kept for it";
  ASSERT_TRUE(side->keep(9, {open_value("a", "5", random)}).ok());
  files.crash();
  EXPECT_TRUE(other->values_of(7)->empty());
  EXPECT_EQ(*other->values_of(8), records[1].values);
  EXPECT_EQ(other->values_of(9)->size(), 1u);
  EXPECT_EQ(*other->values_of(kRecordsPerSideFile + 1), records[2].values);
  const Bytes bytes = *files.read_file("/side/00000000000000000000", 1 << 20);
  EXPECT_EQ(as_text(bytes).find("secret-7"), std::string_view::npos);
}

TEST(SealedValues, ATornEndIsPassedOverAndCutBeforeMoreIsKept) {
  os::testing::MemoryFileSystem files;
  SeededRandom random(1);
  auto side = SealedValues::open("/side", files);
  ASSERT_TRUE(side->keep(7, {open_value("a", "1", random)}).ok());
  const std::string path = "/side/00000000000000000000";
  Bytes bytes = *files.read_file(path, 1000);
  append(bytes, ByteView(bytes).first(20));
  ASSERT_TRUE(files.write_file(path, bytes, 0600).ok());
  EXPECT_EQ(side->values_of(7)->size(), 1u);
  side = SealedValues::open("/side", files);
  ASSERT_TRUE(side->keep(8, {open_value("b", "2", random)}).ok());
  EXPECT_EQ(side->values_of(7)->size(), 1u);
  EXPECT_EQ(side->values_of(8)->size(), 1u) << "behind a torn row it could not be read";
}

}  // namespace
}  // namespace ward::evidence
