// `ward policy translate`: policies and schemas from text to JSON, and from JSON to text.
#include <fmt/format.h>

#include <charconv>
#include <utility>
#include <vector>

#include "cedar/format/formatter.h"
#include "cedar/policy_json/policy_set_json.h"
#include "cedar/schema/schema_json.h"
#include "cedar/schema/schema_text.h"
#include "cedar/syntax/printer.h"
#include "codec/json.h"
#include "ward/commands.h"
#include "ward/finding.h"
#include "ward/policy_input.h"
#include "ward/policy_tools.h"

namespace ward::cli {
namespace {

// N of `policyN` as positions are written; SIZE_MAX for other ids.
std::size_t position_in(std::string_view id) {
  constexpr std::string_view kPrefix = "policy";
  if (!id.starts_with(kPrefix)) return SIZE_MAX;
  std::size_t position = 0;
  (void)std::from_chars(id.data() + kPrefix.size(), id.data() + id.size(), position);
  return id == fmt::format("{}{}", kPrefix, position) ? position : SIZE_MAX;
}

using Named = std::pair<std::string_view, const cedar::PolicyTree*>;

// `policyN` at place N, so that its place in the text is its id again; the others between them.
std::vector<Named> in_order_of_text(const std::vector<Named>& all) {
  std::vector<Named> out(all.size());
  const auto has_place = [&](const Named& each) { return position_in(each.first) < all.size(); };
  for (const Named& each : all) {
    if (has_place(each)) out[position_in(each.first)] = each;
  }
  std::size_t free = 0;
  for (const Named& each : all) {
    if (has_place(each)) continue;
    while (out[free].second != nullptr) ++free;
    out[free] = each;
  }
  return out;
}

// The policy with an id that its place in the text would not give it.
std::string text_under(std::string_view id, std::size_t position, const cedar::PolicyTree& policy) {
  if (position_in(id) == position || policy.annotation("id")) return cedar::to_text(policy);
  cedar::PolicyTree named = policy;
  named.annotations.insert(named.annotations.begin(), {.key = "id", .value = std::string(id)});
  return cedar::to_text(named);
}

Result<std::string> policies_to_text(const cedar::PolicySet& policies) {
  std::vector<Named> all;
  for (const auto& [id, each] : policies.templates()) all.emplace_back(id, each.tree.get());
  for (const auto& [id, policy] : policies.policies()) {
    if (policy.is_link()) {
      return make_error(ErrorCode::kFailedPrecondition,
                        "`{}` links the template `{}`, which policy text has no form for", id,
                        *policy.template_id());
    }
    all.emplace_back(id, &policy.tree());
  }
  std::string text;
  std::size_t position = 0;
  for (const auto& [id, tree] : in_order_of_text(all)) {
    text += text_under(id, position++, *tree) + "\n";
  }
  if (text.size() > cedar::kFormatBytesMax) return text;
  return cedar::format_policies(text, "translated policies", {.line_width = 100});
}

Result<std::string> translated_policies(PolicyInput& input, const std::string& path) {
  WARD_TRY(const cedar::PolicySet policies, input.policies(path));
  if (is_json(*input.sources().back())) return policies_to_text(policies);
  WARD_TRY(const codec::Json json, cedar::policy_set_to_json(policies));
  return codec::write_json_pretty(json);
}

Result<std::string> translated_schema(PolicyInput& input, const std::string& path) {
  WARD_TRY(const cedar::SchemaFragment fragment, input.schema_fragment(path));
  if (is_json(*input.sources().back())) return cedar::schema_to_text(fragment);
  WARD_TRY(const codec::Json json, cedar::schema_to_json(fragment));
  return codec::write_json_pretty(json);
}

Result<int> translate(PolicyInput& input, const PolicyTranslateFlags& flags) {
  const bool is_schema = flags.is_schema || flags.path.ends_with(".cedarschema") ||
                         flags.path.ends_with(".cedarschema.json");
  WARD_TRY(const std::string out, is_schema ? translated_schema(input, flags.path)
                                            : translated_policies(input, flags.path));
  print_line(out.ends_with('\n') ? std::string_view(out).substr(0, out.size() - 1)
                                 : std::string_view(out));
  return kExitOk;
}

}  // namespace

Result<int> translate_policy_file(const PolicyTranslateFlags& flags) {
  PolicyInput input;
  auto status = translate(input, flags);
  return with_source_line(std::move(status), input.sources());
}

}  // namespace ward::cli
