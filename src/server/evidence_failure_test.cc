// A server whose evidence cannot be written, end to end: what is privileged is denied, nothing is
// half done, and what could not be kept is counted afterwards. And a journal that is not the one
// that was signed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "evidence/verify.h"
#include "journal/sqlite_journal.h"
#include "journal/store.h"
#include "server/testing/test_node.h"

namespace ward::server {
namespace {

using ::testing::HasSubstr;
using testing::ServerTest;
using testing::TestNode;
namespace admin = testing::admin;

class ServerWithoutEvidence : public ServerTest {
 protected:
  std::string evidence_directory() const { return dir + "/data/evidence"; }

  Result<admin::SubmitResponse> put_owner(const std::string& id) {
    admin::SubmitRequest request;
    auto& owner = *request.add_facts()->mutable_owner_put()->mutable_owner();
    owner.set_id(id);
    owner.set_kind(testing::fact::OWNER_KIND_TEAM);
    owner.set_live(true);
    return call<admin::SubmitResponse>("Submit", request);
  }
  std::uint64_t revision() {
    return call<admin::StatusResponse>("Status", admin::StatusRequest()).value().revision();
  }
  // The disk has room again, and the log has noticed.
  void heal() {
    files.heal();
    run_until([&] { return call<admin::StatusResponse>("Status", admin::StatusRequest()).ok(); });
  }
  // Of a server that has stopped: what its log says was lost, once it is verified.
  std::uint64_t lost_records() {
    std::uint64_t lost = 0;
    const auto keys =
        std::vector{open_signing_keys(files, dir + "/data/signing.key",
                                      spiffe::TrustDomain::parse("example.org").value(), random)
                        .value()
                        .log.verifier()};
    EXPECT_TRUE(evidence::verify_log(files, evidence_directory(), keys).ok());
    const auto reader = evidence::LogReader::open(files, evidence_directory(), keys).value();
    EXPECT_TRUE(reader
                    .read_entries(0, reader.size(),
                                  [&](std::uint64_t, ByteView entry) -> Result<void> {
                                    const auto record = evidence::decode_record(entry).value();
                                    if (const auto* gap = std::get_if<evidence::Gap>(&record.body))
                                      lost += gap->count;
                                    return {};
                                  })
                    .ok());
    return lost;
  }
};

TEST_F(ServerWithoutEvidence, PrivilegedCallsAreDeniedAndNothingIsHalfDone) {
  start();
  const std::uint64_t before = revision();
  files.fill(evidence_directory());
  for (int i = 0; i < 3; ++i) {
    const auto refused = put_owner("team:lost");
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code(), ErrorCode::kUnavailable);
    EXPECT_THAT(refused.error().message(), HasSubstr("no-evidence"));
  }
  const auto status = call<admin::StatusResponse>("Status", admin::StatusRequest());
  ASSERT_FALSE(status.ok()) << "reading is a decision too";
  EXPECT_EQ(status.error().code(), ErrorCode::kUnavailable);
  heal();
  EXPECT_EQ(revision(), before) << "no fact was made";
  EXPECT_TRUE(put_owner("team:kept").ok());
  stop();
  EXPECT_GE(lost_records(), 4u);
}

TEST_F(ServerWithoutEvidence, NoCredentialLeavesAndNoTokenIsUsedUp) {
  start();
  const auto authorities = roots();
  const auto connected = connected_node();
  TestNode& node = *connected;
  register_workload(node.credential.spiffe_id());
  const std::string token = join_token();

  files.fill(evidence_directory());
  node.issue_x509(1, "web");
  run_until([&] { return node.issued.size() == 1; });
  EXPECT_EQ(node.issued[0].error().code(), static_cast<unsigned>(ErrorCode::kUnavailable));
  EXPECT_EQ(node.issued[0].chain_size(), 0);
  const auto other = make_node(authorities);
  other->begin_attestation(token);
  run_until([&] { return other->status.has_value(); });
  EXPECT_EQ(other->status->error().code(), ErrorCode::kUnavailable);

  heal();
  const auto again = make_node(authorities);
  again->begin_attestation(token);
  run_until([&] { return again->status.has_value(); });
  EXPECT_TRUE(again->status->ok())
      << "the token was not used up: " << again->status->error().text();
  node.issue_x509(2, "web");
  run_until([&] { return node.issued.size() == 2; });
  EXPECT_EQ(node.issued[1].error().code(), 0u) << node.issued[1].error().message();
}

TEST_F(ServerWithoutEvidence, ACommandThatStandsWithoutItsRecordSaysSo) {
  start();
  const std::uint64_t before = revision();
  run_until([&] { return call<admin::StatusResponse>("Status", admin::StatusRequest()).ok(); });
  loop.run_for(std::chrono::milliseconds(50));
  files.fill(evidence_directory(), 1);  // room for the decision alone
  const auto done = put_owner("team:kept");
  ASSERT_FALSE(done.ok());
  EXPECT_THAT(
      done.error().message(),
      HasSubstr(fmt::format("done at revision {}, but its record is not kept", before + 1)));
  heal();
  EXPECT_EQ(revision(), before + 1);
  stop();
  EXPECT_GE(lost_records(), 1u);
}

world::FactBody owner_put(int number) {
  world::Owner owner;
  owner.id = fmt::format("team:{}", number);
  return world::OwnerPut{std::move(owner)};
}

class ServerWithAnotherJournal : public ServerWithoutEvidence {
 protected:
  std::string journal() const { return dir + "/data/journal.db"; }
  void restore(const std::string& from) {
    for (const char* suffix : {"", "-wal", "-shm"}) {
      std::filesystem::remove(journal() + suffix);
      if (std::filesystem::exists(from + suffix))
        std::filesystem::copy_file(from + suffix, journal() + suffix);
    }
  }
  void copy_journal(const std::string& to) {
    for (const char* suffix : {"", "-wal", "-shm"}) {
      if (std::filesystem::exists(journal() + suffix))
        std::filesystem::copy_file(journal() + suffix, to + suffix);
    }
  }
};

TEST_F(ServerWithAnotherJournal, AJournalThatWasRolledBackOrRewrittenIsRefused) {
  start();
  stop();
  copy_journal(dir + "/old.db");
  start();
  ASSERT_TRUE(put_owner("team:a").ok());
  ASSERT_TRUE(put_owner("team:b").ok());
  stop();
  copy_journal(dir + "/new.db");

  restore(dir + "/old.db");
  const auto rolled_back = try_start(config());
  ASSERT_FALSE(rolled_back.ok());
  EXPECT_EQ(rolled_back.error().code(), ErrorCode::kDataLoss) << rolled_back.error().text();
  EXPECT_THAT(rolled_back.error().message(), HasSubstr("journal"));

  restore(dir + "/old.db");
  {  // Another history, well formed and longer.
    auto opened = journal::open_sqlite_journal(journal(), files);
    ASSERT_TRUE(opened.ok());
    auto store = journal::Store::open(std::move(*opened), Log::none()).value();
    for (int i = 0; i < 4; ++i) {
      std::atomic<bool> is_done = false;
      store->submit(
          [&](const world::World&) -> Result<std::vector<world::Fact>> {
            return std::vector{world::Fact{.time = clock.now(),
                                           .actor = "spiffe://example.org/ward/operator",
                                           .reason = {},
                                           .body = owner_put(i)}};
          },
          [&](Result<world::World> world) {
            EXPECT_TRUE(world.ok());
            is_done = true;
          });
      while (!is_done) std::this_thread::yield();
    }
  }
  const auto rewritten = try_start(config());
  ASSERT_FALSE(rewritten.ok());
  EXPECT_EQ(rewritten.error().code(), ErrorCode::kDataLoss) << rewritten.error().text();

  restore(dir + "/new.db");
  const auto as_it_was = try_start(config());
  EXPECT_TRUE(as_it_was.ok()) << as_it_was.error().text();
}

}  // namespace
}  // namespace ward::server
