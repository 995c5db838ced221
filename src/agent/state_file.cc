#include "agent/state_file.h"

#include <string>
#include <utility>

#include "spiffe/id.h"
#include "world/fact.h"

namespace ward::agent {
namespace {

constexpr std::string_view kMagic = "WARDAGT1";  // the last character is the version
constexpr std::size_t kSizeBytes = 2;

void append_field(Bytes& to, ByteView field) {
  to.push_back(static_cast<std::uint8_t>(field.size() >> 8));
  to.push_back(static_cast<std::uint8_t>(field.size()));
  append(to, field);
}

// Cuts a field, with its size before it, off the front.
Result<ByteView> take_field(ByteView& from, std::size_t bytes_max) {
  if (from.size() < kSizeBytes) return make_error(ErrorCode::kDataLoss, "it is cut short");
  const std::size_t size = static_cast<std::size_t>(from[0]) << 8 | from[1];
  if (size > bytes_max || from.size() - kSizeBytes < size) {
    return make_error(ErrorCode::kDataLoss, "a field of {} bytes where {} are left", size,
                      from.size() - kSizeBytes);
  }
  const ByteView field = from.subspan(kSizeBytes, size);
  from = from.subspan(kSizeBytes + size);
  return field;
}

Bytes associated_of(std::string_view node) {
  return to_bytes("ward agent state v1\n" + std::string(node));
}

Result<void> check_magic(ByteView file) {
  if (file.size() < kMagic.size() ||
      !as_text(file).starts_with(kMagic.substr(0, kMagic.size() - 1))) {
    return make_error(ErrorCode::kDataLoss, "it does not begin as the state of an agent");
  }
  const char version = static_cast<char>(file[kMagic.size() - 1]);
  if (version == kMagic.back()) return {};
  return make_error(ErrorCode::kUnimplemented, "expected version {}, got byte {}", kMagic.back(),
                    static_cast<int>(file[kMagic.size() - 1]));
}

}  // namespace

Result<Bytes> seal_state(const authority::KeySealer& sealer, std::string_view node,
                         const SecretBytes& state, Random& random) {
  if (node.size() > world::kNameBytesMax) {
    return invalid_argument("a node name of {} bytes; expected at most {}", node.size(),
                            world::kNameBytesMax);
  }
  const SecretBytes key(random.bytes(crypto::kAeadKeyBytes));
  WARD_TRY(const Bytes sealed_key, sealer.seal(key, associated_of(node)));
  Bytes file = to_bytes(kMagic);
  append_field(file, as_bytes(node));
  append_field(file, sealed_key);
  WARD_TRY(const Bytes sealed, crypto::aead_seal(key, file, state.view(), random));
  append(file, sealed);
  return file;
}

Result<SecretBytes> open_state(const authority::KeySealer& sealer, std::string_view node,
                               ByteView file) {
  WARD_RETURN_IF_ERROR(check_magic(file));
  ByteView rest = file.subspan(kMagic.size());
  WARD_TRY(const ByteView of, take_field(rest, world::kNameBytesMax));
  if (as_text(of) != node) {
    const auto other = spiffe::SpiffeId::parse(as_text(of));  // what is shown is a name
    return make_error(ErrorCode::kFailedPrecondition, "it is of `{}`; this is `{}`",
                      other.ok() ? other->text() : "another node", node);
  }
  WARD_TRY(const ByteView sealed_key, take_field(rest, authority::kSealedKeyBytesMax));
  WARD_TRY(const SecretBytes key, sealer.unseal(sealed_key, associated_of(node)));
  if (key.size() != crypto::kAeadKeyBytes) {
    return make_error(ErrorCode::kDataLoss, "a key of {} bytes; expected {}", key.size(),
                      crypto::kAeadKeyBytes);
  }
  return crypto::aead_open(key, file.first(file.size() - rest.size()), rest);
}

}  // namespace ward::agent
