#include "cedar/entity/request_json.h"

#include <fmt/format.h>

#include <utility>

#include "cedar/entity/conformance.h"
#include "cedar/entity/typed_json.h"
#include "cedar/entity/value_json.h"
#include "codec/json_reader.h"

namespace ward::cedar {
namespace {

Result<EntityUid> read_uid(codec::JsonReader& reader, std::string_view member) {
  WARD_TRY(const codec::Json* json, reader.any(member));
  return entity_reference_from_json(*json).in(reader.path_of(member));
}

Result<Record> read_context(codec::JsonReader& reader, const Schema* schema,
                            const EntityUid& action) {
  const codec::Json* json = reader.optional_any("context");
  const codec::Json none = codec::Json::object();
  if (json == nullptr) json = &none;
  auto context =
      schema == nullptr ? context_from_json(*json) : context_from_json(*json, *schema, action);
  return std::move(context).in(reader.path_of("context"));
}

Result<Request> read_request(const codec::Json& json, const Schema* schema, std::string path) {
  WARD_TRY(codec::JsonReader reader, codec::JsonReader::of(json, std::move(path)));
  WARD_TRY(EntityUid principal, read_uid(reader, "principal"));
  WARD_TRY(EntityUid action, read_uid(reader, "action"));
  WARD_TRY(EntityUid resource, read_uid(reader, "resource"));
  WARD_TRY(Record context, read_context(reader, schema, action));
  WARD_RETURN_IF_ERROR(reader.no_other_names());
  Request out{std::move(principal), std::move(action), std::move(resource), std::move(context)};
  if (schema != nullptr) WARD_RETURN_IF_ERROR(check_request(out, *schema));
  return out;
}

}  // namespace

Result<EntityUid> entity_reference_from_json(const codec::Json& json) {
  const std::string* text = json.if_string();
  return text == nullptr ? uid_from_json(json) : EntityUid::parse(*text);
}

Result<Request> request_from_json(const codec::Json& json, const Schema* schema) {
  return read_request(json, schema, "");
}

Result<std::vector<Request>> parse_requests(std::string_view text, std::string_view source_name,
                                            const Schema* schema) {
  WARD_TRY(const codec::Json json, codec::parse_json(text, {.max_bytes = kRequestsBytesMax,
                                                            .max_depth = kEntityJsonDepthMax,
                                                            .max_values = kRequestsValuesMax})
                                       .in(source_name));
  std::vector<Request> out;
  const codec::JsonArray* list = json.if_array();
  if (list == nullptr) {
    WARD_TRY(Request request, request_from_json(json, schema).in(source_name));
    out.push_back(std::move(request));
    return out;
  }
  if (list->size() > kRequestsMax) {
    return make_error(ErrorCode::kResourceExhausted, "{}: expected at most {} requests, got {}",
                      source_name, kRequestsMax, list->size());
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string at = fmt::format("[{}]", i);
    WARD_TRY(Request request, read_request((*list)[i], schema, at).in(source_name));
    out.push_back(std::move(request));
  }
  return out;
}

}  // namespace ward::cedar
