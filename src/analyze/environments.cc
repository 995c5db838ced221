#include "analyze/environments.h"

namespace ward::analyze {

std::vector<cedar::RequestEnvironment> environments(const cedar::Schema& schema) {
  std::vector<cedar::RequestEnvironment> out;
  out.reserve(schema.environment_count());
  for (const cedar::ActionInfo& action : schema.actions()) {
    for (const std::uint32_t principal : action.principals) {
      for (const std::uint32_t resource : action.resources) {
        out.push_back(
            {&schema.entity_types()[principal], &action, &schema.entity_types()[resource]});
      }
    }
  }
  return out;
}

std::string to_text(const cedar::RequestEnvironment& environment) {
  return fmt::format("{}, {}, {}", environment.principal->name.name(),
                     environment.action->uid.text(), environment.resource->name.name());
}

Result<std::vector<EnvironmentVerdict>> check_everywhere(const cedar::Schema& schema,
                                                         const Options& options, const Ask& ask,
                                                         const Progress& progress) {
  const std::vector<cedar::RequestEnvironment> all = environments(schema);
  std::vector<EnvironmentVerdict> out;
  const auto goes_on = [&] { return !progress || progress(out.size(), all.size()); };
  for (const cedar::RequestEnvironment& each : all) {
    if (!goes_on()) return make_error(ErrorCode::kCancelled, "the analysis was ended");
    WARD_TRY(Verdict verdict, ask({schema, each, options}).in(to_text(each)));
    out.push_back({each, std::move(verdict)});
  }
  (void)goes_on();
  return out;
}

}  // namespace ward::analyze
