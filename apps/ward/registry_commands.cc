// Things of the registry: each change is one fact, submitted with its reason.
#include <array>
#include <set>

#include "ward/admin/v1/admin.pb.h"
#include "ward/commands.h"
#include "ward/text_input.h"

namespace ward::cli {
namespace {

using namespace admin::v1;
using namespace fact::v1;

struct KindName {
  std::string_view name;
  EntityKind kind;
};
constexpr std::array kKinds = {
    KindName{"identity", ENTITY_KIND_IDENTITY},
    KindName{"owner", ENTITY_KIND_OWNER},
    KindName{"registration", ENTITY_KIND_REGISTRATION},
    KindName{"node", ENTITY_KIND_NODE},
    KindName{"resource", ENTITY_KIND_RESOURCE},
    KindName{"segment", ENTITY_KIND_SEGMENT},
    KindName{"flow", ENTITY_KIND_FLOW},
    KindName{"policy-set", ENTITY_KIND_POLICY_SET},
    KindName{"revocation", ENTITY_KIND_REVOCATION},
    KindName{"key-slot", ENTITY_KIND_KEY_SLOT},
};

Result<EntityKind> kind_of(std::string_view name) {
  for (const KindName& kind : kKinds) {
    if (kind.name == name) return kind.kind;
  }
  return invalid_argument("no kind of thing `{}`", name);
}

// A name of an enumeration as people write it: `ai-agent` for IDENTITY_CLASS_AI_AGENT.
std::string long_name(std::string_view prefix, std::string_view name) {
  std::string out(prefix);
  for (const char c : name)
    out.push_back(c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c));
  return out;
}

Result<int> submit(const Common& common, Fact fact) {
  WARD_TRY(const auto session, Session::open(common.target));
  fact.set_reason(common.reason);
  SubmitRequest request;
  *request.add_facts() = std::move(fact);
  WARD_TRY(const auto response, session->call<SubmitResponse>("Submit", request));
  if (common.format == Format::kJson) {
    WARD_TRY(const std::string json, to_json(response));
    print_line(json);
  } else {
    print_line(fmt::format("revision {}", response.revision()));
  }
  return kExitOk;
}

Result<int> print_entities(const Common& common, const std::vector<Entity>& entities) {
  if (common.format == Format::kTable) {
    print_line(entity_table(entities).text());
    return kExitOk;
  }
  std::string out = "[";
  for (const Entity& entity : entities) {
    WARD_TRY(const std::string json, to_json(entity));
    if (out.size() > 1) out += ",\n ";
    out += json;
  }
  print_line(out + "]");
  return kExitOk;
}

}  // namespace

