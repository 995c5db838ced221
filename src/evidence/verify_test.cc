// Whatever is done to a log at rest is found: a bit flipped, a file dropped or added, records
// reordered or rolled back.
#include "evidence/verify.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "evidence/testing_log.h"
#include "evidence/tile.h"

namespace ward::evidence {
namespace {

using os::testing::MemoryFileSystem;
using testing::small_record;
using testing::test_keys;
using testing::test_signer;
using testing::TestLog;

std::vector<std::string> all_files(const os::FileSystem& files, const std::string& directory) {
  std::vector<std::string> found;
  const std::vector<std::string> names = files.list_directory(directory, 10'000).value();
  for (const std::string& name : names) {
    const std::string path = directory + "/" + name;
    if ((*files.status(path))->kind == os::FileKind::kDirectory) {
      for (const std::string& inner : all_files(files, path)) found.push_back(inner);
    } else {
      found.push_back(path);
    }
  }
  return found;
}

class VerifyTest : public ::testing::Test {
 protected:
  // 270 records: a full bundle and tile, a partial of each, and a partial tile of level 1; partials
  // of an earlier head.
  void SetUp() override {
    TestLog log(files_);
    ASSERT_TRUE(log.open().ok());
    ASSERT_TRUE(log.add(3, small_record).ok());
    ASSERT_TRUE(log.add(257, small_record).ok());
    ASSERT_TRUE(log.writer().publish().ok());
    early_ = log.writer().head();
    ASSERT_TRUE(log.add(10, small_record).ok());
    ASSERT_TRUE(log.writer().publish().ok());
    head_ = log.writer().head();
  }

  Result<VerifiedLog> verify(std::vector<TreeHead> seen = {}) {
    return verify_log(files_, "/log", test_keys(), {.seen_elsewhere = std::move(seen)});
  }

  MemoryFileSystem files_;
  TreeHead early_, head_;
};

TEST_F(VerifyTest, AWholeLogVerifiesAndIsVisitedInOrder) {
  std::uint64_t next = 0;
  const auto verified =
      verify_log(files_, "/log", test_keys(),
                 {.seen_elsewhere = {head_, early_, {}},
                  .visit = [&](std::uint64_t index, const RecordHead& record) -> Result<void> {
                    EXPECT_EQ(index, next++);
                    EXPECT_EQ(record.revision, index / 4);
                    return {};
                  }});
  ASSERT_TRUE(verified.ok()) << verified.error().message();
  EXPECT_EQ(next, 270u);
  EXPECT_EQ(verified->checkpoint.tree, head_);
  EXPECT_EQ(verified->last_revision, 269u / 4);
  EXPECT_EQ(verified->unsigned_records, 0u);
}

TEST_F(VerifyTest, EveryDamagedByteIsFound) {
  std::size_t bytes = 0;
  for (const std::string& path : all_files(files_, "/log")) {
    const std::uint64_t size = (*files_.status(path))->size;
    for (std::uint64_t at = 0; at < size; ++at, ++bytes) {
      const auto mask = static_cast<std::uint8_t>(1u << (at % 8));
      files_.damage(path, at, mask);
      const bool is_found = !verify().ok();
      files_.damage(path, at, mask);
      // A torn group at the end of the write-ahead file repeats what tiles have: reported, and
      // nothing is lost.
      if (!is_found && path == "/log/wal") {
        files_.damage(path, at, mask);
        EXPECT_TRUE(verify()->has_torn_group) << at;
        files_.damage(path, at, mask);
        continue;
      }
      ASSERT_TRUE(is_found) << path << " at " << at;
    }
  }
  EXPECT_GT(bytes, 20'000u);
  EXPECT_TRUE(verify().ok());
}

TEST_F(VerifyTest, EveryDroppedOrShortenedFileIsFound) {
  for (const std::string& path : all_files(files_, "/log")) {
    if (path == "/log/lock" || path == "/log/wal") continue;  // hold nothing that is not elsewhere
    if (path.ends_with(".p/4")) continue;                     // of an earlier head: may be dropped
    const Bytes good = *files_.read_file(path, 1 << 20);
    ASSERT_TRUE(files_.remove(path).ok());
    EXPECT_FALSE(verify().ok()) << path;
    ASSERT_TRUE(files_.write_file(path, ByteView(good).first(good.size() - 1), 0600).ok());
    EXPECT_FALSE(verify().ok()) << path;
    Bytes longer = good;
    longer.push_back(0);
    ASSERT_TRUE(files_.write_file(path, longer, 0600).ok());
    EXPECT_FALSE(verify().ok()) << path;
    ASSERT_TRUE(files_.write_file(path, good, 0600).ok());
  }
  EXPECT_TRUE(verify().ok());
}

TEST_F(VerifyTest, FilesThatALogDoesNotHaveAreFound) {
  for (const std::string path :
       {"/log/note", "/log/tile/0/002", "/log/tile/entries/001", "/log/tile/1/000",
        "/log/tile/0/001.p/15", "/log/tile/x", "/log/lock", "/log/note.tmp-1", "/log/wal.tmp-x",
        "/log/tile/0/002.tmp-1"}) {
    const auto before = files_.read_file(path, 10);
    ASSERT_TRUE(files_.write_file(path, as_bytes("x"), 0600).ok());
    EXPECT_FALSE(verify().ok()) << path;
    if (before.ok()) {
      ASSERT_TRUE(files_.write_file(path, *before, 0600).ok());
    } else {
      ASSERT_TRUE(files_.remove(path).ok());
    }
  }
  EXPECT_TRUE(verify().ok());
}

TEST_F(VerifyTest, TemporaryFilesOfAWriterThatDiedAreCounted) {
  for (const std::string path :
       {"/log/checkpoint.tmp-17", "/log/tile/0/000.tmp-17", "/log/tile/0/001.p/14.tmp-17"})
    ASSERT_TRUE(files_.write_file(path, as_bytes("cut sh"), 0600).ok());
  const auto verified = verify();
  ASSERT_TRUE(verified.ok()) << verified.error().message();
  EXPECT_EQ(verified->stale_files, 3u);
}

TEST_F(VerifyTest, ReorderedRecordsAreFoundEvenIfTheirTileFollows) {
  Bytes bundle = *files_.read_file("/log/tile/entries/000", 1 << 20);
  Bytes tile = *files_.read_file("/log/tile/0/000", 1 << 20);
  const auto entries = *parse_bundle(bundle, 256);
  Bytes swapped_bundle, swapped_tile;
  for (std::size_t i = 0; i < 256; ++i) {
    const std::size_t from = i == 4 ? 5 : i == 5 ? 4 : i;
    append_bundle_entry(swapped_bundle, entries[from]);
    append_tile_hash(swapped_tile, leaf_hash(entries[from]));
  }
  ASSERT_TRUE(files_.write_file("/log/tile/entries/000", swapped_bundle, 0600).ok());
  EXPECT_FALSE(verify().ok());
  ASSERT_TRUE(files_.write_file("/log/tile/0/000", swapped_tile, 0600).ok());
  EXPECT_FALSE(verify().ok());
}

// Whoever edits a log makes all its files anew, tiles and write-ahead file too, but cannot sign:
// the checkpoint stays. What is left of the records then is not what it signs.
class RewrittenLog : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kRecords = 12;

  void SetUp() override {
    std::vector<std::uint64_t> all;
    for (std::uint64_t i = 0; i < kRecords; ++i) all.push_back(i);
    MemoryFileSystem files;
    write(files, all);
    checkpoint_ = *files.read_file("/log/checkpoint", 1 << 16);
    ASSERT_TRUE(verify_log(files, "/log", test_keys()).ok());
  }
  // The head of each prefix that was signed on the way.
  static std::vector<TreeHead> write(MemoryFileSystem& files,
                                     const std::vector<std::uint64_t>& numbers) {
    TestLog log(files);
    EXPECT_TRUE(log.open().ok());
    std::vector<TreeHead> heads;
    for (const std::uint64_t number : numbers) {
      RecordGroup group;
      group.add(*encode_record(small_record(number, 7)), 7);
      EXPECT_TRUE(log.writer().commit(group).ok());
      EXPECT_TRUE(log.writer().publish().ok());
      heads.push_back(log.writer().head());
    }
    return heads;
  }
  bool is_found(const std::vector<std::uint64_t>& numbers) {
    MemoryFileSystem files;
    write(files, numbers);
    EXPECT_TRUE(files.write_file("/log/checkpoint", checkpoint_, 0640).ok());
    return !verify_log(files, "/log", test_keys()).ok();
  }
  static std::vector<std::uint64_t> numbers() {
    std::vector<std::uint64_t> all;
    for (std::uint64_t i = 0; i < kRecords; ++i) all.push_back(i);
    return all;
  }

  Bytes checkpoint_;
};

TEST_F(RewrittenLog, EachRecordDroppedIsFound) {
  EXPECT_FALSE(is_found(numbers()));
  for (std::size_t i = 0; i < kRecords; ++i) {
    auto fewer = numbers();
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_TRUE(is_found(fewer)) << i;
  }
}

TEST_F(RewrittenLog, EachTwoRecordsSwappedAreFound) {
  for (std::size_t i = 0; i < kRecords; ++i) {
    for (std::size_t j = i + 1; j < kRecords; ++j) {
      auto swapped = numbers();
      std::swap(swapped[i], swapped[j]);
      EXPECT_TRUE(is_found(swapped)) << i << ' ' << j;
    }
  }
}

TEST_F(RewrittenLog, EachTruncationAndAdditionIsFound) {
  for (std::size_t size = 0; size < kRecords; ++size) {
    auto fewer = numbers();
    fewer.resize(size);
    EXPECT_TRUE(is_found(fewer)) << size;
  }
  for (std::size_t at = 0; at < kRecords; ++at) {
    auto more = numbers();
    more.insert(more.begin() + static_cast<std::ptrdiff_t>(at), 99);
    EXPECT_TRUE(is_found(more)) << at;
  }
}

TEST_F(RewrittenLog, ARollBackToEachEarlierHeadIsFoundByWhoeverSawALaterOne) {
  MemoryFileSystem whole;
  const auto heads = write(whole, numbers());
  for (std::size_t size = 1; size < kRecords; ++size) {
    MemoryFileSystem earlier;
    auto fewer = numbers();
    fewer.resize(size);
    write(earlier, fewer);
    EXPECT_TRUE(verify_log(earlier, "/log", test_keys()).ok()) << "a log alone cannot know";
    for (std::size_t seen = size; seen < kRecords; ++seen) {
      EXPECT_FALSE(verify_log(earlier, "/log", test_keys(), {.seen_elsewhere = {heads[seen]}}).ok())
          << size << ' ' << seen;
    }
  }
}

TEST_F(RewrittenLog, EachFileCutAtEachByteIsFound) {
  MemoryFileSystem files;
  write(files, numbers());
  for (const std::string& path : all_files(files, "/log")) {
    // What these hold is elsewhere too: partial tiles of earlier heads, and the write-ahead file.
    if (path.find(".p/") != std::string::npos && !path.ends_with(".p/12")) continue;
    if (path == "/log/lock" || path == "/log/wal") continue;
    const Bytes good = *files.read_file(path, 1 << 20);
    for (std::size_t size = 0; size < good.size(); ++size) {
      ASSERT_TRUE(files.write_file(path, ByteView(good).first(size), 0600).ok());
      ASSERT_FALSE(verify_log(files, "/log", test_keys()).ok()) << path << " at " << size;
    }
    ASSERT_TRUE(files.write_file(path, good, 0600).ok());
  }
  // A write-ahead file that is cut repeats less of what the tiles have, or is no file of its kind.
  const Bytes wal = *files.read_file("/log/wal", 1 << 20);
  for (std::size_t size = 0; size < wal.size(); ++size) {
    ASSERT_TRUE(files.write_file("/log/wal", ByteView(wal).first(size), 0600).ok());
    const auto verified = verify_log(files, "/log", test_keys());
    if (verified.ok()) {
      EXPECT_EQ(verified->checkpoint.tree.size, kRecords);
    }
  }
}

TEST_F(VerifyTest, ARolledBackLogIsFoundByWhoeverSawItsHead) {
  MemoryFileSystem earlier;
  TestLog log(earlier);
  ASSERT_TRUE(log.open().ok());
  ASSERT_TRUE(log.add(3, small_record).ok());
  ASSERT_TRUE(log.add(257, small_record).ok());
  ASSERT_TRUE(log.writer().publish().ok());
  EXPECT_TRUE(verify_log(earlier, "/log", test_keys(), {.seen_elsewhere = {early_}}).ok());
  EXPECT_FALSE(verify_log(earlier, "/log", test_keys(), {.seen_elsewhere = {early_, head_}}).ok());
  EXPECT_FALSE(verify({{100, leaf_hash(as_bytes("another history"))}}).ok());
}

TEST_F(VerifyTest, AnotherKeyIsRefused) {
  const std::vector keys{test_signer(std::string(testing::kOrigin), 9).verifier()};
  EXPECT_EQ(verify_log(files_, "/log", keys).error().code(), ErrorCode::kUnauthenticated);
}

TEST_F(VerifyTest, RecordsBehindTheCheckpointAreCountedNotVouchedFor) {
  TestLog log(files_);
  ASSERT_TRUE(log.open().ok());
  ASSERT_TRUE(log.add(300, small_record).ok());
  const auto verified = verify();
  ASSERT_TRUE(verified.ok()) << verified.error().message();
  EXPECT_EQ(verified->checkpoint.tree, head_);
  EXPECT_EQ(verified->unsigned_records, 300u);
  files_.damage("/log/tile/0/001", 100, 1);
  EXPECT_FALSE(verify().ok()) << "a tile that is ahead of the checkpoint still has to be right";
}

// On the disk, where a reader sees temporary names and what stands between two files.
TEST(Verify, ALogVerifiesWhileItIsWritten) {
  std::string directory = ::testing::TempDir() + "ward-verify-XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  os::SystemFileSystem files;
  TestLog log(files, 4096, directory + "/log");  // the write-ahead file begins anew all the time
  ASSERT_TRUE(log.open().ok());
  ASSERT_TRUE(log.add(1, small_record).ok() && log.writer().publish().ok());
  std::atomic<int> verifications = 0;
  std::atomic<bool> is_done = false;
  std::jthread writer([&] {
    for (std::size_t i = 0; i < 400 || verifications < 10; ++i) {
      ASSERT_TRUE((i % 3 == 0 ? log.add_signed(1) : log.add(1 + i % 5, small_record)).ok());
      if (i % 4 == 0) {
        ASSERT_TRUE(log.writer().publish().ok());
      }
    }
    is_done = true;
  });
  TreeHead seen;
  for (; !is_done; ++verifications) {
    const auto verified =
        verify_log(files, directory + "/log", test_keys(), {.seen_elsewhere = {seen}});
    EXPECT_TRUE(verified.ok()) << verified.error().message();
    if (!verified.ok()) continue;
    EXPECT_GE(verified->checkpoint.tree.size, seen.size);
    seen = verified->checkpoint.tree;
  }
  EXPECT_GT(seen.size, 400u);
  std::filesystem::remove_all(directory);
}

// A receipt names a head that `checkpoint` gets a moment later.
TEST_F(VerifyTest, AHeadThatIsSignedAndNotYetPublishedIsExtendedAndItsRecordsAreVisited) {
  TestLog log(files_);
  ASSERT_TRUE(log.open().ok());
  ASSERT_TRUE(log.add_signed(5).ok());
  const TreeHead middle = log.writer().head();
  ASSERT_TRUE(log.add_signed(7).ok());
  const TreeHead newest = log.writer().head();
  ASSERT_TRUE(log.add(3).ok());
  ASSERT_TRUE(log.writer().has_unpublished());
  std::uint64_t visited = 0;
  const auto count = [&](std::uint64_t index, const RecordHead&) -> Result<void> {
    EXPECT_EQ(index, visited++);
    return {};
  };
  const auto verified = verify_log(files_, "/log", test_keys(),
                                   {.seen_elsewhere = {head_, middle, newest}, .visit = count});
  ASSERT_TRUE(verified.ok()) << verified.error().message();
  EXPECT_EQ(verified->checkpoint.tree, newest);
  EXPECT_EQ(verified->unsigned_records, 3u);
  EXPECT_EQ(visited, newest.size);
  EXPECT_FALSE(verify({{middle.size, leaf_hash(as_bytes("another history"))}}).ok());
  EXPECT_FALSE(verify({{newest.size + 4, newest.root}}).ok()) << "rolled back";
}

}  // namespace
}  // namespace ward::evidence
