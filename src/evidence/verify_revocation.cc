#include "evidence/verify_revocation.h"

#include <algorithm>
#include <map>
#include <set>

#include "evidence/reader.h"
#include "evidence/verify.h"

namespace ward::evidence {
namespace {

using Role = LogReport::Role;

// The subject and what was given to it or opened by it, as far as the logs tell.
class SubjectNames {
 public:
  SubjectNames(std::string subject, std::uint64_t revision)
      : subject_(std::move(subject)), revision_(revision) {}

  Result<void> learn(std::uint64_t revision, const RecordNames& names) {
    if (names.subject != subject_) return {};
    const bool is_void = revision < revision_;
    WARD_RETURN_IF_ERROR(add(names.credential, is_void));
    WARD_RETURN_IF_ERROR(add(names.session, is_void));
    for (const std::string_view grant : names.grants) WARD_RETURN_IF_ERROR(add(grant, is_void));
    return {};
  }

  bool is_about(const RecordNames& names) const {
    return is_name(names.subject) || is_name(names.credential) || is_name(names.session) ||
           std::ranges::any_of(names.grants,
                               [this](std::string_view grant) { return is_name(grant); });
  }

  // By something that the subject had before it was revoked.
  bool rests_on_void(const RecordNames& names) const {
    return is_void(names.credential) || is_void(names.session) ||
           std::ranges::any_of(names.grants,
                               [this](std::string_view grant) { return is_void(grant); });
  }

  bool is_acknowledged(const RecordNames& names) const {
    return std::ranges::find(names.subjects, subject_) != names.subjects.end();
  }

 private:
  bool is_name(std::string_view name) const { return name == subject_ || under_.contains(name); }

  bool is_void(std::string_view name) const {
    const auto found = under_.find(name);
    return found != under_.end() && found->second;
  }

  Result<void> add(std::string_view name, bool is_void) {
    if (name.empty()) return {};
    if (const auto found = under_.find(name); found != under_.end()) {
      found->second |= is_void;
      return {};
    }
    if (under_.size() == kSubjectNamesMax) {
      return make_error(ErrorCode::kResourceExhausted, "more than {} names under the subject",
                        kSubjectNamesMax);
    }
    under_.emplace(name, is_void);
    return {};
  }

  std::string subject_;
  std::uint64_t revision_;                          // of the revocation
  std::map<std::string, bool, std::less<>> under_;  // whether it was there before that
};

// Gives the subject something: an allow, a credential, a session.
bool is_grant_of_access(RecordKind kind, const RecordNames& names) {
  return kind == RecordKind::kIssuance || kind == RecordKind::kSessionStart ||
         (kind == RecordKind::kDecision && names.allowed);
}

class RevocationCheck {
 public:
  RevocationCheck(const os::FileSystem& files, const RevocationEvidence& evidence,
                  std::span<const VerifierKey> keys, Receipt receipt)
      : files_(files), evidence_(evidence), names_(receipt.subject, receipt.revision) {
    report_.receipt = std::move(receipt);
    take_keys(keys);
  }

  Result<RevocationReport> run() {
    check_revocation();
    check_restoration();
    WARD_RETURN_IF_ERROR(find_logs());
    for (const auto& [origin, directory] : logs_)
      WARD_RETURN_IF_ERROR(learn_names(origin, directory));
    for (const ReceiptHolder& holder : receipt().holders) check_holder(holder);
    for (const ReceiptAway& away : receipt().away) check_away(away);
    for (const auto& [origin, directory] : logs_) {
      LogReport log{.origin = origin};
      check_log(directory, log, nullptr, nullptr);
      report_.logs.push_back(std::move(log));
    }
    report_.holds = report_.findings.empty();
    return std::move(report_);
  }

 private:
  const Receipt& receipt() const { return report_.receipt; }

  void find(std::string finding) {
    if (report_.findings.size() < kFindingsMax) report_.findings.push_back(std::move(finding));
  }

  void take_keys(std::span<const VerifierKey> given) {
    std::set<std::string, std::less<>> certified;
    for (const ReceiptHolder& holder : receipt().holders) {
      auto key = log_key_of(holder.certificate);
      if (!key.ok() || key->name() != holder.origin) continue;
      certified.insert(holder.origin);
      keys_.push_back(std::move(*key));
    }
    for (const VerifierKey& key : given) {
      if (!certified.contains(key.name())) keys_.push_back(key);
    }
  }

  bool is_in_journal(const ProvedFact& given) {
    const auto proved = verify_tlog_proof(given.proof, given.fact, keys_);
    if (!proved.ok()) {
      find(fmt::format("the fact is not shown to be in the journal: {}", proved.error().message()));
    } else if (proved->checkpoint.origin != evidence_.journal_origin) {
      find(
          fmt::format("the fact is proved in `{}`, not in the journal", proved->checkpoint.origin));
    } else {
      return true;
    }
    return false;
  }

