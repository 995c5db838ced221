// What policies of a level need of the entities for one request.
//
// Source: Cedar RFC 76. A policy set that validates at a level gives the same answer on the slice
// as on all entities.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "cedar/entity/entities.h"
#include "cedar/evaluate/request.h"

namespace ward::cedar {

// The entities that are reached from principal, action, resource and context in fewer than `level`
// steps over attributes and tags; none at level 0. Each keeps its attributes, tags and all of its
// ancestors, which are not themselves in the slice for that. Errors are those of Entities::build
// under `limits`.
Result<Entities> slice_at_level(const Entities& entities, const Request& request,
                                std::uint32_t level, const EntitiesLimits& limits = {});

}  // namespace ward::cedar
