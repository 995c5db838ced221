// What a GroupJournal rests on: a place that keeps rows. Private to the room.
//
// The write side is called from the journal's thread alone. The read side (const) may be called
// from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "journal/journal.h"

namespace ward::journal {

class Storage {
 public:
  virtual ~Storage() = default;

  // Contiguous after head(). All of them durable on success, none kept on failure unless
  // is_broken().
  virtual Result<void> write(std::span<const Entry> entries) = 0;
  // After a failed write: what is on disk is not known any more.
  virtual bool is_broken() const = 0;

  // Chunks count only once finish_snapshot() has returned.
  virtual Result<void> put_chunk(std::uint64_t revision, std::uint64_t number, ByteView bytes) = 0;
  virtual Result<void> finish_snapshot(std::uint64_t revision, std::uint64_t chunks) = 0;
  // Deletes one chunk of another snapshot than `keep`; false when there is none left. In steps, so
  // that appends are not held up.
  virtual Result<bool> drop_chunk_but(std::uint64_t keep) = 0;

  virtual std::uint64_t head() const = 0;  // of what was written; the write side's view
  virtual Result<std::vector<Entry>> read(std::uint64_t after, ReadBounds bounds) const = 0;
  virtual Result<std::vector<LeafHash>> leaves(std::uint64_t after,
                                               std::size_t count_max) const = 0;
  virtual Result<std::optional<std::uint64_t>> newest_snapshot() const = 0;
  virtual Result<std::uint64_t> snapshot_chunks(std::uint64_t revision) const = 0;
  virtual Result<Bytes> chunk(std::uint64_t revision, std::uint64_t number) const = 0;
};

}  // namespace ward::journal
