// Receipts of revocations: made of what the holders acknowledged, signed, kept, handed out.
#pragma once

#include <span>
#include <string>

#include "evidence/note.h"
#include "evidence/receipt.h"
#include "os/file_system.h"
#include "server/revocation_tracker.h"

namespace ward::server {

// A holder that is still pending counts as away, with the last heartbeat it was sent.
evidence::Receipt make_receipt(std::string subject, std::uint64_t revision,
                               std::span<const RevocationHolder> holders, WallTime now,
                               std::chrono::milliseconds staleness);

// Signed, and durable in DIRECTORY/<revision>.receipt.
Result<std::string> keep_receipt(const evidence::Receipt& receipt,
                                 const evidence::NoteSigner& signer, os::FileSystem& files,
                                 const std::string& directory);

}  // namespace ward::server
