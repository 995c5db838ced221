#include "enforce/authzen.h"

#include <memory>
#include <utility>

#include "codec/json.h"
#include "enforce/authzen_run.h"

namespace ward::enforce {
namespace {

using codec::Json;

constexpr std::string_view kJson = "application/json";
constexpr const char* kEvaluationPath = "/access/v1/evaluation";
constexpr const char* kEvaluationsPath = "/access/v1/evaluations";
constexpr const char* kMetadataPath = "/.well-known/authzen-configuration";
constexpr const char* kRequestId = "x-request-id";

bool is_json(const http::Headers& headers) {
  const auto type = headers.find("content-type");
  if (!type) return false;
  std::string_view media = type->substr(0, type->find(';'));
  while (media.ends_with(' ') || media.ends_with('\t')) media.remove_suffix(1);
  return http::equals_ignoring_case(media, kJson);
}

Result<void> check_identifier(std::string_view identifier) {
  const bool holds = identifier.starts_with("https://") && !identifier.ends_with('/') &&
                     identifier.find_first_of("?# \"\\") == std::string_view::npos;
  if (!holds) {
    return invalid_argument("`{}`: expected an https URL without query, fragment and final slash",
                            identifier);
  }
  return {};
}

std::string message_body(std::string_view message) {
  std::string body;
  codec::append_json_string(body, message);
  return body;
}

}  // namespace

// One request until it is answered, in one allocation.
struct AuthzenApi::Asked {
  http::Request request;
  http::Responder responder;

  // X-Request-ID comes back whatever the answer is.
  void send(int status, std::string_view body, bool is_challenged = false) {
    http::Response response = http::Response::of(status, kJson, body);
    if (const auto id = request.head.headers.find(kRequestId))
      response.head.headers.add(kRequestId, *id);
    if (is_challenged) response.head.headers.add("www-authenticate", "Bearer");
    responder.send(std::move(response));
  }
  void refuse(int status, std::string_view message, bool is_challenged = false) {
    send(status, message_body(message), is_challenged);
  }
  void refuse_caller(const Error& error);
};

void AuthzenApi::Asked::refuse_caller(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kUnauthenticated:
    case ErrorCode::kInvalidArgument:
      return refuse(401, error.message(), true);
    case ErrorCode::kPermissionDenied:
      return refuse(403, error.message());
    case ErrorCode::kCancelled:
    case ErrorCode::kUnknown:
    case ErrorCode::kDeadlineExceeded:
    case ErrorCode::kNotFound:
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kResourceExhausted:
    case ErrorCode::kFailedPrecondition:
    case ErrorCode::kAborted:
    case ErrorCode::kOutOfRange:
    case ErrorCode::kUnimplemented:
    case ErrorCode::kInternal:
    case ErrorCode::kUnavailable:
    case ErrorCode::kDataLoss:
      // What went wrong inside is not the caller's to know.
      return refuse(500, "the caller could not be checked");
  }
  WARD_UNREACHABLE();
}

Result<AuthzenApi> AuthzenApi::make(const spiffe::TrustDomain& trust_domain, AuthzenOptions options,
                                    decide::Judge& judge, CallerCheck& caller_check) {
  WARD_TRY(Names names, Names::make(trust_domain, options.names));
  if (!options.identifier.empty()) WARD_RETURN_IF_ERROR(check_identifier(options.identifier));
  return AuthzenApi(std::move(names), std::move(options.identifier), judge, caller_check);
}

void AuthzenApi::mount(http::Router& router) {
  for (const auto& [path, read] :
       {std::pair{kEvaluationPath, &read_evaluation}, {kEvaluationsPath, &read_evaluations}}) {
    router.add(
        "POST", path,
        [this, read](http::Request request, const net::Peer& peer, http::Responder responder) {
          serve(read, std::move(request), peer, std::move(responder));
        });
  }
  if (identifier_.empty()) return;
  router.add("GET", kMetadataPath,
             [this](http::Request request, const net::Peer&, http::Responder responder) {
               const Json metadata =
                   Json::object({{"policy_decision_point", identifier_},
                                 {"access_evaluation_endpoint", identifier_ + kEvaluationPath},
                                 {"access_evaluations_endpoint", identifier_ + kEvaluationsPath}});
               Asked{.request = std::move(request), .responder = std::move(responder)}.send(
                   200, codec::write_json(metadata));
             });
}

void AuthzenApi::serve(Read read, http::Request request, const net::Peer& peer,
                       http::Responder responder) {
  // Stays where it is while the caller is looked up: `authorization` looks into it.
  auto asked = std::make_unique<Asked>(
      Asked{.request = std::move(request), .responder = std::move(responder)});
  const std::string_view authorization =
      asked->request.head.headers.find("authorization").value_or("");
  caller_check_->check(
      peer, authorization,
      [this, read, asked = std::move(asked)](const Result<std::string>& caller) mutable {
        if (!caller.ok()) return asked->refuse_caller(caller.error());
        answer(read, std::move(asked), *caller);
      });
}

void AuthzenApi::answer(Read read, std::unique_ptr<Asked> asked, const std::string& caller) {
  if (!is_json(asked->request.head.headers))
    return asked->refuse(400, "expected content of type application/json");
  Result<AuthzenRequest> questions = read(as_text(asked->request.body), names_);
  if (!questions.ok()) return asked->refuse(400, questions.error().message());
  for (Result<decide::Question>& item : questions->items) {
    if (item.ok()) item->caller = caller;
  }
  run_evaluations(std::move(questions).value(), *judge_,
                  [asked = std::move(asked)](const std::string& body) { asked->send(200, body); });
}

}  // namespace ward::enforce
