#include "server/signing_keys.h"

#include "authority/authority.h"
#include "crypto/hash.h"
#include "evidence/journal_log.h"

namespace ward::server {
namespace {

constexpr std::size_t kSeedBytes = 32;

Result<SecretBytes> read_or_make_seed(os::FileSystem& files, const std::string& path,
                                      Random& random) {
  WARD_TRY(const auto status, files.status(path));
  if (!status) {
    SecretBytes seed(random.bytes(kSeedBytes));
    WARD_RETURN_IF_ERROR(files.write_file(path, seed.view(), 0600));
    return seed;
  }
  WARD_TRY(SecretBytes seed, files.read_private_file(path, kSeedBytes));
  if (seed.size() == kSeedBytes) return seed;
  return make_error(ErrorCode::kDataLoss, "`{}`: expected {} bytes, got {}", path, kSeedBytes,
                    seed.size());
}

Result<evidence::NoteSigner> derive(const SecretBytes& seed, std::string name,
                                    evidence::NoteKeyType type) {
  const auto digest = crypto::hmac_sha256(seed, as_bytes("ward signing key v1\n" + name));
  WARD_TRY(auto key, crypto::PrivateKey::from_ed25519(SecretBytes(ByteView(digest))));
  return evidence::NoteSigner::make(std::move(name), type, std::move(key));
}

}  // namespace

std::string log_origin(const spiffe::SpiffeId& process) {
  return fmt::format("{}{}", process.trust_domain_name(), process.path());
}

Result<evidence::VerifierKey> node_log_key(const world::Node& node) {
  WARD_TRY(const auto id, spiffe::SpiffeId::parse(node.id.view()));
  WARD_TRY(auto key, crypto::PublicKey::from_ed25519(node.evidence_key));
  return evidence::VerifierKey::make(log_origin(id), evidence::NoteKeyType::kEd25519,
                                     std::move(key));
}

Result<SigningKeys> open_signing_keys(os::FileSystem& files, const std::string& path,
                                      const spiffe::TrustDomain& trust_domain, Random& random) {
  WARD_TRY(const SecretBytes seed, read_or_make_seed(files, path, random));
  WARD_TRY(auto log, derive(seed, log_origin(authority::server_id(trust_domain)),
                            evidence::NoteKeyType::kEd25519));
  WARD_TRY(auto journal, derive(seed, evidence::journal_origin(trust_domain.name()),
                                evidence::NoteKeyType::kEd25519));
  WARD_TRY(auto witness, derive(seed, trust_domain.name() + "/ward/witness",
                                evidence::NoteKeyType::kCosignature));
  return SigningKeys{std::move(log), std::move(journal), std::move(witness)};
}

}  // namespace ward::server
