// Sealed form: version (1), key id (8), then what aead_seal gives. Version and key id are bound to
// the ciphertext as well.
#include "authority/file_key_sealer.h"

#include <algorithm>

#include "codec/hex.h"
#include "crypto/aead.h"
#include "crypto/hash.h"

namespace ward::authority {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr mode_t kWritableByOthers = 022;

// Who may write the directory may put another file in the key's place.
Result<void> check_directory(const os::FileSystem& files, const std::string& path) {
  const std::string directory = os::parent_directory(path);
  WARD_TRY(const auto status, files.status(directory));
  if (!status)
    return make_error(ErrorCode::kNotFound, "directory `{}` of the key-encryption key is missing",
                      directory);
  if ((status->mode & kWritableByOthers) != 0)
    return make_error(ErrorCode::kPermissionDenied,
                      "directory `{}` of the key-encryption key has mode {:04o}, expected one that "
                      "group and others cannot write",
                      directory, status->mode);
  return {};
}

Result<void> create_key(os::FileSystem& files, const std::string& path, Random& random) {
  // Two processes that each made a key would each seal with their own, and one file be left.
  WARD_TRY(const auto lock, files.lock(path + ".lock"));
  WARD_TRY(const auto status, files.status(path));
  if (status) return {};
  const SecretBytes key(random.bytes(crypto::kAeadKeyBytes));
  return files.write_file(path, key.view(), 0600);
}

Bytes bound_data(ByteView header, ByteView associated) {
  Bytes bound(header.begin(), header.end());
  append(bound, associated);
  return bound;
}

Result<void> check_associated(ByteView associated) {
  if (associated.size() <= kSealAssociatedBytesMax) return {};
  return invalid_argument("associated data of {} bytes, expected at most {}", associated.size(),
                          kSealAssociatedBytesMax);
}

}  // namespace

Result<std::unique_ptr<FileKeySealer>> FileKeySealer::open(os::FileSystem& files,
                                                           const std::string& path,
                                                           Random& random) {
  WARD_RETURN_IF_ERROR(check_directory(files, path));
  WARD_TRY(const auto status, files.status(path));
  if (!status) WARD_RETURN_IF_ERROR(create_key(files, path, random));
  WARD_TRY(SecretBytes key, files.read_private_file(path, 4096));
  if (key.size() != crypto::kAeadKeyBytes)
    return make_error(ErrorCode::kDataLoss,
                      "key-encryption key `{}` has {} bytes, expected exactly {}", path, key.size(),
                      crypto::kAeadKeyBytes);
  return std::unique_ptr<FileKeySealer>(new FileKeySealer(std::move(key), random));
}

FileKeySealer::FileKeySealer(SecretBytes key, Random& random)
    : key_(std::move(key)), random_(random) {
  const auto digest = crypto::hmac_sha256(key_, as_bytes("ward key-encryption key id v1"));
  std::copy_n(digest.begin(), kKeyIdBytes, key_id_.begin());
}

std::string FileKeySealer::key_id() const {
  return codec::encode_hex(key_id_);
}

Bytes FileKeySealer::header() const {
  Bytes header{kVersion};
  append(header, key_id_);
  return header;
}

Result<Bytes> FileKeySealer::seal(const SecretBytes& secret, ByteView associated) const {
  WARD_RETURN_IF_ERROR(check_associated(associated));
  if (secret.empty() || secret.size() > kSealedSecretBytesMax)
    return invalid_argument("secret of {} bytes to seal, expected 1 to {}", secret.size(),
                            kSealedSecretBytesMax);
  Bytes sealed = header();
  WARD_TRY(const Bytes ciphertext,
           crypto::aead_seal(key_, bound_data(sealed, associated), secret.view(), random_));
  append(sealed, ciphertext);
  return sealed;
}

Result<SecretBytes> FileKeySealer::unseal(ByteView sealed, ByteView associated) const {
  WARD_RETURN_IF_ERROR(check_associated(associated));
  constexpr std::size_t kHeaderBytes = 1 + kKeyIdBytes;
  if (sealed.size() > kSealedKeyBytesMax || sealed.size() <= kHeaderBytes)
    return invalid_argument("sealed key of {} bytes, expected {} to {}", sealed.size(),
                            kHeaderBytes + 1, kSealedKeyBytesMax);
  if (sealed[0] != kVersion)
    return invalid_argument("sealed key of version {}, expected {}", sealed[0], kVersion);
  const ByteView id = sealed.subspan(1, kKeyIdBytes);
  if (!std::ranges::equal(id, key_id_))
    return make_error(ErrorCode::kFailedPrecondition,
                      "sealed by key-encryption key `{}`, this is `{}`", codec::encode_hex(id),
                      key_id());
  return crypto::aead_open(key_, bound_data(sealed.first(kHeaderBytes), associated),
                           sealed.subspan(kHeaderBytes))
      .in("sealed key");
}

}  // namespace ward::authority
