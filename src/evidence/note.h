// Signed notes (C2SP signed-note): text under one or more Ed25519 signatures.
//
//   <text, ending in a newline>
//   <empty line>
//   — <key name> <base64(key id || signature)>
//
// Two types of key: 0x01 signs the text, 0x04 (C2SP tlog-cosignature) signs a time and the text of
// a checkpoint. The key id is SHA-256(name || 0x0A || type || public key)[:4]. Values; any thread.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/key.h"

namespace ward::evidence {

inline constexpr std::size_t kNoteBytesMax =
    std::size_t{8} << 20;  // text and signatures; a receipt names many holders
inline constexpr std::size_t kNoteSignaturesMax = 64;  // the specification asks for at least 16
inline constexpr std::size_t kKeyNameBytesMax = 512;
inline constexpr std::size_t kSignatureBytesMax =
    8192;  // of an unknown type: post-quantum ones have 5 kB

using KeyId = std::array<std::uint8_t, 4>;

enum class NoteKeyType : std::uint8_t { kEd25519 = 0x01, kCosignature = 0x04 };

// Not empty, no white space, no `+`, no control characters, valid UTF-8, at most kKeyNameBytesMax.
bool is_key_name(std::string_view name);

// Who may sign: a name and a public key.
class VerifierKey {
 public:
  // Error unless the name is one and the key is Ed25519.
  static Result<VerifierKey> make(std::string name, NoteKeyType type, crypto::PublicKey key);

  // `name+hex key id+base64(type || public key)`, one line without its end; the id must be that of
  // the rest.
  static Result<VerifierKey> parse(std::string_view text);
  std::string text() const;

  const std::string& name() const { return name_; }
  NoteKeyType type() const { return type_; }
  const KeyId& id() const { return id_; }
  const crypto::PublicKey& key() const { return key_; }

 private:
  VerifierKey(std::string name, NoteKeyType type, crypto::PublicKey key);

  std::string name_;
  NoteKeyType type_;
  crypto::PublicKey key_;
  KeyId id_;
};

// One verifier key a line; empty lines and lines that begin with `#` are skipped. At most 10,000.
Result<std::vector<VerifierKey>> parse_verifier_keys(std::string_view text);

// Who signs.
class NoteSigner {
 public:
  static Result<NoteSigner> make(std::string name, NoteKeyType type, crypto::PrivateKey key);

  const VerifierKey& verifier() const { return verifier_; }
  const std::string& name() const { return verifier_.name(); }

  // A signature line with its newline. `now` enters a cosignature (whole seconds) and nothing else.
  Result<std::string> sign(std::string_view text, WallTime now) const;

 private:
  NoteSigner(VerifierKey verifier, crypto::PrivateKey key)
      : verifier_(std::move(verifier)), key_(std::move(key)) {}

  VerifierKey verifier_;
  crypto::PrivateKey key_;
};

struct NoteSignature {
  std::string name;
  KeyId id;
  Bytes signature;  // without the key id
};

struct Note {
  std::string text;  // with its last newline
  std::vector<NoteSignature> signatures;
};

// Form alone; nothing is verified. Reads exactly what the specification allows, within the bounds
// above.
Result<Note> parse_note(std::string_view bytes);

// One line of a note, without its newline.
Result<NoteSignature> parse_signature_line(std::string_view line);
std::string signature_line(const NoteSignature& signature);  // with its newline

// The text, the empty line and the lines of `signatures` (each with its newline).
std::string assemble_note(std::string_view text, std::string_view signature_lines);

struct VerifiedSignature {
  const VerifierKey* key;                        // one of those that were given
  std::optional<std::chrono::sys_seconds> time;  // of a cosignature
};

// The signatures of known keys, in the note's order. kUnauthenticated when one of them does not
// verify, or when there is none. Signatures of other keys are ignored.
Result<std::vector<VerifiedSignature>> verify_note(const Note& note,
                                                   std::span<const VerifierKey> keys);

// Does one signature verify for a key whose name and id are those it names?
Result<VerifiedSignature> verify_signature(std::string_view text, const NoteSignature& signature,
                                           const VerifierKey& key);

}  // namespace ward::evidence
