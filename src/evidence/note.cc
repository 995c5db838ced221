#include "evidence/note.h"

#include <algorithm>

#include "codec/base64.h"
#include "codec/hex.h"
#include "codec/utf8.h"
#include "crypto/hash.h"
#include "evidence/decimal.h"

namespace ward::evidence {
namespace {

constexpr std::string_view kDash = "\u2014 ";  // em dash, space
constexpr std::size_t kEd25519SignatureBytes = 64;
constexpr std::size_t kTimeBytes = 8;
constexpr std::size_t kVerifierKeysMax = 10'000;
constexpr std::size_t kVerifierKeyBytesMax = kKeyNameBytesMax + 128;

// tlog-cosignature: the timestamp "MUST NOT exceed 2^63 - 1".
constexpr std::uint64_t kTimestampMax = INT64_MAX;

// The spaces beyond ASCII (Unicode White_Space), in UTF-8.
constexpr std::string_view kUnicodeSpaces[] = {"\u0085", "\u00a0", "\u1680", "\u2000", "\u2001",
                                               "\u2002", "\u2003", "\u2004", "\u2005", "\u2006",
                                               "\u2007", "\u2008", "\u2009", "\u200a", "\u2028",
                                               "\u2029", "\u202f", "\u205f", "\u3000"};

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20;
}

KeyId key_id_of(std::string_view name, NoteKeyType type, ByteView public_key) {
  const std::uint8_t middle[] = {0x0a, static_cast<std::uint8_t>(type)};
  const auto digest = crypto::sha256({as_bytes(name), ByteView(middle), public_key});
  KeyId id;
  std::copy_n(digest.begin(), id.size(), id.begin());
  return id;
}

// What a cosignature signs (tlog-cosignature, "Ed25519 signed message").
std::string cosigned_message(std::uint64_t time, std::string_view text) {
  return fmt::format("cosignature/v1\ntime {}\n{}", time, text);
}

std::uint64_t read_u64(ByteView bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < kTimeBytes; ++i) value = value << 8 | bytes[i];
  return value;
}

void append_u64(Bytes& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(value >> shift));
}

Result<NoteKeyType> parse_key_type(std::uint8_t byte) {
  if (byte == static_cast<std::uint8_t>(NoteKeyType::kEd25519)) return NoteKeyType::kEd25519;
  if (byte == static_cast<std::uint8_t>(NoteKeyType::kCosignature))
    return NoteKeyType::kCosignature;
  return invalid_argument("expected a key of type 0x01 or 0x04, got 0x{:02x}", byte);
}

Error bad_signature(const NoteSignature& signature) {
  return make_error(ErrorCode::kUnauthenticated, "the signature of `{}` does not verify",
                    signature.name);
}

bool is_of(const NoteSignature& signature, const VerifierKey& key) {
  return signature.id == key.id() && signature.name == key.name();
}

}  // namespace

bool is_key_name(std::string_view name) {
  if (name.empty() || name.size() > kKeyNameBytesMax || !codec::is_valid_utf8(name)) return false;
  if (std::ranges::any_of(name, [](char c) { return is_control(c) || c == ' ' || c == '+'; }))
    return false;
  return std::ranges::none_of(kUnicodeSpaces,
                              [&](std::string_view space) { return name.contains(space); });
}

VerifierKey::VerifierKey(std::string name, NoteKeyType type, crypto::PublicKey key)
    : name_(std::move(name)),
      type_(type),
      key_(std::move(key)),
      id_(key_id_of(name_, type_, key_.ed25519())) {}

Result<VerifierKey> VerifierKey::make(std::string name, NoteKeyType type, crypto::PublicKey key) {
  if (!is_key_name(name)) return invalid_argument("`{}` is no name of a key", name.substr(0, 128));
  if (key.type() != crypto::KeyType::kEd25519) {
    return invalid_argument("notes are signed with Ed25519, got {}",
                            crypto::key_type_name(key.type()));
  }
  return VerifierKey(std::move(name), type, std::move(key));
}

Result<VerifierKey> VerifierKey::parse(std::string_view text) {
  const std::size_t first = text.find('+');
  const std::size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (text.size() > kVerifierKeyBytesMax || second == std::string_view::npos) {
    return invalid_argument("expected a key as `name+id+base64`");
  }
  WARD_TRY(const Bytes id, codec::decode_hex(text.substr(first + 1, second - first - 1)));
  WARD_TRY(const Bytes typed, codec::decode_base64(text.substr(second + 1)));
  if (typed.empty()) return invalid_argument("expected a key after its type, got nothing");
  WARD_TRY(const NoteKeyType type, parse_key_type(typed.front()));
  WARD_TRY(crypto::PublicKey key, crypto::PublicKey::from_ed25519(ByteView(typed).subspan(1)));
  WARD_TRY(VerifierKey made, make(std::string(text.substr(0, first)), type, std::move(key)));
  if (!std::ranges::equal(id, made.id())) {
    return invalid_argument("the id of key `{}` is {}, got {}", made.name(),
                            codec::encode_hex(made.id()), codec::encode_hex(id));
  }
  return made;
}

std::string VerifierKey::text() const {
  Bytes typed{static_cast<std::uint8_t>(type_)};
  append(typed, key_.ed25519());
  return fmt::format("{}+{}+{}", name_, codec::encode_hex(id_), codec::encode_base64(typed));
}

Result<std::vector<VerifierKey>> parse_verifier_keys(std::string_view text) {
  std::vector<VerifierKey> keys;
  for (std::size_t line_number = 1; !text.empty(); ++line_number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty() || line.starts_with('#')) continue;
    if (keys.size() == kVerifierKeysMax) {
      return make_error(ErrorCode::kResourceExhausted, "more than {} keys", kVerifierKeysMax);
    }
    WARD_TRY(VerifierKey key, VerifierKey::parse(line).in(fmt::format("line {}", line_number)));
    keys.push_back(std::move(key));
  }
  return keys;
}

