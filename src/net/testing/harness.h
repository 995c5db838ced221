// What tests of streams share: a loop that runs until something is so, and whole reads and writes.
// Included by tests only.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "net/loop.h"
#include "net/stream.h"

namespace ward::net::testing {

// Runs the loop until `is_so`, at most ten seconds. False when it never was.
template <typename Predicate>
bool run_until(Loop& loop, Predicate is_so) {
  for (int i = 0; i < 10'000; ++i) {
    if (is_so()) return true;
    loop.run_for(std::chrono::milliseconds{1});
  }
  return false;
}

// All that a stream says, until its end or an error.
class Reader {
 public:
  explicit Reader(Stream& stream) : stream_(stream) { next(); }

  const std::string& text() const { return text_; }
  bool is_ended() const { return is_ended_; }
  const std::optional<Error>& error() const { return error_; }
  bool is_done() const { return is_ended_ || error_.has_value(); }

 private:
  void next() {
    stream_.read([this](Result<ByteView> bytes) {
      if (!bytes.ok()) {
        error_ = bytes.error();
      } else if (bytes->empty()) {
        is_ended_ = true;
      } else {
        text_ += as_text(*bytes);
        next();
      }
    });
  }

  Stream& stream_;
  std::string text_;
  bool is_ended_ = false;
  std::optional<Error> error_;
};

// Writes and keeps the outcome.
class Writer {
 public:
  Writer(Stream& stream, Bytes bytes) {
    stream.write(std::move(bytes), [this](Result<void> result) { result_ = std::move(result); });
  }

  bool is_done() const { return result_.has_value(); }
  bool is_ok() const { return result_ && result_->ok(); }
  std::optional<ErrorCode> code() const {
    if (!result_ || result_->ok()) return std::nullopt;
    return result_->error().code();
  }

 private:
  std::optional<Result<void>> result_;
};

}  // namespace ward::net::testing
