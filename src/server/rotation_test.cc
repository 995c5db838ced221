// The server's keys over three months of simulated time: prepared, active, retired, removed, again
// and again, without a restart. Whatever is signed can be verified by whoever has the bundle of the
// moment, or of hours ago, or what was pushed to an agent.
#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "authority/file_key_sealer.h"
#include "authority/trust_bundle.h"
#include "journal/testing/memory_journal.h"
#include "net/testing/simulated_loop.h"
#include "os/random.h"
#include "os/testing/memory_file_system.h"
#include "server/authority_keeper.h"
#include "server/bootstrap.h"
#include "server/distribution.h"
#include "spiffe/jwt_svid.h"
#include "spiffe/x509_svid.h"
#include "ward/node/v1/node.pb.h"

namespace ward::server {
namespace {

using namespace std::chrono_literals;
using world::KeyKind;
using world::KeyStatus;

constexpr auto kTtl = std::chrono::hours{3};
constexpr auto kStep = kTtl - 10min;  // so that the X.509-SVID of the step before is valid
constexpr auto kDuration = std::chrono::days{92};
const std::vector<std::string> kAudience{"records"};

spiffe::TrustDomain domain() {
  return spiffe::TrustDomain::parse("example.org").value();
}

// An agent as the distribution sees it: what it is pushed, it folds.
class Agent final : public NodeLink {
 public:
  explicit Agent(world::World base) : world_(std::move(base)) {}

  void send(const ward::node::v1::ServerMessage& message) override {
    for (const auto& pushed : message.facts().facts()) {
      const auto fact = world::decode_fact(as_bytes(pushed.fact())).value();
      world_ = world::apply(world_, pushed.revision(), fact).value();
      ++pushes;
    }
  }
  void end(Error error) override { ADD_FAILURE() << error.text(); }
  const world::World& world() const { return world_; }
  int pushes = 0;

 private:
  world::World world_;
};

// When a slot was first seen with a status, and when it was gone.
struct Life {
  world::KeySlot slot;
  std::map<KeyStatus, WallTime> since;
  std::optional<WallTime> removed;
};

struct Signed {
  std::vector<Bytes> chain;
  std::string token;
};

class RotationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ =
        journal::Store::open(journal::testing::make_memory_journal().journal, Log::none()).value();
    ASSERT_TRUE(bootstrap(*store_, maker(), domain(), clock_).ok());
    plane_ = ControlPlane::open(*store_, loop_, domain(), Log::none(), [](const Error& error) {
               ADD_FAILURE() << error.text();
             }).value();
    keeper_ =
        AuthorityKeeper::open(*plane_, loop_, *sealer_, maker(),
                              {.trust_domain = domain(), .x509_ttl = kTtl}, random_, Log::none())
            .value();
    revocations_.emplace(loop_);
    distribution_.emplace(*plane_, *revocations_, loop_, Log::none());
    agent_.emplace(plane_->world());
    distribution_->connect(*agent_, "spiffe://example.org/ward/agent/join_token/n",
                           "example.org/ward/agent/join_token/n", clock_.now() + 365 * 24h);
  }

  authority::KeyMaker maker() {
    return authority::KeyMaker::make({.trust_domain = domain()}, *sealer_, random_).value();
  }

  // Runs until no step is due; the journal has a thread of its own, so it takes real moments, too.
  void settle() {
    for (int i = 0; i < 5000; ++i) {
      loop_.run_for(1100ms);
      const auto slots = authority::KeySlots::of(plane_->world()).value();
      if (slots.due(clock_.now()).empty() &&
          agent_->world().revision() == store_->world()->revision()) {
        return;
      }
      std::this_thread::sleep_for(1ms);
    }
    FAIL() << "the keys do not come to rest";
  }

  void watch_slots() {
    std::map<std::string, bool> seen;
    for (const world::KeySlot* slot : plane_->world().key_slots({})) {
      seen[slot->id.str()] = true;
      Life& life = lives_[slot->id.str()];
      life.slot = *slot;
      life.since.try_emplace(slot->status, clock_.now());
    }
    for (auto& [id, life] : lives_) {
      if (!seen.contains(id) && !life.removed) life.removed = clock_.now();
    }
  }

  Signed sign() {
    const authority::Subject web{.id = spiffe::SpiffeId::parse("spiffe://example.org/web").value()};
    const auto x509 =
        keeper_->authority().issue_x509_svid(web, key_.public_key(), clock_.now()).value();
    const auto jwt = keeper_->authority().issue_jwt_svid(web, kAudience, clock_.now()).value();
    EXPECT_GE(x509.not_after, clock_.now() + kTtl - 10s) << "a key near its end cuts no SVID short";
    return {x509.chain, jwt.token};
  }

