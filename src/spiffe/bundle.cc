#include "spiffe/bundle.h"

#include "codec/json_reader.h"

namespace ward::spiffe {
namespace {

using codec::Json;
using codec::JsonArray;
using crypto::Certificate;
using crypto::Jwk;

constexpr std::string_view kX509Use = "x509-svid";
constexpr std::string_view kJwtUse = "jwt-svid";
// A consumer that honours a longer one would never see a rotation.
constexpr std::int64_t kRefreshHintSecondsMax = 30 * 24 * 3600;

std::string_view use_of(const Json& entry) {
  const Json* use = entry.find("use");
  const std::string* text = use == nullptr ? nullptr : use->if_string();
  return text == nullptr ? std::string_view() : *text;
}

// Entries of other uses are dropped before they are looked into: they may be of a future kind.
Result<crypto::JwkSet> read_keys(codec::JsonReader& reader, auto&& is_wanted) {
  WARD_TRY(const JsonArray* entries, reader.array("keys"));
  if (entries->size() > crypto::kJwkSetKeysMax)
    return make_error(ErrorCode::kResourceExhausted, "bundle has {} keys, expected at most {}",
                      entries->size(), crypto::kJwkSetKeysMax);
  JsonArray wanted;
  for (const Json& entry : *entries) {
    if (is_wanted(use_of(entry))) wanted.push_back(entry);
  }
  return crypto::jwk_set_from_json(Json::object({{"keys", std::move(wanted)}}));
}

// RFC 7517 4.7: the key in the first certificate is the key that the other members describe.
Result<void> add_authority(X509Bundle& bundle, const Jwk& jwk) {
  if (jwk.x5c.empty()) return {};
  auto certificate = Certificate::parse_der(jwk.x5c.front());
  if (!certificate.ok()) return std::move(certificate).error().in("bundle's x5c");
  if (!(certificate->public_key() == jwk.key))
    return invalid_argument("bundle has a certificate whose key is not that of its JWK");
  bundle.authorities.push_back(std::move(certificate).value());
  return {};
}

Result<void> add_jwt_key(JwtBundle& bundle, const Jwk& jwk) {
  if (jwk.kid.empty()) return invalid_argument("bundle has a JWT key without `kid`");
  bundle.keys.emplace(jwk.kid, jwk.key);
  return {};
}

// 64 bits, of which JSON's int64 holds half.
Result<std::optional<std::uint64_t>> read_sequence(codec::JsonReader& reader) {
  const Json* json = reader.optional_any("spiffe_sequence");
  if (json == nullptr) return std::optional<std::uint64_t>();
  if (const auto* large = json->if_unsigned()) return std::optional(*large);
  const std::int64_t* number = json->if_integer();
  if (number == nullptr || *number < 0)
    return invalid_argument("`spiffe_sequence` is not an integer of 64 bits");
  return std::optional(static_cast<std::uint64_t>(*number));
}

Result<Json> parse_text(std::string_view text) {
  return codec::parse_json(text, {.max_bytes = crypto::kJwkSetBytesMax});
}

}  // namespace

Result<SpiffeBundle> parse_spiffe_bundle(const TrustDomain& domain, std::string_view text) {
  WARD_TRY(const Json json, parse_text(text));
  WARD_TRY(codec::JsonReader reader, codec::JsonReader::of(json));
  SpiffeBundle bundle{.x509 = {.trust_domain = domain}, .jwt = {.trust_domain = domain}};
  WARD_TRY(const auto set, read_keys(reader, [](std::string_view use) {
             return use == kX509Use || use == kJwtUse;
           }));
  for (const Jwk& jwk : set.keys) {
    if (jwk.use == kX509Use) {
      WARD_RETURN_IF_ERROR(add_authority(bundle.x509, jwk));
    } else {
      WARD_RETURN_IF_ERROR(add_jwt_key(bundle.jwt, jwk));
    }
  }
  WARD_TRY(bundle.sequence, read_sequence(reader));
  WARD_TRY(const auto hint,
           reader.optional_integer("spiffe_refresh_hint", 0, kRefreshHintSecondsMax));
  if (hint) bundle.refresh_hint = std::chrono::seconds{*hint};
  return bundle;
}

std::string print_spiffe_bundle(const SpiffeBundle& bundle) {
  JsonArray keys;
  for (const Certificate& authority : bundle.x509.authorities)
    keys.push_back(crypto::print_jwk({.key = authority.public_key(),
                                      .use = std::string(kX509Use),
                                      .x5c = {to_bytes(authority.der())}}));
  for (const auto& [kid, key] : bundle.jwt.keys)
    keys.push_back(crypto::print_jwk({.key = key, .kid = kid, .use = std::string(kJwtUse)}));
  codec::JsonObject object = {{"keys", std::move(keys)}};
  if (bundle.sequence) object.set("spiffe_sequence", *bundle.sequence);
  if (bundle.refresh_hint)
    object.set("spiffe_refresh_hint", static_cast<std::int64_t>(bundle.refresh_hint->count()));
  return codec::write_json(object);
}

Result<X509Bundle> parse_x509_bundle(const TrustDomain& domain, ByteView der) {
  X509Bundle bundle{.trust_domain = domain};
  if (!der.empty()) {
    WARD_TRY(bundle.authorities, crypto::parse_certificates_der(der));
  }
  return bundle;
}

Bytes print_x509_bundle(const X509Bundle& bundle) {
  Bytes der;
  for (const Certificate& authority : bundle.authorities) append(der, authority.der());
  return der;
}

Result<JwtBundle> parse_jwt_bundle(const TrustDomain& domain, std::string_view text) {
  WARD_TRY(const Json json, parse_text(text));
  WARD_TRY(codec::JsonReader reader, codec::JsonReader::of(json));
  WARD_TRY(const auto set,
           read_keys(reader, [](std::string_view use) { return use.empty() || use == kJwtUse; }));
  JwtBundle bundle{.trust_domain = domain};
  for (const Jwk& jwk : set.keys) WARD_RETURN_IF_ERROR(add_jwt_key(bundle, jwk));
  return bundle;
}

std::string print_jwt_bundle(const JwtBundle& bundle) {
  JsonArray keys;
  for (const auto& [kid, key] : bundle.keys)
    keys.push_back(crypto::print_jwk({.key = key, .kid = kid}));
  return codec::write_json(Json::object({{"keys", std::move(keys)}}));
}

}  // namespace ward::spiffe
