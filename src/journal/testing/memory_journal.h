// A journal that keeps everything in memory and nothing for longer; for tests and simulation.
// Passes the conformance suite.
#pragma once

#include <memory>
#include <optional>

#include "journal/journal.h"

namespace ward::journal::testing {

// Makes the next write fail as a disk would. Any thread.
class MemoryFaults {
 public:
  virtual ~MemoryFaults() = default;
  // `broken`: what is kept is not known any more, so the journal closes.
  virtual void fail_next_write(Error error, bool broken) = 0;
};

struct MemoryJournal {
  std::unique_ptr<Journal> journal;
  std::shared_ptr<MemoryFaults> faults;
};

MemoryJournal make_memory_journal();

}  // namespace ward::journal::testing