Result<int> list_entities(const Common& common, const std::string& kind,
                          const std::string& prefix) {
  WARD_TRY(const EntityKind wanted, kind_of(kind));
  WARD_TRY(const auto session, Session::open(common.target));
  std::vector<Entity> entities;
  ListRequest request;
  request.set_kind(wanted);
  request.set_prefix(prefix);
  request.set_page_size(1000);
  do {
    WARD_TRY(auto response, session->call<ListResponse>("List", request));
    for (Entity& entity : *response.mutable_entities()) entities.push_back(std::move(entity));
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return print_entities(common, entities);
}

Result<int> show_entity(const Common& common, const std::string& kind, const std::string& id) {
  GetRequest request;
  WARD_TRY(const EntityKind wanted, kind_of(kind));
  request.set_kind(wanted);
  request.set_id(id);
  WARD_TRY(const auto session, Session::open(common.target));
  WARD_TRY(const auto response, session->call<GetResponse>("Get", request));
  return print_entities(common, {response.entity()});
}

Result<int> put_identity(const Common& common, const IdentityFlags& flags) {
  Fact fact;
  Identity& identity = *fact.mutable_identity_put()->mutable_identity();
  IdentityClass identity_class{};
  if (!IdentityClass_Parse(long_name("IDENTITY_CLASS_", flags.identity_class), &identity_class)) {
    return invalid_argument(
        "expected --class human, service-account, workload, ci-job, device or ai-agent, got `{}`",
        flags.identity_class);
  }
  identity.set_id(flags.id);
  identity.set_identity_class(identity_class);
  identity.set_status(IDENTITY_STATUS_ACTIVE);
  identity.set_owner(flags.owner);
  identity.set_environment(flags.environment);
  identity.set_segment(flags.segment);
  identity.set_credential_age_max_s(flags.credential_age_max_s);
  identity.set_x509_ttl_s(flags.x509_ttl_s);
  identity.set_jwt_ttl_s(flags.jwt_ttl_s);
  for (const std::string& label : flags.labels) {
    WARD_TRY(auto pair, parse_pair(label));
    (*identity.mutable_labels())[pair.first] = pair.second;
  }
  return submit(common, std::move(fact));
}

Result<int> set_identity_status(const Common& common, const std::string& id,
                                const std::string& status) {
  Fact fact;
  IdentityStatusChanged& change = *fact.mutable_identity_status_changed();
  IdentityStatus value{};
  if (!IdentityStatus_Parse(long_name("IDENTITY_STATUS_", status), &value)) {
    return invalid_argument("expected active, quarantined or retired, got `{}`", status);
  }
  change.set_id(id);
  change.set_status(value);
  change.set_reason(common.reason);
  return submit(common, std::move(fact));
}

Result<int> put_owner(const Common& common, const OwnerFlags& flags) {
  Fact fact;
  Owner& owner = *fact.mutable_owner_put()->mutable_owner();
  OwnerKind kind{};
  if (!OwnerKind_Parse(long_name("OWNER_KIND_", flags.kind), &kind)) {
    return invalid_argument("expected --kind person or team, got `{}`", flags.kind);
  }
  owner.set_id(flags.id);
  owner.set_kind(kind);
  owner.set_contact(flags.contact);
  owner.set_live(!flags.gone);
  return submit(common, std::move(fact));
}

Result<int> put_registration(const Common& common, const RegistrationFlags& flags) {
  Fact fact;
  Registration& registration = *fact.mutable_registration_put()->mutable_registration();
  registration.set_id(flags.id);
  registration.set_spiffe_id(flags.spiffe_id);
  registration.set_parent(flags.parent);
  registration.set_hint(flags.hint);
  registration.set_x509_ttl_s(flags.x509_ttl_s);
  registration.set_jwt_ttl_s(flags.jwt_ttl_s);
  const std::set<std::string> selectors(flags.selectors.begin(),
                                        flags.selectors.end());  // in order, each once
  for (const std::string& selector : selectors) registration.add_selectors(selector);
  for (const std::string& name : flags.dns_names) registration.add_dns_names(name);
  return submit(common, std::move(fact));
}

Result<int> put_resource(const Common& common, const ResourceFlags& flags) {
  Fact fact;
  Resource& resource = *fact.mutable_resource_put()->mutable_resource();
  WARD_TRY(const auto name, parse_entity(flags.name));
  resource.set_type(name.first);
  resource.set_id(name.second);
  resource.set_owner(flags.owner);
  resource.set_environment(flags.environment);
  resource.set_segment(flags.segment);
  for (const std::string& attribute : flags.attributes) {
    WARD_TRY(auto pair, parse_pair(attribute));
    (*resource.mutable_attributes())[pair.first] = pair.second;
  }
  for (const std::string& text : flags.parents) {
    WARD_TRY(const auto parent, parse_entity(text));
    EntityName& added = *resource.add_parents();
    added.set_type(parent.first);
    added.set_id(parent.second);
  }
  return submit(common, std::move(fact));
}

Result<int> put_segment(const Common& common, const std::string& id,
                        const std::string& description) {
  Fact fact;
  fact.mutable_segment_put()->mutable_segment()->set_id(id);
  fact.mutable_segment_put()->mutable_segment()->set_description(description);
  return submit(common, std::move(fact));
}

Result<int> set_flow(const Common& common, const std::string& from, const std::string& to,
                     const std::string& action, bool is_open) {
  Fact fact;
  Flow& flow = is_open ? *fact.mutable_flow_opened()->mutable_flow()
                       : *fact.mutable_flow_closed()->mutable_flow();
  flow.set_from(from);
  flow.set_to(to);
  flow.set_action(action);
  return submit(common, std::move(fact));
}

Result<int> ban_node(const Common& common, const std::string& id, bool is_banned) {
  Fact fact;
  fact.mutable_node_banned()->set_id(id);
  fact.mutable_node_banned()->set_banned(is_banned);
  return submit(common, std::move(fact));
}

Result<int> remove_entity(const Common& common, const std::string& kind, const std::string& id) {
  Fact fact;
  if (kind == "identity") {
    fact.mutable_identity_removed()->set_id(id);
  } else if (kind == "owner") {
    fact.mutable_owner_removed()->set_id(id);
  } else if (kind == "node") {
    fact.mutable_node_removed()->set_id(id);
  } else if (kind == "segment") {
    fact.mutable_segment_removed()->set_id(id);
  } else if (kind == "resource") {
    WARD_TRY(const auto name, parse_entity(id));
    fact.mutable_resource_removed()->mutable_name()->set_type(name.first);
    fact.mutable_resource_removed()->mutable_name()->set_id(name.second);
  } else if (kind == "registration") {
    // The fact names all it touches, as it stands now.
    GetRequest request;
    request.set_kind(ENTITY_KIND_REGISTRATION);
    request.set_id(id);
    WARD_TRY(const auto session, Session::open(common.target));
    WARD_TRY(const auto response, session->call<GetResponse>("Get", request));
    fact.mutable_registration_removed()->set_id(id);
    fact.mutable_registration_removed()->set_parent(response.entity().registration().parent());
    fact.mutable_registration_removed()->set_spiffe_id(
        response.entity().registration().spiffe_id());
  } else {
    return invalid_argument("a `{}` is not removed by its name", kind);
  }
  return submit(common, std::move(fact));
}

}  // namespace ward::cli
