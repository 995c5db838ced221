// What an agent goes on with after a restart while the server is away, and what it refuses to.
#include <gmock/gmock.h>

#include "agent/state_file.h"
#include "agent/state_keeper.h"
#include "agent/testing/agent_fixture.h"
#include "authority/file_key_sealer.h"
#include "os/testing/forwarding_file_system.h"

namespace ward::agent {
namespace {

using testing::AgentFixture;
using ::testing::HasSubstr;
using testing::kNode;
using testing::Told;

constexpr const char* kShop = "spiffe://example.org/shop";

// Files on which the state cannot be replaced, nor removed, when a test says so.
class StuckFiles final : public os::testing::ForwardingFileSystem {
 public:
  bool is_stuck = false;
  bool may_remove = false;
  int removed = 0;

  Result<void> write_file(const std::string& path, ByteView bytes, mode_t mode) override {
    if (is_stuck && path.ends_with("/state")) return full();
    return ForwardingFileSystem::write_file(path, bytes, mode);
  }
  Result<void> remove(const std::string& path) override {
    if (path.ends_with("/state")) {
      if (is_stuck && !may_remove) return full();
      ++removed;
    }
    return ForwardingFileSystem::remove(path);
  }

 private:
  static Error full() { return {ErrorCode::kResourceExhausted, "no space left"}; }
};

class RestartTest : public AgentFixture {
 protected:
  static world::Revoked revoked(world::RevocationKind kind = world::RevocationKind::kIdentity,
                                std::string id = kShop) {
    return {{.kind = kind,
             .id = std::move(id),
             .identity = kind == world::RevocationKind::kCredential ? kShop : "",
             .not_before = std::chrono::time_point_cast<std::chrono::microseconds>(
                 std::chrono::system_clock::now()),
             .reason = "a test"}};
  }

  std::string state_path() const { return path("data/state"); }
  Bytes state_bytes() const { return files_.read_file(state_path(), kStateFileBytesMax).value(); }
  void put_state(const Bytes& bytes) {
    ASSERT_TRUE(files_.write_file(state_path(), bytes, 0600).ok());
  }
  std::unique_ptr<authority::FileKeySealer> sealer() {
    return authority::FileKeySealer::open(files_, path("data/kek"), random_).value();
  }
  Result<SavedState> try_saved() {
    WARD_TRY(const Bytes file, files_.read_file(state_path(), kStateFileBytesMax));
    WARD_TRY(const SecretBytes opened, open_state(*sealer(), kNode, file));
    return decode_state(opened.view());
  }
  SavedState saved() { return try_saved().value(); }
  void put_saved(const SavedState& state) {
    put_state(seal_state(*sealer(), kNode, encode_state(state).value(), random_).value());
  }

  Result<JWTSVIDResponse> fetch_jwt() {
    JWTSVIDRequest request;
    request.add_audience("a");
    return call_unary<JWTSVIDRequest, JWTSVIDResponse>("FetchJWTSVID", request);
  }
  // Ready, with an X.509-SVID and a JWT-SVID; the token.
  std::string start_with_svids() {
    start_ready();
    EXPECT_TRUE(run_until([&] { return agent_->session()->svids().find("r1") != nullptr; }));
    const auto jwt = fetch_jwt();
    EXPECT_TRUE(jwt.ok()) << jwt.error().text();
    return jwt.ok() ? jwt->svids(0).svid() : "";
  }
  // The file has what the agent has.
  bool is_kept() {
    const auto state = try_saved();
    const NodeSession& session = *agent_->session();
    return state.ok() && state->head.revision == session.sources().view.revision() &&
           state->svids.size() == session.sources().svids.all().size() &&
           state->jwts.size() == session.sources().jwts.size();
  }

