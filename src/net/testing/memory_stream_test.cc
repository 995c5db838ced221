#include "net/testing/memory_stream.h"

#include <gtest/gtest.h>

#include <string>

#include "net/testing/simulated_loop.h"

namespace ward::net::testing {
namespace {

class MemoryStreamTest : public ::testing::Test {
 protected:
  void open(MemoryStreamOptions options = {}) {
    std::tie(first_, second_) = make_memory_streams(loop_, std::move(options));
  }

  void read_all(Stream& stream, std::string& into) {
    stream.read([&](Result<ByteView> bytes) {
      if (!bytes.ok() || bytes->empty()) {
        into += bytes.ok() ? "<end>" : "<error>";
        return;
      }
      into += as_text(*bytes);
      read_all(stream, into);
    });
  }

  ManualClock clock_;
  SimulatedLoop loop_{clock_};
  std::unique_ptr<Stream> first_, second_;
};

TEST_F(MemoryStreamTest, CarriesBytesAndTheEnd) {
  open({.read_size_max = 2});
  std::string got;
  first_->write(to_bytes("hello"), [&](Result<void> result) {
    EXPECT_TRUE(result.ok());
    first_->shutdown();
  });
  read_all(*second_, got);
  EXPECT_EQ(got, "");  // nothing is called back from inside a call
  loop_.run();
  EXPECT_EQ(got, "hello<end>");
}

TEST_F(MemoryStreamTest, AWriteWaitsForRoom) {
  open({.buffer_size = 3});
  bool is_written = false;
  first_->write(to_bytes("four"), [&](Result<void>) { is_written = true; });
  loop_.run();
  EXPECT_FALSE(is_written);
  std::string got;
  read_all(*second_, got);
  loop_.run();
  EXPECT_TRUE(is_written);
  EXPECT_EQ(got, "four");
}

TEST_F(MemoryStreamTest, ClosingDropsOwnCallbacksAndEndsTheOtherSide) {
  open();
  bool is_called = false;
  first_->read([&](Result<ByteView>) { is_called = true; });
  std::string got;
  read_all(*second_, got);
  first_.reset();
  loop_.run();
  EXPECT_FALSE(is_called);
  EXPECT_EQ(got, "<end>");
  second_->write(to_bytes("x"), [&](Result<void> result) {
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code(), ErrorCode::kUnavailable);
    is_called = true;
  });
  loop_.run();
  EXPECT_TRUE(is_called);
}

TEST_F(MemoryStreamTest, ACallbackMayDestroyItsStream) {
  open();
  first_->write(to_bytes("x"), [&](Result<void>) { first_.reset(); });
  second_->read([&](Result<ByteView>) { second_.reset(); });
  loop_.run();
  EXPECT_EQ(first_, nullptr);
  EXPECT_EQ(second_, nullptr);
}

}  // namespace
}  // namespace ward::net::testing
