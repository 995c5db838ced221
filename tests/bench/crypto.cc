// What one core does: hashing, keys, signatures, and issuing, each issuing path beside the
// signature that it cannot do without, measured in the same run.
#include <chrono>
#include <cstdlib>

#include "base/random.h"
#include "crypto/hash.h"
#include "crypto/x509.h"
#include "crypto/x509_template.h"
#include "spiffe/jwt_svid.h"
#include "spiffe/x509_svid.h"
#include "tests/bench/row.h"

namespace {

using namespace ward;
using crypto::KeyType;
using crypto::PrivateKey;
using crypto::SignatureScheme;

constexpr WallTime kNow{std::chrono::seconds{1'700'000'000}};
constexpr auto kHour = std::chrono::hours{1};

// Times `work` in slices and returns the best slice's rate: other processes can only slow it down.
double rate_of(double seconds, auto&& work) {
  using Clock = std::chrono::steady_clock;
  constexpr int kSlices = 5;
  double best = 0;
  for (int slice = 0; slice < kSlices; ++slice) {
    const auto start = Clock::now();
    std::chrono::duration<double> elapsed{};
    double count = 0;
    do {
      for (int i = 0; i < 16; ++i) work();
      count += 16;
      elapsed = Clock::now() - start;
    } while (elapsed.count() < seconds / kSlices);
    best = std::max(best, count / elapsed.count());
  }
  return best;
}

void must(bool done) {
  if (!done) std::abort();
}

void print_rate(std::string name, double rate, std::optional<double> limit = {}) {
  bench::print_row(
      {.name = std::move(name), .value = rate, .unit = "1/s", .limit = limit, .peer = {}});
}

void measure_hash(double seconds) {
  Bytes node(65, 0x5a);
  node[0] = 1;
  std::uint8_t sink = 0;
  print_rate("crypto/sha256/merkle_node", rate_of(seconds, [&] {
               node[1] = sink;
               sink = crypto::sha256(node)[0];
             }));
  const Bytes large(std::size_t{1} << 20, 0x5a);
  const double blocks = rate_of(seconds, [&] { sink ^= crypto::sha256(large)[0]; });
  bench::print_row({.name = "crypto/sha256/large",
                    .value = blocks * static_cast<double>(large.size()) / 1e6,
                    .unit = "MB/s",
                    .limit = {},
                    .peer = {}});
}

double measure_keys(double seconds) {
  const PrivateKey key = PrivateKey::generate(KeyType::kP256).value();
  const Bytes message(400, 0x5a);
  const double sign =
      rate_of(seconds, [&] { must(key.sign(SignatureScheme::kEs256Der, message).ok()); });
  print_rate("crypto/p256/sign", sign);
  const Bytes signature = key.sign(SignatureScheme::kEs256Der, message).value();
  print_rate("crypto/p256/verify", rate_of(seconds, [&] {
               must(key.public_key().verify(SignatureScheme::kEs256Der, message, signature).ok());
             }));
  print_rate("crypto/p256/keygen",
             rate_of(seconds, [] { must(PrivateKey::generate(KeyType::kP256).ok()); }));
  print_rate("crypto/p256/keygen_with_pkcs8", rate_of(seconds, [] {
               must(!PrivateKey::generate(KeyType::kP256)->pkcs8_der().empty());
             }));
  const Bytes spki = to_bytes(key.public_key().spki_der());
  print_rate("crypto/p256/spki_parse",
             rate_of(seconds, [&] { must(crypto::PublicKey::from_spki_der(spki).ok()); }));
  return sign;
}

void measure_issuing(double seconds, double sign) {
  SeededRandom random(1);
  const PrivateKey key = PrivateKey::generate(KeyType::kP256).value();
  const PrivateKey leaf_key = PrivateKey::generate(KeyType::kP256).value();
  const auto root = crypto::self_sign_authority(
      {.uri = "spiffe://example.org", .path_length = {}, .not_after = kNow + 100 * kHour}, key,
      kNow, random);
  const auto certificate = crypto::Certificate::parse_der(root->der).value();
  const auto issuer = crypto::CertificateIssuer::make(certificate, key).value();
  const crypto::LeafTemplate leaf = {
      .uri = "spiffe://example.org/ns/prod/sa/api", .dns_names = {}, .not_after = kNow + kHour};
  const auto issue = [&] { return issuer.issue_leaf(leaf, leaf_key.public_key(), kNow, random); };
  print_rate("crypto/x509/issue_leaf", rate_of(seconds, [&] { must(issue().ok()); }), sign);
  const Bytes der = issue()->der;
  print_rate("crypto/x509/parse",
             rate_of(seconds, [&] { must(crypto::Certificate::parse_der(der).ok()); }));
  spiffe::X509BundleSet bundles;
  bundles.set({*spiffe::TrustDomain::parse("example.org"), {certificate}});
  print_rate("spiffe/x509_svid/verify", rate_of(seconds, [&] {
               must(spiffe::verify_x509_svid(ByteView(der), bundles, kNow).ok());
             }));
}

void measure_tokens(double seconds, double sign) {
  const PrivateKey key = PrivateKey::generate(KeyType::kP256).value();
  const auto id = spiffe::SpiffeId::parse("spiffe://example.org/ns/prod/sa/api").value();
  const auto sign_token = [&] {
    return spiffe::sign_jwt_svid(
        {.id = id, .audience = {"api.example.org"}, .issued_at = kNow, .expiry = kNow + kHour}, key,
        "jwt-key-1");
  };
  print_rate("spiffe/jwt_svid/sign", rate_of(seconds, [&] { must(sign_token().ok()); }), sign);
  const std::string token = sign_token().value();
  spiffe::JwtBundleSet bundles;
  bundles.set({id.trust_domain(), {{"jwt-key-1", key.public_key()}}});
  print_rate("spiffe/jwt_svid/verify", rate_of(seconds, [&] {
               must(spiffe::verify_jwt_svid(token, bundles, "api.example.org", kNow).ok());
             }));
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = bench::is_quick(argc, argv) ? 0.15 : 2;
  measure_hash(seconds);
  const double sign = measure_keys(seconds);
  measure_issuing(seconds, sign);
  measure_tokens(seconds, sign);
}
