// JSON Web Signatures in compact form.
#include <algorithm>
#include <array>

#include "codec/base64.h"
#include "codec/json_reader.h"
#include "crypto/jose.h"

namespace ward::crypto {
namespace {

struct Algorithm {
  std::string_view name;
  JwsAlgorithm value;
  SignatureScheme scheme;
};
constexpr std::array<Algorithm, 9> kAlgorithms = {{
    {"RS256", JwsAlgorithm::kRs256, SignatureScheme::kRs256},
    {"RS384", JwsAlgorithm::kRs384, SignatureScheme::kRs384},
    {"RS512", JwsAlgorithm::kRs512, SignatureScheme::kRs512},
    {"ES256", JwsAlgorithm::kEs256, SignatureScheme::kEs256},
    {"ES384", JwsAlgorithm::kEs384, SignatureScheme::kEs384},
    {"ES512", JwsAlgorithm::kEs512, SignatureScheme::kEs512},
    {"PS256", JwsAlgorithm::kPs256, SignatureScheme::kPs256},
    {"PS384", JwsAlgorithm::kPs384, SignatureScheme::kPs384},
    {"PS512", JwsAlgorithm::kPs512, SignatureScheme::kPs512},
}};

const Algorithm& entry_of(JwsAlgorithm value) {
  const auto it = std::ranges::find(kAlgorithms, value, &Algorithm::value);
  WARD_CHECK(it != kAlgorithms.end());
  return *it;
}

// A header is flat, but for parameters that are ignored.
constexpr codec::JsonLimits kHeaderLimits = {
    .max_bytes = kJwsBytesMax, .max_depth = 8, .max_values = 256};

Result<Bytes> decode_part(std::string_view text, std::string_view name) {
  auto bytes = codec::decode_base64url(text);
  if (!bytes.ok()) return std::move(bytes).error().in(fmt::format("token's {}", name));
  return bytes;
}

Result<JwsHeader> parse_header(std::string_view text) {
  WARD_TRY(codec::Json json, codec::parse_json(text, kHeaderLimits));
  WARD_TRY(codec::JsonReader reader, codec::JsonReader::of(json));
  if (reader.json().contains("crit"))
    return invalid_argument("`crit` names extensions, and none is understood");
  WARD_TRY(const std::string_view name, reader.string("alg"));
  const auto algorithm = find_jws_algorithm(name);
  if (!algorithm)
    return invalid_argument("algorithm `{}` is not one of RS, ES and PS with 256, 384 or 512",
                            name.substr(0, 32));
  WARD_TRY(const auto kid, reader.optional_string("kid"));
  WARD_TRY(const auto typ, reader.optional_string("typ"));
  return JwsHeader{*algorithm, std::string(kid.value_or("")), std::string(typ.value_or("")),
                   std::move(json)};
}

// RFC 7517 4.2 to 4.4: what the key says of its own purpose.
Result<void> check_purpose(const Jwk& jwk, JwsAlgorithm algorithm) {
  if (!jwk.algorithm.empty() && jwk.algorithm != jws_algorithm_name(algorithm))
    return invalid_argument("key is for the algorithm `{}`, but the token has `{}`", jwk.algorithm,
                            jws_algorithm_name(algorithm));
  if (jwk.use == "enc") return invalid_argument("key is for encryption, not for signatures");
  if (!jwk.key_operations.empty() &&
      std::ranges::find(jwk.key_operations, "verify") == jwk.key_operations.end())
    return invalid_argument("key's operations do not include `verify`");
  return {};
}

}  // namespace

std::string_view jws_algorithm_name(JwsAlgorithm algorithm) {
  return entry_of(algorithm).name;
}

std::optional<JwsAlgorithm> find_jws_algorithm(std::string_view name) {
  const auto it = std::ranges::find(kAlgorithms, name, &Algorithm::name);
  if (it == kAlgorithms.end()) return std::nullopt;
  return it->value;
}

SignatureScheme scheme_of(JwsAlgorithm algorithm) {
  return entry_of(algorithm).scheme;
}

Result<UnverifiedJws> UnverifiedJws::parse(std::string_view token) {
  if (token.size() > kJwsBytesMax)
    return make_error(ErrorCode::kResourceExhausted, "token has {} bytes, expected at most {}",
                      token.size(), kJwsBytesMax);
  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  if (first == std::string_view::npos || first == last || token.find('.', first + 1) != last)
    return invalid_argument("token has not the three parts of a compact JWS");
  UnverifiedJws jws;
  WARD_TRY(const Bytes header, decode_part(token.substr(0, first), "header"));
  auto parsed = parse_header(as_text(header));
  if (!parsed.ok()) return std::move(parsed).error().in("token's header");
  jws.header_ = std::move(parsed).value();
  WARD_TRY(jws.payload_, decode_part(token.substr(first + 1, last - first - 1), "payload"));
  WARD_TRY(jws.signature_, decode_part(token.substr(last + 1), "signature"));
  jws.signing_input_ = token.substr(0, last);
  return jws;
}

Result<Bytes> UnverifiedJws::verify(const PublicKey& key) const {
  WARD_RETURN_IF_ERROR(
      key.verify(scheme_of(header_.algorithm), as_bytes(signing_input_), signature_));
  return payload_;
}

Result<Bytes> UnverifiedJws::verify(const Jwk& jwk) const {
  WARD_RETURN_IF_ERROR(check_purpose(jwk, header_.algorithm));
  return verify(jwk.key);
}

Result<std::string> sign_jws(const PrivateKey& key, JwsAlgorithm algorithm, std::string_view kid,
                             std::string_view typ, std::string_view payload) {
  std::string header = fmt::format(R"({{"alg":"{}")", jws_algorithm_name(algorithm));
  if (!kid.empty()) {
    header += R"(,"kid":)";
    codec::append_json_string(header, kid);
  }
  if (!typ.empty()) {
    header += R"(,"typ":)";
    codec::append_json_string(header, typ);
  }
  header += '}';
  std::string token;
  token.reserve((header.size() + payload.size()) * 4 / 3 + 128);
  codec::append_base64url(token, as_bytes(header));
  token += '.';
  codec::append_base64url(token, as_bytes(payload));
  WARD_TRY(const Bytes signature, key.sign(scheme_of(algorithm), as_bytes(token)));
  token += '.';
  codec::append_base64url(token, signature);
  if (token.size() > kJwsBytesMax)
    return invalid_argument("token has {} bytes, expected at most {}", token.size(), kJwsBytesMax);
  return token;
}

}  // namespace ward::crypto
