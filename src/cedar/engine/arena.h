// Room for the values that one decision makes: taken piece by piece, given back all at once and
// kept for the next one. Private to the engine.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>
#include <vector>

namespace ward::cedar::engine {

class Arena {
 public:
  void clear() { chunk_ = 0, used_ = 0; }

  // Copies of `value`, which need no destructor.
  template <typename T>
  T* make(std::size_t count, const T& value = T()) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= alignof(std::max_align_t));
    T* first = static_cast<T*>(take(count * sizeof(T)));
    std::uninitialized_fill_n(first, count, value);
    return first;
  }

 private:
  struct Chunk {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t size;
  };

  void* take(std::size_t bytes) {
    bytes = (bytes + alignof(std::max_align_t) - 1) / alignof(std::max_align_t) *
            alignof(std::max_align_t);
    while (chunk_ < chunks_.size() && chunks_[chunk_].size - used_ < bytes) ++chunk_, used_ = 0;
    if (chunk_ == chunks_.size()) {
      const std::size_t size = bytes > kChunkBytes ? bytes : kChunkBytes;
      chunks_.push_back({std::unique_ptr<std::byte[]>(new std::byte[size]), size});
    }
    std::byte* out = chunks_[chunk_].bytes.get() + used_;
    used_ += bytes;
    return out;
  }

  static constexpr std::size_t kChunkBytes = 4096;

  std::vector<Chunk> chunks_;
  std::size_t chunk_ = 0;
  std::size_t used_ = 0;
};

}  // namespace ward::cedar::engine
