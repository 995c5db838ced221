#include "enforce/auth_request.h"

#include <memory>
#include <optional>
#include <utility>

#include "cedar/value/ip_address.h"
#include "world/fact.h"

namespace ward::enforce {
namespace {

constexpr const char* kAuthRequestPoint = "auth_request";
constexpr std::size_t kReasonBytesMax = 512;

Error denied(std::string message) {
  return {ErrorCode::kPermissionDenied, std::move(message)};
}

// The value of a field that comes at most once; empty when it is absent or empty, as nginx sends
// what it has no value for.
Result<std::string_view> only(const http::Headers& headers, std::string_view name) {
  std::optional<std::string_view> found;
  for (const auto& [field, value] : headers) {
    if (field != name) continue;
    if (found) return denied(fmt::format("`{}` comes twice", name));
    found = value;
  }
  return found.value_or("");
}

Result<Principal> read_principal(const http::Headers& headers, const AuthRequestOptions& options,
                                 const TrustSource& trust, VerifiedChains& chains, WallTime now) {
  WARD_TRY(const std::string_view certificate, only(headers, "x-client-cert"));
  WARD_TRY(const std::string_view authorization, only(headers, "authorization"));
  const std::string_view token = bearer_token(authorization);
  // A certificate that does not hold is no reason to look for another credential.
  const bool has_token = certificate.empty() && !token.empty() && !options.audience.empty();
  Result<Principal> principal =
      !certificate.empty() ? chains.principal_of(certificate, trust, now)
      : has_token
          ? principal_of_token(token, trust, options.audience, now)
          : Result<Principal>(Error(ErrorCode::kUnauthenticated, "no credential was shown"));
  if (!principal.ok()) return Error(ErrorCode::kUnauthenticated, principal.error().message());
  return principal;
}

// Empty when the gateway says nothing of it.
Result<std::string> read_source(const http::Headers& headers) {
  WARD_TRY(std::string_view address, only(headers, "x-client-ip"));
  if (address.empty()) {
    WARD_TRY(address, only(headers, "x-forwarded-for"));
    // What stands before the last comma is the client's own word.
    address.remove_prefix(address.rfind(',') + 1);
    while (address.starts_with(' ')) address.remove_prefix(1);
  }
  if (address.empty()) return std::string();
  // Cedar's text of an address may name a whole network; a client is one host.
  if (address.find('/') != std::string_view::npos || !cedar::IpAddress::parse(address).ok())
    return denied(fmt::format("`{}` is no address of a client", address));
  return std::string(address);
}

Result<cedar::Record> request_record(const http::Headers& headers, const RequestPath& path) {
  WARD_TRY(const std::string_view method, only(headers, "x-original-method"));
  WARD_TRY(const std::string_view host, only(headers, "x-original-host"));
  // PERF: in the order of the names, and moved.
  std::vector<cedar::Field> fields;
  fields.reserve(4);
  if (!host.empty()) fields.push_back({"host", host});
  fields.push_back({"method", method});
  fields.push_back({"path", path.text()});
  if (!path.query.empty()) fields.push_back({"query", path.query});
  return cedar::Record(std::move(fields));
}

// Header fields go to a log and perhaps to an upstream: printable ASCII, and not for ever.
std::string header_text(std::string_view text) {
  std::string clean(text.substr(0, kReasonBytesMax));
  for (char& c : clean)
    if (c < 0x20 || c > 0x7e) c = '?';
  return clean;
}

}  // namespace

Result<decide::Question> read_auth_request(const http::Headers& headers,
                                           const AuthRequestOptions& options,
                                           const TrustSource& trust, VerifiedChains& chains,
                                           WallTime now) {
  WARD_TRY(const std::string_view method, only(headers, "x-original-method"));
  WARD_TRY(const std::string_view uri, only(headers, "x-original-uri"));
  WARD_TRY(const std::string_view host, only(headers, "x-original-host"));
  if (!http::is_token(method)) return denied("`x-original-method` is no method");
  const auto path = read_request_path(uri);
  if (!path.ok()) return denied(path.error().message());
  WARD_TRY(Principal principal, read_principal(headers, options, trust, chains, now));
  std::optional<Route> route = find_route(options.rules, host, method, *path);
  if (!route) return denied("no rule fits the request");
  decide::Question question;
  WARD_TRY(question.source_address, read_source(headers));
  WARD_TRY(question.request, request_record(headers, *path));
  question.principal = std::move(principal.id);
  question.credential = std::move(principal.credential);
  question.action = std::move(route->action);
  question.resource = std::move(route->resource);
  question.enforcement_point = kAuthRequestPoint;
  return question;
}

http::Response write_auth_decision(const decide::Decision& decision, std::string_view principal) {
  http::Response response = http::Response::empty(decision.allow ? 200 : 403);
  http::Headers& headers = response.head.headers;
  headers.add("x-ward-decision", decision.allow ? "allow" : "deny");
  headers.add("x-ward-reason", header_text(fmt::format("{}: {}", decide::cause_name(decision.cause),
                                                       fmt::join(decision.reasons, "; "))));
  headers.add("x-ward-revision", std::to_string(decision.revision));
  if (decision.allow) headers.add("x-ward-principal", principal);
  return response;
}

http::Response write_auth_refusal(const Error& error) {
  const bool is_unknown = error.code() == ErrorCode::kUnauthenticated;
  http::Response response = http::Response::empty(is_unknown ? 401 : 403);
  response.head.headers.add("x-ward-decision", "deny");
  response.head.headers.add("x-ward-reason", header_text(error.message()));
  if (is_unknown) response.head.headers.add("www-authenticate", "Bearer");
  return response;
}

void AuthRequestPoint::mount(http::Router& router) {
  router.add("GET", options_.path,
             [this](http::Request request, const net::Peer& peer, http::Responder responder) {
               caller_check_.check(
                   peer, {},
                   [this, headers = std::move(request.head.headers),
                    responder = std::move(responder)](Result<std::string> caller) mutable {
                     if (caller.ok()) return answer(headers, *caller, std::move(responder));
                     responder.send(write_auth_refusal(denied("the gateway may not ask")));
                   });
             });
}

void AuthRequestPoint::answer(const http::Headers& headers, const std::string& caller,
                              http::Responder responder) {
  Result<decide::Question> question =
      read_auth_request(headers, options_, trust_, chains_, clock_.now());
  if (!question.ok()) return responder.send(write_auth_refusal(question.error()));
  question->caller = caller;
  std::string principal = question->principal;
  judge_.judge(std::move(question).value(),
               [principal = std::move(principal),
                responder = std::move(responder)](const decide::Decision& decision) mutable {
                 responder.send(write_auth_decision(decision, principal));
               });
}

}  // namespace ward::enforce
