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

TEST(SealedValues, ATornEndIsPassedOver) {
  os::testing::MemoryFileSystem files;
  SeededRandom random(1);
  auto side = SealedValues::open("/side", files);
  ASSERT_TRUE(side->keep(7, {open_value("a", "1", random)}).ok());
  const std::string path = "/side/00000000000000000000";
  Bytes bytes = *files.read_file(path, 1000);
  append(bytes, ByteView(bytes).first(20));
  ASSERT_TRUE(files.write_file(path, bytes, 0600).ok());
  EXPECT_EQ(side->values_of(7)->size(), 1u);
}

}  // namespace
}  // namespace ward::evidence
