// A pruned log is a log: what is left verifies, proves, goes on, and survives a crash at any point.
#include "evidence/pruning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "base/random.h"
#include "evidence/log.h"
#include "evidence/mirror.h"
#include "evidence/sealed_values.h"
#include "evidence/testing_log.h"
#include "evidence/verify.h"

namespace ward::evidence {
namespace {

using os::testing::FileOperation;
using os::testing::MemoryFileSystem;
using ::testing::HasSubstr;
using testing::kOrigin;
using testing::small_record;
using testing::test_keys;
using testing::test_signer;
using testing::TestLog;

constexpr std::uint64_t kRecords = 70'000;  // tiles of three levels

class PruningTest : public ::testing::Test {
 protected:
  void grow(std::uint64_t count) {
    ASSERT_TRUE(log_.add(count, small_record).ok());
    ASSERT_TRUE(log_.writer().publish().ok());
  }
  LogReader reader() { return LogReader::open(files_, "/log", test_keys()).value(); }
  Result<VerifiedLog> verify(std::vector<TreeHead> seen = {}) {
    return verify_log(files_, "/log", test_keys(), {.seen_elsewhere = std::move(seen)});
  }
  std::size_t bundles() const {
    std::size_t count = 0;
    for (std::uint64_t i = 0; i * kTileWidth < kRecords; ++i)
      count += *files_.status("/log/" + tile_path({true, 0, i, kTileWidth})) ? 1 : 0;
    return count;
  }

