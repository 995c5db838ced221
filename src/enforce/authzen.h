// The AuthZEN Authorization API 1.0 on an HTTP router.
//
//   POST /access/v1/evaluation                     one question
//   POST /access/v1/evaluations                    several, all or until one decides
//   GET  /.well-known/authzen-configuration        metadata, where an identifier is configured
//
// A deny is 200 with `"decision": false`. Errors are 400, 401 (with WWW-Authenticate), 403 and 500
// with a message as a JSON string; 404, 405 and 413 are the router's. X-Request-ID comes back as it
// was sent. Search is not offered.
#pragma once

#include <memory>
#include <string>

#include "decide/judge.h"
#include "enforce/authzen_message.h"
#include "enforce/caller.h"
#include "http/router.h"

namespace ward::enforce {

struct AuthzenOptions {
  NameOptions names;
  // The identifier of this decision point, an https URL without query, fragment and final slash
  // (section 9.1); empty: no metadata. Endpoints are at the paths above below it.
  std::string identifier;
};

// Loop thread. `judge`, `caller_check` and the router that it is mounted on outlive it, and it
// outlives the requests of that router.
class AuthzenApi {
 public:
  // kInvalidArgument for names or an identifier that do not hold.
  static Result<AuthzenApi> make(const spiffe::TrustDomain& trust_domain, AuthzenOptions options,
                                 decide::Judge& judge, CallerCheck& caller_check);

  // `this` stays where it is from here on.
  void mount(http::Router& router);

 private:
  using Read = Result<AuthzenRequest> (*)(std::string_view, const Names&);
  struct Asked;

  AuthzenApi(Names names, std::string identifier, decide::Judge& judge, CallerCheck& caller_check)
      : names_(std::move(names)),
        identifier_(std::move(identifier)),
        judge_(&judge),
        caller_check_(&caller_check) {}

  void serve(Read read, http::Request request, const net::Peer& peer, http::Responder responder);
  void answer(Read read, std::unique_ptr<Asked> asked, const std::string& caller);

  Names names_;
  std::string identifier_;
  decide::Judge* judge_;
  CallerCheck* caller_check_;
};

}  // namespace ward::enforce
