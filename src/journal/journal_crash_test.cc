// kill -9 at random points, under load: a child appends from several threads and tells each
// acknowledgement through a pipe; the parent kills it, opens the journal, and holds it against what
// was told.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <thread>

#include "base/random.h"
#include "journal/sqlite_journal.h"
#include "tests/support/paths.h"

namespace ward::journal {
namespace {

constexpr int kRounds = 200;
constexpr int kThreads = 4;
constexpr int kRoundsPerFile = 20;  // then a new one, so that checking all of it stays quick

// Pipes keep writes of up to PIPE_BUF bytes whole, so an acknowledgement is there or is not.
struct Acknowledgement {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t writer = 0;
  std::uint64_t number = 0;
};

// What append `number` of `writer` says at place `i` of `count`: recognisable, of varying size,
// different each time.
Bytes content(std::uint64_t writer, std::uint64_t number, std::uint64_t i, std::uint64_t count) {
  std::string text = fmt::format("{}/{}/{}/{}/", writer, number, i, count);
  text.append((writer * 131 + number * 17 + i * 7) % 700, static_cast<char>('a' + number % 26));
  return to_bytes(text);
}

// One writer of the child: appends groups of one to four facts, each as soon as the one before is
// answered.
class Writer {
 public:
  Writer(Journal& journal, std::uint64_t name, int pipe)
      : journal_(journal), name_(name), pipe_(pipe) {}

  void next() {
    const std::uint64_t count = 1 + number_ % 4;
    std::vector<Bytes> facts;
    for (std::uint64_t i = 0; i < count; ++i) facts.push_back(content(name_, number_, i, count));
    const std::uint64_t expected = journal_.head();
    journal_.append(expected, std::move(facts), [this, expected](Result<std::uint64_t> revision) {
      if (revision.ok()) {
        const Acknowledgement told{expected + 1, *revision, name_, number_++};
        if (::write(pipe_, &told, sizeof told) != sizeof told) ::_exit(3);
      } else if (revision.error().code() != ErrorCode::kAborted) {
        ::_exit(4);
      }
      next();
    });
  }

