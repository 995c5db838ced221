// A question: may this principal do this action to this resource, now and here?
//
// Every enforcement point's request becomes one of these (room enforce), and everything that the
// caller itself says stays in the caller's own records: it reaches policies as context.request,
// context.subject, context.action and context.resource, and never overwrites what the registry
// knows.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "cedar/value/value.h"
#include "world/entities.h"

namespace ward::decide {

// How the principal was authenticated, when it was by a credential of ours.
struct Credential {
  std::string id;  // as revocations name it: `x509:<serial in lower-case hex>` or `jwt:<jti>`
  WallTime issued{};
  WallTime expires{};
};

struct Question {
  std::string principal;       // SPIFFE ID
  std::string action;          // id of an entity of type Action: `read`
  world::EntityName resource;  // registered type and id

  cedar::Record request;             // said by the caller about the request
  cedar::Record subject_properties;  // said by the caller about the three
  cedar::Record action_properties;
  cedar::Record resource_properties;

  std::string enforcement_point;  // `authzen`, `auth_request`, `admin`, ...
  std::string caller;             // SPIFFE ID of the program that asked there, when it is another
  std::string source_address;     // textual IP address, or empty when not known
  std::string session;            // or empty
  std::string node;               // SPIFFE ID of the node that attested the principal, or empty
  std::optional<Credential> credential;
};

}  // namespace ward::decide
