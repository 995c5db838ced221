// What an offline verifier gets from the server: public keys, the journal's signed head, facts with
// their proofs, the journal's leaf hashes.
//
// Loop thread; these read the journal's file.
#pragma once

#include <string>

#include "base/result.h"
#include "os/file_system.h"
#include "server/control_plane.h"
#include "server/signing_keys.h"

namespace ward::admin::v1 {
class ExportProofRequest;
class ExportProofResponse;
class JournalLeavesRequest;
class JournalLeavesResponse;
}  // namespace ward::admin::v1

namespace ward::server {

inline constexpr std::size_t kProvedFactsMax = 100;
inline constexpr std::size_t kLogKeysMax = 10'000;
inline constexpr std::uint32_t kJournalLeavesMax = 8192;  // of one call

// The head that is signed is durable in DATA_DIR/journal.checkpoint before this returns.
// kInvalidArgument: too many facts; kNotFound: a revision that is not there.
Result<ward::admin::v1::ExportProofResponse> prove_facts(
    const ControlPlane& plane, const SigningKeys& signing, os::FileSystem& files,
    const std::string& data_dir, const ward::admin::v1::ExportProofRequest& request);

// kInvalidArgument: more than kJournalLeavesMax, or from behind the journal's end.
Result<ward::admin::v1::JournalLeavesResponse> read_journal_leaves(
    const ControlPlane& plane, const ward::admin::v1::JournalLeavesRequest& request);

}  // namespace ward::server
