#include "authority/authority.h"

#include <algorithm>

#include "authority/key_maker.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "crypto/x509_template.h"
#include "spiffe/jwt_svid.h"

namespace ward::authority {
namespace {

using std::chrono::seconds;
using world::KeyKind;
using world::KeySlot;

constexpr std::string_view kReserved = "/ward";
constexpr std::string_view kAgents = "/ward/agent/";
constexpr std::size_t kTokenIdBytes = 16;

// 0 stands for no limit.
std::uint32_t shortest(std::initializer_list<std::uint32_t> limits) {
  std::uint32_t least = 0;
  for (const std::uint32_t limit : limits) {
    if (limit != 0 && (least == 0 || limit < least)) least = limit;
  }
  return least;
}

Result<Subject> subject_with(const world::Registration& registration, std::uint32_t ttl_s) {
  WARD_TRY(spiffe::SpiffeId id,
           spiffe::SpiffeId::parse(registration.spiffe_id.view()).in("registration"));
  Subject subject{.id = std::move(id), .ttl = seconds(ttl_s)};
  for (const world::Text& name : registration.dns_names) subject.dns_names.push_back(name.str());
  return subject;
}

Result<void> check_ttl(std::string_view of, seconds ttl, seconds max) {
  if (ttl > seconds(0) && ttl <= max) return {};
  return invalid_argument("lifetime of {} is {} s, expected 1 s to {} s", of, ttl.count(),
                          max.count());
}

Error no_key(KeyKind kind) {
  return make_error(ErrorCode::kUnavailable, "the authority has no active {} key",
                    world::name_of(kind));
}

seconds ttl_of(const Subject& subject, seconds standard, seconds max) {
  return std::min(subject.ttl == seconds(0) ? standard : subject.ttl, max);
}

X509Credential credential_of(crypto::IssuedCertificate issued) {
  X509Credential credential{.chain = {},
                            .serial = codec::encode_hex(issued.serial),
                            .not_before = issued.not_before,
                            .not_after = issued.not_after};
  credential.chain.push_back(std::move(issued.der));
  return credential;
}

}  // namespace

bool is_reserved_path(std::string_view path) {
  return path.starts_with(kReserved) &&
         (path.size() == kReserved.size() || path[kReserved.size()] == '/');
}

spiffe::SpiffeId server_id(const spiffe::TrustDomain& trust_domain) {
  return spiffe::SpiffeId::from_path(trust_domain, "/ward/server").value();
}

Result<Subject> x509_subject(const world::Registration& registration,
                             const world::Identity* identity) {
  return subject_with(registration,
                      shortest({registration.x509_ttl_s, identity ? identity->x509_ttl_s : 0,
                                identity ? identity->credential_age_max_s : 0}));
}

Result<Subject> jwt_subject(const world::Registration& registration,
                            const world::Identity* identity) {
  return subject_with(registration,
                      shortest({registration.jwt_ttl_s, identity ? identity->jwt_ttl_s : 0,
                                identity ? identity->credential_age_max_s : 0}));
}

struct Authority::Signers {
  struct Jwt {
    crypto::PrivateKey key;
    std::string key_id;
    WallTime not_after;
  };

