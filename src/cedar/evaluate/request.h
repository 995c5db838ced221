// What is asked: may this principal do this action on this resource, in this context?
#pragma once

#include "cedar/value/entity_uid.h"
#include "cedar/value/value.h"

namespace ward::cedar {

struct Request {
  EntityUid principal;
  EntityUid action;
  EntityUid resource;
  Record context;
};

}  // namespace ward::cedar
