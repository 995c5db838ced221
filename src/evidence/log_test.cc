#include "evidence/log.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <future>

#include "evidence/reader.h"
#include "evidence/testing_log.h"
#include "evidence/verify.h"

namespace ward::evidence {
namespace {

using os::testing::FileOperation;
using os::testing::MemoryFileSystem;
using testing::test_keys;
using testing::test_record;
using testing::test_signer;

EvidenceLogOptions options() {
  return {.writer = {"/log", test_signer()},
          .checkpoint_interval = std::chrono::milliseconds{0},
          .retry_interval = std::chrono::milliseconds{1}};
}

std::unique_ptr<EvidenceLog> open(os::FileSystem& files, const Clock& clock,
                                  EvidenceLogOptions with = options()) {
  return std::move(EvidenceLog::open(std::move(with), files, clock, ward::Log::none())).value();
}

// Appends and waits until it is durable.
Result<std::uint64_t> append_and_wait(EvidenceLog& log, const Record& record) {
  std::promise<Result<std::uint64_t>> promise;
  auto appended =
      log.append(record, [&](Result<std::uint64_t> index) { promise.set_value(std::move(index)); });
  if (!appended.ok()) return appended.error();
  return promise.get_future().get();
}

std::string checkpoint_now(EvidenceLog& log) {
  std::promise<std::string> promise;
  log.request_checkpoint(
      [&](Result<std::string> note) { promise.set_value(note.ok() ? *note : ""); });
  return promise.get_future().get();
}

std::vector<Record> read_all(const os::FileSystem& files) {
  std::vector<Record> records;
  const auto reader = LogReader::open(files, "/log", test_keys());
  EXPECT_TRUE(reader.ok());
  EXPECT_TRUE(reader
                  ->read_entries(0, reader->size(),
                                 [&](std::uint64_t, ByteView entry) -> Result<void> {
                                   records.push_back(*decode_record(entry));
                                   return {};
                                 })
                  .ok());
  return records;
}

TEST(EvidenceLog, ManyThreadsAppendAndEveryRecordIsThereOnce) {
  MemoryFileSystem files;
  SystemClock clock;
  constexpr int kThreads = 4, kEach = 500;
  std::atomic<int> durable = 0;
  {
    auto log = open(files, clock);
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kEach; ++i) {
          const auto number = static_cast<std::uint64_t>(t * kEach + i);
          ASSERT_TRUE(log->append(test_record(number, 1),
                                  [&](Result<std::uint64_t> index) {
                                    if (index.ok()) ++durable;
                                  })
                          .ok());
        }
      });
    }
  }
  EXPECT_EQ(durable, kThreads * kEach);
  std::set<std::string> resources;
  for (const Record& record : read_all(files))
    resources.insert(std::get<Decision>(record.body).resource);
  EXPECT_EQ(resources.size(), static_cast<std::size_t>(kThreads * kEach));
  EXPECT_TRUE(verify_log(files, "/log", test_keys()).ok());
}

TEST(EvidenceLog, TheCallComesAfterTheRecordIsDurable) {
  MemoryFileSystem files;
  SystemClock clock;
  auto log = open(files, clock);
  ASSERT_EQ(*append_and_wait(*log, test_record(0, 1)), 0u);
  ASSERT_EQ(*append_and_wait(*log, test_record(1, 1)), 1u);
  files.crash();
  log.reset();
  auto again = open(files, clock);
  EXPECT_EQ(*append_and_wait(*again, test_record(2, 1)), 2u);
}