 private:
  Journal& journal_;
  std::uint64_t name_;
  int pipe_;
  std::uint64_t number_ = 0;
};

// Snapshots as well, so that they are cut short too.
void put_snapshots(Journal& journal) {
  const Bytes chunk(100'000, 's');
  while (true) {
    const auto write = [&](const ByteSink& sink) -> Result<void> {
      for (int i = 0; i < 5; ++i) WARD_RETURN_IF_ERROR(sink(chunk));
      return {};
    };
    if (!journal.put_snapshot(journal.head(), write).ok()) ::_exit(5);
  }
}

[[noreturn]] void run_child(const std::string& file, std::uint64_t round, int pipe) {
  os::SystemFileSystem files;
  auto journal = open_sqlite_journal(file, files);
  if (!journal.ok()) {
    const std::string message = journal.error().text() + "\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, message.data(), message.size());
    ::_exit(2);
  }
  std::vector<std::unique_ptr<Writer>> writers;
  for (std::uint64_t t = 0; t < kThreads; ++t) {
    writers.push_back(std::make_unique<Writer>(**journal, round * kThreads + t, pipe));
  }
  std::vector<std::jthread> threads;
  for (auto& writer : writers) threads.emplace_back([&] { writer->next(); });
  put_snapshots(**journal);
  ::_exit(6);
}

struct Child {
  pid_t pid = -1;
  int pipe = -1;
};

Child start_child(const std::string& file, std::uint64_t round) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return {};
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(ends[0]);
    run_child(file, round, ends[1]);
  }
  ::close(ends[1]);
  return {pid, ends[0]};
}

// Until the first acknowledgement is there to be read.
void wait_for_load(int pipe) {
  constexpr int kWaitMs = 10'000;
  pollfd ready{.fd = pipe, .events = POLLIN, .revents = 0};
  ASSERT_EQ(::poll(&ready, 1, kWaitMs), 1) << "the child acknowledges nothing";
}

std::vector<Acknowledgement> read_acknowledgements(int pipe) {
  std::vector<Acknowledgement> all;
  Acknowledgement one;
  while (::read(pipe, &one, sizeof one) == sizeof one) all.push_back(one);
  ::close(pipe);
  return all;
}

// Every fact of the journal, by revision, after seeing that none is missing.
void read_all(const Journal& journal, std::vector<Bytes>& facts) {
  while (facts.size() < journal.head()) {
    const auto entries = journal.read(facts.size(), {});
    ASSERT_TRUE(entries.ok()) << entries.error().text();
    ASSERT_FALSE(entries->empty());
    for (const Entry& entry : *entries) {
      ASSERT_EQ(entry.revision, facts.size() + 1);
      facts.push_back(entry.fact);
    }
  }
}

// An append is there as a whole or not at all: fact i of count is followed by fact i + 1.
void expect_nothing_half(const std::vector<Bytes>& facts) {
  std::uint64_t at = 0;
  while (at < facts.size()) {
    std::uint64_t writer = 0, number = 0, i = 0, count = 0;
    const std::string first(as_text(facts[at]));
    ASSERT_EQ(std::sscanf(first.c_str(), "%lu/%lu/%lu/%lu/", &writer, &number, &i, &count), 4)
        << first;
    ASSERT_EQ(i, 0u) << "revision " << at + 1 << " begins in the middle of an append";
    ASSERT_LE(at + count, facts.size()) << "the last append is there in part";
    for (; i < count; ++i) ASSERT_EQ(facts[at + i], content(writer, number, i, count));
    at += count;
  }
}

void check_round(const std::string& file, const std::vector<Acknowledgement>& told) {
  os::SystemFileSystem files;
  const auto journal = open_sqlite_journal(file, files);
  ASSERT_TRUE(journal.ok()) << journal.error().text();
  std::vector<Bytes> facts;
  read_all(**journal, facts);
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  expect_nothing_half(facts);
  for (const Acknowledgement& one : told) {
    ASSERT_LE(one.last, facts.size()) << "an acknowledged fact is gone";
    const std::uint64_t count = one.last - one.first + 1;
    for (std::uint64_t i = 0; i < count; ++i) {
      ASSERT_EQ(facts[one.first - 1 + i], content(one.writer, one.number, i, count));
    }
  }
  const auto newest = (*journal)->newest_snapshot();
  ASSERT_TRUE(newest.ok());
  if (!*newest) return;
  std::size_t size = 0;
  const auto read = (*journal)->read_snapshot(**newest, [&](ByteView bytes) {
    size += bytes.size();
    return Result<void>();
  });
  ASSERT_TRUE(read.ok()) << read.error().text();
  ASSERT_EQ(size, 500'000u);
}

TEST(JournalCrash, EveryAcknowledgedFactIsThereAndNoneIsHalfThere) {
  const char* given = std::getenv("WARD_TEST_SEED");
  const std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::printf("seed %lu (WARD_TEST_SEED)\n", seed);
  SeededRandom random(seed);
  std::string pattern = testing::binary_dir() / "journal_crash.XXXXXX";
  const std::filesystem::path directory = ::mkdtemp(pattern.data());
  std::uint64_t acknowledged = 0;
  int rounds_with_load = 0;
  std::string file;
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    if (round % kRoundsPerFile == 0) {
      std::filesystem::remove_all(directory);
      std::filesystem::create_directory(directory);
      file = directory / "journal.db";
    }
    const Child child = start_child(file, round);
    ASSERT_GT(child.pid, 0);
    // One in five dies at any time, be it while the journal is made or opened; the others under
    // load, however slow the machine is to get there.
    if (random.below(5) != 0) wait_for_load(child.pipe);
    std::this_thread::sleep_for(std::chrono::microseconds(random.below(60'000)));
    ASSERT_EQ(::kill(child.pid, SIGKILL), 0);
    const auto told = read_acknowledgements(child.pipe);
    int status = 0;
    ASSERT_EQ(::waitpid(child.pid, &status, 0), child.pid);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
    check_round(file, told);
    if (::testing::Test::HasFatalFailure()) FAIL() << "round " << round << " of seed " << seed;
    acknowledged += told.size();
    rounds_with_load += told.empty() ? 0 : 1;
  }
  std::filesystem::remove_all(directory);
  std::printf("%d kills, %d of them under load, %lu acknowledged appends\n", kRounds,
              rounds_with_load, acknowledged);
  EXPECT_GT(rounds_with_load, kRounds / 2) << "too little was going on to show anything";
}

}  // namespace
}  // namespace ward::journal
