#include "evidence/note.h"

#include <gtest/gtest.h>

#include "codec/base64.h"

namespace ward::evidence {
namespace {

// From the C2SP signed-note and tlog-cosignature texts: made by others, with keys that are not
// ours.
constexpr std::string_view kPoem =
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n";
constexpr std::string_view kPoemSignature =
    "— quasimodo.example/salvatore "
    "NnugSzTjtVAewIS+Z/iJhUPeFDkO/"
    "5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";

// The Go checksum database's key, as golang.org publishes it.
constexpr std::string_view kSumDatabase =
    "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";

NoteSigner signer(std::uint8_t seed, std::string name, NoteKeyType type = NoteKeyType::kEd25519) {
  auto key = crypto::PrivateKey::from_ed25519(SecretBytes(Bytes(32, seed)));
  return *NoteSigner::make(std::move(name), type, *key);
}

const WallTime kNow{std::chrono::seconds{1'700'000'000}};

std::string note_by(const NoteSigner& by, std::string_view text = "hello\n") {
  return assemble_note(text, *by.sign(text, kNow));
}

TEST(Note, TheSpecificationsExampleIsRead) {
  const std::string bytes = assemble_note(kPoem, kPoemSignature);
  const auto note = parse_note(bytes);
  ASSERT_TRUE(note.ok()) << note.error().message();
  EXPECT_EQ(note->text, kPoem);
  ASSERT_EQ(note->signatures.size(), 1u);
  EXPECT_EQ(note->signatures[0].name, "quasimodo.example/salvatore");
  EXPECT_EQ(note->signatures[0].signature.size(), 64u);
  EXPECT_EQ(signature_line(note->signatures[0]), kPoemSignature);
}

TEST(Note, APublishedVerifierKeyIsReadAndWritten) {
  const auto key = VerifierKey::parse(kSumDatabase);
  ASSERT_TRUE(key.ok()) << key.error().message();
  EXPECT_EQ(key->name(), "sum.golang.org");
  EXPECT_EQ(key->text(), kSumDatabase);
}

TEST(Note, VerifierKeysThatDoNotHoldTogetherAreRefused) {
  const std::string good(kSumDatabase);
  EXPECT_FALSE(VerifierKey::parse("").ok());
  EXPECT_FALSE(VerifierKey::parse("sum.golang.org").ok());
  EXPECT_FALSE(VerifierKey::parse("sum.golang.org+033de0ae").ok());
  EXPECT_FALSE(VerifierKey::parse("sum.golang.com" + good.substr(14)).ok())
      << "the id is of another name";
  EXPECT_FALSE(VerifierKey::parse("sum.golang.org+033de0af" + good.substr(23)).ok());
  EXPECT_FALSE(VerifierKey::parse("sum.golang.org+033de0ae+").ok());
  EXPECT_FALSE(VerifierKey::parse("+033de0ae" + good.substr(23)).ok());
  EXPECT_FALSE(VerifierKey::parse(good + "A").ok());
  const Bytes ecdsa(33, 2);
  EXPECT_FALSE(VerifierKey::parse("a+00000000+" + codec::encode_base64(ecdsa)).ok());
}

TEST(Note, SignedByAKnownKeyItVerifies) {
  const NoteSigner alice = signer(1, "example.com/alice");
  const auto note = parse_note(note_by(alice));
  ASSERT_TRUE(note.ok());
  const std::vector<VerifierKey> keys{alice.verifier()};
  const auto verified = verify_note(*note, keys);
  ASSERT_TRUE(verified.ok());
  ASSERT_EQ(verified->size(), 1u);
  EXPECT_EQ((*verified)[0].key, &keys[0]);
  EXPECT_FALSE((*verified)[0].time);
}

TEST(Note, UnknownKeysAreIgnoredAndNoneKnownIsRefused) {
  const NoteSigner alice = signer(1, "alice"), bob = signer(2, "bob"),
                   other_alice = signer(3, "alice");
  const std::string both =
      assemble_note("hello\n", *bob.sign("hello\n", kNow) + *alice.sign("hello\n", kNow));
  const auto note = parse_note(both);
  ASSERT_TRUE(note.ok());
  EXPECT_TRUE(verify_note(*note, std::vector{alice.verifier()}).ok());
  EXPECT_EQ(verify_note(*note, std::vector{other_alice.verifier()}).error().code(),
            ErrorCode::kUnauthenticated);
  EXPECT_FALSE(verify_note(*note, {}).ok());
}

TEST(Note, AKnownKeyWhoseSignatureFailsRefusesTheWholeNote) {
  const NoteSigner alice = signer(1, "alice"), bob = signer(2, "bob");
  auto note = parse_note(
      assemble_note("hello\n", *bob.sign("hello\n", kNow) + *alice.sign("hello\n", kNow)));
  ASSERT_TRUE(note.ok());
  const std::vector keys{alice.verifier(), bob.verifier()};
  EXPECT_TRUE(verify_note(*note, keys).ok());
  note->signatures[1].signature[5] ^= 1;
  EXPECT_FALSE(verify_note(*note, keys).ok());
}

TEST(Note, EveryFlippedBitOfANoteIsFound) {
  const NoteSigner alice = signer(1, "alice");
  const std::vector keys{alice.verifier()};
  const std::string good = note_by(alice, "hello\nworld\n");
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
      const auto note = parse_note(bad);
      EXPECT_FALSE(note.ok() && verify_note(*note, keys).ok()) << at << "." << bit;
    }
  }
}

TEST(Note, ACosignatureTellsItsTimeAndIsNoPlainSignature) {
  const NoteSigner witness = signer(4, "witness", NoteKeyType::kCosignature);
  const NoteSigner plain = signer(4, "witness");
  const auto note = parse_note(note_by(witness));
  ASSERT_TRUE(note.ok());
  const std::vector keys{witness.verifier()};
  const auto verified = verify_note(*note, keys);
  ASSERT_TRUE(verified.ok());
  EXPECT_EQ((*verified)[0].time, std::chrono::sys_seconds{std::chrono::seconds{1'700'000'000}});
  EXPECT_FALSE(verify_note(*note, std::vector{plain.verifier()}).ok());
  auto other_time = *note;
  other_time.signatures[0].signature[7] ^= 1;
  EXPECT_FALSE(verify_note(other_time, keys).ok()) << "the time is signed";
  other_time.signatures[0].signature.pop_back();
  EXPECT_FALSE(verify_note(other_time, keys).ok());
}

TEST(Note, FormsThatAreNoNoteAreRefused) {
  const std::string line = *signer(1, "alice").sign("hello\n", kNow);
  EXPECT_TRUE(parse_note("hello\n\n" + line).ok());
  EXPECT_TRUE(parse_note("a\n\nb\n\n" + line).ok()) << "the text may have empty lines";
  for (const std::string& bad : std::initializer_list<std::string>{
           std::string(), std::string("hello\n"), "hello\n" + line, std::string("hello\n\n"),
           std::string("\n\n"), "hello\n\n" + line.substr(0, line.size() - 1),
           "hello\n\n" + line + "\n", "hello\r\n\n" + line, "he\tllo\n\n" + line,
           "he\xff\n\n" + line, std::string("hello\n\n- alice AAAAAAAA\n"),
           std::string("hello\n\n— alice\n"), std::string("hello\n\n—  AAAAAAAA\n"),
           std::string("hello\n\n— a+b AAAAAAAA\n"), std::string("hello\n\n— alice AAAA\n"),
           std::string("hello\n\n— alice AAAAAA==\n"), std::string("hello\n\n— alice AAAA AAAA\n"),
           std::string("hello\n\n— al\u00a0ice AAAAAAAA\n")}) {
    EXPECT_FALSE(parse_note(bad).ok()) << bad;
  }
}

TEST(Note, SixteenSignaturesAreAcceptedAndTooManyRefused) {
  std::string lines;
  for (std::uint8_t i = 1; i <= 16; ++i) lines += *signer(i, "witness").sign("hello\n", kNow);
  const auto note = parse_note(assemble_note("hello\n", lines));
  ASSERT_TRUE(note.ok());
  EXPECT_TRUE(verify_note(*note, std::vector{signer(16, "witness").verifier()}).ok());
  std::string many;
  for (std::size_t i = 0; i <= kNoteSignaturesMax; ++i) many += "— x AAAAAAAA\n";
  EXPECT_EQ(parse_note(assemble_note("hello\n", many)).error().code(),
            ErrorCode::kResourceExhausted);
  EXPECT_EQ(parse_note(std::string(kNoteBytesMax + 1, 'a')).error().code(),
            ErrorCode::kResourceExhausted);
}

TEST(Note, AFileOfKeysIsReadWithCommentsAndItsFaultyLineIsNamed) {
  const auto keys = parse_verifier_keys(
      fmt::format("# logs\n\n{}\n{}", kSumDatabase, signer(1, "alice").verifier().text()));
  ASSERT_TRUE(keys.ok());
  EXPECT_EQ(keys->size(), 2u);
  const auto bad = parse_verifier_keys("# logs\nnonsense\n");
  ASSERT_FALSE(bad.ok());
  EXPECT_TRUE(bad.error().message().starts_with("line 2: ")) << bad.error().message();
}

}  // namespace
}  // namespace ward::evidence
