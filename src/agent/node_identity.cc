#include "agent/node_identity.h"

#include "codec/pem.h"
#include "spiffe/x509_svid.h"

namespace ward::agent {
namespace {

constexpr std::string_view kIdentityFile = "identity.pem";
constexpr std::string_view kEvidenceFile = "evidence.key";
constexpr std::string_view kBundleFile = "bundle.pem";
constexpr std::string_view kKeyLabel = "PRIVATE KEY";
constexpr std::string_view kAgentPath = "/ward/agent/";
constexpr mode_t kPrivateMode = 0600;
constexpr mode_t kBundleMode = 0644;

// PEM text of a key, wiped when it goes.
SecretBytes key_pem(const crypto::PrivateKey& key) {
  std::string text = codec::write_pem(kKeyLabel, key.pkcs8_der().view());
  SecretBytes kept(as_bytes(text));
  // SAFETY: the characters of a string are bytes, and it is not used after.
  wipe_memory({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return kept;
}

Result<NodeIdentity> parse_identity(const spiffe::TrustDomain& trust_domain,
                                    const SecretBytes& file) {
  WARD_TRY(auto blocks, codec::parse_pem(as_text(file.view())));
  if (blocks.front().label != kKeyLabel) return invalid_argument("expected a private key first");
  const SecretBytes der(std::move(blocks.front().bytes));
  WARD_TRY(auto key, crypto::PrivateKey::from_pkcs8_der(der));
  std::vector<crypto::Certificate> chain;
  for (std::size_t i = 1; i < blocks.size(); ++i) {
    WARD_TRY(auto certificate, crypto::Certificate::parse_der(blocks[i].bytes));
    chain.push_back(std::move(certificate));
  }
  return make_node_identity(trust_domain, std::move(key), std::move(chain));
}

}  // namespace

Result<NodeIdentity> make_node_identity(const spiffe::TrustDomain& trust_domain,
                                        crypto::PrivateKey key,
                                        std::vector<crypto::Certificate> chain) {
  if (chain.empty()) return invalid_argument("a node identity without a certificate");
  WARD_TRY(auto id, spiffe::leaf_spiffe_id(chain.front()));
  if (!id.is_member_of(trust_domain) || !id.path().starts_with(kAgentPath)) {
    return invalid_argument("`{}` is no agent of `{}`", id.text(), trust_domain.name());
  }
  if (chain.front().public_key() != key.public_key()) {
    return invalid_argument("the certificate of `{}` is for another key", id.text());
  }
  return NodeIdentity{.id = std::move(id), .key = std::move(key), .chain = std::move(chain)};
}

std::string log_origin(const spiffe::SpiffeId& id) {
  return fmt::format("{}{}", id.trust_domain_name(), id.path());
}

Result<void> NodeIdentityStore::prepare() {
  WARD_RETURN_IF_ERROR(files_.create_directory(directory_, 0700));
  WARD_TRY(const auto status, files_.status(directory_));
  if (status && status->kind == os::FileKind::kDirectory && (status->mode & 0077) == 0) return {};
  return make_error(ErrorCode::kFailedPrecondition,
                    "`{}`: expected a directory that only its owner may enter (0700)", directory_);
}

Result<std::optional<NodeIdentity>> NodeIdentityStore::load(WallTime now) const {
  const std::string file = path(kIdentityFile);
  WARD_TRY(const auto status, files_.status(file));
  if (!status) return std::optional<NodeIdentity>();
  WARD_TRY(const SecretBytes bytes, files_.read_private_file(file, kIdentityFileBytesMax));
  auto identity = parse_identity(trust_domain_, bytes);
  if (!identity.ok()) {
    return make_error(ErrorCode::kDataLoss, "`{}`: {}", file, identity.error().message());
  }
  if (identity->expires() <= now) return std::optional<NodeIdentity>();
  return std::optional<NodeIdentity>(std::move(*identity));
}

Result<void> NodeIdentityStore::save(const NodeIdentity& identity) {
  const SecretBytes key = key_pem(identity.key);
  Bytes text = to_bytes(key.view());
  append(text, crypto::print_certificates_pem(identity.chain));
  const SecretBytes file(std::move(text));
  return files_.write_file(path(kIdentityFile), file.view(), kPrivateMode);
}

Result<crypto::PrivateKey> NodeIdentityStore::evidence_key() {
  const std::string file = path(kEvidenceFile);
  WARD_TRY(const auto status, files_.status(file));
  if (status) {
    WARD_TRY(const SecretBytes text, files_.read_private_file(file, kIdentityFileBytesMax));
    WARD_TRY(Bytes block, codec::parse_one_pem(as_text(text.view()), kKeyLabel));
    const SecretBytes der(std::move(block));
    return crypto::PrivateKey::from_pkcs8_der(der).in(file);
  }
  WARD_TRY(auto key, crypto::PrivateKey::generate(crypto::KeyType::kEd25519));
  WARD_RETURN_IF_ERROR(files_.write_file(file, key_pem(key).view(), kPrivateMode));
  return key;
}

Result<spiffe::X509Bundle> NodeIdentityStore::load_bundle(const std::string& first) const {
  WARD_TRY(const auto kept, files_.status(path(kBundleFile)));
  const std::string file = kept ? path(kBundleFile) : first;
  WARD_TRY(const Bytes text, files_.read_file(file, kBundleFileBytesMax));
  WARD_TRY(auto certificates, crypto::parse_certificates_pem(as_text(text)).in(file));
  return spiffe::X509Bundle{.trust_domain = trust_domain_, .authorities = std::move(certificates)};
}

Result<void> NodeIdentityStore::save_bundle(const spiffe::X509Bundle& bundle) {
  const std::string text = crypto::print_certificates_pem(bundle.authorities);
  return files_.write_file(path(kBundleFile), as_bytes(text), kBundleMode);
}

}  // namespace ward::agent
