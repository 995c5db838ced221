#include "enforce/authzen_message.h"

#include <iterator>
#include <optional>
#include <utility>

#include "codec/json_document.h"
#include "enforce/caller_record.h"
#include "world/fact.h"

namespace ward::enforce {
namespace {

using codec::JsonDocument;
using codec::JsonView;

constexpr const char* kAuthzenPoint = "authzen";

// Found in one walk, whatever else the object holds.
struct EntityParts {
  JsonView object = {};
  JsonView type = {}, id = {}, name = {}, properties = {};
};

struct RequestParts {
  EntityParts subject = {}, action = {}, resource = {};
  JsonView context = {}, evaluations = {}, options = {};
};

EntityParts entity_parts(JsonView object) {
  EntityParts parts{.object = object};
  if (!object.is_object()) return parts;
  for (const JsonView member : object.items()) {
    if (member.name() == "type") parts.type = member;
    if (member.name() == "id") parts.id = member;
    if (member.name() == "name") parts.name = member;
    if (member.name() == "properties") parts.properties = member;
  }
  return parts;
}

Error wrong_kind(std::string_view path, std::string_view expected, JsonView got) {
  return invalid_argument("`{}`: expected {}, got {}", path, expected,
                          codec::json_kind_name(got.kind()));
}

Result<RequestParts> request_parts(JsonView object) {
  if (!object.is_object())
    return invalid_argument("expected an object, got {}", codec::json_kind_name(object.kind()));
  RequestParts parts;
  for (const JsonView member : object.items()) {
    if (member.name() == "subject") parts.subject = entity_parts(member);
    if (member.name() == "action") parts.action = entity_parts(member);
    if (member.name() == "resource") parts.resource = entity_parts(member);
    if (member.name() == "context") parts.context = member;
    if (member.name() == "evaluations") parts.evaluations = member;
    if (member.name() == "options") parts.options = member;
  }
  return parts;
}

// An entity of an item with the default of the request behind it; either may be missing.
class Entity {
 public:
  static Result<Entity> of(std::string_view name, const EntityParts& own,
                           const EntityParts& fallback) {
    const EntityParts& first = own.object ? own : fallback;
    if (!first.object) return invalid_argument("`{}` is missing", name);
    if (!first.object.is_object()) return wrong_kind(name, "an object", first.object);
    return Entity(name, first, fallback);
  }

  Result<std::string_view> type() const { return text("type", own_->type, fallback_->type); }
  Result<std::string_view> id() const { return text("id", own_->id, fallback_->id); }
  Result<std::string_view> name() const { return text("name", own_->name, fallback_->name); }

  Result<cedar::Record> properties() const {
    if (!own_->properties) return cedar::Record();
    if (!own_->properties.is_object())
      return wrong_kind(path("properties"), "an object", own_->properties);
    Result<cedar::Record> record = caller_record(own_->properties);
    if (!record.ok()) return record.error().in(path("properties"));
    return record;
  }

 private:
  Entity(std::string_view name, const EntityParts& own, const EntityParts& fallback)
      : name_(name), own_(&own), fallback_(&fallback) {}

  // For messages.
  std::string path(std::string_view member) const { return fmt::format("{}.{}", name_, member); }

  // A required member.
  Result<std::string_view> text(std::string_view member, JsonView own, JsonView fallback) const {
    const bool is_behind = !own && fallback && fallback.if_string();
    const JsonView found = is_behind ? fallback : own;
    if (!found) return invalid_argument("`{}` is missing", path(member));
    const auto text = found.if_string();
    if (!text) return wrong_kind(path(member), "a string", found);
    if (text->size() > world::kNameBytesMax) {
      return invalid_argument("`{}`: expected at most {} bytes, got {}", path(member),
                              world::kNameBytesMax, text->size());
    }
    return *text;
  }