TEST(EvidenceLog, ARecordIsProvedByTheWriteThatMakesItDurableAndPublishedSoonAfter) {
  MemoryFileSystem files;
  SystemClock clock;
  auto log = open(files, clock);
  for (std::uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(log->append(test_record(i, 1)).ok());
  const Bytes record = *encode_record(test_record(3, 1));
  std::promise<Result<TlogProof>> promise;
  ASSERT_TRUE(
      log->append_proved(record, 1,
                         [&](Result<TlogProof> proof) { promise.set_value(std::move(proof)); })
          .ok());
  const auto proof = promise.get_future().get();
  ASSERT_TRUE(proof.ok()) << proof.error().text();
  EXPECT_EQ(proof->index, 3u);
  EXPECT_TRUE(verify_tlog_proof(*proof, record, test_keys()).ok());
  for (int i = 0; i < 5000 && log->last_checkpoint() != proof->checkpoint; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  EXPECT_EQ(as_text(*files.read_file("/log/checkpoint", 10'000)), proof->checkpoint);
  EXPECT_EQ(read_all(files).size(), 4u);
}

TEST(EvidenceLog, AProofIsRefusedWhenTheRecordCannotBeWritten) {
  MemoryFileSystem files;
  SystemClock clock;
  auto log = open(files, clock);
  files.inject(
      {.operation = FileOperation::kSync, .nth = 1, .error_number = EIO, .is_lasting = true});
  std::promise<Result<TlogProof>> promise;
  ASSERT_TRUE(
      log->append_proved(*encode_record(test_record(0, 1)), 1,
                         [&](Result<TlogProof> proof) { promise.set_value(std::move(proof)); })
          .ok());
  EXPECT_EQ(promise.get_future().get().error().code(), ErrorCode::kUnavailable);
}

// Would take an hour if a record that is waited for, a checkpoint or the end did not cut it short.
TEST(EvidenceLog, ALingeringRecordGoesAlongWithWhatIsWaitedFor) {
  MemoryFileSystem files;
  SystemClock clock;
  EvidenceLogOptions with = options();
  with.linger = std::chrono::hours{1};
  auto log = open(files, clock, std::move(with));
  for (std::uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(log->append(test_record(i, 1)).ok());
  EXPECT_EQ(append_and_wait(*log, test_record(3, 1)).value(), 3U);
  ASSERT_TRUE(log->append(test_record(4, 1)).ok());
  EXPECT_NE(checkpoint_now(*log), "");
  ASSERT_TRUE(log->append(test_record(5, 1)).ok());
  log.reset();
  EXPECT_EQ(read_all(files).size(), 6U);
}

TEST(EvidenceLog, ALingeringRecordIsWrittenWhenItsTimeIsUp) {
  MemoryFileSystem files;
  SystemClock clock;
  EvidenceLogOptions with = options();
  with.linger = std::chrono::milliseconds{1};
  with.checkpoint_interval = std::chrono::milliseconds{1};
  const auto log = open(files, clock, std::move(with));
  ASSERT_TRUE(log->append(test_record(0, 1)).ok());
  const auto is_signed = [&] { return log->last_checkpoint().contains("\n1\n"); };
  for (int i = 0; i < 5000 && !is_signed(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  EXPECT_TRUE(is_signed());
}

TEST(EvidenceLog, ARevisionThatGoesDownIsRefused) {
  MemoryFileSystem files;
  SystemClock clock;
  auto log = open(files, clock);
  ASSERT_TRUE(log->append(test_record(0, 5)).ok());
  EXPECT_EQ(log->append(test_record(1, 4)).error().code(), ErrorCode::kAborted);
  EXPECT_TRUE(log->append(test_record(2, 5)).ok());
  log.reset();
  auto again = open(files, clock);
  EXPECT_EQ(again->append(test_record(3, 4)).error().code(), ErrorCode::kAborted);
}

TEST(EvidenceLog, ACheckpointOnDemandCoversWhatWasAppendedBefore) {
  MemoryFileSystem files;
  SystemClock clock;
  auto log = open(files, clock);
  for (std::uint64_t i = 0; i < 300; ++i) ASSERT_TRUE(log->append(test_record(i, i)).ok());
  const std::string note = checkpoint_now(*log);
  const auto opened = open_checkpoint(note, test_keys());
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->checkpoint.tree.size, 300u);
  EXPECT_EQ(log->last_checkpoint(), note);
}

TEST(EvidenceLog, CheckpointsComeByTheClock) {
  MemoryFileSystem files;
  SystemClock clock;
  auto with = options();
  with.checkpoint_interval = std::chrono::milliseconds{2};
  auto log = open(files, clock, std::move(with));
  const std::string before = log->last_checkpoint();
  ASSERT_TRUE(append_and_wait(*log, test_record(0, 1)).ok());
  for (int i = 0; i < 5000 && log->last_checkpoint() == before; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  EXPECT_NE(log->last_checkpoint(), before);
}

TEST(EvidenceLog, AFullDiskRefusesThenLeavesAGapWithTheCount) {
  MemoryFileSystem files;
  SystemClock clock;
  auto log = open(files, clock);
  ASSERT_TRUE(append_and_wait(*log, test_record(0, 1)).ok());
  files.inject(
      {.operation = FileOperation::kWrite, .nth = 1, .error_number = ENOSPC, .is_lasting = true});
  const auto refused = append_and_wait(*log, test_record(1, 1));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(log->state(), LogState::kFailed);
  EXPECT_EQ(log->append(test_record(2, 1)).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(checkpoint_now(*log), "");
  files.heal();
  for (int i = 0; i < 5000 && log->state() == LogState::kFailed; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  ASSERT_EQ(log->state(), LogState::kWritable);
  ASSERT_TRUE(append_and_wait(*log, test_record(3, 1)).ok());
  log.reset();
  const auto records = read_all(files);
  ASSERT_EQ(records.size(), 3u);
  const Gap* gap = std::get_if<Gap>(&records[1].body);
  ASSERT_NE(gap, nullptr);
  EXPECT_EQ(gap->count, 2u);
  EXPECT_FALSE(gap->reason.empty());
}

TEST(EvidenceLog, SealedValuesAreKeptBesideTheLogAndTheirErasureLeavesItWhole) {
  MemoryFileSystem files;
  SystemClock clock;
  SeededRandom random(1);
  auto with = options();
  with.values_directory = "/values";
  auto log = open(files, clock, std::move(with));
  ASSERT_TRUE(log->append(test_record(0, 1)).ok());
  const OpenedValue value = open_value("source", "192.0.2.7", random);
  Record record = test_record(1, 1);
  std::get<Decision>(record.body).sealed = {seal_value(value)};
  std::promise<std::uint64_t> durable;
  ASSERT_TRUE(
      log->append(record, [&](Result<std::uint64_t> index) { durable.set_value(*index); }, {value})
          .ok());
  EXPECT_EQ(durable.get_future().get(), 1u);
  auto side = SealedValues::open("/values", files);
  EXPECT_EQ(*side->values_of(1), std::vector{value});
  log.reset();
  ASSERT_TRUE(side->erase(1).ok());
  EXPECT_TRUE(side->values_of(1)->empty());
  EXPECT_TRUE(verify_log(files, "/log", test_keys()).ok());
  const auto reader = LogReader::open(files, "/log", test_keys());
  const Bytes entry = *reader->read_entry(1);
  EXPECT_TRUE(verify_tlog_proof(*reader->prove(1), entry, test_keys()).ok());
  EXPECT_EQ(as_text(entry).find("192.0.2.7"), std::string_view::npos);
}

TEST(EvidenceLog, ValuesThatCannotBeKeptLoseNoEvidence) {
  MemoryFileSystem files;
  SystemClock clock;
  SeededRandom random(1);
  auto with = options();
  with.values_directory = "/values";
  auto log = open(files, clock, std::move(with));
  ASSERT_TRUE(append_and_wait(*log, test_record(0, 1)).ok());
  std::promise<Result<std::uint64_t>> durable;
  const auto held = files.lock("/values.lock");
  ASSERT_TRUE(log->append(test_record(1, 1),
                          [&](Result<std::uint64_t> index) { durable.set_value(std::move(index)); },
                          {open_value("source", "192.0.2.7", random)})
                  .ok());
  EXPECT_EQ(*durable.get_future().get(), 1u);
  EXPECT_EQ(log->state(), LogState::kWritable);
}

TEST(EvidenceLog, AFullQueueRefusesAndIsCounted) {
  MemoryFileSystem files;
  SystemClock clock;
  auto with = options();
  with.queue_records_max = 2;
  std::promise<void> entered, release;
  auto log = open(files, clock, std::move(with));
  // The disk thread is held in a callback while the queue fills.
  ASSERT_TRUE(log->append(test_record(0, 1),
                          [&](const Result<std::uint64_t>&) {
                            entered.set_value();
                            release.get_future().wait();
                          })
                  .ok());
  entered.get_future().wait();
  EXPECT_TRUE(log->append(test_record(1, 1)).ok());
  EXPECT_TRUE(log->append(test_record(2, 1)).ok());
  EXPECT_EQ(log->append(test_record(3, 1)).error().code(), ErrorCode::kResourceExhausted);
  release.set_value();
  log.reset();
  const auto records = read_all(files);
  ASSERT_EQ(records.size(), 4u);
  EXPECT_EQ(std::get<Gap>(records[1].body).count, 1u);
}

}  // namespace
}  // namespace ward::evidence
