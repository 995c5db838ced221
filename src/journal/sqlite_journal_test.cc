#include "journal/sqlite_journal.h"

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "journal/testing/journal_suite.h"
#include "tests/support/paths.h"

namespace ward::journal::testing {
namespace {

using ::testing::HasSubstr;

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = ward::testing::binary_dir() / "journal_test.XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  std::string file() const { return path_ + "/journal.db"; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class SqliteFixture final : public JournalFixture {
 public:
  Result<std::unique_ptr<Journal>> open() override {
    return open_sqlite_journal(directory_.file(), files_);
  }
  bool keeps_facts() const override { return true; }

 private:
  TemporaryDirectory directory_;
  os::SystemFileSystem files_;
};

std::unique_ptr<JournalFixture> make_fixture() {
  return std::make_unique<SqliteFixture>();
}

INSTANTIATE_TEST_SUITE_P(Sqlite, JournalSuite, ::testing::Values(&make_fixture));

class SqliteJournal : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Journal>> open(SqliteOptions options = {}) {
    return open_sqlite_journal(directory_.file(), files_, options);
  }
  std::unique_ptr<Journal> opened(SqliteOptions options = {}) {
    auto journal = open(options);
    WARD_CHECK(journal.ok());
    return *std::move(journal);
  }
  static Result<std::uint64_t> append(Journal& journal, std::uint64_t expected,
                                      std::size_t size = 10) {
    std::promise<Result<std::uint64_t>> promise;
    auto result = promise.get_future();
    journal.append(expected, {Bytes(size, 'f')},
                   [&](auto revision) { promise.set_value(std::move(revision)); });
    return result.get();
  }
  // From outside, as an enemy or an accident would.
  void tamper(const std::string& sql) const {
    sqlite3* connection = nullptr;
    ASSERT_EQ(sqlite3_open(directory_.file().c_str(), &connection), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(connection);
    sqlite3_close(connection);
  }
  void expect_refused(ErrorCode code, const std::string& why, SqliteOptions options = {}) {
    const auto journal = open(options);
    ASSERT_FALSE(journal.ok());
    EXPECT_EQ(journal.error().code(), code) << journal.error().text();
    EXPECT_THAT(journal.error().message(), HasSubstr(why));
    EXPECT_THAT(journal.error().message(), HasSubstr(directory_.file()));
  }

  // Appends until the disk is full, then shows that nothing is lost and that room lets it go on.
  template <typename MakeRoom>
  void fill_and_go_on(std::unique_ptr<Journal>& journal, MakeRoom&& make_room) {
    std::uint64_t head = 0;
    Result<std::uint64_t> result = std::uint64_t{0};
    while (head < 5000 && (result = append(*journal, head, 16 << 10)).ok()) ++head;
    ASSERT_FALSE(result.ok()) << "never full";
    EXPECT_EQ(result.error().code(), ErrorCode::kResourceExhausted) << result.error().text();
    EXPECT_GT(head, 10u);
    EXPECT_EQ(journal->head(), head);
    const auto read = journal->read(0, {.entries_max = 10'000, .bytes_max = 1 << 30});
    ASSERT_TRUE(read.ok()) << read.error().text();
    EXPECT_EQ(read->size(), head);
    make_room();
    const auto again = append(*journal, head, 16 << 10);
    ASSERT_TRUE(again.ok()) << again.error().text();
    EXPECT_EQ(journal->head(), head + 1);
  }

  TemporaryDirectory directory_;
  os::SystemFileSystem files_;
};

TEST_F(SqliteJournal, IsPrivateToItsOwner) {
  const auto journal = opened();
  ASSERT_TRUE(append(*journal, 0).ok());
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat status{};
    ASSERT_EQ(::stat((directory_.file() + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777, 0600u) << suffix;
  }
}

TEST_F(SqliteJournal, IsOpenedByOneAtATime) {
  {
    const auto first = opened();
    expect_refused(ErrorCode::kUnavailable, "another process");
  }
  EXPECT_TRUE(open().ok());
}

TEST_F(SqliteJournal, AMissingFactIsFoundOnOpening) {
  {
    const auto journal = opened();
    for (std::uint64_t i = 0; i < 5; ++i) ASSERT_TRUE(append(*journal, i).ok());
  }
  tamper("DELETE FROM fact WHERE revision = 3");
  expect_refused(ErrorCode::kDataLoss, "facts are missing");
}

TEST_F(SqliteJournal, ADamagedFactIsFoundOnReading) {
  {
    const auto journal = opened();
    for (std::uint64_t i = 0; i < 5; ++i) ASSERT_TRUE(append(*journal, i).ok());
  }
  tamper("UPDATE fact SET bytes = x'00' WHERE revision = 3");
  const auto journal = opened();
  const auto read = journal->read(0, {});
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code(), ErrorCode::kDataLoss);
  EXPECT_THAT(read.error().message(), HasSubstr("fact 3"));
  EXPECT_TRUE(journal->read(3, {}).ok());
  Heard heard;
  const auto subscription = journal->follow(0, run_inline, heard.follower());
  ASSERT_TRUE(heard.wait_for_revision(5));
  ASSERT_TRUE(heard.error().has_value());
  EXPECT_EQ(heard.error()->code(), ErrorCode::kDataLoss);
}

TEST_F(SqliteJournal, RefusesFilesThatAreNoJournal) {
  std::ofstream(directory_.file()) << std::string(8192, 'x');
  expect_refused(ErrorCode::kDataLoss, "not a database");
  std::filesystem::remove(directory_.file());
  tamper("CREATE TABLE other (a)");
  expect_refused(ErrorCode::kFailedPrecondition, "no journal of Ward");
  std::filesystem::remove(directory_.file());
  std::filesystem::create_directory(directory_.file());
  expect_refused(ErrorCode::kFailedPrecondition, "open");
}

TEST_F(SqliteJournal, RefusesANewerSchemaAndSaysSo) {
  opened();
  tamper("PRAGMA user_version = 99");
  expect_refused(ErrorCode::kUnimplemented, "schema version 99 is newer");
}

TEST_F(SqliteJournal, DamagedPagesAreAnErrorNotACrash) {
  {
    const auto journal = opened();
    for (std::uint64_t i = 0; i < 200; ++i) ASSERT_TRUE(append(*journal, i, 1000).ok());
  }
  const auto size = std::filesystem::file_size(directory_.file());
  for (std::uintmax_t page = 1; page * 4096 < size; ++page) {
    const std::string copy = directory_.path() + "/damaged.db";
    std::filesystem::copy_file(directory_.file(), copy,
                               std::filesystem::copy_options::overwrite_existing);
    std::fstream file(copy, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(page * 4096));
    file << std::string(4096, '\xa5');
    file.close();
    auto journal = open_sqlite_journal(copy, files_);
    if (!journal.ok()) {
      EXPECT_EQ(journal.error().code(), ErrorCode::kDataLoss) << journal.error().text();
      continue;
    }
    // A page that opening does not look into: reading all finds it, or it held no fact.
    const auto read = (*journal)->read(0, {.entries_max = 1000, .bytes_max = 1 << 30});
    EXPECT_TRUE(!read.ok() || read->size() == 200u);
  }
}

TEST_F(SqliteJournal, AFullFileIsAClearErrorAndNothingIsLost) {
  auto journal = opened({.bytes_max = 2 << 20});
  fill_and_go_on(journal, [&] {
    journal.reset();
    journal = opened({.bytes_max = 4 << 20});
  });
}

// A small file system of its own, where this process may mount one.
class SmallDisk {
 public:
  explicit SmallDisk(std::string path) : path_(std::move(path)) {
    std::filesystem::create_directory(path_);
    mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=4m") == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  bool is_mounted() const { return mounted_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  void set_read_only(bool read_only) const {
    const unsigned long flags = read_only ? MS_REMOUNT | MS_RDONLY : MS_REMOUNT;
    ASSERT_EQ(::mount(nullptr, path_.c_str(), nullptr, flags, nullptr), 0);
  }

 private:
  std::string path_;
  bool mounted_ = false;
};

TEST_F(SqliteJournal, AFullDiskIsAClearErrorAndNothingIsLost) {
  const SmallDisk disk(directory_.path() + "/small");
  if (!disk.is_mounted()) GTEST_SKIP() << "A TMPFS CANNOT BE MOUNTED HERE";
  {
    auto journal = open_sqlite_journal(disk.file("journal.db"), files_);
    ASSERT_TRUE(journal.ok()) << journal.error().text();
    std::ofstream(disk.file("ballast")) << std::string(1 << 20, 'b');
    fill_and_go_on(*journal, [&] { std::filesystem::remove(disk.file("ballast")); });
  }
  const auto again = open_sqlite_journal(disk.file("journal.db"), files_);
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_GT((*again)->head(), 10u);
}

TEST_F(SqliteJournal, AReadOnlyDiskIsAClearErrorAndNothingIsLost) {
  const SmallDisk disk(directory_.path() + "/readonly");
  if (!disk.is_mounted()) GTEST_SKIP() << "A TMPFS CANNOT BE MOUNTED HERE";
  const std::string file = disk.file("journal.db");
  {
    auto journal = open_sqlite_journal(file, files_);
    ASSERT_TRUE(journal.ok());
    ASSERT_TRUE(append(**journal, 0).ok());
  }
  disk.set_read_only(true);
  {
    const auto journal = open_sqlite_journal(file, files_);
    ASSERT_FALSE(journal.ok());
    EXPECT_EQ(journal.error().code(), ErrorCode::kFailedPrecondition) << journal.error().text();
    EXPECT_THAT(journal.error().message(), HasSubstr(file));
  }
  disk.set_read_only(false);
  const auto journal = open_sqlite_journal(file, files_);
  ASSERT_TRUE(journal.ok());
  EXPECT_EQ((*journal)->head(), 1u);
}

TEST_F(SqliteJournal, ASnapshotThatWasCutShortIsForgotten) {
  {
    const auto journal = opened();
    ASSERT_TRUE(append(*journal, 0).ok());
    ASSERT_TRUE(
        journal->put_snapshot(1, [](const ByteSink& sink) { return sink(as_bytes("whole")); })
            .ok());
  }
  tamper("INSERT INTO snapshot_chunk (revision, number, bytes) VALUES (7, 0, x'00')");
  const auto journal = opened();
  EXPECT_EQ(*journal->newest_snapshot(), 1u);
  EXPECT_EQ(journal->read_snapshot(7, [](ByteView) { return Result<void>(); }).error().code(),
            ErrorCode::kNotFound);
}

}  // namespace
}  // namespace ward::journal::testing
