#include "evidence/checkpoint.h"

#include <gtest/gtest.h>

namespace ward::evidence {
namespace {

NoteSigner signer(std::uint8_t seed, std::string name, NoteKeyType type = NoteKeyType::kEd25519) {
  auto key = crypto::PrivateKey::from_ed25519(SecretBytes(Bytes(32, seed)));
  return *NoteSigner::make(std::move(name), type, *key);
}

Checkpoint example() {
  return {"example.org/log", {3, leaf_hash(as_bytes("x"))}};
}

TEST(Checkpoint, TheSpecificationsExampleIsReadAndWritten) {
  const std::string text =
      "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
  const auto checkpoint = parse_checkpoint_text(text);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().message();
  EXPECT_EQ(checkpoint->origin, "example.com/behind-the-sofa");
  EXPECT_EQ(checkpoint->tree.size, 20852163u);
  EXPECT_EQ(checkpoint_text(*checkpoint), text);
}

TEST(Checkpoint, OtherFormsAreRefused) {
  const std::string root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
  for (const std::string& bad : std::initializer_list<std::string>{
           std::string(), "o\n1\n" + root, "o\n1\n" + root + "\nextension\n", "\n1\n" + root + "\n",
           "o\n01\n" + root + "\n", "o\n-1\n" + root + "\n", "o\n\n" + root + "\n",
           "o\n1 \n" + root + "\n", "o\n18446744073709551616\n" + root + "\n",
           "o\n1\n" + root.substr(1) + "\n", std::string("o\n1\nAAAA\n"), "o\n0\n" + root + "\n",
           "o o\n1\n" + root + "\n"}) {
    EXPECT_FALSE(parse_checkpoint_text(bad).ok()) << bad;
  }
}

TEST(Checkpoint, OnlyTheLogsOwnKeyMakesACheckpoint) {
  const NoteSigner log = signer(1, "example.org/log"), other = signer(2, "example.org/other");
  const NoteSigner witness = signer(3, "example.org/log", NoteKeyType::kCosignature);
  EXPECT_FALSE(sign_checkpoint(example(), other).ok());
  const std::string text = checkpoint_text(example());
  const std::vector keys{log.verifier(), other.verifier(), witness.verifier()};
  EXPECT_FALSE(open_checkpoint(assemble_note(text, *other.sign(text, {})), keys).ok());
  EXPECT_FALSE(open_checkpoint(assemble_note(text, *witness.sign(text, {})), keys).ok())
      << "a cosignature does not stand for the log's signature";
  const auto opened = open_checkpoint(*sign_checkpoint(example(), log), keys);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->checkpoint, example());
}

TEST(Checkpoint, CosignaturesOfKnownWitnessesAreListed) {
  const NoteSigner log = signer(1, "example.org/log");
  const NoteSigner witness = signer(3, "witness", NoteKeyType::kCosignature);
  const std::vector keys{log.verifier(), witness.verifier()};
  const std::string text = checkpoint_text(example());
  const WallTime now{std::chrono::seconds{1'700'000'000}};
  const auto opened =
      open_checkpoint(*sign_checkpoint(example(), log) + *witness.sign(text, now), keys);
  ASSERT_TRUE(opened.ok());
  ASSERT_EQ(opened->signatures.size(), 2u);
  EXPECT_EQ(opened->signatures[1].key->name(), "witness");
}

TEST(Checkpoint, EveryFlippedBitIsFound) {
  const NoteSigner log = signer(1, "example.org/log");
  const std::vector keys{log.verifier()};
  const std::string good = *sign_checkpoint(example(), log);
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
      EXPECT_FALSE(open_checkpoint(bad, keys).ok()) << at << "." << bit;
    }
  }
}

}  // namespace
}  // namespace ward::evidence
