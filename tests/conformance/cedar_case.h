// Tests in the form of the Cedar project's integration tests: policies, entities, requests and what
// the reference implementation answers. Shared by the conformance tests and the benchmark.
#pragma once

#include <fmt/ranges.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "cedar/authorize/authorizer.h"
#include "cedar/entity/entities.h"
#include "cedar/entity/value_json.h"
#include "codec/json_reader.h"

namespace ward::testing {

struct CedarQuestion {
  std::string description;
  cedar::Request request;
  const codec::Json* context;  // in CedarCase::json
  cedar::Decision decision;
  std::set<std::string> reasons;
  std::set<std::string> errors;
};

struct CedarCase {
  codec::Json json;  // the file itself
  std::vector<CedarQuestion> questions;
};

inline Result<std::string> read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return make_error(ErrorCode::kNotFound, "cannot read {}", path.string());
  return std::string(std::istreambuf_iterator<char>(in), {});
}

inline Result<codec::Json> read_json(const std::filesystem::path& path) {
  WARD_TRY(const std::string text, read_text(path));
  return codec::parse_json(text,
                           {.max_bytes = 64u << 20, .max_depth = 64, .max_values = 2'000'000});
}

inline Result<std::set<std::string>> read_ids(codec::JsonReader& reader, std::string_view name) {
  WARD_TRY(const auto ids, reader.strings(name));
  return std::set<std::string>(ids.begin(), ids.end());
}

inline Result<CedarQuestion> read_question(const codec::Json& json) {
  WARD_TRY(codec::JsonReader reader, codec::JsonReader::of(json, "request"));
  WARD_TRY(const std::string_view description, reader.string("description"));
  WARD_TRY(const codec::Json* principal, reader.any("principal"));
  WARD_TRY(const codec::Json* action, reader.any("action"));
  WARD_TRY(const codec::Json* resource, reader.any("resource"));
  WARD_TRY(const codec::Json* context, reader.any("context"));
  WARD_TRY(const std::string_view decision, reader.string("decision"));
  WARD_TRY(std::set<std::string> reasons, read_ids(reader, "reason"));
  WARD_TRY(std::set<std::string> errors, read_ids(reader, "errors"));
  WARD_TRY(cedar::EntityUid principal_uid, cedar::uid_from_json(*principal));
  WARD_TRY(cedar::EntityUid action_uid, cedar::uid_from_json(*action));
  WARD_TRY(cedar::EntityUid resource_uid, cedar::uid_from_json(*resource));
  WARD_TRY(cedar::Record record, cedar::context_from_json(*context));
  if (decision != "allow" && decision != "deny") {
    return invalid_argument("unknown decision `{}`", decision);
  }
  return CedarQuestion{
      .description = std::string(description),
      .request = {std::move(principal_uid), std::move(action_uid), std::move(resource_uid),
                  std::move(record)},
      .context = context,
      .decision = decision == "allow" ? cedar::Decision::kAllow : cedar::Decision::kDeny,
      .reasons = std::move(reasons),
      .errors = std::move(errors),
  };
}

inline Result<CedarCase> read_case(const std::filesystem::path& path) {
  CedarCase out;
  WARD_TRY(out.json, read_json(path));
  const codec::Json* requests = out.json.find("requests");
  if (requests == nullptr || requests->if_array() == nullptr) {
    return invalid_argument("`requests` is missing or no array");
  }
  for (const codec::Json& request : *requests->if_array()) {
    WARD_TRY(CedarQuestion question, read_question(request));
    out.questions.push_back(std::move(question));
  }
  return out;
}

// Empty when the response is the expected one, else what differs.
inline std::string difference(const CedarQuestion& question, const cedar::Response& got) {
  std::string out;
  if (got.decision != question.decision) {
    out += fmt::format(" decision: expected {}, got {};", decision_name(question.decision),
                       decision_name(got.decision));
  }
  const std::set<std::string> reasons(got.reasons.begin(), got.reasons.end());
  if (reasons != question.reasons) {
    out += fmt::format(" reasons: expected [{}], got [{}];", fmt::join(question.reasons, " "),
                       fmt::join(reasons, " "));
  }
  std::set<std::string> errors;
  std::string messages;
  for (const cedar::PolicyError& error : got.errors) {
    errors.insert(error.policy_id);
    messages += fmt::format(" ({}: {}: {})", error.policy_id,
                            evaluation_error_kind_name(error.error.kind), error.error.message);
  }
  if (errors != question.errors) {
    out += fmt::format(" errors: expected [{}], got [{}]{};", fmt::join(question.errors, " "),
                       fmt::join(errors, " "), messages);
  }
  return out;
}

}  // namespace ward::testing
