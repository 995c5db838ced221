// Who may, what, and on what: the entities for which the decision is allow, page by page.
//
// Source: the queries of Cedar RFC 95. The policies are evaluated once for what all candidates have
// in common; only what is left is asked of each, and nothing when the decision is certain already.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "cedar/authorize/policy_set.h"
#include "cedar/entity/entity_store.h"
#include "cedar/partial/partial_request.h"
#include "cedar/schema/schema.h"

namespace ward::cedar {

inline constexpr std::size_t kQueryPageMax = 1'000;
inline constexpr std::size_t kQueryCandidatesMax = 2'000'000;

// What decides. All entities are known; they conform to the schema and have its actions.
struct QueryBasis {
  const PolicySet& policies;
  const EntityStore& entities;
  const Schema& schema;
};

struct PageRequest {
  std::optional<EntityUid> after = {};  // `next` of the page before; it need not exist any more
  std::size_t size = kQueryPageMax;     // at most so many; 1 to kQueryPageMax
};

struct Page {
  std::vector<EntityUid> found;        // ascending, distinct, after `after`
  std::optional<EntityUid> next = {};  // the last one, when there are more
};

// Of the candidates those on which the principal may do the action in the context. `request` knows
// all but the resource; the candidates, in any order, are of its type. Pages that follow one
// another on the same basis are the whole answer, each once. kInvalidArgument when the request is
// not such a one or does not conform, for a size or candidate out of bounds, and when a policy is
// not strictly valid for the request; kResourceExhausted for more than kQueryCandidatesMax
// candidates. Pure.
Result<Page> query_resources(const PartialRequest& request, std::span<const EntityUid> candidates,
                             const QueryBasis& basis, const PageRequest& page);

// Of the candidates those that may do the action on the resource: `request` knows all but the
// principal. Else as query_resources().
Result<Page> query_principals(const PartialRequest& request, std::span<const EntityUid> candidates,
                              const QueryBasis& basis, const PageRequest& page);

// The actions of the schema that the principal may do on the resource in the context. An action
// that does not apply to them, or not in such a context, is not among them. Errors as above.
struct ActionQuery {
  EntityUid principal;
  EntityUid resource;
  Record context;
};
Result<Page> query_actions(const ActionQuery& query, const QueryBasis& basis,
                           const PageRequest& page);

}  // namespace ward::cedar
