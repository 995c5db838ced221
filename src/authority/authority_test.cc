#include "authority/authority.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "authority/file_key_sealer.h"
#include "authority/key_maker.h"
#include "base/snapshot.h"
#include "codec/hex.h"
#include "crypto/x509.h"
#include "os/random.h"
#include "os/testing/memory_file_system.h"
#include "spiffe/jwt_svid.h"
#include "spiffe/x509_svid.h"
#include "world/world.h"

namespace ward::authority {
namespace {

using namespace std::chrono_literals;
using crypto::KeyType;
using crypto::PrivateKey;
using world::KeyKind;
using world::KeyStatus;

constexpr WallTime kNow{std::chrono::seconds{1'700'000'000}};
const std::vector<std::string> kAudience{"db"};

spiffe::TrustDomain domain() {
  return spiffe::TrustDomain::parse("example.org").value();
}
spiffe::SpiffeId id(std::string_view text) {
  return spiffe::SpiffeId::parse(text).value();
}

class AuthorityTest : public ::testing::Test {
 protected:
  AuthorityTest() { settle(kNow); }

  KeyMaker maker() { return KeyMaker::make({.trust_domain = domain()}, *sealer_, random_).value(); }

  void append(std::vector<world::FactBody> bodies, WallTime now) {
    for (world::FactBody& body : bodies) {
      const world::Fact fact{.time = now, .actor = "system", .reason = {}, .body = std::move(body)};
      const auto admitted = world::admissible(world_, fact);
      ASSERT_TRUE(admitted.ok()) << admitted.error().text();
      world_ = world::apply(world_, world_.revision() + 1, fact).value();
    }
  }
  // Takes every step that is due, as the server does.
  void settle(WallTime now) {
    for (int steps = 0; steps < 20; ++steps) {
      const KeySlots slots = KeySlots::of(world_).value();
      const auto due = slots.due(now);
      if (due.empty()) return;
      for (const DueStep& step : due) append(maker().facts_of(step, slots, now).value(), now);
    }
    FAIL() << "rotation does not come to rest";
  }
  std::shared_ptr<const Authority> authority(AuthorityOptions options = {
                                                 .trust_domain = domain()}) {
    return Authority::make(KeySlots::of(world_).value(), *sealer_, std::move(options), random_)
        .value();
  }
  spiffe::X509BundleSet x509_trust() {
    spiffe::X509BundleSet set;
    set.set(trust_bundle(domain(), world_).value().x509);
    return set;
  }
  spiffe::JwtBundleSet jwt_trust() {
    spiffe::JwtBundleSet set;
    set.set(trust_bundle(domain(), world_).value().jwt);
    return set;
  }

  os::testing::MemoryFileSystem files_;
  os::SystemRandom random_;
  std::unique_ptr<FileKeySealer> sealer_ = FileKeySealer::open(files_, "kek", random_).value();
  world::World world_;
  PrivateKey key_ = PrivateKey::generate(KeyType::kP256).value();
  Subject web_{.id = id("spiffe://example.org/web")};
};

ErrorCode code(const auto& result) {
  return result.ok() ? ErrorCode::kUnknown : result.error().code();
}

TEST_F(AuthorityTest, X509SvidVerifiesAndHoldsWhatWasRegistered) {
  web_.dns_names = {"web.example.org", "www.example.org"};
  const auto credential = authority()->issue_x509_svid(web_, key_.public_key(), kNow);
  ASSERT_TRUE(credential.ok()) << credential.error().text();
  const auto svid =
      spiffe::verify_x509_svid(std::span<const Bytes>(credential->chain), x509_trust(), kNow);
  ASSERT_TRUE(svid.ok()) << svid.error().text();
  EXPECT_EQ(svid->id, web_.id);
  const crypto::CertificateInfo& info = svid->leaf().info();
  EXPECT_EQ(info.uris, std::vector{web_.id.text()});
  EXPECT_EQ(info.dns_names, web_.dns_names);
  EXPECT_EQ(info.common_name, "web.example.org");
  EXPECT_EQ(info.not_before, kNow - 10s);
  EXPECT_EQ(info.not_after, kNow + 1h);
  EXPECT_EQ(credential->not_after, info.not_after);
  EXPECT_EQ(credential->not_before, info.not_before);
  EXPECT_EQ(credential->serial, codec::encode_hex(info.serial));
  EXPECT_EQ(svid->leaf().public_key(), key_.public_key());
  EXPECT_FALSE(info.is_ca);
}

TEST_F(AuthorityTest, X509SvidHasTheExtensionsOfTheSpecification) {
  const auto credential = authority()->issue_x509_svid(web_, key_.public_key(), kNow).value();
  const auto leaf = crypto::Certificate::parse_der(credential.chain.front()).value();
  const crypto::CertificateInfo& info = leaf.info();
  EXPECT_TRUE(info.has_empty_subject);
  EXPECT_TRUE(info.is_subject_alt_name_critical) << "X509-SVID 2: when the subject is empty";
  EXPECT_TRUE(info.has_basic_constraints);
  EXPECT_TRUE(info.is_key_usage_critical);
  EXPECT_TRUE(info.allows(crypto::KeyUsage::kDigitalSignature));
  EXPECT_FALSE(info.allows(crypto::KeyUsage::kKeyCertSign));
  EXPECT_FALSE(info.allows(crypto::KeyUsage::kCrlSign));
  EXPECT_EQ(
      std::set(info.extended_key_usages.begin(), info.extended_key_usages.end()),
      (std::set{crypto::ExtendedKeyUsage::kServerAuth, crypto::ExtendedKeyUsage::kClientAuth}));
}

TEST_F(AuthorityTest, CaCertificateIsThatOfTheTrustDomain) {
  const auto snapshot = authority();
  ASSERT_EQ(snapshot->x509_bundle().authorities.size(), 1u);
  const crypto::CertificateInfo& info = snapshot->x509_bundle().authorities.front().info();
  EXPECT_TRUE(info.is_ca);
  EXPECT_EQ(info.uris, std::vector<std::string>{"spiffe://example.org"});
  EXPECT_TRUE(info.is_key_usage_critical);
  EXPECT_TRUE(info.allows(crypto::KeyUsage::kKeyCertSign));
  EXPECT_FALSE(info.allows(crypto::KeyUsage::kDigitalSignature));
  EXPECT_EQ(info.not_after, kNow + 24h);
}

TEST_F(AuthorityTest, SerialsArePositiveAndNeverRepeat) {
  const auto snapshot = authority();
  std::set<std::string> serials;
  for (int i = 0; i < 500; ++i) {
    const auto credential = snapshot->issue_x509_svid(web_, key_.public_key(), kNow).value();
    EXPECT_EQ(credential.serial.size(), 32u);
    EXPECT_LT(credential.serial.front(), '8') << "negative";
    serials.insert(credential.serial);
  }
  EXPECT_EQ(serials.size(), 500u);
}

TEST_F(AuthorityTest, JwtSvidVerifiesForItsAudienceAndNoOther) {
  const auto credential = authority()->issue_jwt_svid(web_, kAudience, kNow);
  ASSERT_TRUE(credential.ok()) << credential.error().text();
  const auto svid = spiffe::verify_jwt_svid(credential->token, jwt_trust(), "db", kNow);
  ASSERT_TRUE(svid.ok()) << svid.error().text();
  EXPECT_EQ(svid->id, web_.id);
  EXPECT_EQ(svid->expiry, kNow + 5min);
  EXPECT_EQ(svid->issued_at, kNow);
  EXPECT_EQ(svid->audience, kAudience);
  EXPECT_EQ(*svid->claims.find("jti")->if_string(), credential->token_id);
  EXPECT_EQ(svid->claims.find("iss"), nullptr);
  EXPECT_FALSE(spiffe::verify_jwt_svid(credential->token, jwt_trust(), "other", kNow).ok());
  EXPECT_FALSE(spiffe::verify_jwt_svid(credential->token, jwt_trust(), "db", kNow + 5min).ok());
}

TEST_F(AuthorityTest, JwtIssuerIsWrittenWhenThereIsOne) {
  const auto snapshot = authority({.trust_domain = domain(), .jwt_issuer = "https://ward.test"});
  const auto credential = snapshot->issue_jwt_svid(web_, kAudience, kNow).value();
  const auto svid = spiffe::verify_jwt_svid(credential.token, jwt_trust(), "db", kNow).value();
  EXPECT_EQ(*svid.claims.find("iss")->if_string(), "https://ward.test");
}

TEST_F(AuthorityTest, AudienceIsBounded) {
  const auto snapshot = authority();
  EXPECT_EQ(code(snapshot->issue_jwt_svid(web_, {}, kNow)), ErrorCode::kInvalidArgument);
  const std::vector<std::string> many(spiffe::kAudiencesMax + 1, "a");
  EXPECT_EQ(code(snapshot->issue_jwt_svid(web_, many, kNow)), ErrorCode::kInvalidArgument);
  const std::vector<std::string> empty{""};
  EXPECT_FALSE(snapshot->issue_jwt_svid(web_, empty, kNow).ok());
}

TEST_F(AuthorityTest, WhatWardKeepsForItselfIsNotIssuedToWorkloads) {
  const auto snapshot = authority();
  for (const std::string_view text :
       {"spiffe://example.org/ward", "spiffe://example.org/ward/server",
        "spiffe://example.org/ward/agent/join_token/x", "spiffe://example.com/web"}) {
    web_.id = id(text);
    EXPECT_EQ(code(snapshot->issue_x509_svid(web_, key_.public_key(), kNow)),
              ErrorCode::kPermissionDenied)
        << text;
    EXPECT_EQ(code(snapshot->issue_jwt_svid(web_, kAudience, kNow)), ErrorCode::kPermissionDenied);
  }
  web_.id = id("spiffe://example.org");
  EXPECT_EQ(code(snapshot->issue_x509_svid(web_, key_.public_key(), kNow)),
            ErrorCode::kInvalidArgument);
  web_.id = id("spiffe://example.org/wardrobe");
  EXPECT_TRUE(snapshot->issue_x509_svid(web_, key_.public_key(), kNow).ok());
}

TEST_F(AuthorityTest, AgentAndServerSvidsHaveTheirOwnDoors) {
  const auto snapshot = authority();
  const auto agent = id("spiffe://example.org/ward/agent/x509pop/ab");
  EXPECT_TRUE(snapshot->issue_agent_svid(agent, key_.public_key(), kNow).ok());
  for (const std::string_view text :
       {"spiffe://example.org/ward/server", "spiffe://example.org/web",
        "spiffe://example.com/ward/agent/x509pop/ab", "spiffe://example.org/ward/agent"}) {
    EXPECT_EQ(code(snapshot->issue_agent_svid(id(text), key_.public_key(), kNow)),
              ErrorCode::kPermissionDenied)
        << text;
  }
  const auto server = snapshot->issue_server_svid(key_.public_key(), kNow).value();
  EXPECT_EQ(
      spiffe::verify_x509_svid(std::span<const Bytes>(server.chain), x509_trust(), kNow).value().id,
      server_id(domain()));
}

TEST_F(AuthorityTest, TheKeyOfANodesLogIsCertifiedForSigningAndIsNoSvid) {
  const auto snapshot = authority();
  const auto agent = id("spiffe://example.org/ward/agent/x509pop/ab");
  const auto log_key = crypto::PrivateKey::generate(KeyType::kEd25519).value().public_key();
  const auto certified = snapshot->certify_log_key(agent, log_key, kNow).value();
  const auto leaf = crypto::Certificate::parse_der(certified.chain.front()).value();
  EXPECT_TRUE(leaf.public_key() == log_key);
  EXPECT_EQ(leaf.info().uris, std::vector<std::string>{agent.text()});
  EXPECT_TRUE(crypto::verify_chain(leaf, {}, snapshot->x509_bundle().authorities, kNow).ok());
  EXPECT_FALSE(
      spiffe::verify_x509_svid(std::span<const Bytes>(certified.chain), x509_trust(), kNow).ok());
  EXPECT_EQ(code(snapshot->certify_log_key(agent, key_.public_key(), kNow)),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(snapshot->certify_log_key(id("spiffe://example.org/web"), log_key, kNow)),
            ErrorCode::kPermissionDenied);
}

TEST_F(AuthorityTest, OtherKeysAndBadLifetimesAreRefused) {
  const auto snapshot = authority();
  for (const KeyType type : {KeyType::kP384, KeyType::kEd25519}) {
    const auto other = PrivateKey::generate(type).value();
    EXPECT_EQ(code(snapshot->issue_x509_svid(web_, other.public_key(), kNow)),
              ErrorCode::kInvalidArgument);
  }
  web_.ttl = -1s;
  EXPECT_EQ(code(snapshot->issue_x509_svid(web_, key_.public_key(), kNow)),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(snapshot->issue_jwt_svid(web_, kAudience, kNow)), ErrorCode::kInvalidArgument);
}

TEST_F(AuthorityTest, NothingIsIssuedThatWouldSeemOlderThanACutOff) {
  const auto snapshot = authority();
  web_.not_before_min = kNow - 3500ms;
  EXPECT_EQ(snapshot->issue_x509_svid(web_, key_.public_key(), kNow)->not_before, kNow - 3s);
  EXPECT_EQ(snapshot->issue_jwt_svid(web_, kAudience, kNow)->issued_at, kNow);
  web_.not_before_min = kNow + 1us;
  EXPECT_EQ(code(snapshot->issue_x509_svid(web_, key_.public_key(), kNow)),
            ErrorCode::kUnavailable);
  EXPECT_EQ(code(snapshot->issue_jwt_svid(web_, kAudience, kNow)), ErrorCode::kUnavailable);
}

TEST_F(AuthorityTest, LifetimeIsTheShortestOfAllThatLimitIt) {
  world::Registration registration;
  registration.spiffe_id = web_.id.text();
  world::Identity identity;
  const auto x509 = [&](const world::Identity* of) {
    return x509_subject(registration, of).value().ttl;
  };
  EXPECT_EQ(x509(nullptr), 0s);
  registration.x509_ttl_s = 600;
  EXPECT_EQ(x509(nullptr), 600s);
  EXPECT_EQ(x509(&identity), 600s);
  identity.x509_ttl_s = 900;
  EXPECT_EQ(x509(&identity), 600s);
  identity.credential_age_max_s = 300;
  EXPECT_EQ(x509(&identity), 300s);
  EXPECT_EQ(jwt_subject(registration, &identity).value().ttl, 300s);
  registration.jwt_ttl_s = 60;
  EXPECT_EQ(jwt_subject(registration, &identity).value().ttl, 60s);

  const auto snapshot = authority({.trust_domain = domain(), .x509_ttl_max = 2h});
  web_.ttl = 10h;
  EXPECT_EQ(snapshot->issue_x509_svid(web_, key_.public_key(), kNow)->not_after, kNow + 2h)
      << "the server's most";
}

TEST_F(AuthorityTest, NothingOutlivesTheKeyThatSignedIt) {
  const auto snapshot = authority();
  const WallTime late = kNow + 24h - 60s;
  EXPECT_EQ(snapshot->issue_x509_svid(web_, key_.public_key(), late)->not_after, kNow + 24h);
  EXPECT_EQ(snapshot->issue_jwt_svid(web_, kAudience, late)->expiry, kNow + 24h);
  EXPECT_EQ(code(snapshot->issue_x509_svid(web_, key_.public_key(), kNow + 24h)),
            ErrorCode::kUnavailable);
  EXPECT_EQ(code(snapshot->issue_jwt_svid(web_, kAudience, kNow + 24h)), ErrorCode::kUnavailable);
}

TEST_F(AuthorityTest, WithoutKeysNothingIsIssuedAndNothingTrusted) {
  world_ = world::World();
  const auto snapshot = authority();
  EXPECT_EQ(code(snapshot->issue_x509_svid(web_, key_.public_key(), kNow)),
            ErrorCode::kUnavailable);
  EXPECT_EQ(code(snapshot->issue_jwt_svid(web_, kAudience, kNow)), ErrorCode::kUnavailable);
  EXPECT_TRUE(snapshot->x509_bundle().authorities.empty());
}

TEST_F(AuthorityTest, CredentialsOfBeforeAndAfterARotationVerifyThroughout) {
  const auto before =
      authority()->issue_x509_svid({.id = web_.id, .ttl = 24h}, key_.public_key(), kNow);
  ASSERT_TRUE(before.ok());
  for (WallTime now = kNow; now < kNow + 24h; now += 30min) {
    settle(now);
    const auto snapshot = authority();
    const auto fresh = snapshot->issue_x509_svid(web_, key_.public_key(), now);
    const auto token = snapshot->issue_jwt_svid(web_, kAudience, now);
    ASSERT_TRUE(fresh.ok() && token.ok());
    const auto verifies = [&](const X509Credential& credential) {
      return spiffe::verify_x509_svid(std::span<const Bytes>(credential.chain), x509_trust(), now)
          .ok();
    };
    EXPECT_TRUE(verifies(*before));
    EXPECT_TRUE(verifies(*fresh));
    EXPECT_TRUE(spiffe::verify_jwt_svid(token->token, jwt_trust(), "db", now).ok());
  }
  EXPECT_EQ(KeySlots::of(world_)->published(KeyKind::kX509).size(), 2u) << "it did rotate";
}

TEST_F(AuthorityTest, KeyIsInTheBundleBeforeItSigns) {
  settle(kNow + 12h);
  const auto prepared = *KeySlots::of(world_)->prepared(KeyKind::kX509);
  const auto snapshot = authority();
  EXPECT_EQ(snapshot->x509_bundle().authorities.size(), 2u);
  EXPECT_EQ(snapshot->jwt_bundle().keys.size(), 2u);
  const auto credential = snapshot->issue_x509_svid(web_, key_.public_key(), kNow + 12h).value();
  const auto leaf = crypto::Certificate::parse_der(credential.chain.front()).value();
  EXPECT_NE(codec::encode_hex(leaf.info().authority_key_id), prepared.key_id.view());
}

TEST_F(AuthorityTest, RetiredKeyLeavesNoPrivatePartInTheWorld) {
  settle(kNow + 12h);
  settle(kNow + 20h);
  for (const world::KeySlot* slot : world_.key_slots({})) {
    EXPECT_EQ(slot->sealed_private_key.empty(), slot->status == KeyStatus::kRetired) << slot->id;
  }
}

TEST_F(AuthorityTest, SealedKeyInAnotherSlotIsRefused) {
  settle(kNow + 12h);  // now there are two
  const KeySlots slots = KeySlots::of(world_).value();
  std::vector<world::KeySlot> swapped(slots.all().begin(), slots.all().end());
  const auto slot_of = [&](KeyStatus status) {
    return std::ranges::find_if(swapped, [&](const world::KeySlot& slot) {
      return slot.kind == KeyKind::kX509 && slot.status == status;
    });
  };
  slot_of(KeyStatus::kActive)->sealed_private_key =
      slot_of(KeyStatus::kPrepared)->sealed_private_key;
  const auto made =
      Authority::make(KeySlots::of(swapped).value(), *sealer_, {.trust_domain = domain()}, random_);
  EXPECT_EQ(code(made), ErrorCode::kUnauthenticated);
}

TEST_F(AuthorityTest, KeysOfAnotherTrustDomainOrSealerAreRefused) {
  const KeySlots slots = KeySlots::of(world_).value();
  const auto other_domain = spiffe::TrustDomain::parse("example.com").value();
  EXPECT_EQ(code(Authority::make(slots, *sealer_, {.trust_domain = other_domain}, random_)),
            ErrorCode::kDataLoss);
  const auto other = FileKeySealer::open(files_, "other", random_).value();
  EXPECT_EQ(code(Authority::make(slots, *other, {.trust_domain = domain()}, random_)),
            ErrorCode::kFailedPrecondition);
}

TEST_F(AuthorityTest, DamagedPublicMaterialIsFound) {
  const KeySlots slots = KeySlots::of(world_).value();
  for (std::size_t i = 0; i < slots.all().size(); ++i) {
    std::vector<world::KeySlot> damaged(slots.all().begin(), slots.all().end());
    damaged[i].public_material.pop_back();
    EXPECT_EQ(code(Authority::make(KeySlots::of(damaged).value(), *sealer_,
                                   {.trust_domain = domain()}, random_)),
              ErrorCode::kDataLoss);
  }
}

TEST_F(AuthorityTest, OptionsAreChecked) {
  const KeySlots slots = KeySlots::of(world_).value();
  EXPECT_FALSE(
      Authority::make(slots, *sealer_, {.trust_domain = domain(), .x509_ttl = 0s}, random_).ok());
  EXPECT_FALSE(
      Authority::make(slots, *sealer_, {.trust_domain = domain(), .jwt_ttl = 2h}, random_).ok());
  EXPECT_FALSE(
      KeyMaker::make({.trust_domain = domain(), .x509_lifetime = 1s}, *sealer_, random_).ok());
}

// Run under tsan: signers on many threads, while the snapshot they pin is replaced.
TEST_F(AuthorityTest, ManyThreadsSignWhileKeysRotate) {
  Snapshot<Authority> current(authority());
  std::vector<std::shared_ptr<const Authority>> next;
  for (const auto after : {12h, 20h, 32h}) {
    settle(kNow + after);
    next.push_back(authority());
  }
  std::atomic<int> failed{0};
  {
    std::vector<std::jthread> signers;
    for (int i = 0; i < 4; ++i) {
      signers.emplace_back([&](const std::stop_token& stop) {
        Snapshot<Authority>::Reader reader(current);
        while (!stop.stop_requested()) {
          const Authority& pinned = reader.pin();
          if (!pinned.issue_x509_svid(web_, key_.public_key(), kNow).ok()) ++failed;
          if (!pinned.issue_jwt_svid(web_, kAudience, kNow).ok()) ++failed;
        }
      });
    }
    for (int round = 0; round < 100; ++round) {
      current.publish(next[static_cast<std::size_t>(round) % next.size()]);
      std::this_thread::sleep_for(1ms);
    }
  }
  EXPECT_EQ(failed, 0);
}

}  // namespace
}  // namespace ward::authority
