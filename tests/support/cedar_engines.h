// Both Cedar engines on one request: the shipped one must say what the reference says, to the
// letter, on each of its ways in.
#pragma once

#include <fmt/ranges.h>

#include <string>
#include <string_view>

#include "cedar/authorize/authorizer.h"
#include "cedar/engine/engine.h"

namespace ward::testing {

inline std::string text_of(const cedar::Response& response) {
  std::string out =
      fmt::format("{} [{}]", decision_name(response.decision), fmt::join(response.reasons, " "));
  for (const cedar::PolicyError& each : response.errors) {
    out += fmt::format(" ({} {}: {} at {}-{})", each.policy_id,
                       evaluation_error_kind_name(each.error.kind), each.error.message,
                       each.error.span.begin, each.error.span.end);
  }
  return out;
}

// What the shipped engine says otherwise; empty when it agrees.
inline std::string difference(const cedar::Response& expected, const cedar::Request& request,
                              const cedar::CompiledPolicies& policies,
                              const cedar::Entities& entities) {
  static thread_local cedar::Workspace workspace;  // what other sets left there is nothing to this
  const std::string wanted = text_of(expected);
  std::string out;
  const auto compare = [&](std::string_view way, const cedar::Query& query,
                           const cedar::Answer& answer) {
    const std::string got = text_of(cedar::response(answer, policies, query, entities));
    if (got != wanted) out += fmt::format("{}: expected {}, got {}; ", way, wanted, got);
  };
  const auto check = [&](std::string_view way, const cedar::Query& query, const auto& store) {
    compare(way, query, cedar::decide(policies, query, store, workspace));
  };
  const cedar::BoundPolicies bound(policies, entities);
  const auto check_bound = [&](std::string_view way, const cedar::Query& query) {
    compare(way, query, cedar::decide(bound, query, workspace));
  };
  const cedar::EntityStore& as_any_store = entities;
  const auto name_of = [](const cedar::EntityUid& uid) {
    return cedar::EntityName(uid.type().name(), uid.id());
  };
  const cedar::Query by_uid(request);
  check("uids", by_uid, entities);
  check("uids, any store", by_uid, as_any_store);
  check_bound("uids, bound", by_uid);
  const cedar::Query by_text(name_of(request.principal), name_of(request.action),
                             name_of(request.resource), request.context);
  check("texts", by_text, entities);
  check("texts, any store", by_text, as_any_store);
  check_bound("texts, bound", by_text);
  cedar::Query by_handle(request);
  by_handle.locate_principal(entities.find(request.principal))
      .locate_action(entities.find(request.action))
      .locate_resource(entities.find(request.resource));
  check("handles", by_handle, entities);
  check("handles, any store", by_handle, as_any_store);
  check_bound("handles, bound", by_handle);
  const cedar::EntityHandle principal = entities.find(request.principal);
  const cedar::EntityHandle action = entities.find(request.action);
  const cedar::EntityHandle resource = entities.find(request.resource);
  if (!principal || !action || !resource) return out;
  const auto context = cedar::ValueView::of(request.context);
  check("handles alone, any store",
        cedar::Query(as_any_store, principal, action, resource, context), as_any_store);
  check_bound("handles alone, bound", cedar::Query(entities, principal, action, resource, context));
  return out;
}

}  // namespace ward::testing
