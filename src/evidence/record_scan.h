// What verification needs of a record, read in place: no copy, no allocation but that of lists.
//
// PERF: a fifth of the time of decode_record(), which is its oracle in the tests: each record that
// decodes scans to the same values. Pure; any thread.
#pragma once

#include <string_view>
#include <vector>

#include "evidence/record.h"

namespace ward::evidence {

struct RecordHead {
  std::int64_t time_us = 0;
  std::uint64_t revision = 0;
  RootPrefix journal_root8{};
  RecordKind kind = RecordKind::kGap;
  ByteView body;  // the bytes of the kind's message
};

// kDataLoss when the bytes are no record of format 1 with a body of a known kind.
Result<RecordHead> scan_record(ByteView bytes);

// Whom a record is about. Views into the record; empty when the kind has no such field.
struct RecordNames {
  std::string_view subject;  // principal of a decision, object of a command
  std::string_view object;   // resource of a decision or a session
  std::string_view credential;
  std::string_view session;
  std::vector<std::string_view> grants;
  std::vector<std::string_view> subjects;   // of an acknowledgement
  std::uint64_t acknowledged_revision = 0;  // of an acknowledgement
  bool allowed = false;                     // of a decision
};

// `names` is overwritten and keeps the memory of its lists.
Result<void> scan_names(const RecordHead& head, RecordNames& names);

}  // namespace ward::evidence