Result<NoteSigner> NoteSigner::make(std::string name, NoteKeyType type, crypto::PrivateKey key) {
  WARD_TRY(VerifierKey verifier, VerifierKey::make(std::move(name), type, key.public_key()));
  return NoteSigner(std::move(verifier), std::move(key));
}

Result<std::string> NoteSigner::sign(std::string_view text, WallTime now) const {
  NoteSignature signature{verifier_.name(), verifier_.id(), {}};
  std::string message(text);
  if (verifier_.type() == NoteKeyType::kCosignature) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    if (seconds < 0) return invalid_argument("a cosignature cannot be made before 1970");
    message = cosigned_message(static_cast<std::uint64_t>(seconds), text);
    append_u64(signature.signature, static_cast<std::uint64_t>(seconds));
  }
  WARD_TRY(const Bytes raw, key_.sign(crypto::SignatureScheme::kEd25519, as_bytes(message)));
  append(signature.signature, raw);
  return signature_line(signature);
}

Result<NoteSignature> parse_signature_line(std::string_view line) {
  if (!line.starts_with(kDash)) return invalid_argument("a signature line begins with an em dash");
  line.remove_prefix(kDash.size());
  const std::size_t space = line.find(' ');
  const std::string_view name = line.substr(0, space);
  if (space == std::string_view::npos || !is_key_name(name)) {
    return invalid_argument("a signature line names a key, then a signature");
  }
  const std::string_view encoded = line.substr(space + 1);
  if (encoded.size() > kSignatureBytesMax)
    return invalid_argument("a signature of {} bytes", encoded.size());
  WARD_TRY(const Bytes bytes, codec::decode_base64(encoded));
  NoteSignature signature{std::string(name), {}, {}};
  if (bytes.size() <= signature.id.size())
    return invalid_argument("a signature is longer than a key id");
  std::copy_n(bytes.begin(), signature.id.size(), signature.id.begin());
  signature.signature.assign(bytes.begin() + static_cast<std::ptrdiff_t>(signature.id.size()),
                             bytes.end());
  return signature;
}

std::string signature_line(const NoteSignature& signature) {
  Bytes bytes(signature.id.begin(), signature.id.end());
  append(bytes, signature.signature);
  return fmt::format("{}{} {}\n", kDash, signature.name, codec::encode_base64(bytes));
}

Result<Note> parse_note(std::string_view bytes) {
  if (bytes.size() > kNoteBytesMax) {
    return make_error(ErrorCode::kResourceExhausted, "a note has at most {} bytes", kNoteBytesMax);
  }
  if (!codec::is_valid_utf8(bytes)) return invalid_argument("a note is UTF-8");
  if (std::ranges::any_of(bytes, [](char c) { return is_control(c) && c != '\n'; })) {
    return invalid_argument("a note has no control characters but newlines");
  }
  const std::size_t blank = bytes.rfind("\n\n");
  if (blank == std::string_view::npos || !bytes.ends_with('\n')) {
    return invalid_argument("a note is text, an empty line, and signature lines");
  }
  Note note{std::string(bytes.substr(0, blank + 1)), {}};
  std::string_view lines = bytes.substr(blank + 2);
  while (!lines.empty()) {
    if (note.signatures.size() == kNoteSignaturesMax) {
      return make_error(ErrorCode::kResourceExhausted, "a note has at most {} signatures",
                        kNoteSignaturesMax);
    }
    const std::string_view line = lines.substr(0, lines.find('\n'));
    WARD_TRY(NoteSignature signature, parse_signature_line(line));
    note.signatures.push_back(std::move(signature));
    lines.remove_prefix(line.size() + 1);
  }
  if (note.signatures.empty()) return invalid_argument("a note has a signature");
  return note;
}

std::string assemble_note(std::string_view text, std::string_view signature_lines) {
  return fmt::format("{}\n{}", text, signature_lines);
}

Result<VerifiedSignature> verify_signature(std::string_view text, const NoteSignature& signature,
                                           const VerifierKey& key) {
  if (!is_of(signature, key)) return bad_signature(signature);
  VerifiedSignature verified{&key, std::nullopt};
  ByteView raw = signature.signature;
  std::string message(text);
  if (key.type() == NoteKeyType::kCosignature) {
    if (raw.size() != kTimeBytes + kEd25519SignatureBytes) return bad_signature(signature);
    const std::uint64_t time = read_u64(raw);
    if (time > kTimestampMax) return bad_signature(signature);
    verified.time = std::chrono::sys_seconds{std::chrono::seconds{static_cast<std::int64_t>(time)}};
    message = cosigned_message(time, text);
    raw = raw.subspan(kTimeBytes);
  }
  if (!key.key().verify(crypto::SignatureScheme::kEd25519, as_bytes(message), raw).ok()) {
    return bad_signature(signature);
  }
  return verified;
}

Result<std::vector<VerifiedSignature>> verify_note(const Note& note,
                                                   std::span<const VerifierKey> keys) {
  std::vector<VerifiedSignature> verified;
  for (const NoteSignature& signature : note.signatures) {
    const auto key =
        std::ranges::find_if(keys, [&](const VerifierKey& k) { return is_of(signature, k); });
    if (key == keys.end()) continue;
    WARD_TRY(const VerifiedSignature one, verify_signature(note.text, signature, *key));
    verified.push_back(one);
  }
  if (verified.empty()) {
    return make_error(ErrorCode::kUnauthenticated,
                      "none of the note's {} signatures is of a known key", note.signatures.size());
  }
  return verified;
}

}  // namespace ward::evidence
