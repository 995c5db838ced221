// The request, policies and entities that `ward policy ask` and `explain` name.
#include <utility>

#include "cedar/entity/conformance.h"
#include "cedar/entity/request_json.h"
#include "cedar/entity/typed_json.h"
#include "cedar/entity/value_json.h"
#include "ward/policy_input.h"
#include "ward/policy_tools.h"

namespace ward::cli {
namespace {

Result<cedar::EntityUid> read_entity(std::string_view flag, const std::string& text) {
  if (text.empty()) {
    return invalid_argument(
        "expected --request, or --principal, --action and --resource; {} is "
        "missing",
        flag);
  }
  return entity_of_flag(flag, text);
}

// A JSON object, or the file of one.
Result<cedar::Record> read_context(PolicyInput& input, const std::string& text,
                                   const cedar::Schema* schema, const cedar::EntityUid& action) {
  std::string json = text.empty() ? "{}" : text;
  std::string name = "--context";
  if (!json.starts_with('{')) {
    WARD_TRY(const cedar::SourcePtr source, input.read(json, cedar::kContextBytesMax));
    name = source->name;
    json = source->text;
  }
  auto context =
      schema == nullptr ? cedar::parse_context(json) : cedar::parse_context(json, *schema, action);
  return std::move(context).in(name);
}

Result<cedar::Request> request_of_flags(PolicyInput& input, const PolicyAskFlags& flags,
                                        const cedar::Schema* schema) {
  WARD_TRY(cedar::EntityUid principal, read_entity("--principal", flags.principal));
  WARD_TRY(cedar::EntityUid action, read_entity("--action", flags.action));
  WARD_TRY(cedar::EntityUid resource, read_entity("--resource", flags.resource));
  WARD_TRY(cedar::Record context, read_context(input, flags.context, schema, action));
  cedar::Request out{std::move(principal), std::move(action), std::move(resource),
                     std::move(context)};
  if (schema != nullptr) WARD_RETURN_IF_ERROR(cedar::check_request(out, *schema));
  return out;
}

Result<cedar::Request> read_request(PolicyInput& input, const PolicyAskFlags& flags,
                                    const cedar::Schema* schema) {
  if (flags.request.empty()) return request_of_flags(input, flags, schema);
  for (const std::string* each :
       {&flags.principal, &flags.action, &flags.resource, &flags.context}) {
    if (!each->empty()) {
      return invalid_argument(
          "expected --request alone, got it with --principal, --action, --resource or --context");
    }
  }
  WARD_TRY(std::vector<cedar::Request> requests, input.requests(flags.request, schema));
  if (requests.size() != 1) {
    return invalid_argument("{}: expected one request, got {}", flags.request, requests.size());
  }
  return std::move(requests.front());
}

}  // namespace

Result<PolicyQuestion> read_question(PolicyInput& input, const PolicyAskFlags& flags) {
  std::optional<cedar::Schema> schema;
  if (!flags.schema.empty()) {
    WARD_TRY(schema, input.schema(flags.schema));
  }
  const cedar::Schema* by = schema ? &*schema : nullptr;
  WARD_TRY(cedar::PolicySet policies, input.all_policies(flags.policies));
  WARD_TRY(cedar::Entities entities, input.entities(flags.entities, by));
  WARD_TRY(cedar::Request request, read_request(input, flags, by));
  return PolicyQuestion{std::move(policies), std::move(entities), std::move(request)};
}

}  // namespace ward::cli
