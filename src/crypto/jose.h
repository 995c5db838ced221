// JSON Web Keys (RFC 7517), thumbprints (RFC 7638) and signatures in compact form (RFC 7515) with
// the nine asymmetric algorithms of RFC 7518 3.1. Public keys only; no encryption, no HMAC, no
// `none`.
//
// Any thread. Errors are kInvalidArgument for what is malformed or not allowed, kResourceExhausted
// for what is over a bound, kUnauthenticated for a signature that is not the key's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "codec/json.h"
#include "crypto/key.h"

namespace ward::crypto {

inline constexpr std::size_t kJwsBytesMax = std::size_t{16} << 10;
inline constexpr std::size_t kJwkSetBytesMax = std::size_t{4} << 20;
inline constexpr std::size_t kJwkSetKeysMax = 1024;
inline constexpr std::size_t kJwkTextBytesMax = 1024;  // of kid, use, alg and each of key_ops
inline constexpr std::size_t kJwkListMax = 16;         // of x5c and key_ops

enum class JwsAlgorithm : std::uint8_t {
  kRs256,
  kRs384,
  kRs512,
  kEs256,
  kEs384,
  kEs512,
  kPs256,
  kPs384,
  kPs512,
};
std::string_view jws_algorithm_name(JwsAlgorithm algorithm);  // `RS256`, ...
std::optional<JwsAlgorithm> find_jws_algorithm(std::string_view name);
SignatureScheme scheme_of(JwsAlgorithm algorithm);

struct Jwk {
  PublicKey key;
  // Empty when absent.
  std::string kid = {}, use = {}, algorithm = {};
  std::vector<std::string> key_operations = {};
  std::vector<Bytes> x5c = {};  // certificates in DER, not parsed
};

// EC on P-256, P-384 or P-521, RSA, and OKP Ed25519 (RFC 8037). A key with private members is an
// error: whoever publishes it has lost it. Members that RFC 7517 does not define are ignored.
Result<Jwk> parse_jwk(const codec::Json& json);
codec::Json print_jwk(const Jwk& jwk);
// base64url of the SHA-256 (RFC 7638 3).
std::string jwk_thumbprint(const PublicKey& key);

struct JwkSet {
  std::vector<Jwk> keys;
  std::size_t ignored = 0;  // entries of a key type or curve that is not known (RFC 7517 5)
};

// Known kinds must be well formed: a set that lost a key by a typing error is worse than none. Two
// keys with one kid are an error, because which of them verifies would be chance.
Result<JwkSet> parse_jwk_set(std::string_view text);
Result<JwkSet> jwk_set_from_json(const codec::Json& json);

struct JwsHeader {
  JwsAlgorithm algorithm;
  std::string kid, typ;  // empty when absent
  codec::Json json;      // all of it
};

// A token that was taken apart and whose signature nobody has checked. There is no way to its
// payload but through verify(), or through the name that says what it is.
class UnverifiedJws {
 public:
  // Three parts of strict base64url, a header that is a JSON object with an `alg` out of the nine
  // and no `crit` (RFC 7515 4.1.11: an extension that is not understood is to be rejected).
  static Result<UnverifiedJws> parse(std::string_view token);

  const JwsHeader& header() const { return header_; }
  // For choosing which key must verify it, and nothing else.
  ByteView unverified_payload() const { return payload_; }

  // The payload. The key's type must be the algorithm's: a token chooses neither.
  Result<Bytes> verify(const PublicKey& key) const;
  // The same, and the key's own `alg`, `use` and `key_ops`, where present, must allow it.
  Result<Bytes> verify(const Jwk& jwk) const;

 private:
  UnverifiedJws() = default;
  JwsHeader header_;
  std::string signing_input_;
  Bytes payload_, signature_;
};

// A compact JWS with the header alg, kid and typ, the latter two unless empty. kInvalidArgument:
// the key is not of the algorithm's type, or the token would be over kJwsBytesMax.
Result<std::string> sign_jws(const PrivateKey& key, JwsAlgorithm algorithm, std::string_view kid,
                             std::string_view typ, std::string_view payload);

}  // namespace ward::crypto
