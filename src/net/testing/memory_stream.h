// Two connected streams in memory, for tests and simulation of what sits on a Stream.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "net/loop.h"
#include "net/stream.h"

namespace ward::net::testing {

struct MemoryStreamOptions {
  std::size_t buffer_size = 65'536;    // bytes on the way in one direction; a write waits for room
  std::size_t read_size_max = 65'536;  // delivered by one read; 1 shows whether a parser can wait
  std::string alpn{};                  // what both ends say
  Peer first_sees{};                   // peer() of the first stream
  Peer second_sees{};
};

// What one writes the other reads. Each may be destroyed alone; the other then reads the end of the
// stream, and its writes fail with kUnavailable.
std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> make_memory_streams(
    Loop& loop, MemoryStreamOptions options = {});

}  // namespace ward::net::testing
