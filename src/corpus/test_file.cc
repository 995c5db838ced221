#include "corpus/test_file.h"

#include <fmt/ranges.h>

#include "cedar/entity/conformance.h"
#include "cedar/entity/typed_json.h"
#include "cedar/entity/value_json.h"
#include "codec/json_reader.h"

namespace ward::corpus {
namespace {

static_assert(kTestJsonLimits.max_depth == cedar::kEntityJsonDepthMax + 3);

Result<TextForm> read_form(codec::JsonReader& reader, std::string_view name) {
  WARD_TRY(const auto form, reader.optional_string(name));
  if (!form || *form == "cedar") return TextForm::kCedar;
  if (*form == "json") return TextForm::kJson;
  return invalid_argument("`{}`: expected `cedar` or `json`, got `{}`", reader.path_of(name),
                          *form);
}

Result<std::set<std::string>> read_ids(codec::JsonReader& reader, std::string_view name) {
  WARD_TRY(const auto ids, reader.strings(name));
  return std::set<std::string>(ids.begin(), ids.end());
}

Result<cedar::Decision> read_decision(codec::JsonReader& reader) {
  WARD_TRY(const std::string_view decision, reader.string("decision"));
  if (decision == "allow") return cedar::Decision::kAllow;
  if (decision == "deny") return cedar::Decision::kDeny;
  return invalid_argument("`{}`: expected `allow` or `deny`, got `{}`", reader.path_of("decision"),
                          decision);
}

Result<TestRequest> read_request(const codec::Json& json, std::size_t index) {
  WARD_TRY(codec::JsonReader reader,
           codec::JsonReader::of(json, fmt::format("requests[{}]", index)));
  TestRequest out;
  WARD_TRY(out.description, reader.string("description"));
  WARD_TRY(out.principal, reader.any("principal"));
  WARD_TRY(out.action, reader.any("action"));
  WARD_TRY(out.resource, reader.any("resource"));
  WARD_TRY(out.context, reader.any("context"));
  WARD_TRY(const auto is_validated, reader.optional_boolean("validateRequest"));
  out.is_validated = is_validated.value_or(true);
  WARD_TRY(out.expected.decision, read_decision(reader));
  WARD_TRY(out.expected.reasons, read_ids(reader, "reason"));
  WARD_TRY(out.expected.errors, read_ids(reader, "errors"));
  WARD_RETURN_IF_ERROR(reader.no_other_names());
  return out;
}

Result<std::vector<TestRequest>> read_requests(codec::JsonReader& reader) {
  WARD_TRY(const codec::JsonArray* array, reader.array("requests"));
  std::vector<TestRequest> out;
  out.reserve(array->size());
  for (const codec::Json& each : *array) {
    WARD_TRY(TestRequest request, read_request(each, out.size()));
    out.push_back(std::move(request));
  }
  return out;
}

Result<void> read_paths(codec::JsonReader& reader, TestFile& out) {
  WARD_TRY(out.policies, reader.string("policies"));
  WARD_TRY(out.entities, reader.string("entities"));
  WARD_TRY(out.schema, reader.string("schema"));
  return {};
}

Result<void> read_application(codec::JsonReader& reader, TestFile& out) {
  WARD_RETURN_IF_ERROR(reader.string("app"));
  for (const std::string_view told : {"n", "hierarchy", "seed", "numEntities", "numLinks"}) {
    (void)reader.optional_any(told);
  }
  out.schema_form = TextForm::kJson;
  const codec::Json* links = reader.optional_any("links");
  if (links == nullptr || links->is_null()) return {};
  if (links->if_string() == nullptr) {
    return invalid_argument("`links`: expected a string or null, got {}",
                            codec::json_kind_name(links->kind()));
  }
  out.links = *links->if_string();
  return {};
}

Result<void> read_integration_test(codec::JsonReader& reader, TestFile& out) {
  WARD_TRY(out.policy_form, read_form(reader, "policyFormat"));
  WARD_TRY(out.schema_form, read_form(reader, "schemaFormat"));
  WARD_TRY(out.should_validate, reader.boolean("shouldValidate"));
  return {};
}

}  // namespace

Result<TestFile> read_test_file(const codec::Json& json) {
  WARD_TRY(codec::JsonReader reader, codec::JsonReader::of(json));
  TestFile out;
  out.is_application = json.find("app") != nullptr;
  WARD_RETURN_IF_ERROR(read_paths(reader, out));
  WARD_RETURN_IF_ERROR(out.is_application ? read_application(reader, out)
                                          : read_integration_test(reader, out));
  WARD_TRY(out.requests, read_requests(reader));
  WARD_RETURN_IF_ERROR(reader.no_other_names());
  return out;
}

Result<cedar::Request> build_request(const TestRequest& request, const cedar::Schema& schema) {
  WARD_TRY(cedar::EntityUid principal, cedar::uid_from_json(*request.principal).in("principal"));
  WARD_TRY(cedar::EntityUid action, cedar::uid_from_json(*request.action).in("action"));
  WARD_TRY(cedar::EntityUid resource, cedar::uid_from_json(*request.resource).in("resource"));
  WARD_TRY(cedar::Record context, cedar::context_from_json(*request.context, schema, action));
  cedar::Request out{std::move(principal), std::move(action), std::move(resource),
                     std::move(context)};
  if (request.is_validated) WARD_RETURN_IF_ERROR(cedar::check_request(out, schema));
  return out;
}

std::string difference(const ExpectedResponse& expected, const cedar::Response& got) {
  std::vector<std::string> found;
  if (got.decision != expected.decision) {
    found.push_back(fmt::format("decision: expected {}, got {}", decision_name(expected.decision),
                                decision_name(got.decision)));
  }
  const std::set<std::string> reasons(got.reasons.begin(), got.reasons.end());
  if (reasons != expected.reasons) {
    found.push_back(fmt::format("reason: expected [{}], got [{}]", fmt::join(expected.reasons, " "),
                                fmt::join(reasons, " ")));
  }
  std::set<std::string> errors;
  for (const cedar::PolicyError& each : got.errors) errors.insert(each.policy_id);
  if (errors != expected.errors) {
    std::string messages;
    for (const cedar::PolicyError& each : got.errors) {
      messages += fmt::format(" ({}: {}: {})", each.policy_id,
                              evaluation_error_kind_name(each.error.kind), each.error.message);
    }
    found.push_back(fmt::format("errors: expected [{}], got [{}]{}",
                                fmt::join(expected.errors, " "), fmt::join(errors, " "), messages));
  }
  return fmt::format("{}", fmt::join(found, "; "));
}

}  // namespace ward::corpus
