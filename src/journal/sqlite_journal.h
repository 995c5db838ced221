// The embedded journal: one SQLite file (WAL, synchronous=FULL), docs/formats/journal.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "journal/journal.h"
#include "os/file_system.h"

namespace ward::journal {

struct SqliteOptions {
  std::uint64_t bytes_max =
      0;  // a bound for the file, 0: the disk; past it the disk counts as full
};

// Opens the journal at `path`, or makes it (mode 0600) when there is none. One process at a time:
// `path`.lock is held. Reads through all revisions' numbers to see that none is missing.
//
// Errors: kUnavailable when another process has it open; kFailedPrecondition when it cannot be
// opened or written, or is no journal of Ward; kUnimplemented when a newer Ward wrote it; kDataLoss
// when it is damaged.
Result<std::unique_ptr<Journal>> open_sqlite_journal(const std::string& path, os::FileSystem& files,
                                                     SqliteOptions options = {});

}  // namespace ward::journal
