// `ward policy link`: policies made of templates.
#include <utility>
#include <vector>

#include "cedar/policy_json/links_json.h"
#include "cedar/policy_json/policy_set_json.h"
#include "codec/json.h"
#include "ward/commands.h"
#include "ward/finding.h"
#include "ward/policy_input.h"
#include "ward/policy_tools.h"

namespace ward::cli {
namespace {

Result<std::optional<cedar::EntityUid>> read_entity(std::string_view flag,
                                                    const std::string& text) {
  if (text.empty()) return std::optional<cedar::EntityUid>();
  WARD_TRY(cedar::EntityUid uid, entity_of_flag(flag, text));
  return std::optional(std::move(uid));
}

// Of --links, and of the flags for one.
Result<std::vector<cedar::TemplateLink>> read_links(PolicyInput& input,
                                                    const PolicyLinkFlags& flags) {
  std::vector<cedar::TemplateLink> out;
  if (!flags.links.empty()) {
    WARD_TRY(const cedar::SourcePtr source, input.read(flags.links, cedar::kLinksBytesMax));
    WARD_TRY(out, cedar::parse_links_json(source->text, source->name));
  }
  if (flags.template_id.empty() != flags.link_id.empty()) {
    return invalid_argument("expected --template-id and --link-id together");
  }
  if (flags.template_id.empty()) {
    if (!flags.principal.empty() || !flags.resource.empty()) {
      return invalid_argument("expected --template-id and --link-id with --principal, --resource");
    }
    if (flags.links.empty()) {
      return invalid_argument("expected --links, or --template-id and --link-id");
    }
    return out;
  }
  cedar::TemplateLink one{.template_id = flags.template_id, .link_id = flags.link_id, .values = {}};
  WARD_TRY(one.values.principal, read_entity("--principal", flags.principal));
  WARD_TRY(one.values.resource, read_entity("--resource", flags.resource));
  out.push_back(std::move(one));
  return out;
}

Result<int> link(PolicyInput& input, const PolicyLinkFlags& flags) {
  WARD_TRY(cedar::PolicySet policies, input.all_policies(flags.policies));
  WARD_TRY(const std::vector<cedar::TemplateLink> links, read_links(input, flags));
  for (const cedar::TemplateLink& each : links) {
    WARD_RETURN_IF_ERROR(policies.link(each.template_id, each.link_id, each.values));
  }
  if (flags.form == "links") {
    print_line(codec::write_json_pretty(cedar::links_to_json(links)));
    return kExitOk;
  }
  WARD_TRY(const codec::Json json, cedar::policy_set_to_json(policies));
  print_line(codec::write_json_pretty(json));
  return kExitOk;
}

}  // namespace

Result<int> link_policies(const PolicyLinkFlags& flags) {
  PolicyInput input;
  auto status = link(input, flags);
  return with_source_line(std::move(status), input.sources());
}

}  // namespace ward::cli
