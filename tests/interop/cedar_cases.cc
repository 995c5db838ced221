// Writes random Cedar cases with what the shipped engine answers, for a judge to answer them too.
//
//   ward_interop_cedar SEED COUNT    COUNT policy sets and stores from SEED on, four requests each
//
// One JSON object a line: {"seed", "call": {principal, action, resource, context, policies,
// entities}, "decision", "reasons", "errors"}. Integers beyond 2^53 outside policies are made
// smaller, since a judge in JavaScript reads them as others.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>

#include "cedar/engine/engine.h"
#include "cedar/entity/entity_json.h"
#include "cedar/entity/value_json.h"
#include "codec/json.h"
#include "tests/support/cedar_maker.h"

namespace ward {
namespace {

using codec::Json;

constexpr std::int64_t kExactMax = std::int64_t{1} << 53;

cedar::Record readable(const cedar::Record& record);

cedar::Value readable(const cedar::Value& value) {
  if (const std::int64_t* number = value.if_long()) {
    return -kExactMax < *number && *number < kExactMax ? value : cedar::Value(*number % kExactMax);
  }
  if (const cedar::Set* set = value.if_set()) {
    std::vector<cedar::Value> elements;
    for (const cedar::Value& element : set->elements()) elements.push_back(readable(element));
    return cedar::Set(std::move(elements));
  }
  if (const cedar::Record* record = value.if_record()) return readable(*record);
  return value;
}

cedar::Record readable(const cedar::Record& record) {
  std::vector<cedar::Field> fields;
  for (const cedar::Field& field : record.fields())
    fields.push_back({field.name, readable(field.value)});
  return cedar::Record(std::move(fields));
}

cedar::Entities readable(const cedar::Entities& entities) {
  std::vector<cedar::Entity> out;
  for (cedar::Entities::Number i = 0; i < entities.size(); ++i) {
    out.push_back(entities.entity(i));
    out.back().attributes = readable(out.back().attributes);
    out.back().tags = readable(out.back().tags);
  }
  return cedar::Entities::build(std::move(out)).value();
}

// Nothing when JSON cannot say it.
std::optional<Json> json_of(const cedar::Entities& entities) {
  codec::JsonArray out;
  for (cedar::Entities::Number i = 0; i < entities.size(); ++i) {
    auto entity = cedar::entity_to_json(entities.entity(i));
    if (!entity.ok()) return std::nullopt;
    out.push_back(std::move(entity).value());
  }
  return Json(std::move(out));
}

Json json_of(const cedar::PolicySet& policies) {
  codec::JsonObject statics, templates;
  codec::JsonArray links;
  for (const auto& [id, policy] : policies.policies()) {
    if (!policy.is_link()) {
      statics.set(id, std::string(policy.text()));
      continue;
    }
    codec::JsonObject values;
    if (policy.slots().principal)
      values.set("?principal", cedar::uid_to_json(*policy.slots().principal));
    if (policy.slots().resource)
      values.set("?resource", cedar::uid_to_json(*policy.slots().resource));
    links.push_back(Json::object({{"templateId", *policy.template_id()},
                                  {"newId", id},
                                  {"values", Json(std::move(values))}}));
  }
  for (const auto& [id, each] : policies.templates())
    templates.set(id, std::string(each.tree->text()));
  return Json::object({{"staticPolicies", Json(std::move(statics))},
                       {"templates", Json(std::move(templates))},
                       {"templateLinks", Json(std::move(links))}});
}

Json ids_of(std::span<const cedar::PolicyIndex> indexes, const cedar::CompiledPolicies& policies) {
  codec::JsonArray out;
  for (const cedar::PolicyIndex index : indexes) out.push_back(policies.policy(index).id());
  return Json(std::move(out));
}

void write_cases(std::uint64_t seed) {
  testing::CedarMaker maker(seed);
  const cedar::Entities entities = readable(maker.entities());
  const cedar::PolicySet policies = maker.policies();
  const auto compiled = cedar::CompiledPolicies::compile(policies);
  const std::optional<Json> store = json_of(entities);
  cedar::Workspace workspace;
  for (int i = 0; i < 4; ++i) {
    cedar::Request request = maker.request();
    request.context = readable(request.context);
    const auto context = cedar::value_to_json(cedar::Value(request.context));
    if (!store || !context.ok()) continue;
    const cedar::Answer answer =
        cedar::decide(*compiled, cedar::Query(request), entities, workspace);
    const Json call = Json::object({{"principal", cedar::uid_to_json(request.principal)},
                                    {"action", cedar::uid_to_json(request.action)},
                                    {"resource", cedar::uid_to_json(request.resource)},
                                    {"context", *context},
                                    {"policies", json_of(policies)},
                                    {"entities", *store}});
    const Json line =
        Json::object({{"seed", std::to_string(seed)},
                      {"call", call},
                      {"decision", std::string(cedar::decision_name(answer.decision))},
                      {"reasons", ids_of(answer.reasons, *compiled)},
                      {"errors", ids_of(answer.errors, *compiled)}});
    std::puts(codec::write_json(line).c_str());
  }
}

bool read_number(const char* text, std::uint64_t& out) {
  const std::string_view view(text);
  const auto [end, error] = std::from_chars(view.begin(), view.end(), out);
  return error == std::errc() && end == view.end();
}

}  // namespace
}  // namespace ward

int main(int argc, char** argv) {
  std::uint64_t seed = 0, count = 0;
  if (argc != 3 || !ward::read_number(argv[1], seed) || !ward::read_number(argv[2], count)) {
    std::fputs("usage: ward_interop_cedar SEED COUNT\n", stderr);
    return 2;
  }
  for (std::uint64_t i = 0; i < count; ++i) ward::write_cases(seed + i);
  return 0;
}
