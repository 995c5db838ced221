// No bytes break the reader of a write-ahead file; what it reads follows on.
#include "evidence/wal.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ward::evidence;
  const auto wal = parse_wal({data, size});
  if (!wal.ok()) return 0;
  std::uint64_t next = wal->header.first;
  for (const WalGroup& group : wal->groups) {
    WARD_CHECK(group.first_index == next && group.leaves.size() == group.entries.size());
    next += group.entries.size();
  }
  WARD_CHECK(wal->whole_bytes <= size);
  return 0;
}
