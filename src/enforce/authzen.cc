#include "enforce/authzen.h"

#include <memory>
#include <utility>

#include "enforce/authzen_run.h"

namespace ward::enforce {
namespace {

using codec::Json;

constexpr std::string_view kJson = "application/json";
constexpr const char* kEvaluationPath = "/access/v1/evaluation";
constexpr const char* kEvaluationsPath = "/access/v1/evaluations";
constexpr const char* kMetadataPath = "/.well-known/authzen-configuration";
constexpr const char* kRequestId = "x-request-id";

// A response for this request: its X-Request-ID comes back whatever the answer is.
class Reply {
 public:
  Reply(const http::RequestHead& head, http::Responder responder)
      : responder_(std::move(responder)) {
    if (const auto id = head.headers.find(kRequestId)) request_id_ = *id;
  }

  void send(int status, const Json& body, bool is_challenged = false) {
    http::Response response = http::Response::of(status, kJson, codec::write_json(body));
    if (!request_id_.empty()) response.head.headers.set(kRequestId, request_id_);
    if (is_challenged) response.head.headers.set("www-authenticate", "Bearer");
    responder_.send(response);
  }

 private:
  http::Responder responder_;
  std::string request_id_;
};

void refuse_caller(const Error& error, Reply reply) {
  switch (error.code()) {
    case ErrorCode::kUnauthenticated:
    case ErrorCode::kInvalidArgument:
      return reply.send(401, error.message(), true);
    case ErrorCode::kPermissionDenied:
      return reply.send(403, error.message());
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
      return reply.send(500, "the caller could not be checked");
  }
  WARD_UNREACHABLE();
}

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

}  // namespace

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
  router.add(
      "GET", kMetadataPath,
      [this](http::Request request, const net::Peer&, http::Responder responder) {
        Reply(request.head, std::move(responder))
            .send(200,
                  Json::object({{"policy_decision_point", identifier_},
                                {"access_evaluation_endpoint", identifier_ + kEvaluationPath},
                                {"access_evaluations_endpoint", identifier_ + kEvaluationsPath}}));
      });
}

void AuthzenApi::serve(Read read, http::Request request, const net::Peer& peer,
                       http::Responder responder) {
  // Kept by the answer while the caller is looked up; `authorization` looks into it.
  auto kept = std::make_unique<http::Request>(std::move(request));
  const std::string_view authorization = kept->head.headers.find("authorization").value_or("");
  caller_check_->check(peer, authorization,
                       [this, read, kept = std::move(kept),
                        responder = std::move(responder)](Result<std::string> caller) mutable {
                         if (!caller.ok()) {
                           refuse_caller(caller.error(), Reply(kept->head, std::move(responder)));
                           return;
                         }
                         answer(read, *kept, *caller, std::move(responder));
                       });
}

void AuthzenApi::answer(Read read, const http::Request& request, const std::string& caller,
                        http::Responder responder) {
  Reply reply(request.head, std::move(responder));
  if (!is_json(request.head.headers))
    return reply.send(400, "expected content of type application/json");
  Result<AuthzenRequest> questions = read(as_text(request.body), names_);
  if (!questions.ok()) return reply.send(400, questions.error().message());
  for (Result<decide::Question>& item : questions->items) {
    if (item.ok()) item->caller = caller;
  }
  run_evaluations(std::move(questions).value(), *judge_,
                  [reply = std::move(reply)](const Json& body) mutable { reply.send(200, body); });
}

}  // namespace ward::enforce
