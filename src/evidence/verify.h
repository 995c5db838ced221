// Verifies a log from its directory and public keys alone, and accounts for every byte in it.
//
// The checkpoint's signature is checked; every entry is hashed; every tile, full and partial, is
// compared with what the entries give; the root is compared with the checkpoint; revisions do not
// go down; there is no file that a log does not have. A log that was pruned (pruning.h) is verified
// from its minimum index on, and says so. The newest signed head counts: that of
// `checkpoint`, or one in the write-ahead file behind it. What is newer than that is counted, not
// vouched for. A writer may be at work meanwhile: what it adds is not vouched for either. A copy
// taken file by file under a writer need not be one log: Mirror (mirror.h) takes one that is.
// PERF: 1M records a second and core at least; memory is a few bundles and the write-ahead file.
// One thread a call.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "evidence/checkpoint.h"
#include "evidence/record_scan.h"
#include "os/file_system.h"

namespace ward::evidence {

struct VerifyOptions {
  std::vector<TreeHead> seen_elsewhere =
      {};  // heads that the log must extend, or it was rolled back
  // Called for each signed record in order. What it learns counts only once the whole is verified:
  // the root is compared after the last record. Its error ends the verification.
  std::function<Result<void>(std::uint64_t index, const RecordHead& record)> visit = {};
};

struct VerifiedLog {
  Checkpoint checkpoint;  // the newest
  std::string checkpoint_note;
  std::uint64_t minimum = 0;  // verified from this index on; what was before was pruned
  // Below it, or temporary: left by a crash, or being written. Nobody reads them.
  std::uint64_t stale_files = 0;
  std::uint64_t newer_files = 0;  // tiles that a writer added meanwhile
  std::uint64_t last_revision = 0;
  std::uint64_t unsigned_records = 0;  // behind it
  bool has_torn_group = false;         // of a writer that died or is writing
};

// kDataLoss with file, and index where there is one, for whatever does not hold; kUnauthenticated
// for the signature.
Result<VerifiedLog> verify_log(const os::FileSystem& files, const std::string& directory,
                               std::span<const VerifierKey> keys,
                               const VerifyOptions& options = {});

}  // namespace ward::evidence
