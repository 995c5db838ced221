#include "attest/join_token.h"

#include <gtest/gtest.h>

#include <mutex>
#include <set>
#include <thread>

#include "attest/testing/node_attestor_suite.h"

namespace ward::attest {
namespace {

using namespace ward::attest::testing;  // the macro names what the suite declared
using namespace std::chrono_literals;

constexpr WallTime kNow{std::chrono::seconds{1'700'000'000}};

// Facts one after another, each admitted by the world as it then stands: what a journal does.
class Journal {
 public:
  Result<void> append(world::FactBody body, WallTime now = kNow) {
    const std::lock_guard lock(mutex_);
    const world::Fact fact{.time = now, .actor = "system", .reason = {}, .body = std::move(body)};
    WARD_RETURN_IF_ERROR(world::admissible(world_, fact));
    WARD_TRY(world_, world::apply(world_, world_.revision() + 1, fact));
    return {};
  }
  world::World world() {
    const std::lock_guard lock(mutex_);
    return world_;
  }

 private:
  std::mutex mutex_;
  world::World world_;
};

world::JoinTokenCreated created(const SecretBytes& token, WallTime expires = kNow + 600s,
                                std::string_view node = {}) {
  return {{.sha256 = join_token_name(token.view()), .node = node, .expires = expires}};
}

class JoinTokenKind {
 public:
  JoinTokenKind() {
    Journal journal;
    EXPECT_TRUE(journal.append(created(token_)).ok());
    world_ = journal.world();
  }
  const NodeAttestor& attestor() { return attestor_; }
  const world::World& world() { return world_; }
  WallTime now() { return kNow; }
  std::unique_ptr<NodeProver> honest() { return std::make_unique<JoinTokenProver>(token_.clone()); }
  std::unique_ptr<NodeProver> stranger() {
    return std::make_unique<JoinTokenProver>(make_join_token(random_));
  }

 private:
  SeededRandom random_{1};
  SecretBytes token_ = make_join_token(random_);
  JoinTokenAttestor attestor_;
  world::World world_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(JoinToken, NodeAttestorSuite, JoinTokenKind);

class JoinTokenTest : public ::testing::Test {
 protected:
  Result<NodeIdentity> attest(const SecretBytes& token, WallTime now = kNow) {
    const NodeConversation about = conversation_about("key");
    JoinTokenProver node(token.clone());
    return converse(*attestor_.begin(about, journal_.world(), now), node, about);
  }
  // As a server does it: the identity holds once its facts are in the journal.
  Result<NodeIdentity> join(const SecretBytes& token) {
    WARD_TRY(NodeIdentity identity, attest(token));
    for (const world::FactBody& fact : identity.facts) {
      if (!journal_.append(fact).ok()) return join_token_refused();
    }
    return identity;
  }

  SeededRandom random_{2};
  SecretBytes token_ = make_join_token(random_);
  Journal journal_;
  JoinTokenAttestor attestor_;
};

TEST_F(JoinTokenTest, TokenIs256BitsOfBase64Url) {
  EXPECT_EQ(token_.size(), 43u);
  std::set<std::string> names;
  for (int i = 0; i < 1000; ++i) names.insert(join_token_name(make_join_token(random_).view()));
  EXPECT_EQ(names.size(), 1000u);
}

TEST_F(JoinTokenTest, OfManyUsesAtOnceExactlyOneSucceeds) {
  for (int round = 0; round < 20; ++round) {
    const SecretBytes token = make_join_token(random_);
    ASSERT_TRUE(journal_.append(created(token)).ok());
    std::atomic<int> joined{0};
    std::atomic<int> refused{0};
    {
      std::vector<std::jthread> nodes;
      for (int i = 0; i < 8; ++i) {
        nodes.emplace_back([&] {
          const auto identity = join(token);
          if (identity.ok()) {
            ++joined;
          } else if (identity.error() == join_token_refused()) {
            ++refused;
          }
        });
      }
    }
    EXPECT_EQ(joined, 1);
    EXPECT_EQ(refused, 7);
  }
}

TEST_F(JoinTokenTest, TwoWhoSawItUnusedAreToldApartByTheJournal) {
  ASSERT_TRUE(journal_.append(created(token_)).ok());
  const auto first = attest(token_);
  const auto second = attest(token_);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_TRUE(journal_.append(first->facts.front()).ok());
  EXPECT_FALSE(journal_.append(second->facts.front()).ok());
}

TEST_F(JoinTokenTest, UnknownExpiredAndUsedGetTheSameAnswer) {
  const SecretBytes used = make_join_token(random_);
  ASSERT_TRUE(journal_.append(created(token_)).ok());
  ASSERT_TRUE(journal_.append(created(used)).ok());
  ASSERT_TRUE(join(used).ok());
  const Error unknown = attest(make_join_token(random_)).error();
  EXPECT_EQ(unknown, attest(token_, kNow + 600s).error()) << "expired";
  EXPECT_EQ(unknown, attest(used).error()) << "used";
  EXPECT_EQ(unknown, join(used).error()) << "used, by the journal";
  EXPECT_EQ(unknown, join_token_refused());
}

TEST_F(JoinTokenTest, ExpiryIsTheFirstMomentAtWhichItFails) {
  ASSERT_TRUE(journal_.append(created(token_)).ok());
  EXPECT_TRUE(attest(token_, kNow + 600s - 1us).ok());
  EXPECT_FALSE(attest(token_, kNow + 600s).ok());
}

TEST_F(JoinTokenTest, NameIsThatOfTheTokenFactOrItsHash) {
  ASSERT_TRUE(journal_.append(created(token_)).ok());
  EXPECT_EQ(attest(token_)->id.text(),
            "spiffe://example.org/ward/agent/join_token/" + join_token_name(token_.view()));
  const SecretBytes named = make_join_token(random_);
  ASSERT_TRUE(
      journal_.append(created(named, kNow + 600s, "spiffe://example.org/ward/agent/rack/7")).ok());
  EXPECT_EQ(attest(named)->id.text(), "spiffe://example.org/ward/agent/rack/7");
}

TEST_F(JoinTokenTest, TokenForWhatIsNoAgentHereIsRefused) {
  for (const std::string_view node :
       {"spiffe://example.com/ward/agent/x", "spiffe://example.org/ward/server",
        "spiffe://example.org/web", "spiffe://example.org/ward/agent/../server"}) {
    const SecretBytes token = make_join_token(random_);
    if (!journal_.append(created(token, kNow + 600s, node)).ok())
      continue;  // the world knew better
    EXPECT_FALSE(attest(token).ok()) << node;
  }
}

TEST_F(JoinTokenTest, TextThatCouldBeAPathIsNoToken) {
  for (const std::string_view text :
       {"../../../../../../etc/passwd", "aaaaaaaaaaaaaaaaaaaaaaaaaa/b", "aaaaaaaaaaaaaaaaaaaaa",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaa%2e", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa="}) {
    const auto step =
        attestor_.begin(conversation_about("k"), journal_.world(), kNow)->start(as_bytes(text));
    ASSERT_FALSE(step.ok()) << text;
    EXPECT_EQ(step.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_EQ(step.error().message().find(text), std::string::npos) << "a secret in a message";
  }
}

}  // namespace
}  // namespace ward::attest
