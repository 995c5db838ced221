// Requests that are read are conforming or not, and those that conform are decided without a fault.
#include <cstdlib>

#include "base/bytes.h"
#include "cedar/entity/conformance.h"
#include "cedar/entity/entities.h"
#include "cedar/entity/request_json.h"
#include "cedar/explain/explanation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ward;
  static const cedar::Schema schema = *cedar::Schema::from_text(
      "entity User { boss?: User }; entity Doc;"
      "action view appliesTo { principal: User, resource: Doc, context: { ip?: ipaddr, n?: Long } "
      "};");
  static const cedar::PolicySet policies = *cedar::parse_policies(
      "permit (principal is User, action, resource) when { context.n > 1 && principal.boss == "
      "principal };"
      "permit (principal, action, resource) unless { context has ip || context.a.b };");
  static const cedar::Entities entities;
  const std::string_view text = as_text({data, size});
  const auto typed = cedar::parse_requests(text, "fuzz", &schema);
  if (typed.ok()) {
    for (const cedar::Request& each : *typed) {
      if (!cedar::check_request(each, schema).ok()) std::abort();
    }
  }
  const auto plain = cedar::parse_requests(text, "fuzz", nullptr);
  if (!plain.ok()) return 0;
  for (const cedar::Request& each : *plain) {
    const cedar::Explanation got = cedar::explain(each, policies, entities);
    const bool is_allowed = got.cause == cedar::Explanation::Cause::kAllowed;
    if (is_allowed != (got.response.decision == cedar::Decision::kAllow)) std::abort();
    // Neither policy is satisfied, so each says what kept it from that, or the other came nearer.
    if (!is_allowed && got.nearest.permits.empty()) std::abort();
  }
  return 0;
}
