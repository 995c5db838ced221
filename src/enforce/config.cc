#include "enforce/config.h"

#include <map>
#include <utility>

#include "cedar/value/entity_uid.h"

namespace ward::enforce {
namespace {

using codec::TomlReader;
using TextByName = std::map<std::string, std::string, std::less<>>;

Result<TextByName> read_texts(TomlReader& table, std::string_view key) {
  TextByName texts;
  WARD_TRY(std::optional<TomlReader> inner, table.optional_table(key));
  if (!inner) return texts;
  for (const std::string& name : inner->keys()) {
    WARD_TRY(std::string text, inner->string(name));
    texts.emplace(name, std::move(text));
  }
  return texts;
}

Result<RouteRule> read_rule(TomlReader& table) {
  WARD_TRY(std::string host, table.string_or("host", ""));
  WARD_TRY(std::vector<std::string> methods, table.optional_strings("methods"));
  for (const std::string& method : methods)
    if (!http::is_token(method))
      return table.error_at("methods", fmt::format("`{}` is no method", method));
  WARD_TRY(const std::string path, table.string("path"));
  auto pattern = PathPattern::parse(path);
  if (!pattern.ok()) return table.error_at("path", pattern.error().message());
  WARD_TRY(std::string action, table.string("action"));
  WARD_TRY(std::string type, table.string("resource_type"));
  if (const auto parsed = cedar::EntityType::parse(type); !parsed.ok())
    return table.error_at("resource_type", parsed.error().message());
  WARD_TRY(const std::string id, table.string("resource_id"));
  auto id_template = IdTemplate::parse(id, *pattern);
  if (!id_template.ok()) return table.error_at("resource_id", id_template.error().message());
  return RouteRule{.host = std::move(host),
                   .methods = std::move(methods),
                   .path = std::move(pattern).value(),
                   .action = std::move(action),
                   .resource_type = std::move(type),
                   .resource_id = std::move(id_template).value()};
}

}  // namespace

Result<AuthzenOptions> read_authzen_options(TomlReader& table) {
  AuthzenOptions options;
  WARD_TRY(options.identifier, table.string_or("identifier", ""));
  WARD_TRY(options.names.subject_templates, read_texts(table, "subjects"));
  WARD_TRY(options.names.resource_types, read_texts(table, "resource_types"));
  return options;
}

Result<AuthRequestOptions> read_auth_request_options(TomlReader& table) {
  AuthRequestOptions options;
  WARD_TRY(options.path, table.string_or("path", options.path));
  if (!options.path.starts_with('/'))
    return table.error_at("path", "expected a path that begins with `/`");
  WARD_TRY(options.audience, table.string_or("audience", ""));
  WARD_TRY(std::vector<TomlReader> rules, table.optional_tables("rules"));
  if (rules.size() > kRouteRulesMax)
    return table.error_at("rules", fmt::format("expected at most {} rules", kRouteRulesMax));
  for (TomlReader& rule : rules) {
    WARD_TRY(RouteRule read, read_rule(rule));
    options.rules.push_back(std::move(read));
  }
  return options;
}

}  // namespace ward::enforce
