// What a process that holds keys does first, and what it may ask about itself.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace ward::os {

// PR_SET_DUMPABLE 0 and RLIMIT_CORE 0: no core file, no ptrace and no reading of /proc/PID by the
// same user. Before the first key is read.
Result<void> protect_memory();

// Raises the soft limit of open files to the hard one; gives the new limit.
Result<std::uint64_t> raise_open_file_limit();

// Resident bytes of this process (VmRSS); the clock of it is the kernel's, a few pages late.
Result<std::uint64_t> resident_bytes();

}  // namespace ward::os