  std::optional<crypto::CertificateIssuer> x509;
  std::optional<Jwt> jwt;
};

Authority::Authority(AuthorityOptions options, TrustBundle bundle,
                     std::unique_ptr<const Signers> signers, Random& random)
    : options_(std::move(options)),
      bundle_(std::move(bundle)),
      signers_(std::move(signers)),
      random_(random) {}

Authority::~Authority() = default;

Result<std::shared_ptr<const Authority>> Authority::make(const KeySlots& slots,
                                                         const KeySealer& sealer,
                                                         AuthorityOptions options, Random& random) {
  WARD_RETURN_IF_ERROR(check_ttl("X509-SVIDs", options.x509_ttl, options.x509_ttl_max));
  WARD_RETURN_IF_ERROR(check_ttl("JWT-SVIDs", options.jwt_ttl, options.jwt_ttl_max));
  WARD_TRY(TrustBundle bundle, trust_bundle(options.trust_domain, slots.all()));
  auto signers = std::make_unique<Signers>();
  if (const KeySlot* slot = slots.active(KeyKind::kX509)) {
    WARD_TRY(auto key, unseal_key(options.trust_domain, *slot, sealer));
    WARD_TRY(const auto certificate, crypto::Certificate::parse_der(slot->public_material));
    WARD_TRY(signers->x509, crypto::CertificateIssuer::make(certificate, std::move(key)));
  }
  if (const KeySlot* slot = slots.active(KeyKind::kJwt)) {
    WARD_TRY(auto key, unseal_key(options.trust_domain, *slot, sealer));
    signers->jwt.emplace(Signers::Jwt{
        .key = std::move(key), .key_id = slot->key_id.str(), .not_after = slot->not_after});
  }
  return std::shared_ptr<const Authority>(
      new Authority(std::move(options), std::move(bundle), std::move(signers), random));
}

Result<void> Authority::check_subject(const Subject& subject) const {
  if (!subject.id.is_member_of(options_.trust_domain))
    return make_error(ErrorCode::kPermissionDenied, "`{}` is not of trust domain `{}`",
                      subject.id.text(), options_.trust_domain.name());
  if (!subject.id.has_path())
    return invalid_argument("`{}` has no path, which only an authority may have",
                            subject.id.text());
  if (is_reserved_path(subject.id.path()))
    return make_error(ErrorCode::kPermissionDenied, "`{}` is kept for Ward itself",
                      subject.id.text());
  return {};
}

// The first whole second from which the subject's credentials may hold, which has come.
// kUnavailable: it has not.
Result<WallTime> Authority::earliest(const Subject& subject, WallTime now) {
  const WallTime earliest = std::chrono::ceil<seconds>(subject.not_before_min);
  if (earliest <= now) return earliest;
  return make_error(ErrorCode::kUnavailable, "nothing can be issued to `{}` for {} ms more",
                    subject.id.text(),
                    std::chrono::ceil<std::chrono::milliseconds>(earliest - now).count());
}

Result<X509Credential> Authority::issue_x509_svid(const Subject& subject,
                                                  const crypto::PublicKey& key,
                                                  WallTime now) const {
  WARD_RETURN_IF_ERROR(check_subject(subject));
  return sign_x509(subject, key, now);
}

Result<X509Credential> Authority::issue_agent_svid(const spiffe::SpiffeId& id,
                                                   const crypto::PublicKey& key,
                                                   WallTime now) const {
  WARD_RETURN_IF_ERROR(check_agent(id));
  return sign_x509({.id = id}, key, now);
}

Result<void> Authority::check_agent(const spiffe::SpiffeId& id) const {
  if (id.is_member_of(options_.trust_domain) && id.path().starts_with(kAgents)) return {};
  return make_error(ErrorCode::kPermissionDenied, "`{}` is not an agent of trust domain `{}`",
                    id.text(), options_.trust_domain.name());
}

Result<X509Credential> Authority::certify_log_key(const spiffe::SpiffeId& id,
                                                  const crypto::PublicKey& key,
                                                  WallTime now) const {
  WARD_RETURN_IF_ERROR(check_agent(id));
  if (!signers_->x509 || now >= signers_->x509->not_after()) return no_key(KeyKind::kX509);
  if (key.type() != crypto::KeyType::kEd25519)
    return invalid_argument("public key of type {}, expected Ed25519",
                            crypto::key_type_name(key.type()));
  WARD_TRY(auto issued, signers_->x509->issue_leaf({.uri = id.text(),
                                                    .not_after = now + options_.x509_ttl,
                                                    .use = crypto::LeafUse::kSigning},
                                                   key, now, random_));
  return credential_of(std::move(issued));
}

Result<X509Credential> Authority::issue_server_svid(const crypto::PublicKey& key,
                                                    WallTime now) const {
  return sign_x509({.id = server_id(options_.trust_domain), .dns_names = options_.server_dns_names},
                   key, now);
}

Result<X509Credential> Authority::sign_x509(const Subject& subject, const crypto::PublicKey& key,
                                            WallTime now) const {
  if (!signers_->x509 || now >= signers_->x509->not_after()) return no_key(KeyKind::kX509);
  if (key.type() != crypto::KeyType::kP256)
    return invalid_argument("public key of type {}, expected P-256",
                            crypto::key_type_name(key.type()));
  if (subject.ttl < seconds(0))
    return invalid_argument("lifetime of {} s, expected more", subject.ttl.count());
  WARD_TRY(const WallTime not_before_min, earliest(subject, now));
  const seconds ttl = ttl_of(subject, options_.x509_ttl, options_.x509_ttl_max);
  WARD_TRY(auto issued, signers_->x509->issue_leaf({.uri = subject.id.text(),
                                                    .dns_names = subject.dns_names,
                                                    .not_before_min = not_before_min,
                                                    .not_after = now + ttl},
                                                   key, now, random_));
  return credential_of(std::move(issued));
}

Result<JwtCredential> Authority::issue_jwt_svid(const Subject& subject,
                                                std::span<const std::string> audience,
                                                WallTime now) const {
  WARD_RETURN_IF_ERROR(check_subject(subject));
  if (!signers_->jwt || now >= signers_->jwt->not_after) return no_key(KeyKind::kJwt);
  const Signers::Jwt& signer = *signers_->jwt;
  if (subject.ttl < seconds(0))
    return invalid_argument("lifetime of {} s, expected more", subject.ttl.count());
  WARD_RETURN_IF_ERROR(earliest(subject, now));  // iat is the floor of now
  const seconds ttl = ttl_of(subject, options_.jwt_ttl, options_.jwt_ttl_max);
  JwtCredential credential{
      .token = {},
      .token_id = codec::encode_base64url(random_.bytes(kTokenIdBytes)),
      .issued_at = std::chrono::floor<seconds>(now),
      .expiry = std::chrono::floor<seconds>(std::min<WallTime>(now + ttl, signer.not_after))};
  WARD_TRY(credential.token, spiffe::sign_jwt_svid({.id = subject.id,
                                                    .audience = {audience.begin(), audience.end()},
                                                    .issued_at = credential.issued_at,
                                                    .expiry = credential.expiry,
                                                    .issuer = options_.jwt_issuer,
                                                    .token_id = credential.token_id},
                                                   signer.key, signer.key_id));
  return credential;
}

}  // namespace ward::authority
