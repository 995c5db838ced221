// A world as bytes, so that a restart need not fold the journal from its beginning
// (docs/formats/journal.md).
//
// Streamed both ways: neither side holds the whole of the bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "world/world.h"

namespace ward::world {

// The largest piece that write_snapshot hands over, unless one record is larger
// (kPolicyFactBytesMax).
inline constexpr std::size_t kSnapshotChunkBytes = 1 << 20;

using ByteSink = std::function<Result<void>(ByteView)>;

// Writes all of the world. Fails only when `sink` does.
Result<void> write_snapshot(const World& world, const ByteSink& sink);

// Reads what write_snapshot wrote, cut anywhere. One thread. Errors: kDataLoss when the bytes are
// damaged or cut short, kUnimplemented when the format is newer. After an error the reader is of no
// more use.
class SnapshotReader {
 public:
  SnapshotReader();
  SnapshotReader(SnapshotReader&&) noexcept;
  SnapshotReader& operator=(SnapshotReader&&) noexcept;
  ~SnapshotReader();

  Result<void> feed(ByteView bytes);
  Result<World> finish() &&;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ward::world