  void check_revocation() {
    (void)is_in_journal(evidence_.revocation);
    const std::uint64_t revision = evidence_.revocation.proof.index + 1;
    if (revision != receipt().revision) {
      find(fmt::format("the proof is of fact {}, the receipt names revision {}", revision,
                       receipt().revision));
    }
    const auto revokes = evidence_.is_revocation_of(evidence_.revocation.fact, receipt().subject);
    if (!revokes.ok() || !*revokes) find("the fact is no revocation of the subject");
  }

  void check_restoration() {
    if (!evidence_.restoration) return;
    const std::uint64_t revision = evidence_.restoration->proof.index + 1;
    const auto restores =
        evidence_.is_restoration_of(evidence_.restoration->fact, receipt().subject);
    if (!restores.ok() || !*restores || revision <= receipt().revision)
      return find(fmt::format("fact {} is no later restoration of the subject", revision));
    if (is_in_journal(*evidence_.restoration)) report_.restored_at = revision;
  }

  // Directories by the origin of their checkpoint. What is no log with a known key is left out, and
  // its absence shows.
  Result<void> find_logs() {
    WARD_TRY(const auto names,
             files_.list_directory(evidence_.logs_directory, kLogsPerDirectoryMax));
    for (const std::string& name : names) {
      const std::string directory = evidence_.logs_directory + "/" + name;
      const auto reader = LogReader::open(files_, directory, keys_);
      if (!reader.ok()) {
        find(fmt::format("`{}` is no log of a known key: {}", name, reader.error().message()));
      } else if (!logs_.emplace(reader->checkpoint().origin, directory).second) {
        find(fmt::format("`{}` is a second log of `{}`", name, reader->checkpoint().origin));
      }
    }
    return {};
  }

  // The first pass: what is under the subject may be known from one log and used in another.
  Result<void> learn_names(const std::string& origin, const std::string& directory) {
    WARD_TRY(const LogReader reader, LogReader::open(files_, directory, keys_));
    Result<void> learnt;
    const auto read = reader.read_entries(reader.minimum(), reader.size(),
                                          [&](std::uint64_t, ByteView entry) -> Result<void> {
                                            WARD_TRY(const RecordHead head, scan_record(entry));
                                            WARD_RETURN_IF_ERROR(scan_names(head, scanned_));
                                            learnt = names_.learn(head.revision, scanned_);
                                            return learnt;
                                          });
    if (!learnt.ok()) return learnt;
    if (!read.ok()) find(fmt::format("log `{}`: {}", origin, read.error().message()));
    return {};
  }

  std::optional<std::string> take_log(const std::string& origin) {
    const auto at = logs_.find(origin);
    if (at == logs_.end()) return std::nullopt;
    std::string directory = at->second;
    logs_.erase(at);
    return directory;
  }

  void check_holder(const ReceiptHolder& holder) {
    LogReport log{.origin = holder.origin, .role = Role::kHolder};
    if (const auto directory = take_log(holder.origin)) {
      check_log(*directory, log, &holder, nullptr);
      if (!log.acknowledgement) {
        find(fmt::format("log `{}`: record {} is no acknowledgement of revision {}", holder.origin,
                         holder.acknowledgement, receipt().revision));
      }
    } else {
      find(fmt::format("the log of holder `{}` was not given", holder.origin));
    }
    check_certificate(holder, log.acknowledged_at.value_or(receipt().time));
    report_.logs.push_back(std::move(log));
  }

  void check_certificate(const ReceiptHolder& holder, WallTime at) {
    const auto key = std::ranges::find(keys_, holder.origin, &VerifierKey::name);
    const auto certified =
        holder.certificate.empty()
            ? Error(ErrorCode::kUnauthenticated, "the receipt has no certificate of its key")
        : key == keys_.end() ? Error(ErrorCode::kUnauthenticated, "its key is not known")
                             : verify_log_key(holder.certificate, *key, evidence_.authorities, at);
    if (!certified.ok())
      find(fmt::format("log `{}`: {}", holder.origin, certified.error().message()));
  }

  void check_away(const ReceiptAway& away) {
    LogReport log{.origin = away.origin, .role = Role::kAway};
    if (const auto directory = take_log(away.origin)) check_log(*directory, log, nullptr, &away);
    if (!log.acknowledgement) report_.is_bounded_only = true;
    report_.logs.push_back(std::move(log));
  }

  void check_log(const std::string& directory, LogReport& log, const ReceiptHolder* holder,
                 const ReceiptAway* away) {
    VerifyOptions options;
    if (holder != nullptr) options.seen_elsewhere.push_back(holder->head);
    std::optional<JournalCheck> journal;
    if (evidence_.journal != nullptr) journal.emplace(*evidence_.journal);
    options.visit = [&](std::uint64_t index, const RecordHead& record) -> Result<void> {
      if (journal) WARD_RETURN_IF_ERROR(journal->check(index, record));
      WARD_RETURN_IF_ERROR(scan_names(record, scanned_));
      check_record(index, record, log, holder, away);
      return {};
    };
    const auto verified = verify_log(files_, directory, keys_, options);
    if (!verified.ok())
      return find(fmt::format("log `{}`: {}", log.origin, verified.error().message()));
    log.is_present = true;
    log.records = verified->checkpoint.tree.size;
    log.minimum = verified->minimum;
    if (journal) log.journal = journal->counts();
  }

