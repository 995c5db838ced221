// What every kind of node attestation must do. A kind instantiates it with a type that sets it up:
//
//   struct Kind {
//     const NodeAttestor& attestor();
//     const world::World& world();              // in which `honest` is to be identified
//     WallTime now();
//     std::unique_ptr<NodeProver> honest();     // the same node each time
//     std::unique_ptr<NodeProver> stranger();   // well-formed, and proves nothing to this server
//   };
//   INSTANTIATE_TYPED_TEST_SUITE_P(JoinToken, NodeAttestorSuite, JoinTokenKind);
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "attest/node_attestor.h"
#include "base/random.h"

namespace ward::attest::testing {

inline NodeConversation conversation_about(std::string_view agent_key) {
  return {.trust_domain = spiffe::TrustDomain::parse("example.org").value(),
          .agent_key = crypto::sha256(as_bytes(agent_key))};
}

// Carries a whole conversation between the two sides.
inline Result<NodeIdentity> converse(NodeAttestation& server, NodeProver& node,
                                     const NodeConversation& seen_by_node) {
  WARD_TRY(const Bytes payload, node.payload());
  WARD_TRY(NodeStep step, server.start(payload));
  while (auto* challenge = std::get_if<NodeChallenge>(&step)) {
    WARD_TRY(const Bytes answer, node.answer(seen_by_node, challenge->bytes));
    WARD_TRY(step, server.respond(answer));
  }
  return std::get<NodeIdentity>(std::move(step));
}

template <typename Kind>
class NodeAttestorSuite : public ::testing::Test {
 protected:
  std::unique_ptr<NodeAttestation> begin() {
    return kind_.attestor().begin(conversation_, kind_.world(), kind_.now());
  }
  Result<NodeIdentity> attest(NodeProver& node) { return converse(*begin(), node, conversation_); }
  Bytes payload() { return kind_.honest()->payload().value(); }

  // The challenge after an honest payload; nothing for a kind that has none.
  std::optional<Bytes> challenge(NodeAttestation& server) {
    NodeStep step = server.start(payload()).value();
    if (auto* challenge = std::get_if<NodeChallenge>(&step)) return challenge->bytes;
    return std::nullopt;
  }
  Bytes answer(ByteView challenge) {
    return kind_.honest()->answer(conversation_, challenge).value();
  }
  // Whether a node that sends this instead of its payload, and answers honestly, is identified.
  bool accepts(ByteView payload) {
    const auto server = begin();
    auto step = server->start(payload);
    for (int i = 0; step.ok() && i < kNodeChallengesMax; ++i) {
      const auto* challenge = std::get_if<NodeChallenge>(&*step);
      if (!challenge) return true;
      step = server->respond(answer(challenge->bytes));
    }
    return step.ok();
  }

  Kind kind_;
  NodeConversation conversation_ = conversation_about("the agent's key");
};

TYPED_TEST_SUITE_P(NodeAttestorSuite);

TYPED_TEST_P(NodeAttestorSuite, HonestNodeIsIdentified) {
  const auto identity = this->attest(*this->kind_.honest());
  ASSERT_TRUE(identity.ok()) << identity.error().text();
  EXPECT_TRUE(identity->id.is_member_of(this->conversation_.trust_domain));
  EXPECT_TRUE(identity->id.path().starts_with("/ward/agent/")) << identity->id.text();
  EXPECT_EQ(identity->selectors, sorted(identity->selectors));
  EXPECT_LE(identity->selectors.size(), world::kListMax);
  for (const std::string& selector : identity->selectors) {
    EXPECT_TRUE(selector.starts_with(fmt::format("{}:", this->kind_.attestor().name())));
    EXPECT_LE(selector.size(), kSelectorBytesMax);
  }
}

TYPED_TEST_P(NodeAttestorSuite, FactsOfAnIdentityAreAdmissible) {
  const auto identity = this->attest(*this->kind_.honest());
  ASSERT_TRUE(identity.ok()) << identity.error().text();
  for (const world::FactBody& body : identity->facts) {
    const auto admitted =
        world::admissible(this->kind_.world(), {this->kind_.now(), "system", "", body});
    EXPECT_TRUE(admitted.ok()) << admitted.error().text();
  }
}

TYPED_TEST_P(NodeAttestorSuite, OneNodeHasOneName) {
  const auto first = this->attest(*this->kind_.honest());
  const auto second = this->attest(*this->kind_.honest());
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->id, second->id);
  EXPECT_EQ(first->selectors, second->selectors);
}

TYPED_TEST_P(NodeAttestorSuite, ProversNameTheirAttestor) {
  EXPECT_EQ(this->kind_.honest()->attestor(), this->kind_.attestor().name());
}

TYPED_TEST_P(NodeAttestorSuite, StrangerIsNotIdentified) {
  const auto identity = this->attest(*this->kind_.stranger());
  ASSERT_FALSE(identity.ok());
  EXPECT_EQ(identity.error().code(), ErrorCode::kUnauthenticated) << identity.error().text();
}

TYPED_TEST_P(NodeAttestorSuite, PayloadIsBounded) {
  for (const std::size_t size : {std::size_t{0}, kNodePayloadBytesMax, kNodePayloadBytesMax + 1}) {
    const auto step = this->begin()->start(Bytes(size, 'A'));
    ASSERT_FALSE(step.ok()) << size;
    EXPECT_EQ(step.error().code(), ErrorCode::kInvalidArgument);
  }
}

