// The newest version of an immutable value, for many readers and one publisher.
//
// Not std::atomic<std::shared_ptr>: with GCC 12 that is a lock of 20-70 ns a read and a race under
// ThreadSanitizer. A reader keeps its own copy and compares one generation number.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

namespace ward {

template <typename T>
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<const T> first) : value_(std::move(first)) {}

  // Any thread. The old version lives on until its last reader lets go.
  void publish(std::shared_ptr<const T> next) {
    {
      const std::lock_guard lock(mutex_);
      value_.swap(next);
      generation_.fetch_add(1, std::memory_order_release);
    }
    // `next` now holds the old version, which may be large: it is let go outside the lock.
  }

  std::shared_ptr<const T> load() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }

  // One per thread. PERF: pin() is one load and one compare while nothing was published.
  class Reader {
   public:
    explicit Reader(const Snapshot& source) : source_(&source) {}

    // Valid until the next call of pin() on this reader; keep shared() to hold it longer.
    const T& pin() {
      if (source_->generation_.load(std::memory_order_acquire) != generation_) [[unlikely]]
        refresh();
      return *value_;
    }
    const std::shared_ptr<const T>& shared() {
      pin();
      return value_;
    }

   private:
    void refresh() {
      const std::lock_guard lock(source_->mutex_);
      value_ = source_->value_;
      generation_ = source_->generation_.load(std::memory_order_relaxed);
    }

    const Snapshot* source_;
    std::uint64_t generation_ = 0;
    std::shared_ptr<const T> value_;
  };

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
  std::atomic<std::uint64_t> generation_{1};  // a reader's 0 is never current
};

}  // namespace ward
