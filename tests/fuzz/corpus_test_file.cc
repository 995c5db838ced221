// A test file as others write them. What is read as one has requests that can be built or say why
// not, and expects what a response of its own says.
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"
#include "corpus/test_file.h"

namespace {

ward::cedar::Response as_expected(const ward::corpus::ExpectedResponse& expected) {
  ward::cedar::Response out{.decision = expected.decision, .reasons = {}, .errors = {}};
  out.reasons.assign(expected.reasons.begin(), expected.reasons.end());
  for (const std::string& id : expected.errors) {
    out.errors.push_back({id, {ward::cedar::EvaluationErrorKind::kTypeError, "", {}}});
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace corpus = ward::corpus;
  static const auto schema = ward::cedar::Schema::from_text(
      "entity User; entity Doc; action view appliesTo { principal: User, resource: Doc,"
      "context: { n?: Long, set?: Set<Set<Long>>, ip?: ipaddr, who?: { user: User } } };");
  const auto json = ward::codec::parse_json(ward::as_text({data, size}), corpus::kTestJsonLimits);
  if (!json.ok()) return 0;
  const auto test = corpus::read_test_file(*json);
  if (!test.ok()) {
    WARD_CHECK(!test.error().message().empty());
    return 0;
  }
  for (const corpus::TestRequest& each : test->requests) {
    const auto request = corpus::build_request(each, *schema);
    WARD_CHECK(request.ok() || !request.error().message().empty());
    WARD_CHECK(corpus::difference(each.expected, as_expected(each.expected)).empty());
  }
  return 0;
}
