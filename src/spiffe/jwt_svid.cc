#include "spiffe/jwt_svid.h"

#include <algorithm>
#include <cmath>

#include "codec/json_reader.h"
#include "crypto/jose.h"

namespace ward::spiffe {
namespace {

using codec::Json;
using codec::JsonReader;
using crypto::JwsAlgorithm;

constexpr codec::JsonLimits kClaimsLimits = {
    .max_bytes = crypto::kJwsBytesMax, .max_depth = 16, .max_values = 2048};
constexpr double kLastSecond = 253'402'300'799;  // 9999-12-31T23:59:59Z

Error unauthenticated(std::string message) {
  return {ErrorCode::kUnauthenticated, std::move(message)};
}

Result<void> check_header(const crypto::JwsHeader& header) {
  // JWT-SVID 2.3: typ "MUST be either JWT or JOSE" if set. An empty one is set, too.
  if (header.json.find("typ") != nullptr && header.typ != "JWT" && header.typ != "JOSE")
    return invalid_argument("token's `typ` is `{}`, expected `JWT` or `JOSE`",
                            header.typ.substr(0, 64));
  if (header.kid.empty()) return invalid_argument("token has no `kid`");
  return {};
}

// RFC 7519 2, NumericDate: seconds, which may have a fraction.
Result<std::optional<WallTime>> read_time(JsonReader& claims, std::string_view name) {
  WARD_TRY(const auto seconds, claims.optional_number(name));
  if (!seconds) return std::optional<WallTime>();
  if (!(*seconds >= 0 && *seconds <= kLastSecond))
    return invalid_argument("token's `{}` is not a time", name);
  return std::optional(
      WallTime{std::chrono::microseconds{static_cast<std::int64_t>(*seconds * 1e6)}});
}

// RFC 7519 4.1.3: "an array of case-sensitive strings", or one string.
Result<std::vector<std::string>> read_audience(JsonReader& claims) {
  WARD_TRY(const Json* json, claims.any("aud"));
  std::vector<std::string_view> values;
  if (const std::string* one = json->if_string()) {
    values.push_back(*one);
  } else {
    WARD_TRY(values, claims.strings("aud"));
  }
  if (values.empty() || values.size() > kAudiencesMax)
    return invalid_argument("token has {} audiences, expected 1 to {}", values.size(),
                            kAudiencesMax);
  return std::vector<std::string>(values.begin(), values.end());
}

struct Claims {
  SpiffeId id;
  std::vector<std::string> audience;
  WallTime expiry;
  std::optional<WallTime> not_before, issued_at;
};

Result<Claims> read_claims(const Json& json) {
  WARD_TRY(JsonReader reader, JsonReader::of(json, "claims"));
  WARD_TRY(const std::string_view subject, reader.string("sub"));
  WARD_TRY(SpiffeId id, SpiffeId::parse(subject));
  WARD_TRY(auto audience, read_audience(reader));
  WARD_TRY(const auto expiry, read_time(reader, "exp"));
  if (!expiry) return invalid_argument("token has no `exp`");
  WARD_TRY(const auto not_before, read_time(reader, "nbf"));
  WARD_TRY(const auto issued_at, read_time(reader, "iat"));
  return Claims{std::move(id), std::move(audience), *expiry, not_before, issued_at};
}

Result<const crypto::PublicKey*> find_key(const JwtBundleSet& bundles, const SpiffeId& id,
                                          std::string_view kid) {
  const JwtBundle* bundle = bundles.find(id.trust_domain_name());
  if (bundle == nullptr)
    return unauthenticated(fmt::format("trust domain `{}` is not trusted", id.trust_domain_name()));
  const auto key = bundle->keys.find(kid);
  if (key == bundle->keys.end())
    return unauthenticated(fmt::format("trust domain `{}` has no key `{}`", id.trust_domain_name(),
                                       kid.substr(0, 128)));
  return &key->second;
}

Result<void> check_time(const Claims& claims, WallTime now) {
  if (now >= claims.expiry) return unauthenticated("token has expired");
  if (claims.not_before && now + kNotBeforeSkew < *claims.not_before)
    return unauthenticated("token is not yet valid");
  return {};
}

Result<JwsAlgorithm> algorithm_for(crypto::KeyType type) {
  switch (type) {
    case crypto::KeyType::kP256:
      return JwsAlgorithm::kEs256;
    case crypto::KeyType::kP384:
      return JwsAlgorithm::kEs384;
    case crypto::KeyType::kP521:
      return JwsAlgorithm::kEs512;
    case crypto::KeyType::kRsa:
      return JwsAlgorithm::kRs256;
    case crypto::KeyType::kEd25519:
      return invalid_argument("JWT-SVIDs have no algorithm for Ed25519 keys");
  }
  WARD_UNREACHABLE();
}

Result<void> check_template(const JwtSvidTemplate& svid, std::string_view key_id) {
  if (svid.audience.empty() || svid.audience.size() > kAudiencesMax)
    return invalid_argument("JWT-SVID has {} audiences, expected 1 to {}", svid.audience.size(),
                            kAudiencesMax);
  const auto is_wrong = [](const std::string& one) {
    return one.empty() || one.size() > kAudienceBytesMax;
  };
  if (std::ranges::any_of(svid.audience, is_wrong))
    return invalid_argument("JWT-SVID has an audience that is empty or over {} bytes",
                            kAudienceBytesMax);
  if (svid.expiry <= svid.issued_at)
    return invalid_argument("JWT-SVID would expire before it is issued");
  if (key_id.empty()) return invalid_argument("JWT-SVID needs a key id");
  return {};
}

std::int64_t whole_seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

// PERF: written directly: a tree of values would cost as much as the base64.
std::string write_claims(const JwtSvidTemplate& svid) {
  std::string text = R"({"sub":)";
  codec::append_json_string(text, svid.id.text());
  text += R"(,"aud":[)";
  for (std::size_t i = 0; i < svid.audience.size(); ++i) {
    if (i > 0) text += ',';
    codec::append_json_string(text, svid.audience[i]);
  }
  fmt::format_to(std::back_inserter(text), R"(],"exp":{},"iat":{})", whole_seconds(svid.expiry),
                 whole_seconds(svid.issued_at));
  if (!svid.issuer.empty()) {
    text += R"(,"iss":)";
    codec::append_json_string(text, svid.issuer);
  }
  if (!svid.token_id.empty()) {
    text += R"(,"jti":)";
    codec::append_json_string(text, svid.token_id);
  }
  text += '}';
  return text;
}

}  // namespace

Result<JwtSvid> verify_jwt_svid(std::string_view token, const JwtBundleSet& bundles,
                                std::string_view audience, WallTime now) {
  WARD_TRY(const crypto::UnverifiedJws jws, crypto::UnverifiedJws::parse(token));
  WARD_RETURN_IF_ERROR(check_header(jws.header()));
  // The subject must be read to know whose key has to verify it; nothing else is done with it.
  auto parsed = codec::parse_json(as_text(jws.unverified_payload()), kClaimsLimits);
  if (!parsed.ok()) return std::move(parsed).error().in("token's claims");
  WARD_TRY(Claims claims, read_claims(*parsed));
  WARD_TRY(const crypto::PublicKey* key, find_key(bundles, claims.id, jws.header().kid));
  if (auto verified = jws.verify(*key); !verified.ok())
    return unauthenticated(
        fmt::format("token of `{}`: {}", claims.id.text(), verified.error().message()));
  WARD_RETURN_IF_ERROR(check_time(claims, now));
  if (audience.empty() || std::ranges::find(claims.audience, audience) == claims.audience.end())
    return unauthenticated(
        fmt::format("token of `{}` is not for the audience `{}`", claims.id.text(), audience));
  return JwtSvid{std::move(claims.id), std::move(claims.audience), claims.expiry,
                 claims.issued_at,     jws.header().kid,           std::move(parsed).value()};
}

Result<std::string> sign_jwt_svid(const JwtSvidTemplate& svid, const crypto::PrivateKey& key,
                                  std::string_view key_id) {
  WARD_RETURN_IF_ERROR(check_template(svid, key_id));
  WARD_TRY(const JwsAlgorithm algorithm, algorithm_for(key.type()));
  return crypto::sign_jws(key, algorithm, key_id, "JWT", write_claims(svid));
}

}  // namespace ward::spiffe
