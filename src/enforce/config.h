// The enforcement points of a program, as it is configured.
//
//   [authzen]
//   identifier = "https://pdp.example.org"          # publishes the metadata document
//   subjects = { user = "spiffe://{trust_domain}/user/{id}" }
//   resource_types = { "http-route" = "Route" }
//
//   [auth_request]
//   path = "/auth"                                  # unless said
//   audience = "https://gateway.example.org"        # takes JWT-SVIDs for it
//   [[auth_request.rules]]
//   host = "records.example.org"                    # any, unless said
//   methods = ["GET", "HEAD"]                       # any, unless said
//   path = "/records/{id}"
//   action = "read"
//   resource_type = "Record"
//   resource_id = "{id}"
#pragma once

#include "base/result.h"
#include "codec/toml.h"
#include "enforce/auth_request.h"
#include "enforce/authzen.h"

namespace ward::enforce {

// Each is given its own table. Errors are kInvalidArgument with file, line and column; unknown keys
// are found by TomlDocument::no_other_keys. Whether names hold is said by AuthzenApi::make.
Result<AuthzenOptions> read_authzen_options(codec::TomlReader& table);
Result<AuthRequestOptions> read_auth_request_options(codec::TomlReader& table);

}  // namespace ward::enforce
