// `ward policy ask` and `ward policy explain`: a request decided from files, and why.
#include <fmt/format.h>

#include <utility>

#include "cedar/engine/engine.h"
#include "cedar/explain/explanation.h"
#include "codec/json.h"
#include "ward/commands.h"
#include "ward/finding.h"
#include "ward/policy_input.h"
#include "ward/policy_tools.h"

namespace ward::cli {
namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;

cedar::Response decide(const PolicyQuestion& asked) {
  const auto compiled = cedar::CompiledPolicies::compile(asked.policies);
  cedar::Workspace workspace;
  const cedar::Query query(asked.request);
  const cedar::Answer answer = cedar::decide(*compiled, query, asked.entities, workspace);
  return cedar::response(answer, *compiled, query, asked.entities);
}

int exit_status(cedar::Decision decision) {
  return decision == cedar::Decision::kAllow ? kExitOk : kExitDeny;
}

// `team-views` at documents.cedar:5:1
std::string named(const cedar::Policy& policy) {
  return fmt::format("`{}` at {}", policy.id(), policy.place());
}

Finding finding_of(const cedar::PolicyError& error, const cedar::PolicySet& policies) {
  const cedar::Policy* policy = policies.find(error.policy_id);
  return {.policy = error.policy_id,
          .kind = std::string(evaluation_error_kind_name(error.error.kind)),
          .message = error.error.message,
          .source = policy == nullptr ? nullptr : policy->tree().source,
          .span = error.error.span};
}

void print_annotations(const cedar::Policy& policy) {
  for (const cedar::Annotation& each : policy.tree().annotations) {
    if (each.key == "id") continue;
    print_line(printable(each.value ? fmt::format("  @{}: {}", each.key, *each.value)
                                    : fmt::format("  @{}", each.key)));
  }
}

void print_response(const cedar::Response& response, const cedar::PolicySet& policies) {
  const bool is_allow = response.decision == cedar::Decision::kAllow;
  for (const std::string& id : response.reasons) {
    const cedar::Policy& policy = *policies.find(id);
    print_line(
        printable(fmt::format("{} by {}", is_allow ? "permitted" : "forbidden", named(policy))));
    print_annotations(policy);
  }
  for (const cedar::PolicyError& each : response.errors) {
    print_line(finding_text(finding_of(each, policies)));
  }
}

void set_policy(JsonObject& out, const cedar::Policy& policy) {
  JsonObject annotations;
  for (const cedar::Annotation& each : policy.tree().annotations) {
    annotations.set(each.key, each.value.value_or(""));
  }
  out.set("policy", policy.id());
  out.set("effect", effect_name(policy.effect()));
  set_place(out, *policy.tree().source, policy.tree().span);
  out.set("annotations", Json(std::move(annotations)));
}

JsonObject response_json(const cedar::Response& response, const cedar::PolicySet& policies) {
  JsonArray reasons, errors;
  for (const std::string& id : response.reasons) {
    JsonObject reason;
    set_policy(reason, *policies.find(id));
    reasons.emplace_back(std::move(reason));
  }
  for (const cedar::PolicyError& each : response.errors) {
    errors.push_back(finding_json(finding_of(each, policies)));
  }
  JsonObject out;
  out.set("decision", decision_name(response.decision));
  out.set("reasons", Json(std::move(reasons)));
  out.set("errors", Json(std::move(errors)));
  return out;
}

void print(const cedar::NearPermit& near) {
  const cedar::SourceText& source = *near.policy->tree().source;
  print_line(printable(fmt::format("{} would permit, but {}", named(*near.policy),
                                   clause_sentence(near.clause, source))));
  print_line(source.excerpt(near.clause.span));
}

Json near_json(const cedar::NearPermit& near) {
  JsonObject clause;
  clause.set("verdict", clause_kind_name(near.clause.kind));
  clause.set("in_scope", near.clause.is_in_scope);
  clause.set("text", near.clause.text);
  set_place(clause, *near.policy->tree().source, near.clause.span);
  if (!near.clause.error.empty()) clause.set("error", near.clause.error);
  JsonArray reads;
  for (const cedar::ClauseRead& each : near.clause.reads) {
    reads.push_back(each.failure.empty()
                        ? Json::object({{"text", each.text}, {"value", each.value}})
                        : Json::object({{"text", each.text}, {"failure", each.failure}}));
  }
  clause.set("reads", Json(std::move(reads)));
  JsonObject out;
  set_policy(out, *near.policy);
  out.set("clause", Json(std::move(clause)));
  return out;
}

void print(const cedar::Explanation& got, const cedar::PolicySet& policies) {
  print_line(fmt::format("{}: {}", decision_name(got.response.decision),
                         explanation_cause_name(got.cause)));
  print_response(got.response, policies);
  if (got.cause != cedar::Explanation::Cause::kNotPermitted) return;
  if (got.nearest.scope_parts < 3) {
    print_line(got.nearest.permits.empty() ? "no permit has a scope that comes near"
                                           : "no permit has a scope that holds; the nearest:");
  }
  for (const cedar::NearPermit& each : got.nearest.permits) print(each);
  if (got.nearest.omitted > 0) print_line(fmt::format("and {} more", got.nearest.omitted));
}

void print_json(const cedar::Explanation& got, const cedar::PolicySet& policies) {
  JsonObject out = response_json(got.response, policies);
  JsonArray nearest;
  for (const cedar::NearPermit& each : got.nearest.permits) nearest.push_back(near_json(each));
  out.set("cause", explanation_cause_name(got.cause));
  out.set("nearest", Json(std::move(nearest)));
  out.set("nearest_omitted", got.nearest.omitted);
  print_line(codec::write_json(Json(std::move(out))));
}

Result<int> ask(PolicyInput& input, Format format, const PolicyAskFlags& flags) {
  WARD_TRY(const PolicyQuestion asked, read_question(input, flags));
  const cedar::Response response = decide(asked);
  if (format == Format::kJson) {
    print_line(codec::write_json(Json(response_json(response, asked.policies))));
  } else {
    print_line(decision_name(response.decision));
    print_response(response, asked.policies);
  }
  return exit_status(response.decision);
}

Result<int> explain(PolicyInput& input, Format format, const PolicyAskFlags& flags) {
  WARD_TRY(const PolicyQuestion asked, read_question(input, flags));
  const cedar::Explanation got = cedar::explain(asked.request, asked.policies, asked.entities);
  if (format == Format::kJson) {
    print_json(got, asked.policies);
  } else {
    print(got, asked.policies);
  }
  return exit_status(got.response.decision);
}

}  // namespace

Result<int> ask_policies(Format format, const PolicyAskFlags& flags) {
  PolicyInput input;
  auto status = ask(input, format, flags);
  return with_source_line(std::move(status), input.sources());
}

Result<int> explain_policies(Format format, const PolicyAskFlags& flags) {
  PolicyInput input;
  auto status = explain(input, format, flags);
  return with_source_line(std::move(status), input.sources());
}

}  // namespace ward::cli
