#include "authority/key_proof.h"

#include <gtest/gtest.h>

namespace ward::authority {
namespace {

using crypto::KeyType;
using crypto::PrivateKey;

PrivateKey new_key(KeyType type = KeyType::kP256) {
  return PrivateKey::generate(type).value();
}

Bytes spki_of(const PrivateKey& key) {
  return to_bytes(key.public_key().spki_der());
}

TEST(KeyProof, TextIsThatOfTheContract) {
  const Bytes text = key_proof_text(KeyProofPurpose::kX509Svid, "web", as_bytes("abc"));
  const std::string_view head = "ward key proof v1\nx509-svid\nweb\n";
  ASSERT_EQ(text.size(), head.size() + 32);
  EXPECT_EQ(as_text(text).substr(0, head.size()), head);
  // FIPS 180-4, B.1: SHA-256 of "abc" begins ba7816bf.
  EXPECT_EQ(text[head.size()], 0xba);
  EXPECT_EQ(text[head.size() + 3], 0xbf);
}

TEST(KeyProof, HolderIsBelieved) {
  const PrivateKey key = new_key();
  const Bytes proof = make_key_proof(KeyProofPurpose::kX509Svid, "web", key).value();
  const auto verified = verify_key_proof(KeyProofPurpose::kX509Svid, "web", spki_of(key), proof);
  ASSERT_TRUE(verified.ok()) << verified.error().text();
  EXPECT_EQ(verified.value(), key.public_key());
}

TEST(KeyProof, IsOfNoUseForAnythingElse) {
  const PrivateKey key = new_key();
  const Bytes spki = spki_of(key);
  const Bytes proof = make_key_proof(KeyProofPurpose::kX509Svid, "web", key).value();
  const auto refused = [&](KeyProofPurpose purpose, std::string_view subject, ByteView other) {
    const auto verified = verify_key_proof(purpose, subject, other, proof);
    return !verified.ok() && verified.error().code() == ErrorCode::kUnauthenticated;
  };
  EXPECT_TRUE(refused(KeyProofPurpose::kX509Svid, "db", spki)) << "another registration";
  EXPECT_TRUE(refused(KeyProofPurpose::kNode, "web", spki)) << "another purpose";
  EXPECT_TRUE(refused(KeyProofPurpose::kX509Svid, "web", spki_of(new_key()))) << "another key";
}

TEST(KeyProof, LineBreaksInASubjectDoNotMakeAnotherSubject) {
  // The text ends with a digest of fixed size, so a subject that holds "\n" cannot end it early.
  const PrivateKey key = new_key();
  const Bytes proof = make_key_proof(KeyProofPurpose::kNode, "a\nb", key).value();
  EXPECT_FALSE(verify_key_proof(KeyProofPurpose::kNode, "a", spki_of(key), proof).ok());
  EXPECT_TRUE(verify_key_proof(KeyProofPurpose::kNode, "a\nb", spki_of(key), proof).ok());
}

TEST(KeyProof, EveryDamagedByteIsFound) {
  const PrivateKey key = new_key();
  Bytes proof = make_key_proof(KeyProofPurpose::kNode, "join_token", key).value();
  for (std::size_t i = 0; i < proof.size(); ++i) {
    proof[i] ^= 1;
    EXPECT_FALSE(verify_key_proof(KeyProofPurpose::kNode, "join_token", spki_of(key), proof).ok())
        << "byte " << i;
    proof[i] ^= 1;
  }
}

TEST(KeyProof, OtherKindsOfKeyAreRefused) {
  for (const KeyType type : {KeyType::kP384, KeyType::kEd25519}) {
    const PrivateKey key = new_key(type);
    const auto verified = verify_key_proof(KeyProofPurpose::kNode, "x", spki_of(key), Bytes(64));
    ASSERT_FALSE(verified.ok());
    EXPECT_EQ(verified.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_FALSE(make_key_proof(KeyProofPurpose::kNode, "x", new_key(KeyType::kP384)).ok());
  }
}

TEST(KeyProof, SizesAreBoundedBeforeAnyKeyIsRead) {
  const PrivateKey key = new_key();
  const std::string long_subject(kKeyProofSubjectBytesMax + 1, 'a');
  EXPECT_EQ(verify_key_proof(KeyProofPurpose::kNode, long_subject, spki_of(key), {}).error().code(),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(
      verify_key_proof(KeyProofPurpose::kNode, "x", spki_of(key), Bytes(kKeyProofBytesMax + 1))
          .error()
          .code(),
      ErrorCode::kInvalidArgument);
  EXPECT_FALSE(verify_key_proof(KeyProofPurpose::kNode, "x", {}, {}).ok());
}

TEST(KeyProof, EvidenceKeyProvesItself) {
  const PrivateKey key = new_key(KeyType::kEd25519);
  const Bytes raw = key.public_key().ed25519();
  Bytes proof = make_key_proof(KeyProofPurpose::kEvidence, "x509pop", key).value();
  EXPECT_TRUE(verify_evidence_key_proof("x509pop", raw, proof).ok());
  EXPECT_FALSE(verify_evidence_key_proof("join_token", raw, proof).ok());
  proof[0] ^= 1;
  EXPECT_FALSE(verify_evidence_key_proof("x509pop", raw, proof).ok());
  EXPECT_FALSE(verify_evidence_key_proof("x509pop", Bytes(31), proof).ok());
}

}  // namespace
}  // namespace ward::authority
