// nginx `auth_request`: may this HTTP request go on?
//
// nginx asks by a GET subrequest and goes by the status alone: 2xx lets the request through, 401
// and 403 answer it, anything else is a 500 to the client. So a deny is always 401 or 403 here.
// Source: ngx_http_auth_request_module; docs/rooms/enforce.md has the nginx side.
//
//   X-Original-Method, X-Original-URI   `$request_method`, `$request_uri` (raw); both must be there
//   X-Original-Host                     `$host`; needed by rules that name one
//   X-Client-Cert                       `$ssl_client_escaped_cert`, verified here again
//   Authorization                       of the request: a JWT-SVID, where there is no certificate
//   X-Client-IP, else X-Forwarded-For   `$remote_addr`; of the latter the last address
// A field that comes twice is an error: two programs may not agree which one counts.
//
// Answers: 200, 401 when no credential holds (with WWW-Authenticate), 403 for every other deny;
// X-Ward-Decision (`allow`, `deny`), X-Ward-Reason, X-Ward-Revision, and X-Ward-Principal on allow.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "decide/judge.h"
#include "enforce/caller.h"
#include "enforce/principal.h"
#include "enforce/route_rule.h"
#include "enforce/verified_chains.h"
#include "http/router.h"

namespace ward::enforce {

struct AuthRequestOptions {
  std::string path = "/auth";
  std::string audience;          // of JWT-SVIDs; empty: tokens are not taken
  std::vector<RouteRule> rules;  // no rule fits: 403
};

// kUnauthenticated for who asks, kPermissionDenied for what is asked.
Result<decide::Question> read_auth_request(const http::Headers& headers,
                                           const AuthRequestOptions& options,
                                           const TrustSource& trust, VerifiedChains& chains,
                                           WallTime now);

http::Response write_auth_decision(const decide::Decision& decision, std::string_view principal);
http::Response write_auth_refusal(const Error& error);

// Loop thread. What it is made of, and the router that it is mounted on, outlive it; it outlives
// the requests of that router.
class AuthRequestPoint {
 public:
  AuthRequestPoint(AuthRequestOptions options, decide::Judge& judge, CallerCheck& caller_check,
                   const TrustSource& trust, const Clock& clock)
      : options_(std::move(options)),
        judge_(judge),
        caller_check_(caller_check),
        trust_(trust),
        clock_(clock) {}

  // `this` stays where it is from here on.
  void mount(http::Router& router);

 private:
  void answer(const http::Headers& headers, const std::string& caller, http::Responder responder);

  AuthRequestOptions options_;
  decide::Judge& judge_;
  CallerCheck& caller_check_;
  const TrustSource& trust_;
  VerifiedChains chains_ = {};
  const Clock& clock_;
};

}  // namespace ward::enforce
