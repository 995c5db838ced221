// Evidence is read and verified from files and public keys alone.
#include <cstdio>
#include <thread>

#include "codec/base64.h"
#include "codec/json.h"
#include "evidence/journal_check.h"
#include "evidence/mirror.h"
#include "evidence/reader.h"
#include "evidence/record.h"
#include "evidence/sealed_values.h"
#include "evidence/verify.h"
#include "evidence/verify_revocation.h"
#include "os/file_system.h"
#include "ward/admin/v1/admin.pb.h"
#include "ward/commands.h"
#include "ward/text_input.h"
#include "world/fact.h"

namespace ward::cli {
namespace {

using namespace admin::v1;

constexpr std::string_view kBundleFile = "bundle.pem";
constexpr std::chrono::milliseconds kFollowInterval{200};
constexpr int kFollowFailuresMax = 10;  // in a row
constexpr std::uint32_t kLeavesAtOnce = 8192;
constexpr std::size_t kLeavesBytesMax = std::size_t{1} << 31;  // 67 million facts

Result<std::vector<evidence::VerifierKey>> read_keys(const std::string& path) {
  WARD_TRY(const std::string text, read_text_file(path));
  return evidence::parse_verifier_keys(text).in(path);
}

// One line a record: what it is about, for people.
std::string summary_of(const evidence::RecordBody& body) {
  struct Summary {
    std::string operator()(const evidence::Authentication& b) const {
      return fmt::format("{} by {}: {} {}", b.subject, b.method, b.succeeded ? "ok" : "failed",
                         b.reason);
    }
    std::string operator()(const evidence::Issuance& b) const {
      return fmt::format("{} {}", b.subject, b.credential);
    }
    std::string operator()(const evidence::Decision& b) const {
      return fmt::format("{} {} {} on {}{} [{}{}{}]", b.allowed ? "allow" : "deny", b.principal,
                         b.action, b.resource, b.reasons.empty() ? "" : ": " + b.reasons.front(),
                         b.enforcement_point, b.caller.empty() ? "" : " asked by ", b.caller);
    }
    std::string operator()(const evidence::SessionStart& b) const {
      return fmt::format("{} {}", b.session, b.subject);
    }
    std::string operator()(const evidence::SessionEnd& b) const {
      return fmt::format("{} {}", b.session, b.reason);
    }
    std::string operator()(const evidence::Command& b) const {
      return fmt::format("{} {} {}{}", b.actor, b.name, b.object, b.accepted ? "" : " refused");
    }
    std::string operator()(const evidence::Acknowledgement& b) const {
      return fmt::format("of revision {}", b.revision);
    }
    std::string operator()(const evidence::ProcessStart& b) const {
      return fmt::format("{} {}", b.process, b.version);
    }
    std::string operator()(const evidence::ProcessStop& b) const { return b.reason; }
    std::string operator()(const evidence::Gap& b) const {
      return fmt::format("{} records: {}", b.count, b.reason);
    }
  };
  return std::visit(Summary{}, body);
}

// A fact revokes a subject when it says so by name, whatever the kind.
Result<bool> is_revocation_of(ByteView bytes, std::string_view subject) {
  WARD_TRY(const world::Fact fact, world::decode_fact(bytes));
  const auto* revoked = std::get_if<world::Revoked>(&fact.body);
  return revoked != nullptr && revoked->revocation.id == subject;
}

Result<bool> is_restoration_of(ByteView bytes, std::string_view subject) {
  WARD_TRY(const world::Fact fact, world::decode_fact(bytes));
  const auto* restored = std::get_if<world::Restored>(&fact.body);
  return restored != nullptr && restored->id == subject;
}

// As `evidence export` wrote it.
Result<evidence::ProvedFact> read_proved_fact(const std::string& directory,
                                              std::uint64_t revision) {
  const std::string path = fmt::format("{}/fact-{}.tlog-proof", directory, revision);
  WARD_TRY(const std::string text, read_text_file(path));
  evidence::ProvedFact proved;
  WARD_TRY(proved.proof, evidence::parse_tlog_proof(text).in(path));
  if (!proved.proof.extra) return invalid_argument("{}: expected the fact in `extra`", path);
  proved.fact = *proved.proof.extra;
  return proved;
}

codec::Json journal_json(const evidence::SignedJournal& journal,
                         const evidence::JournalCheck& check) {
  return codec::Json::object({{"revision", journal.revision()},
                              {"matched", check.counts().matched},
                              {"without_root", check.counts().without_root},
                              {"newer", check.counts().newer}});
}

std::string journal_text(const evidence::SignedJournal& journal,
                         const evidence::JournalCheck& check) {
  return fmt::format(
      "ok: {} records name the roots of {} (revision {}); {} name none, {} are newer and were not "
      "compared",
      check.counts().matched, printable(journal.checkpoint().origin), journal.revision(),
      check.counts().without_root, check.counts().newer);
}

// The journal's head of an earlier export into the same directory: whoever kept it trusts it.
Result<std::optional<evidence::TreeHead>> read_head(const os::FileSystem& files,
                                                    const std::string& directory) {
  const std::string path = fmt::format("{}/{}", directory, evidence::kJournalCheckpointFile);
  WARD_TRY(const auto status, files.status(path));
  if (!status) return std::nullopt;
  WARD_TRY(const Bytes bytes, files.read_file(path, evidence::kCheckpointBytesMax));
  WARD_TRY(const auto note, evidence::parse_note(as_text(bytes)).in(path));
  WARD_TRY(const auto head, evidence::parse_checkpoint_text(note.text).in(path));
  return head.tree;
}

// Brings DIRECTORY/journal.leaves to `revision`; the leaves that are there are kept.
Result<void> export_leaves(Session& session, os::FileSystem& files, const std::string& directory,
                           std::uint64_t revision) {
  const std::string path = fmt::format("{}/{}", directory, evidence::kJournalLeavesFile);
  Bytes leaves;
  WARD_TRY(const auto status, files.status(path));
  if (status) {
    WARD_TRY(leaves, files.read_file(path, kLeavesBytesMax));
    leaves.resize(leaves.size() - leaves.size() % evidence::kHashBytes);
  }
  leaves.resize(std::min<std::size_t>(leaves.size(), revision * evidence::kHashBytes));
  while (leaves.size() < revision * evidence::kHashBytes) {
    const std::uint64_t first = leaves.size() / evidence::kHashBytes;
    JournalLeavesRequest request;
    request.set_first(first);
    request.set_count(
        static_cast<std::uint32_t>(std::min<std::uint64_t>(revision - first, kLeavesAtOnce)));
    WARD_TRY(const auto response, session.call<JournalLeavesResponse>("JournalLeaves", request));
    if (response.leaves().size() != request.count() * evidence::kHashBytes) {
      return make_error(ErrorCode::kDataLoss, "the server gave {} bytes of {} leaf hashes",
                        response.leaves().size(), request.count());
    }
    append(leaves, response.leaves());
  }
  return files.write_file(path, leaves, 0644);
}

// Each log with its window: records about the subject at revisions before the revocation.
codec::JsonArray logs_json(const evidence::RevocationReport& report) {
  codec::JsonArray logs;
  for (const evidence::LogReport& log : report.logs) {
    codec::JsonArray window;
    for (const evidence::WindowRecord& record : log.window) {
      window.push_back(
          codec::Json::object({{"index", record.index},
                               {"time", time_text(record.time.time_since_epoch().count())},
                               {"revision", record.revision},
                               {"gave_access", record.is_allowed}}));
    }
    codec::Json acknowledgement;
    if (log.acknowledgement) acknowledgement = codec::Json(*log.acknowledgement);
    logs.push_back(codec::Json::object({{"origin", log.origin},
                                        {"is_present", log.is_present},
                                        {"acknowledgement", std::move(acknowledgement)},
                                        {"records", log.records},
                                        {"denied_after", log.denied_after},
                                        {"given_since_restored", log.given_since_restored},
                                        {"window_count", log.window_count},
                                        {"window", std::move(window)}}));
  }
  return logs;
}

// The X.509 authorities, which certify the keys of the nodes' logs.
Result<void> export_authorities(Session& session, os::FileSystem& files,
                                const std::string& directory) {
  WARD_TRY(const auto bundle, session.call<GetBundleResponse>("GetBundle", GetBundleRequest()));
  std::vector<crypto::Certificate> authorities;
  for (const std::string& der : bundle.x509_authorities()) {
    WARD_TRY(auto authority, crypto::Certificate::parse_der(as_bytes(der)));
    authorities.push_back(std::move(authority));
  }
  return files.write_file(fmt::format("{}/{}", directory, kBundleFile),
                          as_bytes(crypto::print_certificates_pem(authorities)), 0644);
}

Result<void> print_records(const Common& common, const evidence::LogReader& reader,
                           std::uint64_t first, std::uint64_t end) {
  const auto printed =
      reader.read_entries(first, end, [&](std::uint64_t index, ByteView entry) -> Result<void> {
        WARD_TRY(const evidence::Record record, evidence::decode_record(entry));
        const std::string when = time_text(record.time.time_since_epoch().count());
        const std::string kind(evidence::record_kind_name(record.kind()));
        if (common.format == Format::kJson) {
          print_line(
              codec::write_json(codec::Json::object({{"index", index},
                                                     {"time", when},
                                                     {"revision", record.revision},
                                                     {"kind", kind},
                                                     {"summary", summary_of(record.body)},
                                                     {"record", codec::encode_base64(entry)}})));
        } else {
          print_line(fmt::format("{:>6} {} r{} {} {}", index, when, record.revision, kind,
                                 printable(summary_of(record.body))));
        }
        return {};
      });
  (void)std::fflush(stdout);  // whoever follows sees them now
  return printed;
}

// kDataLoss when the log was rolled back or rewritten since.
Result<void> check_extends(const evidence::LogReader& now, const evidence::LogReader& before) {
  const evidence::TreeHead& old_head = before.checkpoint().tree;
  const evidence::TreeHead& new_head = now.checkpoint().tree;
  const auto lost = [&] {
    return make_error(ErrorCode::kDataLoss,
                      "the log of {} records does not extend that of {} seen before", new_head.size,
                      old_head.size);
  };
  if (new_head.size < old_head.size) return lost();
  WARD_TRY(const auto proof,
           evidence::prove_consistency(old_head.size, new_head.size, now.subtrees()));
  if (!evidence::verify_consistency(old_head, new_head, proof).ok()) return lost();
  return {};
}

// What came since `seen`, which becomes the newest head. Between two looks the process with the log
// may replace files of its end: what cannot be read then can be read from its next head.
Result<void> print_news(const Common& common, const EvidenceFlags& flags,
                        std::span<const evidence::VerifierKey> keys, evidence::LogReader& seen) {
  const os::SystemFileSystem files;
  for (int failures = 1;; ++failures) {
    auto now = evidence::LogReader::open(files, flags.directory, keys);
    auto done = now.ok() ? check_extends(*now, seen) : Result<void>(now.error());
    if (done.ok()) done = print_records(common, *now, seen.size(), now->size());
    if (done.ok()) {
      seen = std::move(*now);
      return done;
    }
    if (done.error().code() == ErrorCode::kDataLoss || failures == kFollowFailuresMax) return done;
    std::this_thread::sleep_for(kFollowInterval);
  }
}

}  // namespace

Result<int> tail_evidence(const Common& common, const EvidenceFlags& flags) {
  const os::SystemFileSystem files;
  WARD_TRY(const auto keys, read_keys(flags.keys_file));
  WARD_TRY(auto seen, evidence::LogReader::open(files, flags.directory, keys));
  const std::uint64_t shown = std::min(seen.size(), flags.count);
  WARD_RETURN_IF_ERROR(
      print_records(common, seen, std::max(seen.minimum(), seen.size() - shown), seen.size()));
  while (flags.follow) {
    std::this_thread::sleep_for(kFollowInterval);
    WARD_RETURN_IF_ERROR(print_news(common, flags, keys, seen));
  }
  return kExitOk;
}

Result<int> copy_evidence(const Common& common, const EvidenceFlags& flags) {
  os::SystemFileSystem files;
  WARD_TRY(const auto keys, read_keys(flags.keys_file));
  WARD_TRY(const auto log, evidence::LogReader::open(files, flags.directory, keys));
  const auto is_of_log = [&](const evidence::VerifierKey& key) {
    return key.name() == log.checkpoint().origin &&
           evidence::open_checkpoint(log.checkpoint_note(), std::span(&key, 1)).ok();
  };
  const auto key = std::ranges::find_if(keys, is_of_log);
  WARD_CHECK(key != keys.end());  // open() found it
  WARD_TRY(auto copy, evidence::Mirror::open(flags.copy_directory, *key, files));
  const std::uint64_t before = copy.size();
  for (bool is_whole = false; !is_whole;) {
    WARD_TRY(const auto shipment, evidence::export_since(log, copy.size()));
    WARD_TRY(is_whole, copy.receive(shipment));
  }
  if (common.format == Format::kJson) {
    print_line(codec::write_json(codec::Json::object({{"origin", log.checkpoint().origin},
                                                      {"size", copy.size()},
                                                      {"added", copy.size() - before}})));
  } else {
    print_line(fmt::format("copied: {} has {} records, {} of them new to the copy",
                           printable(log.checkpoint().origin), copy.size(), copy.size() - before));
  }
  return kExitOk;
}

Result<int> verify_evidence(const Common& common, const EvidenceFlags& flags) {
  const os::SystemFileSystem files;
  WARD_TRY(const auto keys, read_keys(flags.keys_file));
  std::optional<evidence::SignedJournal> journal;
  std::optional<evidence::JournalCheck> check;
  evidence::VerifyOptions options;
  if (!flags.journal_directory.empty()) {
    WARD_TRY(journal, evidence::SignedJournal::open(files, flags.journal_directory, keys));
    check.emplace(*journal);
    options.visit = [&check](std::uint64_t index, const evidence::RecordHead& record) {
      return check->check(index, record);
    };
  }
  WARD_TRY(const auto verified, evidence::verify_log(files, flags.directory, keys, options));
  const std::uint64_t size = verified.checkpoint.tree.size;
  if (common.format == Format::kJson) {
    codec::Json json =
        codec::Json::object({{"origin", verified.checkpoint.origin},
                             {"size", size},
                             {"minimum", verified.minimum},
                             {"stale_files", verified.stale_files},
                             {"newer_files", verified.newer_files},
                             {"root", codec::encode_base64(verified.checkpoint.tree.root)},
                             {"last_revision", verified.last_revision},
                             {"unsigned_records", verified.unsigned_records},
                             {"journal", check ? journal_json(*journal, *check) : codec::Json()}});
    print_line(codec::write_json(json));
  } else {
    print_line(
        fmt::format("ok: {} has {} records up to revision {}, each byte accounted for; {} newer "
                    "than the checkpoint",
                    printable(verified.checkpoint.origin), size, verified.last_revision,
                    verified.unsigned_records));
    if (verified.minimum > 0) {
      print_line(fmt::format(
          "verified from record {} on: those before it were pruned, as the log's key says",
          verified.minimum));
    }
    if (verified.stale_files > 0) {
      print_line(fmt::format("{} files are left by a crash or being written; nobody reads them",
                             verified.stale_files));
    }
    if (verified.newer_files > 0) {
      print_line(fmt::format("{} files were added while it was verified, and were not compared",
                             verified.newer_files));
    }
    if (check) print_line(journal_text(*journal, *check));
  }
  return kExitOk;
}

Result<int> prove_evidence(const Common&, const EvidenceFlags& flags) {
  const os::SystemFileSystem files;
  WARD_TRY(const auto keys, read_keys(flags.keys_file));
  WARD_TRY(const auto reader, evidence::LogReader::open(files, flags.directory, keys));
  if (!flags.index || *flags.index >= reader.size()) {
    return invalid_argument("expected --index below {}, the size of the log", reader.size());
  }
  WARD_TRY(const Bytes entry, reader.read_entry(*flags.index));
  WARD_TRY(evidence::TlogProof proof, reader.prove(*flags.index));
  WARD_RETURN_IF_ERROR(evidence::verify_tlog_proof(proof, entry, keys));
  proof.extra = entry;  // so that the file carries the record it proves
  const std::string text = evidence::tlog_proof_text(proof);
  print_line(std::string_view(text).substr(0, text.size() - (text.ends_with('\n') ? 1 : 0)));
  return kExitOk;
}

// Each sealed value of a record: what it is, or that it was erased. One that the record does not
// seal so is an error.
Result<int> show_values(const Common& common, const EvidenceFlags& flags) {
  os::SystemFileSystem files;
  WARD_TRY(const auto keys, read_keys(flags.keys_file));
  WARD_TRY(const auto reader, evidence::LogReader::open(files, flags.directory, keys));
  WARD_TRY(const Bytes entry, reader.read_entry(*flags.index));
  WARD_TRY(const auto proof, reader.prove(*flags.index));
  WARD_RETURN_IF_ERROR(evidence::verify_tlog_proof(proof, entry, keys));
  WARD_TRY(const evidence::Record record, evidence::decode_record(entry));
  const auto* decision = std::get_if<evidence::Decision>(&record.body);
  if (decision == nullptr || decision->sealed.empty())
    return invalid_argument("record {} seals nothing", *flags.index);
  WARD_TRY(const auto side, evidence::SealedValues::open(flags.values_directory, files));
  WARD_TRY(const auto values, side.values_of(*flags.index));
  for (const evidence::SealedValue& sealed : decision->sealed) {
    const auto opened = std::ranges::find(values, sealed.name, &evidence::OpenedValue::name);
    const bool is_kept = opened != values.end();
    if (is_kept && evidence::seal_value(*opened) != sealed) {
      return make_error(ErrorCode::kDataLoss, "`{}` of record {} is not the value that was sealed",
                        sealed.name, *flags.index);
    }
    if (common.format == Format::kJson) {
      print_line(codec::write_json(
          codec::Json::object({{"name", sealed.name},
                               {"value", is_kept ? codec::Json(opened->value) : codec::Json()}})));
    } else {
      print_line(fmt::format("{} {}", printable(sealed.name),
                             is_kept ? printable(opened->value) : "(erased, or never kept)"));
    }
  }
  return kExitOk;
}

Result<int> erase_values(const Common&, const EvidenceFlags& flags) {
  if (flags.index.has_value() == flags.below.has_value())
    return invalid_argument("expected one of --index and --below");
  os::SystemFileSystem files;
  WARD_TRY(const auto status, files.status(flags.values_directory));
  if (!status) return make_error(ErrorCode::kNotFound, "no directory `{}`", flags.values_directory);
  WARD_TRY(auto side, evidence::SealedValues::open(flags.values_directory, files));
  WARD_RETURN_IF_ERROR(flags.index ? side.erase(*flags.index) : side.erase_below(*flags.below));
  print_line("erased; the log is as it was");
  return kExitOk;
}

// Writes what an offline verifier needs into a directory: keys, and a proof a fact with the fact as
// its extra.
Result<int> export_proof(const Common& common, const EvidenceFlags& flags) {
  ExportProofRequest request;
  for (const std::uint64_t revision : flags.revisions) request.add_revisions(revision);
  WARD_TRY(const auto session, Session::open(common.target));
  WARD_TRY(const auto response, session->call<ExportProofResponse>("ExportProof", request));
  os::SystemFileSystem files;
  WARD_RETURN_IF_ERROR(files.create_directory(flags.proof_directory, 0755));
  WARD_TRY(const auto before, read_head(files, flags.proof_directory));
  std::string keys;
  for (const std::string& key : response.log_keys()) keys += key + "\n";
  WARD_RETURN_IF_ERROR(files.write_file(flags.proof_directory + "/keys", as_bytes(keys), 0644));
  WARD_RETURN_IF_ERROR(files.write_file(
      fmt::format("{}/{}", flags.proof_directory, evidence::kJournalCheckpointFile),
      as_bytes(response.checkpoint()), 0644));
  for (const ProvedFact& proved : response.facts()) {
    evidence::TlogProof proof;
    proof.extra = to_bytes(proved.fact());
    proof.index = proved.revision() - 1;
    for (const std::string& hash : proved.proof()) {
      evidence::Hash& added = proof.hashes.emplace_back();
      if (hash.size() != added.size())
        return make_error(ErrorCode::kDataLoss, "a hash of {} bytes", hash.size());
      std::copy(hash.begin(), hash.end(), added.begin());
    }
    proof.checkpoint = response.checkpoint();
    const std::string path =
        fmt::format("{}/fact-{}.tlog-proof", flags.proof_directory, proved.revision());
    WARD_RETURN_IF_ERROR(files.write_file(path, as_bytes(evidence::tlog_proof_text(proof)), 0644));
  }
  std::vector<evidence::VerifierKey> signers;
  for (const std::string& key : response.log_keys()) {
    WARD_TRY(auto signer, evidence::VerifierKey::parse(key));
    signers.push_back(std::move(signer));
  }
  WARD_TRY(const auto head, evidence::open_checkpoint(response.checkpoint(), signers));
  WARD_RETURN_IF_ERROR(
      export_leaves(*session, files, flags.proof_directory, head.checkpoint.tree.size));
  WARD_TRY(const auto journal,
           evidence::SignedJournal::open(files, flags.proof_directory, signers));
  if (before) WARD_RETURN_IF_ERROR(journal.check_extends(*before));
  WARD_RETURN_IF_ERROR(export_authorities(*session, files, flags.proof_directory));
  print_line(
      fmt::format("wrote keys, bundle.pem, journal.checkpoint, journal.leaves and {} proofs to {}",
                  response.facts_size(), flags.proof_directory));
  return kExitOk;
}

Result<int> verify_revocation_receipt(const Common& common, const EvidenceFlags& flags) {
  const os::SystemFileSystem files;
  WARD_TRY(const auto keys, read_keys(flags.keys_file));
  evidence::RevocationEvidence given;
  WARD_TRY(given.receipt, read_text_file(flags.receipt_file));
  WARD_TRY(const evidence::Receipt receipt, evidence::open_receipt(given.receipt, keys));
  WARD_TRY(given.revocation, read_proved_fact(flags.proof_directory, receipt.revision));
  if (flags.restored) {
    WARD_TRY(given.restoration, read_proved_fact(flags.proof_directory, *flags.restored));
  }
  WARD_TRY(const auto checkpoint,
           evidence::open_checkpoint(given.revocation.proof.checkpoint, keys));
  given.journal_origin = checkpoint.checkpoint.origin;
  given.logs_directory = flags.directory;
  given.is_revocation_of = is_revocation_of;
  given.is_restoration_of = is_restoration_of;
  WARD_TRY(given.authorities,
           read_certificates(fmt::format("{}/{}", flags.proof_directory, kBundleFile)));
  std::optional<evidence::SignedJournal> journal;
  WARD_TRY(const auto leaves,
           files.status(fmt::format("{}/{}", flags.proof_directory, evidence::kJournalLeavesFile)));
  if (leaves) {
    WARD_TRY(journal, evidence::SignedJournal::open(files, flags.proof_directory, keys));
    given.journal = &*journal;
  }
  WARD_TRY(const auto report, evidence::verify_revocation(files, given, keys));
  if (common.format == Format::kJson) {
    codec::JsonArray findings;
    for (const std::string& finding : report.findings) findings.emplace_back(finding);
    print_line(codec::write_json(codec::Json::object(
        {{"holds", report.holds},
         {"subject", report.receipt.subject},
         {"revision", report.receipt.revision},
         {"bounded_only", report.is_bounded_only},
         {"restored_at", report.restored_at ? codec::Json(*report.restored_at) : codec::Json()},
         {"findings", std::move(findings)},
         {"logs", logs_json(report)}})));
  } else {
    print_line(report.text());
  }
  return report.holds ? kExitOk : kExitFailure;
}

}  // namespace ward::cli
