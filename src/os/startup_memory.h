// Memory that only the start of a process needed.
#pragma once

namespace ward::os {

// Unmaps the pages of the program's and its libraries' code, and gives free heap back. What runs
// again comes back from the page cache, sixteen pages a fault, so that what stays resident is what
// runs. Any thread; a hint that changes nothing else.
void release_startup_memory();

}  // namespace ward::os
