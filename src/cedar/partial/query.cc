#include "cedar/partial/query.h"

#include <algorithm>

#include "cedar/entity/conformance.h"
#include "cedar/partial/partial_authorizer.h"

namespace ward::cedar {
namespace {

using Candidates = std::vector<const EntityUid*>;

Result<void> check_page(const PageRequest& page) {
  if (page.size >= 1 && page.size <= kQueryPageMax) return {};
  return invalid_argument("a page has 1 to {} entities, got {}", kQueryPageMax, page.size);
}

Result<void> check_known(std::string_view role, bool is_known, bool should_be) {
  if (is_known == should_be) return {};
  return invalid_argument("{}: expected {}", role,
                          should_be ? "it to be known" : "its type alone, as it is asked for");
}

// Ascending, distinct and after `after`.
Result<Candidates> in_order(std::span<const EntityUid> given, const EntityType& type,
                            const std::optional<EntityUid>& after) {
  if (given.size() > kQueryCandidatesMax) {
    return make_error(ErrorCode::kResourceExhausted, "{} candidates, more than {}", given.size(),
                      kQueryCandidatesMax);
  }
  Candidates out;
  for (const EntityUid& each : given) {
    if (each.type() != type) {
      return invalid_argument("candidate `{}` is no `{}`", each.text(), type.name());
    }
    if (!after || *after < each) out.push_back(&each);
  }
  const auto by_uid = [](const EntityUid* a, const EntityUid* b) { return *a < *b; };
  if (!std::ranges::is_sorted(out, by_uid)) std::ranges::sort(out, by_uid);
  const auto rest =
      std::ranges::unique(out, [](const EntityUid* a, const EntityUid* b) { return *a == *b; });
  out.erase(rest.begin(), rest.end());
  return out;
}

// Whether the page is full, and then that there are more.
bool is_full(Page& page, const PageRequest& asked) {
  if (page.found.size() < asked.size) return false;
  page.next = page.found.back();
  return true;
}

// Candidates that `is_allowed`, up to the first that is one too many.
template <typename IsAllowed>
Page page_of(const Candidates& candidates, const PageRequest& asked, const IsAllowed& is_allowed) {
  Page out;
  for (const EntityUid* each : candidates) {
    if (!is_allowed(*each)) continue;
    if (is_full(out, asked)) break;
    out.found.push_back(*each);
  }
  return out;
}

// `asked` is the part of the request that the candidates stand for, and of `full`.
Result<Page> query(const PartialRequest& request, const PartialUid& asked,
                   EntityUid Request::* part, std::span<const EntityUid> candidates,
                   const QueryBasis& basis, const PageRequest& page) {
  WARD_RETURN_IF_ERROR(check_page(page));
  const bool is_resource = part == &Request::resource;
  WARD_RETURN_IF_ERROR(check_known("principal", request.principal.uid.has_value(), is_resource));
  WARD_RETURN_IF_ERROR(check_known("resource", request.resource.uid.has_value(), !is_resource));
  WARD_RETURN_IF_ERROR(check_known("context", request.context.has_value(), true));
  WARD_TRY(const Candidates ordered, in_order(candidates, asked.type, page.after));
  WARD_TRY(const PartialResponse partial,
           authorize_partially(request, basis.policies, PartialEntities::complete(basis.entities),
                               basis.schema));
  if (partial.decision() == Decision::kDeny) return Page();
  const EntityUid nobody(asked.type, "");
  Request full{request.principal.uid.value_or(nobody), request.action,
               request.resource.uid.value_or(nobody), *request.context};
  return page_of(ordered, page, [&](const EntityUid& candidate) {
    full.*part = candidate;
    return partial.decide(full, basis.entities) == Decision::kAllow;
  });
}

}  // namespace

Result<Page> query_resources(const PartialRequest& request, std::span<const EntityUid> candidates,
                             const QueryBasis& basis, const PageRequest& page) {
  return query(request, request.resource, &Request::resource, candidates, basis, page);
}

Result<Page> query_principals(const PartialRequest& request, std::span<const EntityUid> candidates,
                              const QueryBasis& basis, const PageRequest& page) {
  return query(request, request.principal, &Request::principal, candidates, basis, page);
}

Result<Page> query_actions(const ActionQuery& query, const QueryBasis& basis,
                           const PageRequest& page) {
  WARD_RETURN_IF_ERROR(check_page(page));
  WARD_RETURN_IF_ERROR(check_role(query.principal, "principal", basis.schema));
  WARD_RETURN_IF_ERROR(check_role(query.resource, "resource", basis.schema));
  Page out;
  for (const ActionInfo& action : basis.schema.actions()) {  // by uid
    if (page.after && action.uid <= *page.after) continue;
    const Request request{query.principal, action.uid, query.resource, query.context};
    if (!check_request(request, basis.schema).ok()) continue;
    WARD_TRY(const PartialResponse response,
             authorize_partially({PartialUid::known(query.principal), action.uid,
                                  PartialUid::known(query.resource), query.context},
                                 basis.policies, PartialEntities::complete(basis.entities),
                                 basis.schema));
    if (response.decide(request, basis.entities) != Decision::kAllow) continue;
    if (is_full(out, page)) break;
    out.found.push_back(action.uid);
  }
  return out;
}

}  // namespace ward::cedar