  std::string_view name_;
  const EntityParts* own_;
  const EntityParts* fallback_;
};

Result<cedar::Record> read_context(JsonView own, JsonView fallback) {
  const JsonView context = own ? own : fallback;
  if (!context) return cedar::Record();
  if (!context.is_object()) return wrong_kind("context", "an object", context);
  return caller_record(context).in("context");
}

// `defaults` is the request around the item; empty where the item is the request itself.
Result<decide::Question> read_question(const RequestParts& item, const RequestParts& defaults,
                                       const Names& names) {
  WARD_TRY(const Entity subject, Entity::of("subject", item.subject, defaults.subject));
  WARD_TRY(const std::string_view subject_type, subject.type());
  WARD_TRY(const std::string_view subject_id, subject.id());
  WARD_TRY(const Entity action, Entity::of("action", item.action, defaults.action));
  WARD_TRY(const std::string_view action_name, action.name());
  WARD_TRY(const Entity resource, Entity::of("resource", item.resource, defaults.resource));
  WARD_TRY(const std::string_view resource_type, resource.type());
  WARD_TRY(const std::string_view resource_id, resource.id());

  decide::Question question;
  WARD_TRY(question.subject_properties, subject.properties());
  WARD_TRY(question.action_properties, action.properties());
  WARD_TRY(question.resource_properties, resource.properties());
  WARD_TRY(question.request, read_context(item.context, defaults.context));
  // After all that can be wrong with the message: a name that is not held is no error of it.
  WARD_TRY(question.principal, names.principal(subject_type, subject_id));
  WARD_TRY(question.resource, names.resource(resource_type, resource_id));
  question.action = action_name;
  question.enforcement_point = kAuthzenPoint;
  return question;
}

Result<JsonDocument> read_document(std::string_view body) {
  return JsonDocument::parse(body,
                             {.max_bytes = kAuthzenBodyBytesMax, .max_depth = kAuthzenDepthMax});
}

Result<AuthzenRequest> read_single(const RequestParts& parts, const Names& names) {
  Result<decide::Question> question = read_question(parts, {}, names);
  if (!question.ok() && question.error().code() != ErrorCode::kNotFound) return question.error();
  AuthzenRequest request;
  request.items.push_back(std::move(question));
  return request;
}

Result<decide::Question> read_item(JsonView item, const RequestParts& defaults,
                                   const Names& names) {
  WARD_TRY(const RequestParts parts, request_parts(item));
  return read_question(parts, defaults, names);
}

Result<EvaluationsSemantic> read_semantic(JsonView options) {
  if (!options) return EvaluationsSemantic::kExecuteAll;
  if (!options.is_object()) return wrong_kind("options", "an object", options);
  constexpr std::string_view kName = "evaluations_semantic";
  constexpr std::string_view kPath = "options.evaluations_semantic";
  for (const JsonView member : options.items()) {
    if (member.name() != kName) continue;
    const auto text = member.if_string();
    if (!text) return wrong_kind(kPath, "a string", member);
    if (*text == "execute_all") return EvaluationsSemantic::kExecuteAll;
    if (*text == "deny_on_first_deny") return EvaluationsSemantic::kDenyOnFirstDeny;
    if (*text == "permit_on_first_permit") return EvaluationsSemantic::kPermitOnFirstPermit;
    return invalid_argument("`{}`: `{}` is not known", kPath, *text);
  }
  return EvaluationsSemantic::kExecuteAll;
}

// A default of the wrong type spoils the whole request, not each item anew.
Result<void> check_defaults(const RequestParts& parts) {
  for (const auto& [name, part] :
       {std::pair{"subject", parts.subject.object}, std::pair{"action", parts.action.object},
        std::pair{"resource", parts.resource.object}, std::pair{"context", parts.context}}) {
    if (part && !part.is_object()) return wrong_kind(name, "an object", part);
  }
  return {};
}

void append_texts(std::string& out, std::string_view member,
                  const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  out.append(",\"").append(member).append("\":");
  char before = '[';
  for (const std::string& text : texts) {
    out += before;
    codec::append_json_string(out, text);
    before = ',';
  }
  out += ']';
}

}  // namespace

Result<AuthzenRequest> read_evaluation(std::string_view body, const Names& names) {
  WARD_TRY(const JsonDocument document, read_document(body));
  WARD_TRY(const RequestParts parts, request_parts(document.root()));
  return read_single(parts, names);
}

Result<AuthzenRequest> read_evaluations(std::string_view body, const Names& names) {
  WARD_TRY(const JsonDocument document, read_document(body));
  WARD_TRY(const RequestParts parts, request_parts(document.root()));
  const JsonView evaluations = parts.evaluations;
  if (evaluations && !evaluations.is_array())
    return wrong_kind("evaluations", "an array", evaluations);
  AuthzenRequest request;
  WARD_TRY(request.semantic, read_semantic(parts.options));
  const std::size_t count = evaluations ? evaluations.item_count() : 0;
  if (count == 0) return read_single(parts, names);
  WARD_RETURN_IF_ERROR(check_defaults(parts));
  if (count > kEvaluationsMax) {
    return make_error(ErrorCode::kResourceExhausted,
                      "`evaluations`: expected at most {} items, got {}", kEvaluationsMax, count);
  }
  request.is_batch = true;
  for (const JsonView item : evaluations.items())
    request.items.push_back(read_item(item, parts, names));
  return request;
}

// PERF: straight to text; a tree of it would cost more than reading the request.
std::string write_decision(const decide::Decision& decision) {
  std::string out(decision.allow ? R"({"decision":true,"context":{"cause":)"
                                 : R"({"decision":false,"context":{"cause":)");
  codec::append_json_string(out, decide::cause_name(decision.cause));
  out += R"(,"reason":)";
  codec::append_json_string(out, fmt::format("{}", fmt::join(decision.reasons, "; ")));
  append_texts(out, "policies", decision.policies);
  append_texts(out, "errors", decision.errors);
  fmt::format_to(std::back_inserter(out), R"(,"revision":{}}}}})", decision.revision);
  return out;
}

std::string write_item_error(const Error& error) {
  const int status = error.code() == ErrorCode::kNotFound ? 404 : 400;
  std::string out =
      fmt::format(R"({{"decision":false,"context":{{"error":{{"status":{},"message":)", status);
  codec::append_json_string(out, error.message());
  out += "}}}";
  return out;
}

}  // namespace ward::enforce
