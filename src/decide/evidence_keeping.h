// What of a decision evidence keeps, and for how long, as a program is configured:
//
//   [evidence]
//   keep_records = 1000000                     # the newest so many stay
//   keep_for = "90d"                           # what is younger stays
//   seal = ["source_address", "properties"]
#pragma once

#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "codec/toml.h"
#include "decide/question.h"
#include "evidence/pruning.h"
#include "evidence/sealed_values.h"

namespace ward::decide {

// Which of what a question carries evidence keeps sealed (evidence/sealed_values.h): its record has
// the commitments, the values lie beside the log and can be erased. The rest is not kept at all.
struct SealingPolicy {
  bool source_address = false;  // as `source`
  bool properties = false;      // `request`, `subject`, `action`, `resource`: what the caller said
  bool is_set() const { return source_address || properties; }
};

struct EvidenceKeeping {
  evidence::RetentionPolicy retention = {};  // of the process' own log; absent: for ever
  SealingPolicy sealing = {};
};

// Of the table `evidence`; the keys it does not know are left to the caller. kInvalidArgument with
// file, line and column.
Result<EvidenceKeeping> read_evidence_keeping(codec::TomlReader& table);

// Seals into `record`; the values to keep. Records in Cedar's JSON; what is larger than a sealed
// value may be is left out.
std::vector<evidence::OpenedValue> seal(evidence::Decision& record, const Question& question,
                                        const SealingPolicy& policy, Random& random);

}  // namespace ward::decide
