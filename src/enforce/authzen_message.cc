#include "enforce/authzen_message.h"

#include <optional>
#include <utility>

#include "codec/json_reader.h"
#include "enforce/caller_record.h"
#include "world/fact.h"

namespace ward::enforce {
namespace {

using codec::Json;
using codec::JsonReader;

constexpr const char* kAuthzenPoint = "authzen";

// An entity of an item with the default of the request behind it; either may be missing.
class Entity {
 public:
  static Result<Entity> of(std::string_view name, const Json* own, const Json* fallback) {
    const Json* first = own != nullptr ? own : fallback;
    if (first == nullptr) return invalid_argument("`{}` is missing", name);
    WARD_TRY(JsonReader reader, JsonReader::of(*first, std::string(name)));
    return Entity(std::move(reader), own != nullptr ? fallback : nullptr);
  }

  // A required member.
  Result<std::string_view> name(std::string_view member) {
    const Json* behind = fallback_ == nullptr ? nullptr : fallback_->find(member);
    const bool is_behind = behind != nullptr && !reader_.json().contains(member);
    std::string_view text;
    if (is_behind && behind->if_string() != nullptr) {
      text = *behind->if_string();
    } else {
      WARD_TRY(text, reader_.string(member));
    }
    if (text.size() > world::kNameBytesMax) {
      return invalid_argument("`{}`: expected at most {} bytes, got {}", reader_.path_of(member),
                              world::kNameBytesMax, text.size());
    }
    return text;
  }

  Result<cedar::Record> properties() {
    WARD_TRY(const std::optional<JsonReader> object, reader_.optional_object("properties"));
    if (!object) return cedar::Record();
    return caller_record(object->json()).in(object->path());
  }

 private:
  Entity(JsonReader reader, const Json* fallback)
      : reader_(std::move(reader)), fallback_(fallback) {}

