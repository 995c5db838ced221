#include "decide/policy_warnings.h"

#include "cedar/validate/text_warnings.h"

namespace ward::decide {

std::vector<std::string> warnings_about_text(const Policies& policies) {
  std::vector<std::string> out;
  for (const auto& [id, policy] : policies.set().policies()) {
    if (id.starts_with(kOwnPrefix)) continue;
    for (const cedar::TextWarning& each : cedar::text_warnings(policy.tree())) {
      out.push_back(fmt::format("{}: {}: {}", policy.tree().source->place(each.span.begin),
                                cedar::text_warning_kind_name(each.kind), each.message));
    }
  }
  return out;
}

}  // namespace ward::decide
