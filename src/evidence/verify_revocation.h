// Verifies a revocation receipt offline, from logs and public keys (docs/formats/evidence.md,
// "Revocation").
// Given the fact that took the revocation back, what happened from there on is judged by the
// credential it was done with: those from before the revocation stay void (world/entities.h).
//
// Shown, one by one: (1) fact R is a revocation of the subject, in the journal; (2) each holder
// acknowledged R, in its log, whose key the authority certified for that time; (3) from there to
// the end of that log every record is at R or later, decisions that name the subject, or a
// credential, session or grant under it, are denies, and nothing is issued to it; (4) what happened
// before, at older revisions: the window; (5) holders that were away did nothing but deny once they
// were stale. Not shown: that a process did not lie in its own log, or that an action stopped that
// was handed out before. PERF: 1M records a second and core at least. Memory: the names under the
// subject. One thread a call.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "evidence/journal_check.h"
#include "evidence/receipt.h"
#include "evidence/tlog_proof.h"
#include "os/file_system.h"

namespace ward::evidence {

inline constexpr std::size_t kLogsPerDirectoryMax = 10'000;
inline constexpr std::size_t kSubjectNamesMax =
    1'000'000;  // credentials, sessions and grants under the subject
inline constexpr std::size_t kFindingsMax = 1000;
inline constexpr std::size_t kWindowRecordsMax = 1000;

// A fact of the journal as canonical bytes, and its proof in a checkpoint of the journal.
struct ProvedFact {
  Bytes fact;
  TlogProof proof;
};

struct RevocationEvidence {
  std::string receipt;         // the note
  ProvedFact revocation;       // fact R
  std::string journal_origin;  // `<trust domain>/journal`
  std::string logs_directory;  // each directory in it is a log; their names do not matter
  // Whether a fact revokes a subject is the journal's to read.
  std::function<Result<bool>(ByteView fact, std::string_view subject)> is_revocation_of;
  // The later fact that restored the subject, if one did.
  std::optional<ProvedFact> restoration = {};
  std::function<Result<bool>(ByteView fact, std::string_view subject)> is_restoration_of = {};
  // The X.509 authorities of the trust domain, which certify the keys of the holders' logs.
  std::vector<crypto::Certificate> authorities = {};
  // If it is there, the roots that the records name are compared with it; outlives the call.
  const SignedJournal* journal = nullptr;
};

// A record about the subject at a revision before the revocation, in the log of one holder.
struct WindowRecord {
  std::uint64_t index = 0;
  WallTime time;
  std::uint64_t revision = 0;
  bool is_allowed = false;  // an allow, an issuance or the start of a session
};

struct LogReport {
  enum class Role : std::uint8_t { kHolder, kAway, kOther };
  std::string origin;
  Role role = Role::kOther;
  bool is_present = false;                            // the log was given and verifies
  std::optional<std::uint64_t> acknowledgement = {};  // of R or later, naming the subject
  std::optional<WallTime> acknowledged_at = {};       // what its record says
  std::uint64_t records = 0;
  std::uint64_t minimum = 0;               // verified from it on; what was before was pruned
  std::uint64_t denied_after = 0;          // decisions about the subject at R or later
  std::uint64_t given_since_restored = 0;  // of allows, credentials and sessions
  std::uint64_t window_count = 0;
  JournalCounts journal = {};
  std::deque<WindowRecord> window = {};  // the last kWindowRecordsMax
};

struct RevocationReport {
  Receipt receipt;
  bool holds = false;  // nothing was found
  std::vector<std::string>
      findings;  // what does not hold, log and index named; at most kFindingsMax
  std::vector<LogReport> logs;
  std::optional<std::uint64_t> restored_at = {};  // revision of the restoration, when it is shown
  bool is_bounded_only =
      false;  // a holder that was away has not acknowledged: bounded, not acknowledged

  std::string text() const;  // for people
};

// `keys`: of the server, the journal and whoever else has a log here; the log of a holder is
// verified by the key that its certificate in the receipt names, whatever `keys` has for it.
// kUnauthenticated when the receipt is not signed by a key of `keys`. A receipt that is genuine but
// not borne out is a report with findings.
Result<RevocationReport> verify_revocation(const os::FileSystem& files,
                                           const RevocationEvidence& evidence,
                                           std::span<const VerifierKey> keys);

}  // namespace ward::evidence