  JsonReader reader_;
  const Json* fallback_;
};

Result<cedar::Record> read_context(const Json* own, const Json* fallback) {
  const Json* json = own != nullptr ? own : fallback;
  if (json == nullptr) return cedar::Record();
  if (json->if_object() == nullptr) {
    return invalid_argument("`context`: expected an object, got {}",
                            codec::json_kind_name(json->kind()));
  }
  return caller_record(*json->if_object()).in("context");
}

// `item` is the evaluation, `defaults` the request around it; the same for a single one.
Result<decide::Question> read_question(const Json& item, const Json* defaults, const Names& names) {
  const auto entity = [&](std::string_view name) {
    return Entity::of(name, item.find(name), defaults == nullptr ? nullptr : defaults->find(name));
  };
  if (item.if_object() == nullptr)
    return invalid_argument("expected an object, got {}", codec::json_kind_name(item.kind()));
  WARD_TRY(Entity subject, entity("subject"));
  WARD_TRY(const std::string_view subject_type, subject.name("type"));
  WARD_TRY(const std::string_view subject_id, subject.name("id"));
  WARD_TRY(Entity action, entity("action"));
  WARD_TRY(const std::string_view action_name, action.name("name"));
  WARD_TRY(Entity resource, entity("resource"));
  WARD_TRY(const std::string_view resource_type, resource.name("type"));
  WARD_TRY(const std::string_view resource_id, resource.name("id"));

  decide::Question question;
  WARD_TRY(question.subject_properties, subject.properties());
  WARD_TRY(question.action_properties, action.properties());
  WARD_TRY(question.resource_properties, resource.properties());
  WARD_TRY(question.request,
           read_context(item.find("context"),
                        defaults == nullptr ? nullptr : defaults->find("context")));
  // After all that can be wrong with the message: a name that is not held is no error of it.
  WARD_TRY(question.principal, names.principal(subject_type, subject_id));
  WARD_TRY(question.resource, names.resource(resource_type, resource_id));
  question.action = action_name;
  question.enforcement_point = kAuthzenPoint;
  return question;
}

Result<Json> read_object(std::string_view body) {
  WARD_TRY(Json json, codec::parse_json(body, {.max_bytes = kAuthzenBodyBytesMax,
                                               .max_depth = kAuthzenDepthMax}));
  if (json.if_object() == nullptr)
    return invalid_argument("expected an object, got {}", codec::json_kind_name(json.kind()));
  return json;
}

Result<AuthzenRequest> read_single(const Json& json, const Names& names) {
  Result<decide::Question> question = read_question(json, nullptr, names);
  if (!question.ok() && question.error().code() != ErrorCode::kNotFound) return question.error();
  AuthzenRequest request;
  request.items.push_back(std::move(question));
  return request;
}

Result<EvaluationsSemantic> read_semantic(JsonReader& reader) {
  WARD_TRY(std::optional<JsonReader> options, reader.optional_object("options"));
  if (!options) return EvaluationsSemantic::kExecuteAll;
  WARD_TRY(const std::optional<std::string_view> text,
           options->optional_string("evaluations_semantic"));
  if (!text || *text == "execute_all") return EvaluationsSemantic::kExecuteAll;
  if (*text == "deny_on_first_deny") return EvaluationsSemantic::kDenyOnFirstDeny;
  if (*text == "permit_on_first_permit") return EvaluationsSemantic::kPermitOnFirstPermit;
  return invalid_argument("`{}`: `{}` is not known", options->path_of("evaluations_semantic"),
                          *text);
}

// A default of the wrong type spoils the whole request, not each item anew.
Result<void> check_defaults(JsonReader& reader) {
  for (const std::string_view name : {"subject", "action", "resource", "context"})
    WARD_RETURN_IF_ERROR(reader.optional_object(name));
  return {};
}

Json text_list(const std::vector<std::string>& texts) {
  codec::JsonArray list;
  for (const std::string& text : texts) list.emplace_back(text);
  return list;
}

}  // namespace

Result<AuthzenRequest> read_evaluation(std::string_view body, const Names& names) {
  WARD_TRY(const Json json, read_object(body));
  return read_single(json, names);
}

Result<AuthzenRequest> read_evaluations(std::string_view body, const Names& names) {
  WARD_TRY(const Json json, read_object(body));
  WARD_TRY(JsonReader reader, JsonReader::of(json));
  WARD_TRY(const codec::JsonArray* evaluations, reader.optional_array("evaluations"));
  AuthzenRequest request;
  WARD_TRY(request.semantic, read_semantic(reader));
  if (evaluations == nullptr || evaluations->empty()) return read_single(json, names);
  WARD_RETURN_IF_ERROR(check_defaults(reader));
  if (evaluations->size() > kEvaluationsMax) {
    return make_error(ErrorCode::kResourceExhausted,
                      "`evaluations`: expected at most {} items, got {}", kEvaluationsMax,
                      evaluations->size());
  }
  request.is_batch = true;
  for (const Json& item : *evaluations) request.items.push_back(read_question(item, &json, names));
  return request;
}

Json write_decision(const decide::Decision& decision) {
  codec::JsonObject context{
      {"cause", decide::cause_name(decision.cause)},
      {"reason", fmt::format("{}", fmt::join(decision.reasons, "; "))},
  };
  if (!decision.policies.empty()) context.set("policies", text_list(decision.policies));
  if (!decision.errors.empty()) context.set("errors", text_list(decision.errors));
  context.set("revision", decision.revision);
  return Json::object({{"decision", decision.allow}, {"context", std::move(context)}});
}

Json write_item_error(const Error& error) {
  const int status = error.code() == ErrorCode::kNotFound ? 404 : 400;
  return Json::object(
      {{"decision", false},
       {"context", Json::object({{"error", Json::object({{"status", status},
                                                         {"message", error.message()}})}})}});
}

}  // namespace ward::enforce
