#include "decide/evidence_keeping.h"

#include <utility>

#include "cedar/entity/value_json.h"
#include "codec/json.h"

namespace ward::decide {
namespace {

constexpr std::chrono::hours kKeepForMin{1};

Result<evidence::RetentionPolicy> read_retention(codec::TomlReader& table) {
  evidence::RetentionPolicy retention;
  WARD_TRY(const auto records,
           table.optional_integer("keep_records", {.min = evidence::kTileWidth, .max = INT64_MAX}));
  if (records) retention.records = static_cast<std::uint64_t>(*records);
  WARD_TRY(const auto age, table.optional_duration("keep_for", {.min = kKeepForMin}));
  if (age) retention.age = std::chrono::duration_cast<std::chrono::seconds>(*age);
  return retention;
}

Result<SealingPolicy> read_sealing(codec::TomlReader& table) {
  SealingPolicy sealing;
  WARD_TRY(const auto names, table.optional_strings("seal"));
  for (const std::string& name : names) {
    if (name == "source_address") {
      sealing.source_address = true;
    } else if (name == "properties") {
      sealing.properties = true;
    } else {
      return table.error_at(
          "seal", fmt::format("expected `source_address` or `properties`, got `{}`", name));
    }
  }
  return sealing;
}

}  // namespace

Result<EvidenceKeeping> read_evidence_keeping(codec::TomlReader& table) {
  EvidenceKeeping keeping;
  WARD_TRY(keeping.retention, read_retention(table));
  WARD_TRY(keeping.sealing, read_sealing(table));
  return keeping;
}

std::vector<evidence::OpenedValue> seal(evidence::Decision& record, const Question& question,
                                        const SealingPolicy& policy, Random& random) {
  std::vector<evidence::OpenedValue> values;
  const auto add = [&](const char* name, std::string value) {
    if (value.size() > evidence::kSealedTextBytesMax) return;
    values.push_back(evidence::open_value(name, std::move(value), random));
    record.sealed.push_back(evidence::seal_value(values.back()));
  };
  const auto add_record = [&](const char* name, const cedar::Record& said) {
    if (said == cedar::Record()) return;
    const auto json = cedar::value_to_json(cedar::Value(said));
    if (json.ok()) add(name, codec::write_json(*json));
  };
  if (policy.source_address && !question.source_address.empty())
    add("source", question.source_address);
  if (!policy.properties) return values;
  add_record("request", question.request);
  add_record("subject", question.subject_properties);
  add_record("action", question.action_properties);
  add_record("resource", question.resource_properties);
  return values;
}

}  // namespace ward::decide
