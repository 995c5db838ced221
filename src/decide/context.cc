#include "decide/context.h"

#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "cedar/value/ip_address.h"

namespace ward::decide {
namespace {

using cedar::Field;
using cedar::Record;
using cedar::Value;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using world::IdentityClass;
using world::RevocationKind;

// Any of what the question stands on is revoked: the identity or its node, while that revocation
// stands, or for a credential from before it; a credential by its own name; a banned node's word.
bool is_revoked(const Known& known, const Question& question) {
  const world::World& world = known.world;
  const auto covers = [&](RevocationKind kind, std::string_view id) {
    const world::Revocation* revocation = world.revocation(kind, id);
    if (revocation == nullptr) return false;
    return question.credential ? revocation->covers(question.credential->issued)
                               : revocation->stands();
  };
  if (covers(RevocationKind::kIdentity, known.principal.id)) return true;
  if (question.credential &&
      world.revocation(RevocationKind::kCredential, question.credential->id) != nullptr) {
    return true;
  }
  if (question.node.empty()) return false;
  if (covers(RevocationKind::kNode, question.node)) return true;
  const world::Node* node = world.node(question.node);
  return node != nullptr && node->banned;
}

// Within one segment traffic is open. From one to another it needs a flow for the action or a group
// that it is in.
bool is_flow_open(const Known& known, std::string_view action) {
  const auto& from = known.principal.segment;
  const auto& to = known.resource.segment;
  if (from.empty() || to.empty() || from == to) return true;
  std::string prefix = from.str();
  prefix.push_back('\0');
  prefix.append(to.view()).push_back('\0');
  std::string after;
  for (;;) {
    const auto flows = known.world.flows({.prefix = prefix, .after = after});
    for (const world::Flow* flow : flows) {
      if (known.policies.action_is_in(action, flow->action)) return true;
    }
    if (flows.empty()) return false;
    after = prefix + flows.back()->action.str();
  }
}

Record credential_record(const Known& known, const Credential& credential, WallTime now) {
  const auto age = duration_cast<milliseconds>(now - credential.issued);
  const auto age_max = duration_cast<milliseconds>(credential_age_max(known.principal));
  std::vector<Field> fields;
  fields.reserve(4);
  fields.push_back({"age", cedar::Duration::of_ms(age.count())});
  fields.push_back({"age_max", cedar::Duration::of_ms(age_max.count())});
  fields.push_back({"expires", cedar::Datetime::of(credential.expires)});
  fields.push_back({"id", credential.id});
  return Record(std::move(fields));
}

}  // namespace

std::chrono::seconds credential_age_max(const world::Identity& identity) {
  using namespace std::chrono_literals;
  if (identity.credential_age_max_s != 0)
    return std::chrono::seconds(identity.credential_age_max_s);
  switch (identity.identity_class) {
    case IdentityClass::kHuman:
      return 12h;
    case IdentityClass::kServiceAccount:
      return 24h;
    case IdentityClass::kWorkload:
      return 24h;
    case IdentityClass::kCiJob:
      return 2h;
    case IdentityClass::kDevice:
      return 24h;
    case IdentityClass::kAiAgent:
      return 1h;
  }
  WARD_UNREACHABLE();
}

// PERF: in the order of the names, and moved: sorting and copying it took as long as finding what
// stands in it.
Record assemble_context(const Known& known, const Question& question, WallTime now) {
  std::vector<Field> fields;
  fields.reserve(14);
  const auto add = [&](const char* name, Value value) {
    fields.push_back({.name = name, .value = std::move(value)});
  };
  add("action", question.action_properties);
  if (!question.caller.empty()) add("caller", question.caller);
  if (question.credential) add("credential", credential_record(known, *question.credential, now));
  add("enforcement_point", question.enforcement_point);
  add("entitlements", cedar::Set());
  add("flow_open", is_flow_open(known, question.action));
  if (!question.node.empty()) add("node", question.node);
  add("now", cedar::Datetime::of(now));
  add("request", question.request);
  add("resource", question.resource_properties);
  add("revoked", is_revoked(known, question));
  if (!question.session.empty()) add("session", question.session);
  if (!question.source_address.empty()) {
    if (const auto address = cedar::IpAddress::parse(question.source_address))
      add("source", *address);
  }
  add("subject", question.subject_properties);
  return Record(std::move(fields));
}

}  // namespace ward::decide