  void check_record(std::uint64_t index, const RecordHead& record, LogReport& log,
                    const ReceiptHolder* holder, const ReceiptAway* away) {
    const bool is_late = record.revision >= receipt().revision;
    if (log.acknowledgement && !is_late) {
      find(fmt::format("log `{}`: record {} is at revision {}, after {} was acknowledged",
                       log.origin, index, record.revision, receipt().revision));
    }
    note_acknowledgement(index, record, log, holder);
    if (!names_.is_about(scanned_)) return;
    const bool gives = is_grant_of_access(record.kind, scanned_);
    if (gives && is_restored(record)) {
      ++log.given_since_restored;
    } else if (gives && (is_late || log.acknowledgement || is_stale(record, away))) {
      find(fmt::format(
          "log `{}`: record {} at revision {} is an {} for the subject", log.origin, index,
          record.revision,
          record.kind == RecordKind::kDecision ? "allow" : record_kind_name(record.kind)));
    } else if (is_late) {
      log.denied_after += record.kind == RecordKind::kDecision;
    } else {
      add_to_window(index, record, gives, log);
    }
  }

  bool is_restored(const RecordHead& record) const {
    return report_.restored_at && record.revision >= *report_.restored_at &&
           !names_.rests_on_void(scanned_);
  }

  void note_acknowledgement(std::uint64_t index, const RecordHead& record, LogReport& log,
                            const ReceiptHolder* holder) const {
    if (record.kind != RecordKind::kAcknowledgement || log.acknowledgement) return;
    if (holder != nullptr && index != holder->acknowledgement) return;
    if (scanned_.acknowledged_revision < receipt().revision || record.revision < receipt().revision)
      return;
    if (!names_.is_acknowledged(scanned_)) return;
    log.acknowledgement = index;
    log.acknowledged_at = WallTime{std::chrono::microseconds{record.time_us}};
  }

  bool is_stale(const RecordHead& record, const ReceiptAway* away) const {
    if (away == nullptr) return false;
    const WallTime time{std::chrono::microseconds{record.time_us}};
    return time > away->last_heartbeat + receipt().staleness;
  }

  static void add_to_window(std::uint64_t index, const RecordHead& record, bool gives,
                            LogReport& log) {
    ++log.window_count;
    if (log.window.size() == kWindowRecordsMax) log.window.pop_front();
    log.window.push_back(
        {index, WallTime{std::chrono::microseconds{record.time_us}}, record.revision, gives});
  }

  const os::FileSystem& files_;
  const RevocationEvidence& evidence_;
  std::vector<VerifierKey> keys_;
  SubjectNames names_;
  RecordNames scanned_;
  std::map<std::string, std::string> logs_;  // origin -> directory, those not yet checked
  RevocationReport report_;
};

// RFC 3339, UTC, microseconds.
std::string time_text(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(seconds - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     std::chrono::duration_cast<std::chrono::microseconds>(time - seconds).count());
}

std::string_view role_name(Role role) {
  switch (role) {
    case Role::kHolder:
      return "holder";
    case Role::kAway:
      return "away";
    case Role::kOther:
      return "other";
  }
  WARD_UNREACHABLE();
}

}  // namespace

std::string RevocationReport::text() const {
  std::string out =
      fmt::format("revocation of {} at revision {}: {}\n", receipt.subject, receipt.revision,
                  !holds            ? "NOT SHOWN"
                  : is_bounded_only ? "shown; bounded, not acknowledged by all"
                                    : "shown; acknowledged by every holder");
  if (restored_at) out += fmt::format("  restored at revision {}\n", *restored_at);
  for (const std::string& finding : findings) out += fmt::format("  found: {}\n", finding);
  for (const LogReport& log : logs) {
    out += fmt::format("  {} {}: ", role_name(log.role), log.origin);
    if (!log.is_present) {
      out += "no log that verifies\n";
      continue;
    }
    out += log.acknowledgement ? fmt::format("acknowledged in record {}, ", *log.acknowledgement)
                               : std::string();
    out += fmt::format("{} records, {} denies since, {} records about it before", log.records,
                       log.denied_after, log.window_count);
    if (log.given_since_restored > 0)
      out += fmt::format(", access given {} times since it was restored", log.given_since_restored);
    if (log.minimum > 0)
      out += fmt::format("; verified from record {} on, pruned before", log.minimum);
    out += "\n";
    if (log.window_count > log.window.size())
      out += fmt::format("    before it: the last {} are\n", log.window.size());
    for (const WindowRecord& record : log.window) {
      out += fmt::format("    before it: record {} at {}, revision {}{}\n", record.index,
                         time_text(record.time), record.revision,
                         record.is_allowed ? ", gave access" : "");
    }
  }
  return out;
}

Result<RevocationReport> verify_revocation(const os::FileSystem& files,
                                           const RevocationEvidence& evidence,
                                           std::span<const VerifierKey> keys) {
  WARD_TRY(Receipt receipt, open_receipt(evidence.receipt, keys).in("receipt"));
  return RevocationCheck(files, evidence, keys, std::move(receipt)).run();
}

}  // namespace ward::evidence
