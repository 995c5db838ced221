// What every journal does. An implementation instantiates the suite with a way to make one:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, JournalSuite, ::testing::Values(&make_fixture));
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "journal/journal.h"

namespace ward::journal::testing {

// One place for a journal; open() may be called again once the journal it gave is gone.
class JournalFixture {
 public:
  virtual ~JournalFixture() = default;
  virtual Result<std::unique_ptr<Journal>> open() = 0;
  virtual bool keeps_facts() const = 0;  // across open()
};

class JournalSuite : public ::testing::TestWithParam<std::unique_ptr<JournalFixture> (*)()> {
 protected:
  void SetUp() override {
    fixture_ = GetParam()();
    reopen();
  }
  void reopen() {
    journal_.reset();
    auto opened = fixture_->open();
    ASSERT_TRUE(opened.ok()) << opened.error().text();
    journal_ = *std::move(opened);
  }

  // Waits for the answer.
  Result<std::uint64_t> append(std::uint64_t expected, std::vector<Bytes> facts) {
    std::promise<Result<std::uint64_t>> promise;
    auto result = promise.get_future();
    journal_->append(expected, std::move(facts),
                     [&](auto revision) { promise.set_value(std::move(revision)); });
    return result.get();
  }

  std::unique_ptr<JournalFixture> fixture_;
  std::unique_ptr<Journal> journal_;
};

// What a follower heard, to be waited for.
class Heard {
 public:
  Follower follower() {
    return {.entries = [this](std::span<const Entry> entries) { add(entries); },
            .failed = [this](const Error& error) { fail(error); }};
  }
  bool wait_for_revision(std::uint64_t revision);
  std::vector<Entry> entries() const;
  bool is_contiguous_from(std::uint64_t revision) const;
  std::optional<Error> error() const;

 private:
  void add(std::span<const Entry> entries);
  void fail(const Error& error);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Entry> entries_;
  std::optional<Error> error_;
};

}  // namespace ward::journal::testing