TYPED_TEST_P(NodeAttestorSuite, NoTruncatedPayloadIsTaken) {
  const Bytes payload = this->payload();
  for (std::size_t size = 0; size < payload.size(); ++size)
    ASSERT_FALSE(this->accepts(ByteView(payload).first(size))) << size << " bytes";
}

TYPED_TEST_P(NodeAttestorSuite, NoPayloadWithMoreBytesIsTaken) {
  Bytes payload = this->payload();
  payload.push_back('A');
  EXPECT_FALSE(this->accepts(payload));
}

TYPED_TEST_P(NodeAttestorSuite, NoDamagedPayloadIsTaken) {
  Bytes payload = this->payload();
  for (std::size_t i = 0; i < payload.size(); ++i) {
    payload[i] ^= 1;
    ASSERT_FALSE(this->accepts(payload)) << "byte " << i;
    payload[i] ^= 1;
  }
}

TYPED_TEST_P(NodeAttestorSuite, NoGarbageIsTaken) {
  SeededRandom random(42);
  for (int i = 0; i < 2000; ++i) {
    const Bytes garbage = random.bytes(random.below(600));
    ASSERT_FALSE(this->accepts(garbage));
  }
}

TYPED_TEST_P(NodeAttestorSuite, NoDamagedAnswerIsTaken) {
  const auto probe = this->begin();
  const auto first = this->challenge(*probe);
  if (!first) return;  // a kind without challenges
  const std::size_t size = this->answer(*first).size();
  for (std::size_t i = 0; i < size; ++i) {
    const auto server = this->begin();
    Bytes answer = this->answer(*this->challenge(*server));
    if (i >= answer.size()) break;  // ECDSA signatures differ in size
    answer[i] ^= 1;
    ASSERT_FALSE(server->respond(answer).ok()) << "byte " << i;
  }
}

TYPED_TEST_P(NodeAttestorSuite, AnswerIsBounded) {
  for (const std::size_t size : {std::size_t{0}, kNodeAnswerBytesMax, kNodeAnswerBytesMax + 1}) {
    const auto server = this->begin();
    if (!this->challenge(*server)) return;
    EXPECT_FALSE(server->respond(Bytes(size)).ok());
  }
}

TYPED_TEST_P(NodeAttestorSuite, ReplayedAnswerIsRefused) {
  const auto first = this->begin();
  const auto challenge = this->challenge(*first);
  if (!challenge) return;
  const Bytes answer = this->answer(*challenge);
  ASSERT_TRUE(first->respond(answer).ok());
  const auto second = this->begin();
  ASSERT_NE(this->challenge(*second), challenge) << "a challenge was given twice";
  const auto step = second->respond(answer);
  ASSERT_FALSE(step.ok());
  EXPECT_EQ(step.error().code(), ErrorCode::kUnauthenticated);
}

TYPED_TEST_P(NodeAttestorSuite, AnswerAboutAnotherKeyOrTrustDomainIsRefused) {
  NodeConversation other_key = conversation_about("a key of somebody in between");
  NodeConversation other_domain = this->conversation_;
  other_domain.trust_domain = spiffe::TrustDomain::parse("example.com").value();
  for (const NodeConversation& other : {other_key, other_domain}) {
    const auto server = this->begin();
    const auto challenge = this->challenge(*server);
    if (!challenge) return;
    const Bytes answer = this->kind_.honest()->answer(other, *challenge).value();
    EXPECT_FALSE(server->respond(answer).ok());
  }
}

TYPED_TEST_P(NodeAttestorSuite, ProverRefusesAMalformedChallenge) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kNodeChallengeBytesMax})
    EXPECT_FALSE(this->kind_.honest()->answer(this->conversation_, Bytes(size)).ok());
}

TYPED_TEST_P(NodeAttestorSuite, StepsOutOfOrderAreRefused) {
  const auto code_of = [](const Result<NodeStep>& step) {
    return step.ok() ? ErrorCode::kUnknown : step.error().code();
  };
  const Bytes payload = this->payload();
  const auto early = this->begin();
  EXPECT_EQ(code_of(early->respond({})), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(code_of(early->start(payload)), ErrorCode::kFailedPrecondition) << "after an error";

  const auto twice = this->begin();
  ASSERT_TRUE(twice->start(payload).ok());
  EXPECT_EQ(code_of(twice->start(payload)), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(code_of(twice->respond({})), ErrorCode::kFailedPrecondition) << "after an error";

  const auto done = this->begin();
  if (const auto challenge = this->challenge(*done)) {
    const Bytes answer = this->answer(*challenge);
    ASSERT_TRUE(done->respond(answer).ok());
    EXPECT_EQ(code_of(done->respond(answer)), ErrorCode::kFailedPrecondition) << "after the end";
  } else {
    EXPECT_EQ(code_of(done->respond({})), ErrorCode::kFailedPrecondition) << "after the end";
  }
}

REGISTER_TYPED_TEST_SUITE_P(NodeAttestorSuite, HonestNodeIsIdentified,
                            FactsOfAnIdentityAreAdmissible, OneNodeHasOneName,
                            ProversNameTheirAttestor, StrangerIsNotIdentified, PayloadIsBounded,
                            NoTruncatedPayloadIsTaken, NoPayloadWithMoreBytesIsTaken,
                            NoDamagedPayloadIsTaken, NoGarbageIsTaken, NoDamagedAnswerIsTaken,
                            AnswerIsBounded, ReplayedAnswerIsRefused,
                            AnswerAboutAnotherKeyOrTrustDomainIsRefused,
                            ProverRefusesAMalformedChallenge, StepsOutOfOrderAreRefused);

}  // namespace ward::attest::testing
