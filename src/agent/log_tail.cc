#include "agent/log_tail.h"

#include <algorithm>

#include "evidence/record_scan.h"

namespace ward::agent {
namespace {

Result<void> check_record(const evidence::RecordHead& record, std::uint64_t revision) {
  if (record.revision <= revision) return {};
  if (record.kind == evidence::RecordKind::kAcknowledgement) {
    return make_error(ErrorCode::kDataLoss,
                      "it is of revision {}, and the node has acknowledged facts up to {} since",
                      revision, record.revision);
  }
  if (record.kind == evidence::RecordKind::kGap) {
    return make_error(ErrorCode::kDataLoss,
                      "it is of revision {}, and evidence of what followed it is missing",
                      revision);
  }
  return {};
}

}  // namespace

Result<JournalHead> head_with_log(const evidence::LogReader& log, const JournalHead& saved) {
  if (log.size() == 0) {
    return make_error(ErrorCode::kDataLoss, "the evidence log that it goes with is empty");
  }
  JournalHead head = saved;
  // A bundle at a time, the newest first: revisions do not go down in a log.
  for (std::uint64_t end = log.size(); end > 0;) {
    if (log.size() - end > kTailEntriesMax) {
      return make_error(ErrorCode::kResourceExhausted, "over {} records of evidence follow it",
                        kTailEntriesMax);
    }
    const std::uint64_t first = (end - 1) / evidence::kTileWidth * evidence::kTileWidth;
    if (first < log.minimum()) {
      return make_error(ErrorCode::kDataLoss,
                        "of the records that follow it those below {} were pruned", log.minimum());
    }
    bool reaches_back = false;
    WARD_RETURN_IF_ERROR(
        log.read_entries(first, end, [&](std::uint64_t, ByteView entry) -> Result<void> {
          WARD_TRY(const auto record, evidence::scan_record(entry));
          reaches_back = reaches_back || record.revision <= saved.revision;
          if (record.revision > head.revision) head = {record.revision, record.journal_root8};
          return check_record(record, saved.revision);
        }));
    if (reaches_back) break;
    end = first;
  }
  return head;
}

}  // namespace ward::agent
