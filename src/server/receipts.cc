#include "server/receipts.h"

#include <utility>

namespace ward::server {

evidence::Receipt make_receipt(std::string subject, std::uint64_t revision,
                               std::span<const RevocationHolder> holders, WallTime now,
                               std::chrono::milliseconds staleness) {
  evidence::Receipt receipt{.subject = std::move(subject),
                            .revision = revision,
                            .time = now,
                            .staleness = staleness,
                            .holders = {},
                            .away = {}};
  for (const RevocationHolder& holder : holders) {
    if (holder.state == HolderState::kAcknowledged) {
      receipt.holders.push_back(holder.receipt);
    } else {
      receipt.away.push_back({.origin = holder.origin, .last_heartbeat = holder.last_heartbeat});
    }
  }
  return receipt;
}

Result<std::string> keep_receipt(const evidence::Receipt& receipt,
                                 const evidence::NoteSigner& signer, os::FileSystem& files,
                                 const std::string& directory) {
  WARD_TRY(std::string note, evidence::sign_receipt(receipt, signer));
  const std::string path = fmt::format("{}/{}.receipt", directory, receipt.revision);
  WARD_RETURN_IF_ERROR(files.write_file(path, as_bytes(note), 0600));
  return note;
}

}  // namespace ward::server
