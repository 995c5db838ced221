// Asking, revoking, and the state of the server.
#include <cstdio>

#include "os/file_system.h"
#include "ward/admin/v1/admin.pb.h"
#include "ward/commands.h"
#include "ward/text_input.h"

namespace ward::cli {
namespace {

using namespace admin::v1;

Result<fact::v1::RevocationKind> revocation_kind(std::string_view name) {
  if (name == "identity") return fact::v1::REVOCATION_KIND_IDENTITY;
  if (name == "credential") return fact::v1::REVOCATION_KIND_CREDENTIAL;
  if (name == "node") return fact::v1::REVOCATION_KIND_NODE;
  return invalid_argument("expected identity, credential or node, got `{}`", name);
}

Result<int> print_json(const google::protobuf::MessageLite& message) {
  WARD_TRY(const std::string json, to_json(message));
  print_line(json);
  return kExitOk;
}

std::string milliseconds_text(std::uint64_t us) {
  return fmt::format("{:.2f} ms", static_cast<double>(us) / 1000);
}

}  // namespace

Result<int> create_join_token(const Common& common, const std::string& node, std::uint32_t ttl_s) {
  CreateJoinTokenRequest request;
  request.set_node(node);
  request.set_ttl_s(ttl_s);
  WARD_TRY(const auto session, Session::open(common.target));
  WARD_TRY(const auto response, session->call<CreateJoinTokenResponse>("CreateJoinToken", request));
  if (common.format == Format::kJson) return print_json(response);
  print_line(fmt::format("token    {}\nnode     {}\nexpires  {}", response.token(),
                         printable(response.node()), time_text(response.expires_us())));
  return kExitOk;
}

Result<int> ask(const Common& common, const AskFlags& flags) {
  AskRequest request;
  WARD_TRY(const auto resource, parse_entity(flags.resource));
  request.set_principal(flags.principal);
  request.set_action(flags.action);
  request.mutable_resource()->set_type(resource.first);
  request.mutable_resource()->set_id(resource.second);
  request.set_context_json(flags.context);
  WARD_TRY(const auto session, Session::open(common.target));
  WARD_TRY(const auto response, session->call<AskResponse>("Ask", request));
  if (common.format == Format::kJson) {
    WARD_RETURN_IF_ERROR(print_json(response));
  } else {
    print_line(fmt::format("{} at revision {} in {:.1f} us", response.allow() ? "allow" : "deny",
                           response.revision(), static_cast<double>(response.took_ns()) / 1000));
    for (const std::string& line : response.explanation()) print_line("  " + printable(line));
  }
  return response.allow() ? kExitOk : kExitDeny;
}

Result<int> revoke(const Common& common, const RevokeFlags& flags) {
  RevokeRequest request;
  WARD_TRY(const auto kind, revocation_kind(flags.kind));
  request.set_kind(kind);
  request.set_id(flags.id);
  request.set_reason(common.reason);
  request.set_wait(flags.wait || !flags.receipt_file.empty());
  request.set_timeout_ms(flags.timeout_ms);
  WARD_TRY(const auto session, Session::open(common.target));
  WARD_TRY(const auto response,
           session->call<RevokeResponse>("Revoke", request,
                                         std::chrono::milliseconds(flags.timeout_ms)));
  if (!flags.receipt_file.empty()) {
    os::SystemFileSystem files;
    WARD_RETURN_IF_ERROR(files.write_file(flags.receipt_file, as_bytes(response.receipt()), 0644));
  }
  bool all_acknowledged = true;
  for (const HolderState& holder : response.holders())
    all_acknowledged = all_acknowledged && holder.acknowledged();
  if (common.format == Format::kJson) {
    WARD_RETURN_IF_ERROR(print_json(response));
  } else {
    print_line(fmt::format("revoked at revision {}", response.revision()));
    for (const HolderState& holder : response.holders()) {
      print_line(
          holder.acknowledged()
              ? fmt::format("  {} acknowledged after {}", printable(holder.node()),
                            milliseconds_text(holder.after_us()))
              : fmt::format(
                    "  {} is away, last heard of {}: it denies privileged actions once stale",
                    printable(holder.node()), time_text(holder.last_heartbeat_us())));
    }
    if (request.wait() && all_acknowledged && response.holders_size() > 0) {
      print_line(fmt::format("acknowledged by all {} holders after {}", response.holders_size(),
                             milliseconds_text(response.last_acknowledged_us())));
    }
  }
  return !request.wait() || all_acknowledged ? kExitOk : kExitFailure;
}

Result<int> restore(const Common& common, const std::string& kind, const std::string& id) {
  SubmitRequest request;
  fact::v1::Fact& fact = *request.add_facts();
  WARD_TRY(const auto value, revocation_kind(kind));
  fact.set_reason(common.reason);
  fact.mutable_restored()->set_kind(value);
  fact.mutable_restored()->set_id(id);
  WARD_TRY(const auto session, Session::open(common.target));
  if (value == fact::v1::REVOCATION_KIND_CREDENTIAL) {
    GetRequest get;
    get.set_kind(ENTITY_KIND_REVOCATION);
    get.set_id("credential:" + id);
    WARD_TRY(const auto found, session->call<GetResponse>("Get", get));
    fact.mutable_restored()->set_identity(found.entity().revocation().identity());
  }
  WARD_TRY(const auto response, session->call<SubmitResponse>("Submit", request));
  if (common.format == Format::kJson) return print_json(response);
  print_line(fmt::format("restored at revision {}", response.revision()));
  return kExitOk;
}

Result<int> status(const Common& common) {
  WARD_TRY(const auto session, Session::open(common.target));
  WARD_TRY(const auto response, session->call<StatusResponse>("Status", StatusRequest()));
  if (common.format == Format::kJson) return print_json(response);
  print_line(
      fmt::format("ward {} for {}\nrevision       {}\nidentities     {}\nregistrations  "
                  "{}\nresources      {}\nnodes          {}\n"
                  "evidence       {} records, {}\nmemory         {:.1f} MiB\nup since       {}",
                  response.version(), printable(response.trust_domain()), response.revision(),
                  response.identities(), response.registrations(), response.resources(),
                  response.nodes(), response.evidence_size(), response.evidence_state(),
                  static_cast<double>(response.resident_bytes()) / (1 << 20),
                  time_text(response.started_us())));
  if (response.connected_size() == 0) return kExitOk;
  Table table({"CONNECTED", "ACKNOWLEDGED", "NAMES HELD", "SINCE"});
  for (const ConnectedNode& node : response.connected()) {
    table.add({node.node(), std::to_string(node.acknowledged_revision()),
               std::to_string(node.held_names()), time_text(node.connected_since_us())});
  }
  print_line(table.text());
  return kExitOk;
}

Result<int> rotate_authority(const Common& common, const std::string& kind,
                             const std::string& step) {
  RotateAuthorityRequest request;
  if (kind != "x509" && kind != "jwt")
    return invalid_argument("expected x509 or jwt, got `{}`", kind);
  request.set_kind(kind == "x509" ? fact::v1::KEY_KIND_X509 : fact::v1::KEY_KIND_JWT);
  request.set_step(step);
  WARD_TRY(const auto session, Session::open(common.target));
  WARD_TRY(const auto response, session->call<RotateAuthorityResponse>("RotateAuthority", request));
  if (common.format == Format::kJson) return print_json(response);
  fact::v1::Entity entity;
  *entity.mutable_key_slot() = response.slot();
  print_line(entity_table({entity}).text());
  return kExitOk;
}

Result<int> show_bundle(const Common& common, const std::string& form) {
  WARD_TRY(const auto session, Session::open(common.target));
  WARD_TRY(const auto response, session->call<GetBundleResponse>("GetBundle", GetBundleRequest()));
  if (form == "spiffe") {
    print_line(response.spiffe_bundle());
  } else if (form == "jwks") {
    print_line(response.jwks());
  } else {
    std::vector<crypto::Certificate> authorities;
    for (const std::string& der : response.x509_authorities()) {
      WARD_TRY(auto certificate, crypto::Certificate::parse_der(as_bytes(der)));
      authorities.push_back(std::move(certificate));
    }
    const std::string pem = crypto::print_certificates_pem(authorities);
    print_line(std::string_view(pem).substr(0, pem.size() - (pem.ends_with('\n') ? 1 : 0)));
  }
  return kExitOk;
}

}  // namespace ward::cli
