// Whole reads and writes on a descriptor: EINTR is retried, short counts are carried on.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "os/fd.h"

namespace ward::os {

// open(2) with O_CLOEXEC.
Result<Fd> open_file(const std::string& path, int flags, unsigned mode = 0);

// To the end; kResourceExhausted beyond `max_bytes`. `name` is for messages. For pipes and /proc
// too.
Result<Bytes> read_to_end(int descriptor, std::size_t max_bytes, std::string_view name);

// Up to `size` bytes at `offset`, fewer only at the end of the file.
Result<Bytes> read_at(int descriptor, std::uint64_t offset, std::size_t size,
                      std::string_view name);

Result<void> write_all(int descriptor, ByteView bytes, std::string_view name);
Result<void> write_all_at(int descriptor, std::uint64_t offset, ByteView bytes,
                          std::string_view name);

}  // namespace ward::os
