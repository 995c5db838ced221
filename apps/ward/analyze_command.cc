// `ward policy analyze`: what policies say of every request that a schema allows.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "analyze/findings.h"
#include "cedar/entity/entity_json.h"
#include "cedar/entity/value_json.h"
#include "ward/commands.h"
#include "ward/finding.h"
#include "ward/policy_input.h"
#include "ward/policy_tools.h"

namespace ward::cli {
namespace {

using Kind = analyze::Finding::Kind;

std::string message(const analyze::Finding& finding) {
  const std::string at =
      finding.environment ? " for " + analyze::to_text(*finding.environment) : "";
  switch (finding.kind) {
    case Kind::kMayErr:
      return "its evaluation fails for some request" + at;
    case Kind::kNeverMatches:
      return "it matches no request that the schema allows";
    case Kind::kAlwaysMatches:
      return "its conditions hold for every request" + at;
    case Kind::kShadowed:
      return fmt::format("`{}` matches whenever it does{}", finding.other, at);
    case Kind::kOverridden:
      return fmt::format("the forbid `{}` matches whenever it does{}", finding.other, at);
    case Kind::kRedundant:
      return "the others decide the same without it" + at;
    case Kind::kUnknown:
      return fmt::format("{}{}", finding.reason, at);
  }
  WARD_UNREACHABLE();
}

Finding finding_of(const analyze::Finding& finding, const cedar::PolicySet& policies) {
  const cedar::PolicyTree& tree = policies.find(finding.policy)->tree();
  return {.is_error = finding.is_error() || finding.kind == Kind::kUnknown,
          .policy = finding.policy,
          .kind = std::string(analyze::finding_name(finding.kind)),
          .message = message(finding),
          .source = tree.source,
          .span = tree.span};
}

// --- a counterexample as text

std::string entity_text(const cedar::Entity& entity) {
  std::string out =
      fmt::format("{} {}", entity.uid.text(), to_text(cedar::Value(entity.attributes)));
  if (!entity.parents.empty()) {
    const std::vector<cedar::Value> parents(entity.parents.begin(), entity.parents.end());
    out += " in " + to_text(cedar::Value(cedar::Set(parents)));
  }
  if (!entity.tags.empty()) out += " tags " + to_text(cedar::Value(entity.tags));
  return out;
}

void print_example(const analyze::Counterexample& example) {
  const cedar::Request& request = example.request;
  print_line(printable(fmt::format("  request: {}, {}, {} {}", request.principal.text(),
                                   request.action.text(), request.resource.text(),
                                   to_text(cedar::Value(request.context)))));
  for (const cedar::Entity& each : example.entities) {
    print_line(printable("  entity: " + entity_text(each)));
  }
}

// --- as JSON: the forms that entities files and tests of policies have

Result<codec::Json> example_json(const analyze::Counterexample& example) {
  const cedar::Request& request = example.request;
  WARD_TRY(codec::Json context, cedar::value_to_json(cedar::Value(request.context)));
  codec::JsonArray entities;
  for (const cedar::Entity& each : example.entities) {
    WARD_TRY(codec::Json entity, cedar::entity_to_json(each));
    entities.push_back(std::move(entity));
  }
  return codec::Json::object(
      {{"request", codec::Json::object({{"principal", cedar::uid_to_json(request.principal)},
                                        {"action", cedar::uid_to_json(request.action)},
                                        {"resource", cedar::uid_to_json(request.resource)},
                                        {"context", std::move(context)}})},
       {"entities", codec::Json(std::move(entities))}});
}

Result<codec::Json> json_of(const analyze::Finding& finding, const cedar::PolicySet& policies) {
  codec::Json out = finding_json(finding_of(finding, policies));
  codec::JsonObject& object = *out.if_object();
  if (finding.environment) {
    object.set("environment", codec::Json::object(
                                  {{"principal", finding.environment->principal->name.name()},
                                   {"action", cedar::uid_to_json(finding.environment->action->uid)},
                                   {"resource", finding.environment->resource->name.name()}}));
  }
  if (!finding.other.empty()) object.set("other", finding.other);
  if (finding.example) {
    WARD_TRY(codec::Json example, example_json(*finding.example));
    object.set("counterexample", std::move(example));
  }
  return out;
}

Result<void> print_json(const analyze::Report& report, const cedar::PolicySet& policies) {
  codec::JsonArray list;
  for (const analyze::Finding& each : report.findings) {
    WARD_TRY(codec::Json json, json_of(each, policies));
    list.push_back(std::move(json));
  }
  print_line(codec::write_json(codec::Json(std::move(list))));
  return {};
}

// --- the command

std::size_t count(const analyze::Report& report, Kind kind) {
  return static_cast<std::size_t>(
      std::ranges::count(report.findings, kind, &analyze::Finding::kind));
}

void print_text(const analyze::Report& report, const cedar::PolicySet& policies) {
  for (const analyze::Finding& each : report.findings) {
    print_line(finding_text(finding_of(each, policies)));
    if (each.example) print_example(*each.example);
  }
  const std::size_t errors = count(report, Kind::kMayErr);
  const std::size_t unknown = count(report, Kind::kUnknown);
  print_line(fmt::format("{} policies in {} environments: {} errors, {} warnings, {} unknown",
                         policies.size(), report.environments, errors,
                         report.findings.size() - errors - unknown, unknown));
}

// On one line of a terminal; programs that read standard error are left alone.
bool show_progress(std::size_t done, std::size_t total) {
  if (::isatty(STDERR_FILENO) == 0) return true;
  if (done == total) {
    (void)std::fputs("\r\033[K", stderr);
  } else {
    (void)std::fprintf(stderr, "\ranalysed %zu of %zu", done, total);
  }
  return true;
}

Result<int> run(PolicyInput& input, Format format, const PolicyAnalyzeFlags& flags) {
  WARD_TRY(const cedar::Schema schema, input.schema(flags.schema));
  WARD_TRY(const cedar::PolicySet policies, input.all_policies(flags.paths));
  const analyze::Options options{.time_limit = std::chrono::seconds(flags.timeout_s),
                                 .entities_may_be_missing = flags.entities_may_be_missing};
  WARD_TRY(const analyze::Report report,
           analyze::examine(policies, schema, options, show_progress));
  if (format == Format::kJson) {
    WARD_RETURN_IF_ERROR(print_json(report, policies));
  } else {
    print_text(report, policies);
  }
  if (count(report, Kind::kMayErr) > 0) return kExitInvalid;
  return count(report, Kind::kUnknown) > 0 ? kExitFailure : kExitOk;
}

}  // namespace

Result<int> analyze_policy_files(Format format, const PolicyAnalyzeFlags& flags) {
  PolicyInput input;
  Result<int> status = run(input, format, flags);  // which reads what the sources are of
  return with_source_line(std::move(status), input.sources());
}

}  // namespace ward::cli
