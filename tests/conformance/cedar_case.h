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
#include "cedar/entity/conformance.h"
#include "cedar/entity/entities.h"
#include "cedar/entity/typed_json.h"
#include "cedar/entity/value_json.h"
#include "codec/json_reader.h"

namespace ward::testing {

struct CedarQuestion {
  std::string description;
  cedar::Request request;
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
                           {.max_bytes = 64u << 20, .max_depth = 256, .max_values = 2'000'000});
}

inline Result<std::set<std::string>> read_ids(codec::JsonReader& reader, std::string_view name) {
  WARD_TRY(const auto ids, reader.strings(name));
  return std::set<std::string>(ids.begin(), ids.end());
}

// The schema of a test: `schema` names its file under `root`, `schemaFormat` says in which form.
inline Result<cedar::Schema> read_schema(const std::filesystem::path& root,
                                         const codec::Json& test) {
  codec::JsonReader reader(*test.if_object(), "");
  WARD_TRY(const std::string_view path, reader.string("schema"));
  WARD_TRY(const auto format, reader.optional_string("schemaFormat"));
  WARD_TRY(const std::string text, read_text(root / path));
  return format.value_or("cedar") == "json" ? cedar::Schema::from_json(text, std::string(path))
                                            : cedar::Schema::from_text(text, std::string(path));
}

// With a schema the context is read by it and the request checked, unless the test says not to.
inline Result<CedarQuestion> read_question(const codec::Json& json, const cedar::Schema* schema) {
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
  WARD_TRY(cedar::Record record, schema == nullptr
                                     ? cedar::context_from_json(*context)
                                     : cedar::context_from_json(*context, *schema, action_uid));
  WARD_TRY(const auto is_checked, reader.optional_boolean("validateRequest"));
  if (decision != "allow" && decision != "deny") {
    return invalid_argument("unknown decision `{}`", decision);
  }
  CedarQuestion out{
      .description = std::string(description),
      .request = {std::move(principal_uid), std::move(action_uid), std::move(resource_uid),
                  std::move(record)},
      .decision = decision == "allow" ? cedar::Decision::kAllow : cedar::Decision::kDeny,
      .reasons = std::move(reasons),
      .errors = std::move(errors),
  };
  if (schema != nullptr && is_checked.value_or(true)) {
    WARD_RETURN_IF_ERROR(cedar::check_request(out.request, *schema));
  }
  return out;
}

inline Result<std::vector<CedarQuestion>> read_questions(const codec::Json& test,
                                                         const cedar::Schema* schema) {
  const codec::Json* requests = test.find("requests");
  if (requests == nullptr || requests->if_array() == nullptr) {
    return invalid_argument("`requests` is missing or no array");
  }
  std::vector<CedarQuestion> out;
  for (const codec::Json& request : *requests->if_array()) {
    WARD_TRY(CedarQuestion question, read_question(request, schema));
    out.push_back(std::move(question));
  }
  return out;
}

// Read without a schema.
inline Result<CedarCase> read_case(const std::filesystem::path& path) {
  CedarCase out;
  WARD_TRY(out.json, read_json(path));
  WARD_TRY(out.questions, read_questions(out.json, nullptr));
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
