// What the node's evidence log says of the time after a state was kept.
//
// The log is what a state file cannot be put back behind: whenever facts move the view, the first
// record at the new revision is an acknowledgement, with the subjects of revocations or without
// any, and one of a revocation leaves only when its record is durable. So a state is whole exactly
// when no acknowledgement of a later revision follows it.
#pragma once

#include "agent/server_link.h"
#include "evidence/reader.h"

namespace ward::agent {

inline constexpr std::uint64_t kTailEntriesMax = std::uint64_t{1} << 22;

// The head up to which a state of head `saved` holds all that the node knew: that of the log's last
// record, if that is later. kDataLoss when the node has folded facts since, or what it did then is
// not known (an empty log, a gap, pruned records); kResourceExhausted beyond kTailEntriesMax
// records.
Result<JournalHead> head_with_log(const evidence::LogReader& log, const JournalHead& saved);

}  // namespace ward::agent