  static bool verify_x509(const Signed& made, const authority::TrustBundle& bundle, WallTime now) {
    spiffe::X509BundleSet set;
    set.set(bundle.x509);
    return spiffe::verify_x509_svid(std::span<const Bytes>(made.chain), set, now).ok();
  }
  static bool verify_jwt(const Signed& made, const authority::TrustBundle& bundle, WallTime now) {
    spiffe::JwtBundleSet set;
    set.set(bundle.jwt);
    return spiffe::verify_jwt_svid(made.token, set, kAudience.front(), now).ok();
  }
  void expect_verifies(const Signed& made, const authority::TrustBundle& bundle,
                       const char* whose) {
    EXPECT_TRUE(verify_x509(made, bundle, clock_.now())) << whose;
    EXPECT_TRUE(verify_jwt(made, bundle, clock_.now())) << whose;
  }

  ManualClock clock_;
  net::testing::SimulatedLoop loop_{clock_};
  os::SystemRandom random_;
  os::testing::MemoryFileSystem files_;
  std::unique_ptr<authority::FileKeySealer> sealer_ =
      authority::FileKeySealer::open(files_, "kek", random_).value();
  crypto::PrivateKey key_ = crypto::PrivateKey::generate(crypto::KeyType::kP256).value();
  std::unique_ptr<journal::Store> store_;
  std::unique_ptr<ControlPlane> plane_;
  std::unique_ptr<AuthorityKeeper> keeper_;
  std::optional<RevocationTracker> revocations_;
  std::optional<Distribution> distribution_;
  std::optional<Agent> agent_;
  std::map<std::string, Life> lives_;
};

TEST_F(RotationTest, OverThreeMonthsEverySvidVerifiesAndEveryKeyLivesByTheRules) {
  const WallTime end = clock_.now() + kDuration;
  settle();
  watch_slots();
  auto before = authority::trust_bundle(domain(), plane_->world()).value();
  Signed previous = sign();
  std::size_t published_most = 0;
  while (clock_.now() < end && !HasFailure()) {
    clock_.advance(kStep);
    settle();
    watch_slots();
    const auto published = authority::trust_bundle(domain(), plane_->world()).value();
    const auto pushed = authority::trust_bundle(domain(), agent_->world()).value();
    const Signed made = sign();
    expect_verifies(made, published, "of the moment");
    expect_verifies(made, pushed, "of the agent");
    expect_verifies(made, before, "of the step before: a key is published before it signs");
    EXPECT_TRUE(verify_x509(previous, pushed, clock_.now())) << "what was signed lives on";
    spiffe::X509BundleSet own;
    own.set(published.x509);
    EXPECT_TRUE(spiffe::verify_x509_svid(keeper_->tls().load()->chain(), own, clock_.now()).ok())
        << "the server shows a valid SVID of its own";
    published_most = std::max(published_most, published.x509.authorities.size());
    before = published;
    previous = made;
  }
  EXPECT_LE(published_most, 4u) << "keys that are over go";

  std::map<KeyKind, int> whole_lives;
  for (const auto& [id, life] : lives_) {
    const auto at = [&](KeyStatus status) { return life.since.at(status); };
    if (!life.removed) continue;
    // The first of a kind was activated before anybody looked.
    if (life.since.contains(KeyStatus::kPrepared)) {
      ASSERT_EQ(life.since.size(), 3u) << id << " skipped a stage";
      EXPECT_GE(at(KeyStatus::kActive) - at(KeyStatus::kPrepared), authority::kPublishAhead) << id;
      ++whole_lives[life.slot.kind];
    }
    EXPECT_LT(at(KeyStatus::kActive), at(KeyStatus::kRetired)) << id;
    EXPECT_LT(at(KeyStatus::kRetired), life.slot.not_after) << id;
    EXPECT_GE(*life.removed, life.slot.not_after + authority::kKeyRetention) << id;
    EXPECT_TRUE(life.slot.sealed_private_key.empty()) << id;
  }
  // A life of 24 h is over for signing after 20 h.
  EXPECT_GE(whole_lives[KeyKind::kX509], 100);
  EXPECT_GE(whole_lives[KeyKind::kJwt], 100);
  EXPECT_GE(agent_->pushes, 2 * 3 * 100);
}

}  // namespace
}  // namespace ward::server