  MemoryFileSystem files_;
  TestLog log_{files_};
};

TEST_F(PruningTest, WhatIsLeftVerifiesAndIsProved) {
  ASSERT_TRUE(log_.open().ok());
  grow(1000);
  const TreeHead early = log_.writer().head();
  grow(kRecords - 1000);
  const TreeHead head = log_.writer().head();
  for (const std::uint64_t minimum : {256u, 1024u, 65'280u, 65'536u, 65'792u, 69'888u}) {
    ASSERT_TRUE(log_.writer().prune(minimum).ok()) << minimum;
    const auto verified = verify({head, {}});
    ASSERT_TRUE(verified.ok()) << minimum << ": " << verified.error().message();
    EXPECT_EQ(verified->minimum, minimum);
    EXPECT_EQ(verified->checkpoint.tree, head);
    EXPECT_EQ(verified->stale_files, 0u);
    const LogReader log = reader();
    for (const std::uint64_t index : {minimum, minimum + 1, std::uint64_t{69'900}, kRecords - 1}) {
      const auto entry = log.read_entry(index);
      ASSERT_TRUE(entry.ok()) << entry.error().message();
      const auto proof = log.prove(index);
      ASSERT_TRUE(proof.ok()) << proof.error().message();
      EXPECT_TRUE(verify_tlog_proof(*proof, *entry, test_keys()).ok());
    }
    for (std::uint64_t older = minimum; older <= kRecords; older += 257) {
      EXPECT_TRUE(prove_consistency(older, kRecords, log.subtrees()).ok()) << older;
    }
    const auto gone = log.prove(minimum - 1);
    ASSERT_FALSE(gone.ok());
    EXPECT_THAT(gone.error().message(), HasSubstr("was pruned"));
    EXPECT_THAT(log.read_entry(0).error().message(), HasSubstr("was pruned"));
  }
  EXPECT_EQ(bundles(), 0u) << "only the open bundle is left";
  const auto unseen = verify({early});
  ASSERT_FALSE(unseen.ok());
  EXPECT_THAT(unseen.error().message(), HasSubstr("were pruned"));
}

TEST_F(PruningTest, APrunedLogOpensAndGoesOn) {
  ASSERT_TRUE(log_.open().ok());
  grow(2000);
  ASSERT_TRUE(log_.writer().prune(1536).ok());
  const TreeHead head = log_.writer().head();
  for (int i = 0; i < 3; ++i) {
    log_.close();
    files_.crash();
    ASSERT_TRUE(log_.open({head, {}}).ok());
    EXPECT_EQ(log_.writer().minimum(), 1536u);
    grow(300);
    const auto verified = verify({head});
    ASSERT_TRUE(verified.ok()) << verified.error().message();
    EXPECT_EQ(verified->minimum, 1536u);
  }
  EXPECT_EQ(log_.writer().size(), 2900u);
  ASSERT_TRUE(log_.writer().prune(1024).ok()) << "what is gone already";
  EXPECT_EQ(log_.writer().minimum(), 1536u);
}

TEST_F(PruningTest, AtEachPointOfACrashTheLogIsWhole) {
  SeededRandom random(11);
  for (const auto operation : {FileOperation::kWrite, FileOperation::kSync, FileOperation::kRename,
                               FileOperation::kRemove}) {
    for (std::uint64_t nth = 1; nth <= 12; ++nth) {
      MemoryFileSystem files;
      TestLog log(files, 20'000);
      ASSERT_TRUE(log.open().ok());
      ASSERT_TRUE(log.add(1500, small_record).ok());
      ASSERT_TRUE(log.writer().publish().ok());
      ASSERT_TRUE(log.writer().prune(512).ok());
      ASSERT_TRUE(log.add(100, small_record).ok());
      const std::uint64_t size = log.writer().size();
      files.inject({.operation = operation, .nth = nth, .error_number = EIO, .is_lasting = true});
      (void)log.writer().prune(1280);
      files.heal();
      files.crash(random);
      log.close();
      ASSERT_TRUE(log.open().ok()) << nth;
      ASSERT_EQ(log.writer().size(), size);
      const std::uint64_t minimum = log.writer().minimum();
      ASSERT_TRUE(minimum == 512 || minimum == 1280) << minimum;
      ASSERT_TRUE(log.add(5, small_record).ok());
      ASSERT_TRUE(log.writer().publish().ok());
      const auto verified = verify_log(files, "/log", test_keys());
      ASSERT_TRUE(verified.ok()) << nth << ": " << verified.error().message();
      EXPECT_EQ(verified->minimum, minimum);
      ASSERT_TRUE(log.writer().prune(1280).ok());
      EXPECT_TRUE(verify_log(files, "/log", test_keys()).ok());
    }
  }
}

TEST_F(PruningTest, EntriesThatAreGoneWithoutAStatementAreFound) {
  ASSERT_TRUE(log_.open().ok());
  grow(2000);
  ASSERT_TRUE(log_.writer().prune(512).ok());
  const Bytes statement = *files_.read_file("/log/pruned", 1 << 16);
  ASSERT_TRUE(files_.remove("/log/pruned").ok());
  EXPECT_FALSE(verify().ok()) << "no statement";
  const auto forged =
      sign_pruning({std::string(kOrigin), 1024, {}}, test_signer(std::string(kOrigin), 9));
  ASSERT_TRUE(files_.write_file("/log/pruned", as_bytes(*forged), 0600).ok());
  EXPECT_EQ(verify().error().code(), ErrorCode::kUnauthenticated) << "another key";
  for (std::size_t at = 0; at < statement.size(); ++at) {
    Bytes damaged = statement;
    damaged[at] ^= 1;
    ASSERT_TRUE(files_.write_file("/log/pruned", damaged, 0600).ok());
    ASSERT_FALSE(verify().ok()) << at;
  }
  ASSERT_TRUE(files_.write_file("/log/pruned", statement, 0600).ok());
  EXPECT_TRUE(verify().ok());
  // More is gone than was said; and what stands for what went is not as it was.
  const std::string bundle = "/log/" + tile_path({true, 0, 2, kTileWidth});
  const Bytes kept = *files_.read_file(bundle, 1 << 20);
  ASSERT_TRUE(files_.remove(bundle).ok());
  EXPECT_FALSE(verify().ok());
  ASSERT_TRUE(files_.write_file(bundle, kept, 0600).ok());
  files_.damage("/log/tile/1/000.p/7", 3, 1);
  EXPECT_FALSE(verify().ok()) << "a hash of the pruned part";
}

TEST_F(PruningTest, ACopyKeepsWhatTheLogLetsGo) {
  ASSERT_TRUE(log_.open().ok());
  grow(2000);
  auto mirror = Mirror::open("/copy", test_signer().verifier(), files_);
  ASSERT_TRUE(*mirror->receive(*export_since(reader(), 0)));
  ASSERT_TRUE(log_.writer().prune(1792).ok());
  grow(300);
  ASSERT_TRUE(*mirror->receive(*export_since(reader(), mirror->size())));
  const auto verified = verify_log(files_, "/copy", test_keys());
  ASSERT_TRUE(verified.ok()) << verified.error().message();
  EXPECT_EQ(verified->minimum, 0u);
  EXPECT_THAT(export_since(reader(), 0).error().message(), HasSubstr("was pruned"));
}

TEST_F(PruningTest, ThePolicySaysWhatMayGo) {
  ASSERT_TRUE(log_.open().ok());
  grow(2000);  // a microsecond apart
  const auto up_to = [&](RetentionPolicy policy, std::uint64_t minimum, std::int64_t now_us) {
    return *prunable(files_, "/log", policy, minimum, 2000,
                     WallTime{std::chrono::microseconds{now_us}});
  };
  const std::int64_t hour_us = 3'600'000'000;
  EXPECT_EQ(up_to({.records = 1000}, 0, 0), 768u);
  EXPECT_EQ(up_to({.records = 2000}, 0, 0), 0u);
  EXPECT_EQ(up_to({.records = 256}, 512, 0), 1536u);
  EXPECT_EQ(up_to({.age = std::chrono::hours{1}}, 0, hour_us), 0u);
  EXPECT_EQ(up_to({.age = std::chrono::hours{1}}, 0, hour_us + 700), 512u);
  EXPECT_EQ(up_to({.age = std::chrono::hours{1}}, 0, hour_us + 10'000), 1792u);
  EXPECT_EQ(up_to({.records = 1000, .age = std::chrono::hours{1}}, 0, hour_us + 300), 768u);
  EXPECT_EQ(up_to({}, 256, hour_us * 9), 256u);
}

// The process with the log prunes it itself, and says in the log that it does.
TEST_F(PruningTest, AnEvidenceLogPrunesItselfByItsPolicyAndItsLimit) {
  SystemClock clock;
  EvidenceLogOptions options{.writer = {"/log", test_signer()},
                             .checkpoint_interval = std::chrono::milliseconds{1},
                             .retention = {.records = 300},
                             .prune_interval = std::chrono::milliseconds{1},
                             .prune_below = 0};
  auto log =
      std::move(EvidenceLog::open(std::move(options), files_, clock, ward::Log::none())).value();
  for (std::uint64_t i = 0; i < 2000; ++i) ASSERT_TRUE(log->append(small_record(i, i)).ok());
  const auto minimum = [&] { return reader().minimum(); };
  std::this_thread::sleep_for(std::chrono::milliseconds{20});
  EXPECT_EQ(minimum(), 0u) << "nobody else has it yet";
  log->allow_pruning(1000);
  for (int i = 0; i < 5000 && minimum() < 768; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  EXPECT_EQ(minimum(), 768u) << "to the last whole bundle of what may go";
  log.reset();
  const auto verified = verify();
  ASSERT_TRUE(verified.ok()) << verified.error().message();
  EXPECT_EQ(verified->minimum, 768u);
  const LogReader last = reader();
  std::vector<std::string> statements;
  ASSERT_TRUE(last.read_entries(768, last.size(),
                                [&](std::uint64_t, ByteView entry) -> Result<void> {
                                  const Record record = *decode_record(entry);
                                  if (const auto* command = std::get_if<Command>(&record.body))
                                    statements.push_back(command->name + " " + command->object);
                                  return {};
                                })
                  .ok());
  EXPECT_THAT(statements, ::testing::ElementsAre("prune records below 768"));
}

TEST_F(PruningTest, SealedValuesOfWhatIsPrunedAreErased) {
  SystemClock clock;
  SeededRandom random(1);
  EvidenceLogOptions options{.writer = {"/log", test_signer()},
                             .checkpoint_interval = std::chrono::milliseconds{1},
                             .retention = {.records = 300},
                             .prune_interval = std::chrono::milliseconds{1},
                             .values_directory = "/values",
                             .queue_records_max = 2 * kRecordsPerSideFile};
  auto log =
      std::move(EvidenceLog::open(std::move(options), files_, clock, ward::Log::none())).value();
  ASSERT_TRUE(
      log->append(small_record(0, 0), {}, {open_value("source", "192.0.2.7", random)}).ok());
  const auto side = SealedValues::open("/values", files_);
  const auto is_kept = [&] { return !side->values_of(0)->empty(); };
  for (int i = 0; i < 5000 && !is_kept(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  ASSERT_TRUE(is_kept());
  for (std::uint64_t i = 1; i < kRecordsPerSideFile + 600; ++i)
    ASSERT_TRUE(log->append(small_record(i, i)).ok());
  for (int i = 0; i < 10'000 && is_kept(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  EXPECT_FALSE(is_kept());
}

}  // namespace
}  // namespace ward::evidence