  void expect_empty(std::string_view why) {
    EXPECT_FALSE(agent_->session()->view().has_base()) << why;
    EXPECT_TRUE(agent_->session()->svids().all().empty()) << why;
    Told<X509SVIDResponse> told;
    const auto call = watch_x509(told);
    EXPECT_TRUE(run_until([&] { return told.status.has_value(); })) << why;
    EXPECT_EQ(told.code(), ErrorCode::kUnavailable) << why;
  }
};

TEST_F(RestartTest, WithTheServerAwaySvidsAndTokensAreServedAsBefore) {
  const std::string token = start_with_svids();
  const auto serial = agent_->session()->svids().find("r1")->chain.front().info().serial;
  const auto revision = agent_->session()->view().revision();
  shut_down_agent();
  server_->go_away();
  bool is_ready = false;
  start();
  agent_->on_ready([&] { is_ready = true; });
  EXPECT_EQ(agent_->session()->view().revision(), revision);
  Told<X509SVIDResponse> told;
  const auto call = watch_x509(told);
  ASSERT_TRUE(run_until([&] { return !told.messages.empty(); }));
  const auto chain =
      crypto::parse_certificates_der(as_bytes(told.messages[0].svids(0).x509_svid()));
  EXPECT_EQ(chain->front().info().serial, serial);
  EXPECT_FALSE(told.messages[0].svids(0).bundle().empty());
  const auto jwt = fetch_jwt();
  ASSERT_TRUE(jwt.ok()) << jwt.error().text();
  EXPECT_EQ(jwt->svids(0).svid(), token);
  // The server is back: nothing is issued anew, and what happens is pushed.
  server_->come_back();
  server_->append(revoked());
  ASSERT_TRUE(run_until([&] { return told.status.has_value(); }));
  EXPECT_EQ(told.code(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(server_->seen.attested, 1);
  EXPECT_TRUE(run_until([&] { return !server_->seen.acknowledged.empty(); }));
}

TEST_F(RestartTest, AfterACrashItGoesOnWithWhatWasWrittenSoonAfterTheChange) {
  start_with_svids();
  ASSERT_TRUE(run_until([&] { return is_kept(); }));
  stop_agent();
  server_->go_away();
  start();
  EXPECT_NE(agent_->session()->svids().find("r1"), nullptr);
  EXPECT_TRUE(fetch_jwt().ok());
}

TEST_F(RestartTest, TheFileIsPrivateAndHoldsNoKeyInClear) {
  start_with_svids();
  const SecretBytes key = agent_->session()->svids().find("r1")->key.pkcs8_der();
  shut_down_agent();
  EXPECT_EQ(files_.status(state_path()).value()->mode, 0600U);
  EXPECT_EQ(files_.status(path("data/kek")).value()->mode, 0600U);
  const Bytes bytes = state_bytes();
  EXPECT_TRUE(std::ranges::search(bytes, key.view()).empty());
  const SecretBytes opened = open_state(*sealer(), kNode, bytes).value();
  EXPECT_FALSE(std::ranges::search(opened.view(), key.view()).empty());
}

TEST_F(RestartTest, WhatWasRevokedBeforeStaysRevoked) {
  start_with_svids();
  server_->append(revoked());
  ASSERT_TRUE(run_until([&] { return !server_->seen.acknowledged.empty() && is_kept(); }));
  stop_agent();
  server_->go_away();
  start();
  ASSERT_TRUE(agent_->session()->view().has_base());
  EXPECT_TRUE(agent_->session()->svids().all().empty());
  const auto jwt = fetch_jwt();
  ASSERT_FALSE(jwt.ok());
  EXPECT_EQ(jwt.error().message(), "no identity issued");
}

TEST_F(RestartTest, ACredentialThatWasRevokedDoesNotComeBack) {
  start_with_svids();
  const std::string name = credential_name(agent_->session()->svids().find("r1")->chain.front());
  server_->append(revoked(world::RevocationKind::kCredential, name));
  server_->append(revoked(world::RevocationKind::kCredential, "jwt:t1"));
  ASSERT_TRUE(run_until([&] {
    const auto* svid = agent_->session()->svids().find("r1");
    return svid != nullptr && credential_name(svid->chain.front()) != name && is_kept();
  }));
  shut_down_agent();
  server_->go_away();
  start();
  const auto* svid = agent_->session()->svids().find("r1");
  ASSERT_NE(svid, nullptr);
  EXPECT_NE(credential_name(svid->chain.front()), name);
  EXPECT_EQ(fetch_jwt().error().code(), ErrorCode::kUnavailable);  // none is left
}

// The acknowledgement leaves although the state could not be replaced: a restart must not go on
// from the old one.
TEST_F(RestartTest, AnAcknowledgedRevocationHoldsThoughTheStateIsStuckOnTheDisk) {
  StuckFiles stuck;
  agent_files_ = &stuck;
  start_with_svids();
  ASSERT_TRUE(run_until([&] { return is_kept(); }));
  stuck.is_stuck = true;
  server_->append(revoked());
  ASSERT_TRUE(run_until([&] { return !server_->seen.acknowledged.empty(); }));
  stop_agent();
  EXPECT_EQ(saved().svids.size(), 1U);  // what a rolled back file would bring
  server_->go_away();
  start();
  expect_empty("a state from before an acknowledged revocation");
  agent_.reset();  // before its files
}

TEST_F(RestartTest, AFileThatLacksARevocationAndCannotBeReplacedIsRemoved) {
  StuckFiles stuck;
  agent_files_ = &stuck;
  start_with_svids();
  ASSERT_TRUE(run_until([&] { return is_kept(); }));
  stuck.is_stuck = true;
  stuck.may_remove = true;
  server_->append(
      world::OwnerPut{{.id = "team:x", .kind = world::OwnerKind::kTeam, .contact = {}}});
  server_->append(revoked());
  ASSERT_TRUE(run_until([&] { return stuck.removed > 0; }));
  EXPECT_FALSE(files_.status(state_path()).value());
  stuck.is_stuck = false;
  ASSERT_TRUE(run_until([&] { return is_kept(); }));  // tried again after a pause
  stop_agent();
}

TEST_F(RestartTest, AnOlderStateIsRefusedOnceTheNodeHasFoldedFacts) {
  start_with_svids();
  ASSERT_TRUE(run_until([&] { return is_kept(); }));
  const Bytes old = state_bytes();
  // Nothing that touches the view: the older state still is what the node knows.
  server_->append(
      world::OwnerPut{{.id = "team:x", .kind = world::OwnerKind::kTeam, .contact = {}}});
  ASSERT_TRUE(run_until([&] { return is_current(); }));
  const auto revision = agent_->session()->view().revision();
  shut_down_agent();
  server_->go_away();
  put_state(old);
  start();
  EXPECT_EQ(agent_->session()->view().revision(), revision);  // the log knows that it went on
  EXPECT_NE(agent_->session()->svids().find("r1"), nullptr);
  stop_agent();
  // A registration more is a fact of this node.
  server_->come_back();
  start();
  server_->append(
      world::RegistrationPut{world::testing::registration("r2", kShop, kNode, {own_uid()})});
  ASSERT_TRUE(run_until([&] { return agent_->session()->svids().find("r2") != nullptr; }));
  shut_down_agent();
  server_->go_away();
  put_state(old);
  start();
  expect_empty("a state from before facts that were folded");
}

TEST_F(RestartTest, WhatIsNoStateOfThisNodeIsRefusedAndTheServerMakesItGood) {
  start_with_svids();
  shut_down_agent();
  const Bytes good = state_bytes();
  server_->go_away();
  const auto other = seal_state(*sealer(), "spiffe://example.org/ward/agent/join_token/n2",
                                open_state(*sealer(), kNode, good).value(), random_);
  const auto foreign = seal_state(*sealer(), "spiffe://example.com/ward/agent/join_token/n1",
                                  open_state(*sealer(), kNode, good).value(), random_);
  Bytes newer = good, damaged = good, cut = good;
  newer[7] = '2';
  damaged[damaged.size() / 2] ^= 1;
  cut.resize(cut.size() / 2);
  for (const Bytes& bad : {*other, *foreign, newer, damaged, cut, Bytes(), to_bytes("WARDAGT")}) {
    put_state(bad);
    start();
    expect_empty(fmt::format("{} bytes", bad.size()));
    stop_agent();
  }
  put_state(good);
  std::filesystem::remove(path("data/kek"));  // as on a disk that was moved without it
  start();
  expect_empty("another key-encryption key");
  server_->come_back();
  EXPECT_TRUE(run_until([&] { return is_current() && is_kept(); }));
}

TEST_F(RestartTest, AStateThatOthersMayReadIsRefused) {
  start_with_svids();
  shut_down_agent();
  server_->go_away();
  std::filesystem::permissions(state_path(), std::filesystem::perms::group_read,
                               std::filesystem::perm_options::add);
  start();
  expect_empty("mode 0640");
}

TEST_F(RestartTest, AKeyEncryptionKeyThatOthersMayReadStopsTheStart) {
  start_with_svids();
  shut_down_agent();
  std::filesystem::permissions(path("data/kek"), std::filesystem::perms::group_read,
                               std::filesystem::perm_options::add);
  const auto agent =
      Agent::start(config(), {.loop = loop_, .random = random_, .files = files_}, Log::none());
  ASSERT_FALSE(agent.ok());
  EXPECT_EQ(agent.error().code(), ErrorCode::kPermissionDenied);
  EXPECT_THAT(agent.error().message(), HasSubstr("kek"));
}

TEST_F(RestartTest, AStateIsNotGoneOnFromWithoutTheLogThatItGoesWith) {
  start_with_svids();
  ASSERT_TRUE(run_until([&] { return is_kept(); }));
  shut_down_agent();
  server_->go_away();
  std::filesystem::remove_all(path("data/evidence"));
  start();
  expect_empty("an empty log");
}

TEST_F(RestartTest, WhatExpiredBeforeTheClockWasSetBackIsNotServed) {
  start_with_svids();
  shut_down_agent();
  server_->go_away();
  SavedState state = saved();
  // Kept at a time that is later than now and than the end of what was issued.
  state.saved = clock_.now() + std::chrono::hours{2};
  put_saved(state);
  start();
  ASSERT_TRUE(agent_->session()->view().has_base());
  EXPECT_TRUE(agent_->session()->svids().all().empty());
  EXPECT_EQ(agent_->session()->view().age(), std::chrono::nanoseconds::max());
  EXPECT_FALSE(fetch_jwt().ok());
}

TEST_F(RestartTest, TheAgeOfTheViewGoesOnOverARestartAndIsUnboundedWhenItCannotBeMeasured) {
  start_with_svids();
  server_->go_away();
  ASSERT_TRUE(run_until([&] { return !agent_->session()->link().is_connected(); }));
  loop_.run_for(std::chrono::milliseconds{300});
  const auto before = agent_->session()->view().age();
  shut_down_agent();
  start();
  const auto after = agent_->session()->view().age();
  EXPECT_GE(after, before);
  EXPECT_LT(after, before + std::chrono::seconds{5});
  shut_down_agent();

  const SavedState kept = saved();
  ASSERT_TRUE(kept.contact.has_value());
  std::vector<SavedContact> bad(4, *kept.contact);
  bad[0].boot = "00000000-0000-0000-0000-000000000000";      // the machine was started since
  bad[1].at.wall += std::chrono::minutes{10};                // the clock was set back
  bad[2].at.wall -= std::chrono::minutes{10};                // or forward
  bad[3].at.monotonic += std::chrono::hours{24 * 365 * 10};  // of no start of this machine
  for (const SavedContact& contact : bad) {
    SavedState state = kept;
    state.contact = contact;
    put_saved(state);
    start();
    EXPECT_TRUE(agent_->session()->view().has_base());
    EXPECT_EQ(agent_->session()->view().age(), std::chrono::nanoseconds::max());
    stop_agent();
  }
}

TEST_F(RestartTest, AServerThatWentBackInTimeIsNotFollowedAfterARestartEither) {
  start_with_svids();
  shut_down_agent();
  SavedState state = saved();
  state.head.revision += 100;  // it had heard of more
  put_saved(state);
  start();
  const auto revision = agent_->session()->view().revision();
  EXPECT_GT(revision, server_->world().revision());
  ASSERT_TRUE(run_until([&] { return server_->seen.hellos >= 3; }));  // begun again and again
  EXPECT_EQ(agent_->session()->view().revision(), revision);
}

TEST(SavedStateTest, ItIsWrittenAndReadTheSame) {
  SavedState state;
  state.saved = WallTime{std::chrono::seconds{1'700'000'000}};
  state.contact =
      SavedContact{.at = {.wall = state.saved, .monotonic = MonotonicTime{}}, .boot = "b"};
  state.head = {.revision = 7, .root8 = {1, 2, 3, 4, 5, 6, 7, 8}};
  state.entries.push_back({.name = {world::NameKind::kIdentity, "spiffe://example.org/a"},
                           .revision = 7,
                           .entities = {}});
  state.jwts.push_back({.registration = "r1",
                        .spiffe_id = "spiffe://example.org/a",
                        .audience = {"a", "b"},
                        .token = "t",
                        .issued = state.saved,
                        .expires = state.saved + std::chrono::seconds{300}});
  const auto read = decode_state(encode_state(state)->view());
  ASSERT_TRUE(read.ok()) << read.error().text();
  EXPECT_EQ(read->saved, state.saved);
  EXPECT_EQ(read->contact->boot, "b");
  EXPECT_EQ(read->head.revision, 7U);
  EXPECT_EQ(read->head.root8, state.head.root8);
  EXPECT_EQ(read->entries, state.entries);
  EXPECT_EQ(read->jwts[0].audience, state.jwts[0].audience);
  EXPECT_EQ(read->jwts[0].expires, state.jwts[0].expires);
}

TEST(SavedStateTest, WhatNoAgentWritesIsInvalid) {
  const auto reason = [](const SavedState& state) {
    const auto read = decode_state(encode_state(state)->view());
    return read.ok() ? std::string() : read.error().message();
  };
  const CachedJwt jwt{.registration = "r1",
                      .spiffe_id = "spiffe://example.org/a",
                      .audience = {"a"},
                      .token = "t",
                      .issued = {},
                      .expires = {}};
  SavedState state;
  state.entries.push_back(
      {.name = {world::NameKind::kEverywhere, {}}, .revision = 3, .entities = {}});
  EXPECT_THAT(reason(state), HasSubstr("of revision 3"));
  state.entries.clear();
  for (const auto& change : std::initializer_list<void (*)(CachedJwt&)>{
           [](CachedJwt& one) { one.registration.clear(); },
           [](CachedJwt& one) { one.token.assign(kSavedTextBytesMax + 1, 'a'); },
           [](CachedJwt& one) { one.audience.clear(); },
           [](CachedJwt& one) { one.audience = {"b", "a"}; },
           [](CachedJwt& one) { one.audience = {"a", "a"}; },
           [](CachedJwt& one) { one.expires = WallTime::max(); },
           [](CachedJwt& one) { one.issued = WallTime{std::chrono::seconds{-1}}; }}) {
    state.jwts = {jwt};
    EXPECT_EQ(reason(state), "");
    change(state.jwts[0]);
    EXPECT_NE(reason(state), "");
  }
  EXPECT_FALSE(decode_state(as_bytes(std::string_view("no protobuf at all"))).ok());
}

}  // namespace
}  // namespace ward::agent
