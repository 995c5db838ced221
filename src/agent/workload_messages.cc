#include "agent/workload_messages.h"

#include <set>

#include "spiffe/workload/workloadapi.pb.h"

namespace ward::agent {
namespace {

namespace pb = google::protobuf;

Error unavailable(std::string_view what) {
  return make_error(ErrorCode::kUnavailable, "{} not here yet", what);
}

std::string chain_der(const CachedSvid& svid) {
  std::string der;
  for (const crypto::Certificate& certificate : svid.chain) der += as_text(certificate.der());
  return der;
}

pb::Value value_of(const codec::Json& json);

void fill_struct(const codec::JsonObject& object, pb::Struct& to) {
  for (const codec::JsonMember& member : object) {
    (*to.mutable_fields())[member.name] = value_of(member.value);
  }
}

// Recursion is as deep as the reader of claims let it be (codec::JsonLimits).
pb::Value value_of(const codec::Json& json) {
  pb::Value value;
  switch (json.kind()) {
    case codec::Json::Kind::kNull:
      value.set_null_value(pb::NULL_VALUE);
      return value;
    case codec::Json::Kind::kBool:
      value.set_bool_value(*json.if_bool());
      return value;
    case codec::Json::Kind::kInteger:
      value.set_number_value(static_cast<double>(*json.if_integer()));
      return value;
    case codec::Json::Kind::kUnsigned:
      value.set_number_value(static_cast<double>(*json.if_unsigned()));
      return value;
    case codec::Json::Kind::kDouble:
      value.set_number_value(*json.if_double());
      return value;
    case codec::Json::Kind::kString:
      value.set_string_value(*json.if_string());
      return value;
    case codec::Json::Kind::kArray:
      value.mutable_list_value();
      for (const codec::Json& item : *json.if_array()) {
        *value.mutable_list_value()->add_values() = value_of(item);
      }
      return value;
    case codec::Json::Kind::kObject:
      fill_struct(*json.if_object(), *value.mutable_struct_value());
      return value;
  }
  WARD_UNREACHABLE();
}

}  // namespace

Error no_identity() {
  return {ErrorCode::kPermissionDenied, "no identity issued"};
}

std::vector<std::string> unique_hints(const Registrations& registrations) {
  std::set<std::string_view> seen;
  std::vector<std::string> hints;
  for (const world::Registration& registration : registrations) {
    const std::string_view hint = registration.hint.view();
    const bool is_good = hint.size() <= kHintBytesMax && seen.insert(hint).second;
    hints.emplace_back(is_good ? hint : std::string_view());
  }
  return hints;
}

Result<X509SVIDResponse> make_x509_svids(const WorkloadSources& sources,
                                         const Registrations& registrations, bool& is_settled) {
  X509SVIDResponse response;
  const auto hints = unique_hints(registrations);
  is_settled = !sources.bundles.is_empty();
  for (std::size_t i = 0; i < registrations.size(); ++i) {
    const std::string_view id = registrations[i].id.view();
    const CachedSvid* svid = sources.svids.find(id);
    is_settled = is_settled && sources.svids.is_settled(id);
    if (svid == nullptr) continue;
    X509SVID& added = *response.add_svids();
    added.set_spiffe_id(svid->spiffe_id);
    added.set_x509_svid(chain_der(*svid));
    const SecretBytes key = svid->key.pkcs8_der();
    added.set_x509_svid_key(std::string(as_text(key.view())));
    added.set_bundle(std::string(as_text(sources.bundles.x509_der())));
    added.set_hint(hints[i]);
  }
  if (response.svids_size() > 0 && !sources.bundles.is_empty()) return response;
  if (is_settled) return no_identity();  // the server refused all of them
  return unavailable("X.509-SVIDs are");
}

Result<X509BundlesResponse> make_x509_bundles(const WorkloadSources& sources, const Registrations&,
                                              bool& is_settled) {
  is_settled = !sources.bundles.is_empty();
  if (!is_settled) return unavailable("the trust bundle is");
  X509BundlesResponse response;
  (*response.mutable_bundles())[sources.bundles.trust_domain_id()] =
      std::string(as_text(sources.bundles.x509_der()));
  return response;
}

Result<JWTBundlesResponse> make_jwt_bundles(const WorkloadSources& sources, const Registrations&,
                                            bool& is_settled) {
  is_settled = !sources.bundles.is_empty();
  if (!is_settled) return unavailable("the trust bundle is");
  JWTBundlesResponse response;
  (*response.mutable_bundles())[sources.bundles.trust_domain_id()] = sources.bundles.jwks();
  return response;
}

Result<ValidateJWTSVIDResponse> make_validated(const WorkloadSources& sources,
                                               const spiffe::JwtSvid& svid) {
  const world::World& world = sources.view.world();
  const codec::Json* id = svid.claims.find("jti");
  if (id != nullptr && id->if_string() != nullptr &&
      world.revocation(world::RevocationKind::kCredential, "jwt:" + *id->if_string()) != nullptr) {
    return Error(ErrorCode::kUnauthenticated, "the token is revoked");
  }
  const auto* revocation = world.revocation(world::RevocationKind::kIdentity, svid.id.text());
  const WallTime issued = svid.issued_at.value_or(WallTime{});
  if (revocation != nullptr && revocation->covers(issued)) {
    return make_error(ErrorCode::kUnauthenticated, "`{}` is revoked", svid.id.text());
  }
  ValidateJWTSVIDResponse response;
  response.set_spiffe_id(svid.id.text());
  if (const auto* claims = svid.claims.if_object()) {
    fill_struct(*claims, *response.mutable_claims());
  }
  // Clients take `aud` for a list, though RFC 7519 4.1.3 lets a token have one string.
  pb::Value audience;
  for (const std::string& one : svid.audience) {
    audience.mutable_list_value()->add_values()->set_string_value(one);
  }
  (*response.mutable_claims()->mutable_fields())["aud"] = std::move(audience);
  return response;
}

}  // namespace ward::agent
