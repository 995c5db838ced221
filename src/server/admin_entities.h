// Entities as Admin lists and gets them: never a sealed key.
#pragma once

#include <string>

#include "base/result.h"
#include "world/world.h"

namespace ward::admin::v1 {
class GetRequest;
class GetResponse;
class ListRequest;
class ListResponse;
}  // namespace ward::admin::v1

namespace ward::server {

// kInvalidArgument: no such kind, a page that is too large.
Result<ward::admin::v1::ListResponse> list_entities(const world::World& world,
                                                    const ward::admin::v1::ListRequest& request);
// kNotFound too.
Result<ward::admin::v1::GetResponse> get_entity(const world::World& world,
                                                const ward::admin::v1::GetRequest& request);

}  // namespace ward::server
