#include "cedar/policy_json/links_json.h"

#include <fmt/format.h>

#include <utility>

#include "cedar/entity/request_json.h"
#include "cedar/entity/value_json.h"
#include "codec/json_reader.h"

namespace ward::cedar {
namespace {

Result<std::optional<EntityUid>> read_slot(codec::JsonReader& reader, std::string_view slot) {
  const codec::Json* json = reader.optional_any(slot);
  if (json == nullptr) return std::optional<EntityUid>();
  WARD_TRY(EntityUid uid, entity_reference_from_json(*json).in(reader.path_of(slot)));
  return std::optional(std::move(uid));
}

Result<TemplateLink> read_link(const codec::Json& json, std::string path) {
  WARD_TRY(codec::JsonReader reader, codec::JsonReader::of(json, std::move(path)));
  TemplateLink out;
  WARD_TRY(out.template_id, reader.string("template_id"));
  WARD_TRY(out.link_id, reader.string("link_id"));
  WARD_TRY(codec::JsonReader args, reader.object("args"));
  WARD_TRY(out.values.principal, read_slot(args, "?principal"));
  WARD_TRY(out.values.resource, read_slot(args, "?resource"));
  WARD_RETURN_IF_ERROR(args.no_other_names());
  WARD_RETURN_IF_ERROR(reader.no_other_names());
  return out;
}

}  // namespace

Result<std::vector<TemplateLink>> parse_links_json(std::string_view text,
                                                   std::string_view source_name) {
  WARD_TRY(const codec::Json json,
           codec::parse_json(text, {.max_bytes = kLinksBytesMax, .max_values = kLinksValuesMax})
               .in(source_name));
  const codec::JsonArray* list = json.if_array();
  if (list == nullptr) {
    return invalid_argument("{}: expected an array of links, got {}", source_name,
                            codec::json_kind_name(json.kind()));
  }
  std::vector<TemplateLink> out;
  for (const codec::Json& each : *list) {
    WARD_TRY(TemplateLink link, read_link(each, fmt::format("[{}]", out.size())).in(source_name));
    out.push_back(std::move(link));
  }
  return out;
}

codec::Json links_to_json(std::span<const TemplateLink> links) {
  codec::JsonArray out;
  for (const TemplateLink& each : links) {
    codec::JsonObject args;
    if (each.values.principal) args.set("?principal", each.values.principal->text());
    if (each.values.resource) args.set("?resource", each.values.resource->text());
    out.push_back(codec::Json::object({{"template_id", each.template_id},
                                       {"link_id", each.link_id},
                                       {"args", codec::Json(std::move(args))}}));
  }
  return codec::Json(std::move(out));
}

}  // namespace ward::cedar
