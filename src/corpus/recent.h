// What was made of files lately, so that tests which share a file share what was made of it.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include "base/result.h"

namespace ward::corpus {

// Keeps the results used last, those that are errors too: at most `max_count`, made of `max_bytes`
// in all. One thread.
template <typename T>
class Recent {
 public:
  using Made = Result<std::shared_ptr<const T>>;

  Recent(std::size_t max_count, std::size_t max_bytes)
      : max_count_(max_count), max_bytes_(max_bytes) {}

  // Nothing when it is not kept.
  const Made* find(const std::string& key) {
    for (auto each = kept_.begin(); each != kept_.end(); ++each) {
      if (each->key != key) continue;
      kept_.splice(kept_.begin(), kept_, each);
      return &each->made;
    }
    return nullptr;
  }

  // `bytes` of source stand for what it takes in memory; one beyond the bound is not kept.
  void keep(std::string key, const Made& made, std::size_t bytes) {
    if (bytes > max_bytes_) return;
    kept_.push_front({std::move(key), made, bytes});
    bytes_ += bytes;
    while (kept_.size() > max_count_ || bytes_ > max_bytes_) {
      bytes_ -= kept_.back().bytes;
      kept_.pop_back();
    }
  }

 private:
  struct Kept {
    std::string key;
    Made made;
    std::size_t bytes;
  };

  const std::size_t max_count_;
  const std::size_t max_bytes_;
  std::list<Kept> kept_;  // the one used last first
  std::size_t bytes_ = 0;
};

}  // namespace ward::corpus
