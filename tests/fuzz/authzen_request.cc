// An AuthZEN body, read as a single evaluation and as several. Every question that comes of it has
// a principal that is a SPIFFE ID of its own spelling and names within the bounds of the registry.
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"
#include "codec/json.h"
#include "enforce/authzen_message.h"
#include "world/fact.h"

namespace {

void check(const ward::Result<ward::enforce::AuthzenRequest>& request) {
  if (!request.ok()) return;
  WARD_CHECK(!request->items.empty() && request->items.size() <= ward::enforce::kEvaluationsMax);
  WARD_CHECK(request->is_batch || request->items.size() == 1);
  for (const auto& item : request->items) {
    if (!item.ok()) {
      WARD_CHECK(ward::codec::parse_json(ward::enforce::write_item_error(item.error())).ok());
      continue;
    }
    const auto id = ward::spiffe::SpiffeId::parse(item->principal);
    WARD_CHECK(id.ok() && id->text() == item->principal);
    WARD_CHECK(item->resource.id.view().size() <= ward::world::kNameBytesMax);
    WARD_CHECK(item->action.size() <= ward::world::kNameBytesMax);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace enforce = ward::enforce;
  static const auto names = enforce::Names::make(
      ward::spiffe::TrustDomain::parse("example.org").value(),
      {.subject_templates = {{"user", "spiffe://{trust_domain}/user/{id}"}}, .resource_types = {}});
  const std::string_view body = ward::as_text({data, size});
  check(enforce::read_evaluation(body, *names));
  check(enforce::read_evaluations(body, *names));
  return 0;
}
