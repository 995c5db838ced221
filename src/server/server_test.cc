// The server whole, over loopback and its admin socket.
#include "server/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <set>

#include "evidence/journal_log.h"
#include "evidence/receipt.h"
#include "journal/sqlite_journal.h"
#include "server/testing/test_node.h"

namespace ward::server {
namespace {

using ::testing::HasSubstr;
using testing::ServerTest;
using testing::TestNode;
namespace admin = testing::admin;
namespace node = testing::node;
namespace fact = testing::fact;

class ServerWhole : public ServerTest {
 protected:
  std::uint64_t revision() {
    return call<admin::StatusResponse>("Status", admin::StatusRequest()).value().revision();
  }
};

TEST_F(ServerWhole, StartsAndBootstrapsOnce) {
  start();
  const std::uint64_t first = revision();
  EXPECT_GT(first, 4u);
  stop();
  start();
  EXPECT_EQ(revision(), first);
}

TEST_F(ServerWhole, AJoinTokenMakesANodeThatGetsCredentialsForItsRegistrations) {
  start();
  const auto node = connected_node();
  register_workload(node->credential.spiffe_id());
  node->issue_x509(7, "web");
  node->issue_x509(8, "nobody's");
  run_until([&] { return node->issued.size() == 2; });
  for (const auto& issued : node->issued) {
    if (issued.request_id() == 7) {
      ASSERT_EQ(issued.error().code(), 0u) << issued.error().message();
      const auto leaf = crypto::Certificate::parse_der(as_bytes(issued.chain(0))).value();
      EXPECT_EQ(leaf.info().uris.at(0), kWorkload);
    } else {
      EXPECT_EQ(issued.error().code(), static_cast<unsigned>(ErrorCode::kPermissionDenied));
    }
  }
  EXPECT_FALSE(node->pushed.empty());  // the registration came without asking
}

TEST_F(ServerWhole, WhatMovesAViewNamesTheJournalsRootAtItsRevision) {
  start();
  const auto node = connected_node();
  for (int i = 0; i < 3; ++i) register_workload(node->credential.spiffe_id());
  node::NodeMessage ask;
  ask.mutable_ask()->set_ask_id(1);
  ask.mutable_ask()->add_names()->set_kind(fact::NAME_KIND_IDENTITY);
  ask.mutable_ask()->mutable_names(0)->set_id(kWorkload);
  node->stream.write(ask);
  run_until([&] { return node->answers.size() == 1 && node->heartbeat.head() > 0; });
  const auto witness = evidence::VerifierKey::parse(node->base->witness_key());
  ASSERT_TRUE(witness.ok());
  EXPECT_EQ(witness->name(), "example.org/ward/witness");
  EXPECT_EQ(witness->type(), evidence::NoteKeyType::kCosignature);
  std::vector<std::pair<std::uint64_t, std::string>> told = {
      {node->base->revision(), node->base->journal_root8()},
      {node->answers[0].head(), node->answers[0].journal_root8()},
      {node->heartbeat.head(), node->heartbeat.journal_root8()}};
  for (const auto& facts : node->pushed) told.emplace_back(facts.head(), facts.journal_root8());
  EXPECT_GE(told.size(), 6U);
  stop();
  // From the leaves on disk, not from what the server had in memory.
  const auto journal = journal::open_sqlite_journal(dir + "/data/journal.db", files).value();
  const auto tree = evidence::JournalLog::open(
      "example.org/journal", journal->head(),
      [&](std::uint64_t first, std::uint64_t count) { return journal->leaves(first, count); });
  ASSERT_TRUE(tree.ok()) << tree.error().text();
  for (const auto& [revision, root8] : told) {
    const evidence::Hash root = tree->head_at(revision).value().root;
    EXPECT_EQ(root8, as_text(ByteView(root).first(8))) << revision;
  }
}

// They come in one piece and are recorded as one group.
TEST_F(ServerWhole, EachOfManyRequestsAtOnceIsAnsweredOnce) {
  start();
  const auto node = connected_node();
  register_workload(node->credential.spiffe_id());
  constexpr std::size_t kRequests = 100;
  for (std::uint64_t id = 1; id <= kRequests; ++id) {
    node->issue_x509(id, id % 10 == 0 ? "nobody's" : "web");
  }
  run_until([&] { return node->issued.size() == kRequests; });
  std::set<std::uint64_t> answered;
  std::set<std::string> certificates;
  for (const auto& issued : node->issued) {
    answered.insert(issued.request_id());
    EXPECT_EQ(issued.error().code() == 0, issued.request_id() % 10 != 0);
    if (issued.chain_size() > 0) certificates.insert(issued.chain(0));
  }
  EXPECT_EQ(answered.size(), kRequests);
  EXPECT_EQ(certificates.size(), kRequests - kRequests / 10);
  // Every one of them is in the log, beside what else happened.
  stop();
  const std::string log = dir + "/data/evidence";
  const auto signing = open_signing_keys(files, dir + "/data/signing.key",
                                         spiffe::TrustDomain::parse("example.org").value(), random)
                           .value();
  const evidence::VerifierKey key = signing.log.verifier();
  const auto reader = evidence::LogReader::open(files, log, {&key, 1}).value();
  std::size_t issuances = 0;
  ASSERT_TRUE(reader
                  .read_entries(0, reader.size(),
                                [&](std::uint64_t, ByteView bytes) -> Result<void> {
                                  WARD_TRY(const auto record, evidence::decode_record(bytes));
                                  const auto* issuance =
                                      std::get_if<evidence::Issuance>(&record.body);
                                  if (issuance != nullptr && issuance->registration == "web")
                                    ++issuances;
                                  return {};
                                })
                  .ok());
  EXPECT_EQ(issuances, kRequests - kRequests / 10);
}

TEST_F(ServerWhole, OfTwoUsesOfATokenAtOnceExactlyOneWins) {
  start();
  const std::string token = join_token();
  const auto one = make_node(), other = make_node();
  one->begin_attestation(token);
  other->begin_attestation(token);
  run_until([&] { return one->status && other->status; });
  EXPECT_NE(one->status->ok(), other->status->ok());
  const auto& loser = one->status->ok() ? *other->status : *one->status;
  EXPECT_EQ(loser.error().code(), ErrorCode::kUnauthenticated);
}

TEST_F(ServerWhole, RevokeWaitsForTheHolderAndItsReceiptVerifies) {
  start();
  const auto node = connected_node();
  register_workload(node->credential.spiffe_id());
  run_until([&] { return !node->pushed.empty(); });
  const std::size_t before = node->pushed.size();

  admin::RevokeRequest request;
  request.set_kind(fact::REVOCATION_KIND_IDENTITY);
  request.set_id(kWorkload);
  request.set_reason("stolen");
  request.set_wait(true);
  std::optional<Result<admin::RevokeResponse>> revoked;
  const auto pending = admin_channel->unary<admin::RevokeRequest, admin::RevokeResponse>(
      "ward.admin.v1.Admin/Revoke", request, {},
      [&](Result<admin::RevokeResponse> response) { revoked.emplace(std::move(response)); });
  run_until([&] { return node->pushed.size() > before; });
  EXPECT_FALSE(revoked.has_value());
  const std::uint64_t at = node->pushed.back().facts(0).revision();
  node->acknowledge(at, kWorkload, dir + "/agent-log");
  run_until([&] { return revoked.has_value(); });
  ASSERT_TRUE(revoked->ok()) << revoked->error().text();
  EXPECT_EQ((*revoked)->revision(), at);
  ASSERT_EQ((*revoked)->holders_size(), 1);
  EXPECT_TRUE((*revoked)->holders(0).acknowledged());

  const auto proof = call<admin::ExportProofResponse>("ExportProof", admin::ExportProofRequest());
  std::vector<evidence::VerifierKey> keys;
  for (const std::string& key : proof.value().log_keys())
    keys.push_back(evidence::VerifierKey::parse(key).value());
  const auto receipt = evidence::open_receipt((*revoked)->receipt(), keys);
  ASSERT_TRUE(receipt.ok()) << receipt.error().text();
  EXPECT_EQ(receipt->subject, kWorkload);
  ASSERT_EQ(receipt->holders.size(), 1u);
  EXPECT_EQ(receipt->holders[0].origin, node->origin());

  node->issue_x509(9, "web");
  run_until([&] { return !node->issued.empty(); });
  EXPECT_EQ(node->issued[0].error().code(), static_cast<unsigned>(ErrorCode::kPermissionDenied));
}

TEST_F(ServerWhole, TheJournalsLeavesHaveTheRootThatItSigns) {
  start();
  const auto proof = call<admin::ExportProofResponse>("ExportProof", admin::ExportProofRequest());
  const auto keys = evidence::VerifierKey::parse(proof.value().log_keys(0)).value();
  const auto head = evidence::open_checkpoint(proof.value().checkpoint(), {&keys, 1});
  ASSERT_TRUE(head.ok()) << head.error().text();
  evidence::CompactRange range;
  while (range.size() < head->checkpoint.tree.size) {
    admin::JournalLeavesRequest request;
    request.set_first(range.size());
    request.set_count(3);
    const auto got = call<admin::JournalLeavesResponse>("JournalLeaves", request);
    ASSERT_TRUE(got.ok() && !got->leaves().empty());
    const Bytes bytes = to_bytes(got->leaves());
    for (std::size_t at = 0; at < bytes.size(); at += evidence::kHashBytes) {
      evidence::Hash leaf;
      std::ranges::copy(ByteView(bytes).subspan(at, evidence::kHashBytes), leaf.begin());
      range.append(leaf);
    }
  }
  EXPECT_EQ(range.head(), head->checkpoint.tree);
  admin::JournalLeavesRequest request;
  request.set_count(8193);
  EXPECT_EQ(call<admin::JournalLeavesResponse>("JournalLeaves", request).error().code(),
            ErrorCode::kInvalidArgument);
}

TEST_F(ServerWhole, AHolderThatDoesNotAnswerIsNamedAsAway) {
  start();
  const auto node = connected_node();
  register_workload(node->credential.spiffe_id());
  admin::RevokeRequest request;
  request.set_kind(fact::REVOCATION_KIND_IDENTITY);
  request.set_id(kWorkload);
  request.set_wait(true);
  request.set_timeout_ms(50);
  const auto revoked = call<admin::RevokeResponse>("Revoke", request);
  ASSERT_TRUE(revoked.ok()) << revoked.error().text();
  ASSERT_EQ(revoked->holders_size(), 1);
  EXPECT_FALSE(revoked->holders(0).acknowledged());
}

TEST_F(ServerWhole, TheStreamOfABannedNodeEndsAndNoOtherBegins) {
  start();
  const auto node = connected_node();
  admin::SubmitRequest request;
  request.add_facts()->mutable_node_banned()->set_id(node->credential.spiffe_id());
  request.mutable_facts(0)->mutable_node_banned()->set_banned(true);
  ASSERT_TRUE(call<admin::SubmitResponse>("Submit", request).ok());
  run_until([&] { return node->status.has_value(); });
  EXPECT_EQ(node->status->error().code(), ErrorCode::kPermissionDenied);
  node->connect();
  run_until([&] { return node->status.has_value(); });
  EXPECT_EQ(node->status->error().code(), ErrorCode::kPermissionDenied);
}

TEST_F(ServerWhole, ANodeMayNotAskOfAnotherNode) {
  start();
  const auto node = connected_node();
  node::NodeMessage message;
  message.mutable_ask()->set_ask_id(1);
  auto& name = *message.mutable_ask()->add_names();
  name.set_kind(fact::NAME_KIND_NODE);
  name.set_id("spiffe://example.org/ward/agent/join_token/other");
  node->stream.write(message);
  run_until([&] { return !node->answers.empty(); });
  EXPECT_EQ(node->answers[0].error().code(), static_cast<unsigned>(ErrorCode::kPermissionDenied));
  EXPECT_EQ(node->answers[0].entries_size(), 0);
}

TEST_F(ServerWhole, AStreamWithoutAnAgentCertificateIsRefused) {
  start();
  const auto node = connected_node();
  register_workload(node->credential.spiffe_id());
  node->issue_x509(1, "web");
  run_until([&] { return !node->issued.empty(); });
  // A workload's SVID is of the trust domain, and no agent's.
  const auto workload = make_node();
  workload->key = node->key;
  workload->credential = node->credential;
  workload->credential.clear_chain();
  workload->credential.add_chain(node->issued[0].chain(0));
  workload->connect();
  run_until([&] { return workload->status.has_value(); });
  EXPECT_EQ(workload->status->error().code(), ErrorCode::kUnauthenticated);
}

TEST_F(ServerWhole, ARestartKeepsNodesAndTheirCertificates) {
  start();
  const auto node = connected_node();
  register_workload(node->credential.spiffe_id());
  const std::uint64_t before = revision();
  stop();
  start();
  EXPECT_EQ(revision(), before);
  const auto again = make_node();
  again->key = node->key;
  again->evidence_key = node->evidence_key;
  again->credential = node->credential;
  connect(*again);
  again->issue_x509(1, "web");
  run_until([&] { return !again->issued.empty(); });
  EXPECT_EQ(again->issued[0].error().code(), 0u) << again->issued[0].error().message();
}

TEST_F(ServerWhole, ARenewedNodeComesWithItsNewCertificateAndThenNotWithTheOld) {
  start();
  const auto node = connected_node();
  const auto renewed = make_node();
  node::NodeMessage message;
  auto& renew = *message.mutable_renew();
  renew.set_request_id(3);
  renew.set_public_key(testing::text_of(to_bytes(renewed->key.public_key().spki_der())));
  renew.set_key_proof(
      testing::text_of(authority::make_key_proof(authority::KeyProofPurpose::kNode,
                                                 node->credential.spiffe_id(), renewed->key)
                           .value()));
  node->stream.write(message);
  run_until([&] { return !node->renewed.empty(); });
  ASSERT_EQ(node->renewed[0].error().code(), 0u) << node->renewed[0].error().message();
  node->base.reset();
  connect(*node);  // the answer might have been lost
  renewed->credential = node->credential;
  renewed->credential.clear_chain();
  renewed->credential.add_chain(node->renewed[0].chain(0));
  connect(*renewed);
  run_until([&] { return node->status.has_value(); });
  EXPECT_EQ(node->status->error().code(), ErrorCode::kAborted);  // a newer stream began
  node->connect();
  run_until([&] { return node->status.has_value(); });
  EXPECT_EQ(node->status->error().code(), ErrorCode::kPermissionDenied);
}

TEST_F(ServerWhole, AUidThatIsNoOperatorIsRefused) {
  ServerConfig made = config();
  made.operators = {{::getuid() + 1, "spiffe://example.org/ward/operator"}};
  ASSERT_TRUE(try_start(made).ok());
  const auto status = call<admin::StatusResponse>("Status", admin::StatusRequest());
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kUnauthenticated);
}

TEST_F(ServerWhole, PoliciesThatDoNotParseOrLockTheOperatorOutLeaveThoseInForce) {
  start();
  const std::uint64_t before = revision();
  admin::PublishPoliciesRequest request;
  request.add_files()->set_name("a.cedar");
  request.mutable_files(0)->set_text("permit (");
  EXPECT_FALSE(call<admin::PublishPoliciesResponse>("PublishPolicies", request).ok());
  request.mutable_files(0)->set_text("forbid (principal, action, resource);");
  const auto locked = call<admin::PublishPoliciesResponse>("PublishPolicies", request);
  ASSERT_FALSE(locked.ok());
  EXPECT_EQ(locked.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(revision(), before);
}

TEST_F(ServerWhole, KeyFilesThatOthersMayReadStopTheStart) {
  start();
  stop();
  ASSERT_EQ(::chmod((dir + "/data/kek").c_str(), 0644), 0);
  auto started = try_start(config());
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(started.error().message(), HasSubstr("kek"));
  ASSERT_EQ(::chmod((dir + "/data/kek").c_str(), 0600), 0);
  ASSERT_EQ(::chmod((dir + "/data/signing.key").c_str(), 0640), 0);
  started = try_start(config());
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(started.error().message(), HasSubstr("signing.key"));
}

TEST_F(ServerWhole, APortInUseStopsTheStart) {
  start();
  ServerConfig second = config();
  second.data_dir = dir + "/second";
  second.admin_socket = dir + "/second.sock";
  second.key_encryption_key = dir + "/second/kek";
  second.listen_port = server->port();
  const auto started = Server::start(second, {.loop = loop,
                                              .files = files,
                                              .clock = clock,
                                              .random = random,
                                              .log = Log::none(),
                                              .version = "test"});
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().code(), ErrorCode::kAlreadyExists);
}

}  // namespace
}  // namespace ward::server
