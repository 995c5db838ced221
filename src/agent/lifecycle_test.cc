// The agent through time: revocation, renewal, restarts, and a server that goes away.
#include "agent/svid_cache.h"
#include "agent/testing/agent_fixture.h"
#include "evidence/checkpoint.h"
#include "evidence/merkle_proof.h"
#include "evidence/record.h"

namespace ward::agent {
namespace {

using testing::AgentFixture;
using testing::kNode;
using testing::Told;

constexpr const char* kShop = "spiffe://example.org/shop";

class LifecycleTest : public AgentFixture {
 protected:
  static world::Revoked revoked() {
    return {{.kind = world::RevocationKind::kIdentity,
             .id = kShop,
             .identity = {},
             .not_before = std::chrono::time_point_cast<std::chrono::microseconds>(
                 std::chrono::system_clock::now()),
             .reason = "a test"}};
  }
};

TEST_F(LifecycleTest, RevocationEndsTheStreamAndIsAcknowledgedWithAProofThatVerifies) {
  start_ready();
  Told<X509SVIDResponse> told;
  const auto call = watch_x509(told);
  ASSERT_TRUE(run_until([&] { return !told.messages.empty(); }));
  server_->append(revoked());
  ASSERT_TRUE(run_until([&] { return told.status.has_value(); }));
  EXPECT_EQ(told.code(), ErrorCode::kPermissionDenied);
  EXPECT_NE(told.status->error().message().find("no identity issued"), std::string::npos);
  ASSERT_TRUE(run_until([&] { return !server_->seen.acknowledged.empty(); }));
  const auto& sent = server_->seen.acknowledged.front();
  const auto record = evidence::decode_record(as_bytes(sent.record())).value();
  const auto& body = std::get<evidence::Acknowledgement>(record.body);
  EXPECT_EQ(body.subjects, std::vector<std::string>{kShop});
  EXPECT_EQ(body.revision, server_->world().revision());
  const auto key = evidence::VerifierKey::make(
      std::string(kNode.substr(9)), evidence::NoteKeyType::kEd25519,
      crypto::PublicKey::from_ed25519(as_bytes(server_->seen.evidence_key)).value());
  const auto opened = evidence::open_checkpoint(sent.checkpoint(), {&*key, 1});
  ASSERT_TRUE(opened.ok()) << opened.error().text();
  evidence::Proof proof;
  for (const std::string& hash : sent.proof()) {
    std::ranges::copy(as_bytes(hash), proof.emplace_back().begin());
  }
  EXPECT_TRUE(evidence::verify_inclusion(evidence::leaf_hash(as_bytes(sent.record())),
                                         sent.log_index(), opened->checkpoint.tree, proof)
                  .ok());
}

TEST_F(LifecycleTest, WhatWasRevokedAndTakenBackMeanwhileIsCertifiedAnew) {
  start_ready();
  ASSERT_TRUE(run_until([&] { return agent_->session()->svids().find("r1") != nullptr; }));
  const std::string before = credential_name(agent_->session()->svids().find("r1")->chain.front());
  server_->go_away();
  ASSERT_TRUE(run_until([&] { return !agent_->session()->link().is_connected(); }));
  server_->append(revoked());
  server_->append(world::Restored{world::RevocationKind::kIdentity, kShop, {}});
  server_->come_back();
  EXPECT_TRUE(run_until([&] { return !server_->seen.acknowledged.empty(); }));
  EXPECT_TRUE(run_until([&] {
    const CachedSvid* now = agent_->session()->svids().find("r1");
    return now != nullptr && credential_name(now->chain.front()) != before;
  }));
}

TEST_F(LifecycleTest, WhatWasRevokedWhileTheStreamWasDownIsAcknowledgedAfter) {
  start_ready();
  server_->go_away();
  ASSERT_TRUE(run_until([&] { return !agent_->session()->link().is_connected(); }));
  server_->append(revoked());
  server_->come_back();
  EXPECT_TRUE(run_until([&] { return !server_->seen.acknowledged.empty(); }));
  EXPECT_TRUE(agent_->session()->svids().all().empty());
}

TEST_F(LifecycleTest, ARestartUsesTheStoredIdentityAndTheSameLog) {
  start_ready();
  const std::string evidence_key = server_->seen.evidence_key;
  stop_agent();
  start_ready();
  EXPECT_EQ(server_->seen.attested, 1);
  EXPECT_EQ(server_->seen.hellos, 2);
}

TEST_F(LifecycleTest, SvidsAreServedWhileTheServerIsAway) {
  start_ready();
  ASSERT_TRUE(run_until([&] { return agent_->session()->svids().find("r1") != nullptr; }));
  server_->go_away();
  ASSERT_TRUE(run_until([&] { return !agent_->session()->link().is_connected(); }));
  Told<X509SVIDResponse> told;
  const auto call = watch_x509(told);
  EXPECT_TRUE(run_until([&] { return !told.messages.empty(); }));
}

TEST_F(LifecycleTest, SvidsAreRenewedAtHalfLifeAndPushed) {
  server_->x509_ttl = std::chrono::milliseconds{4000};
  start_ready();
  Told<X509SVIDResponse> told;
  const auto call = watch_x509(told);
  ASSERT_TRUE(run_until([&] { return told.messages.size() >= 2; }));
  EXPECT_NE(told.messages[0].svids(0).x509_svid(), told.messages[1].svids(0).x509_svid());
  EXPECT_NE(told.messages[0].svids(0).x509_svid_key(), told.messages[1].svids(0).x509_svid_key());
}

TEST_F(LifecycleTest, TheNodeRenewsItsIdentityAndConnectsWithIt) {
  server_->agent_ttl = std::chrono::seconds{4};
  start_ready();
  EXPECT_TRUE(run_until([&] { return server_->seen.renewals >= 1 && server_->seen.hellos >= 2; }));
  EXPECT_EQ(server_->seen.attested, 1);
}

TEST_F(LifecycleTest, EveryRecordNamesTheRootOfItsRevision) {
  start_ready();
  for (int i = 0; i < 5; ++i) {
    server_->append(world::IdentityPut{world::testing::identity(kShop)});
    server_->append(revoked());
    server_->append(world::Restored{world::RevocationKind::kIdentity, kShop, {}});
    ASSERT_TRUE(run_until([&] { return is_current(); }));
    loop_.run_for(std::chrono::milliseconds{i * 30});  // before a heartbeat, and after
  }
  ASSERT_TRUE(run_until([&] { return server_->seen.acknowledged.size() >= 5; }));
  const auto directory = evidence_directory(
      path("data"), log_origin(spiffe::SpiffeId::parse(std::string(kNode)).value()));
  stop_agent();
  const auto key = server_->evidence_key();
  const auto log = evidence::LogReader::open(files_, directory, {&key, 1}).value();
  ASSERT_GE(log.size(), 10U);
  const auto read = log.read_entries(0, log.size(), [](auto index, ByteView entry) -> Result<void> {
    WARD_TRY(const auto record, evidence::decode_record(entry));
    // As the fake server makes them.
    EXPECT_EQ(as_text(record.journal_root8), fmt::format("{:08}", record.revision)) << index;
    return {};
  });
  EXPECT_TRUE(read.ok());
}

TEST_F(LifecycleTest, AServerThatWentBackInTimeIsNotFollowed) {
  start_ready();
  const auto revision = agent_->session()->view().revision();
  EXPECT_EQ(agent_->session()
                ->view()
                .on_base({.head = {.revision = revision - 1}, .entries = {}})
                .error()
                .code(),
            ErrorCode::kDataLoss);
}

TEST(RenewalTime, IsHalfOfTheLifeWithinATenth) {
  SeededRandom random(1);
  const WallTime issued{std::chrono::seconds{1000}};
  for (int i = 0; i < 1000; ++i) {
    const auto due = renewal_time(issued, issued + std::chrono::seconds{200}, random) - issued;
    EXPECT_GE(due, std::chrono::seconds{90});
    EXPECT_LE(due, std::chrono::seconds{110});
  }
}

}  // namespace
}  // namespace ward::agent
