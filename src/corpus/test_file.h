// Tests of Cedar engines as others write them: one JSON file with the paths of policies, entities
// and schema, and requests with the response that is expected.
//
// Two forms. That of the Cedar project's integration tests (JsonTest and JsonRequest of its
// cedar-testing/src/integration_testing.rs, with `policyFormat` and `schemaFormat` besides):
//
//   {"policies": PATH, "policyFormat"?: "cedar"|"json", "entities": PATH,
//    "schema": PATH, "schemaFormat"?: "cedar"|"json", "shouldValidate": BOOL,
//    "requests": [{"description", "principal", "action", "resource", "context",
//                  "validateRequest"?, "decision": "allow"|"deny", "reason": [ID], "errors":
//                  [ID]}]}
//
// and, known by its member `app`, that of the benchmarks of the paper "Cedar: A New Language for
// Expressive, Fast, Safe, and Analyzable Authorization" (OOPSLA 2024), where `links` names a file
// of template links and a schema is JSON:
//
//   {"app", "policies": PATH, "entities": PATH, "schema": PATH, "links"?: PATH|null, "requests",
//    "n"?, "hierarchy"?, "seed"?, "numEntities"?, "numLinks"?}
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cedar/authorize/authorizer.h"
#include "cedar/evaluate/request.h"
#include "cedar/schema/schema.h"
#include "codec/json.h"

namespace ward::corpus {

// A context may be as deep as it may elsewhere (cedar::kEntityJsonDepthMax), three levels down.
inline constexpr codec::JsonLimits kTestJsonLimits{
    .max_bytes = 256u << 20, .max_depth = 259, .max_values = 20'000'000};

enum class TextForm : std::uint8_t { kCedar, kJson };

struct ExpectedResponse {
  cedar::Decision decision = cedar::Decision::kDeny;
  std::set<std::string> reasons;
  std::set<std::string> errors;
};

// Not yet built: what the members hold is looked at by build_request().
struct TestRequest {
  std::string_view description;
  const codec::Json* principal = nullptr;
  const codec::Json* action = nullptr;
  const codec::Json* resource = nullptr;
  const codec::Json* context = nullptr;
  bool is_validated = true;
  ExpectedResponse expected;
};

struct TestFile {
  bool is_application = false;  // of the form with `app`
  std::string policies;
  std::string entities;
  std::string schema;
  std::optional<std::string> links;  // of an application
  TextForm policy_form = TextForm::kCedar;
  TextForm schema_form = TextForm::kCedar;
  bool should_validate = false;  // not of an application
  std::vector<TestRequest> requests;
};

// Refers to `json`. kInvalidArgument, naming the member, when one is missing, not known or of the
// wrong type.
Result<TestFile> read_test_file(const codec::Json& json);

// Its context read by the schema and, unless the test says not to, the request checked by it.
Result<cedar::Request> build_request(const TestRequest& request, const cedar::Schema& schema);

// Empty when decision, reasons and errors (as sets of ids) are the expected ones, else what
// differs.
std::string difference(const ExpectedResponse& expected, const cedar::Response& got);

}  // namespace ward::corpus
