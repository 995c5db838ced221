// JSON Web Keys: parsing, printing, thumbprints.
#include <algorithm>
#include <array>
#include <set>

#include "codec/base64.h"
#include "codec/json_reader.h"
#include "crypto/hash.h"
#include "crypto/jose.h"

namespace ward::crypto {
namespace {

using codec::Json;
using codec::JsonReader;

// RFC 7518 6.2.2, 6.3.2 and 6.4: what only a private or symmetric key has.
constexpr std::array<std::string_view, 8> kPrivateMembers = {"d",  "p",  "q",   "dp",
                                                             "dq", "qi", "oth", "k"};

struct Curve {
  std::string_view name;
  KeyType type;
};
constexpr std::array<Curve, 3> kCurves = {
    {{"P-256", KeyType::kP256}, {"P-384", KeyType::kP384}, {"P-521", KeyType::kP521}}};

const Curve* find_curve(std::string_view name) {
  const auto it = std::ranges::find(kCurves, name, &Curve::name);
  return it == kCurves.end() ? nullptr : &*it;
}

Result<Bytes> octets(JsonReader& reader, std::string_view name) {
  WARD_TRY(const std::string_view text, reader.string(name));
  auto bytes = codec::decode_base64url(text);
  if (!bytes.ok()) return std::move(bytes).error().in(reader.path_of(name));
  return bytes;
}

// Base64urlUInt (RFC 7518 2): "MUST utilize the minimum number of octets".
Result<Bytes> unsigned_number(JsonReader& reader, std::string_view name) {
  WARD_TRY(Bytes bytes, octets(reader, name));
  if (bytes.empty() || bytes.front() == 0)
    return invalid_argument("{}: number is empty or begins with a zero octet",
                            reader.path_of(name));
  return bytes;
}

Result<PublicKey> read_ec_key(JsonReader& reader) {
  WARD_TRY(const std::string_view name, reader.string("crv"));
  const Curve* curve = find_curve(name);
  if (curve == nullptr)
    return invalid_argument("curve is `{}`, expected `P-256`, `P-384` or `P-521`", name);
  WARD_TRY(const Bytes x, octets(reader, "x"));
  WARD_TRY(const Bytes y, octets(reader, "y"));
  return PublicKey::from_ec_point(curve->type, x, y);
}

Result<PublicKey> read_rsa_key(JsonReader& reader) {
  WARD_TRY(const Bytes modulus, unsigned_number(reader, "n"));
  WARD_TRY(const Bytes exponent, unsigned_number(reader, "e"));
  return PublicKey::from_rsa(modulus, exponent);
}

Result<PublicKey> read_okp_key(JsonReader& reader) {
  WARD_TRY(const std::string_view name, reader.string("crv"));
  if (name != "Ed25519") return invalid_argument("curve is `{}`, expected `Ed25519`", name);
  WARD_TRY(const Bytes x, octets(reader, "x"));
  return PublicKey::from_ed25519(x);
}

Result<PublicKey> read_key(JsonReader& reader) {
  WARD_TRY(const std::string_view kty, reader.string("kty"));
  if (kty == "EC") return read_ec_key(reader);
  if (kty == "RSA") return read_rsa_key(reader);
  if (kty == "OKP") return read_okp_key(reader);
  return invalid_argument("key type is `{}`, expected `EC`, `RSA` or `OKP`", kty);
}

Result<std::string> read_text(JsonReader& reader, std::string_view name) {
  WARD_TRY(const auto text, reader.optional_string(name));
  if (!text) return std::string();
  if (text->size() > kJwkTextBytesMax)
    return make_error(ErrorCode::kResourceExhausted, "{} has {} bytes, expected at most {}",
                      reader.path_of(name), text->size(), kJwkTextBytesMax);
  return std::string(*text);
}

Result<std::vector<std::string_view>> read_list(JsonReader& reader, std::string_view name) {
  WARD_TRY(auto list, reader.optional_strings(name));
  if (!list) return std::vector<std::string_view>();
  if (list->size() > kJwkListMax)
    return make_error(ErrorCode::kResourceExhausted, "{} has {} entries, expected at most {}",
                      reader.path_of(name), list->size(), kJwkListMax);
  return *std::move(list);
}

// Whether RFC 7517 5 wants the entry passed over: a key type or curve that is not understood.
bool is_unknown_kind(const Json& entry) {
  const Json* kty = entry.find("kty");
  const std::string* type = kty == nullptr ? nullptr : kty->if_string();
  if (type == nullptr) return false;
  if (*type == "RSA") return false;
  if (*type != "EC" && *type != "OKP") return true;
  const Json* crv = entry.find("crv");
  const std::string* curve = crv == nullptr ? nullptr : crv->if_string();
  if (curve == nullptr) return false;
  return *type == "EC" ? find_curve(*curve) == nullptr : *curve != "Ed25519";
}

// The members that RFC 7638 3.2 hashes, in its lexicographic order.
codec::JsonObject required_members(const PublicKey& key) {
  const auto text = [](const Bytes& bytes) { return codec::encode_base64url(bytes); };
  switch (key.type()) {
    case KeyType::kP256:
    case KeyType::kP384:
    case KeyType::kP521: {
      const auto [x, y] = key.ec_point();
      return {{"crv", key_type_name(key.type())}, {"kty", "EC"}, {"x", text(x)}, {"y", text(y)}};
    }
    case KeyType::kRsa: {
      const auto [modulus, exponent] = key.rsa_numbers();
      return {{"e", text(exponent)}, {"kty", "RSA"}, {"n", text(modulus)}};
    }
    case KeyType::kEd25519:
      return {{"crv", "Ed25519"}, {"kty", "OKP"}, {"x", text(key.ed25519())}};
  }
  WARD_UNREACHABLE();
}

}  // namespace

Result<Jwk> parse_jwk(const Json& json) {
  WARD_TRY(JsonReader reader, JsonReader::of(json, "jwk"));
  for (const std::string_view name : kPrivateMembers) {
    if (reader.json().contains(name))
      return invalid_argument(
          "jwk has the member `{}` of a private or symmetric key, expected a "
          "public key",
          name);
  }
  WARD_TRY(PublicKey key, read_key(reader));
  Jwk jwk{.key = std::move(key)};
  WARD_TRY(jwk.kid, read_text(reader, "kid"));
  WARD_TRY(jwk.use, read_text(reader, "use"));
  WARD_TRY(jwk.algorithm, read_text(reader, "alg"));
  WARD_TRY(const auto operations, read_list(reader, "key_ops"));
  jwk.key_operations.assign(operations.begin(), operations.end());
  WARD_TRY(const auto certificates, read_list(reader, "x5c"));
  for (const std::string_view text : certificates) {
    auto der = codec::decode_base64(text);  // RFC 7517 4.7: "not base64url-encoded"
    if (!der.ok()) return std::move(der).error().in("jwk.x5c");
    jwk.x5c.push_back(std::move(der).value());
  }
  return jwk;
}

Json print_jwk(const Jwk& jwk) {
  codec::JsonObject object = required_members(jwk.key);
  if (!jwk.kid.empty()) object.set("kid", jwk.kid);
  if (!jwk.use.empty()) object.set("use", jwk.use);
  if (!jwk.algorithm.empty()) object.set("alg", jwk.algorithm);
  if (!jwk.key_operations.empty())
    object.set("key_ops", codec::JsonArray(jwk.key_operations.begin(), jwk.key_operations.end()));
  if (!jwk.x5c.empty()) {
    codec::JsonArray certificates;
    for (const Bytes& der : jwk.x5c) certificates.emplace_back(codec::encode_base64(der));
    object.set("x5c", std::move(certificates));
  }
  return object;
}

std::string jwk_thumbprint(const PublicKey& key) {
  return codec::encode_base64url(sha256(as_bytes(codec::write_json(required_members(key)))));
}

Result<JwkSet> parse_jwk_set(std::string_view text) {
  WARD_TRY(const Json json, codec::parse_json(text, {.max_bytes = kJwkSetBytesMax}));
  return jwk_set_from_json(json);
}

Result<JwkSet> jwk_set_from_json(const Json& json) {
  WARD_TRY(JsonReader reader, JsonReader::of(json));
  WARD_TRY(const codec::JsonArray* entries, reader.array("keys"));
  if (entries->size() > kJwkSetKeysMax)
    return make_error(ErrorCode::kResourceExhausted, "JWK Set has {} keys, expected at most {}",
                      entries->size(), kJwkSetKeysMax);
  JwkSet set;
  std::set<std::string, std::less<>> kids;
  for (std::size_t i = 0; i < entries->size(); ++i) {
    if (is_unknown_kind((*entries)[i])) {
      ++set.ignored;
      continue;
    }
    auto jwk = parse_jwk((*entries)[i]);
    if (!jwk.ok()) return std::move(jwk).error().in(fmt::format("keys[{}]", i));
    if (!jwk->kid.empty() && !kids.insert(jwk->kid).second)
      return invalid_argument("keys[{}]: the key id `{}` is given twice", i, jwk->kid);
    set.keys.push_back(std::move(jwk).value());
  }
  return set;
}

}  // namespace ward::crypto
