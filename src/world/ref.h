// A shared, counted pointer of one word to a value that is not changed while it is shared.
//
// Not std::shared_ptr: it takes two words and two counters (the world holds millions), and its
// use_count() is a relaxed read, on which a change in place must not rest. Copies may live on
// different threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace ward::world {

template <typename T>
class Ref {
 public:
  Ref() = default;
  explicit Ref(T value) : box_(new Box{{1}, std::move(value)}) {}
  Ref(const Ref& other) : box_(other.box_) {
    if (box_) box_->count.fetch_add(1, std::memory_order_relaxed);
  }
  Ref(Ref&& other) noexcept : box_(std::exchange(other.box_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(box_, other.box_);
    return *this;
  }
  ~Ref() {
    if (box_ && box_->count.fetch_sub(1, std::memory_order_acq_rel) == 1) delete box_;
  }

  explicit operator bool() const { return box_ != nullptr; }
  const T* get() const { return box_ ? &box_->value : nullptr; }
  const T& operator*() const { return box_->value; }
  const T* operator->() const { return &box_->value; }

  // The value, to be changed: in place when nobody else holds it, else a copy of it.
  // INVARIANT: a count of one that this reference owns cannot rise behind its back.
  T& own() {
    if (box_->count.load(std::memory_order_acquire) != 1) *this = Ref(box_->value);
    return box_->value;
  }

 private:
  struct Box {
    std::atomic<std::uint32_t> count;
    T value;
  };

  Box* box_ = nullptr;
};

}  // namespace ward::world
