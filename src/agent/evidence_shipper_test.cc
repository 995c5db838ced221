// The node's log at the server, and the server's word that it has it at the node.
#include "agent/evidence_shipper.h"

#include "agent/testing/agent_fixture.h"
#include "evidence/log_writer.h"
#include "evidence/reader.h"
#include "evidence/verify.h"

namespace ward::agent {
namespace {

using testing::AgentFixture;
using testing::FakeServer;
using testing::kNode;

class EvidenceShipperTest : public AgentFixture {
 protected:
  std::string directory() const {
    return evidence_directory(path("data"),
                              log_origin(spiffe::SpiffeId::parse(std::string(kNode)).value()));
  }
  evidence::Checkpoint newest() const {
    const auto key = server_->evidence_key();
    return evidence::LogReader::open(files_, directory(), {&key, 1}).value().checkpoint();
  }

  // The checkpoint that the node keeps, when the log and the witness signed it.
  std::optional<evidence::TreeHead> cosigned() const {
    const auto bytes = files_.read_file(cosigned_path(directory()), evidence::kCheckpointBytesMax);
    if (!bytes.ok()) return std::nullopt;
    const evidence::VerifierKey keys[] = {server_->evidence_key(), server_->witness()};
    const auto opened = evidence::open_checkpoint(as_text(*bytes), keys);
    if (!opened.ok() || opened->signatures.size() != 2) return std::nullopt;
    return opened->checkpoint.tree;
  }
  bool is_cosigned_to(std::uint64_t size) const {
    const auto head = cosigned();
    return head && head->size >= size;
  }
  // Shipped, and nothing newer is signed.
  bool is_settled() const {
    const auto head = cosigned();
    return head && head->size > 0 && *head == newest().tree;
  }

  // Whole, and up to the newest head: the agent may be about to ship a record of this moment.
  void expect_the_copy_is_the_log() {
    const auto key = server_->evidence_key();
    EXPECT_TRUE(run_until([&] {
      const auto copy = evidence::verify_log(server_->evidence_files(), "/copy", {&key, 1});
      EXPECT_TRUE(copy.ok()) << copy.error().text();
      return copy.ok() && copy->checkpoint == newest();
    }));
  }

  // While the agent does not run. The number of records in the log then.
  std::uint64_t add_records(int count) {
    NodeIdentityStore store(files_, path("data"), config().trust_domain);
    auto signer =
        evidence::NoteSigner::make(server_->evidence_key().name(), evidence::NoteKeyType::kEd25519,
                                   store.evidence_key().value());
    auto writer = evidence::LogWriter::open(
        {.directory = directory(), .signer = std::move(*signer)}, files_, clock_);
    EXPECT_TRUE(writer.ok()) << writer.error().text();
    evidence::RecordGroup group;
    const evidence::Record record{.time = clock_.now(),
                                  .revision = writer->last_revision(),
                                  .journal_root8 = {},
                                  .body = evidence::Gap{.reason = "a test", .count = 1}};
    for (int i = 0; i < count; ++i) {
      group.add(evidence::encode_record(record).value(), record.revision);
    }
    EXPECT_TRUE(writer->commit(group).ok());
    return writer->size();
  }
};

TEST_F(EvidenceShipperTest, TheServerHasTheLogAndItsCosignatureIsKept) {
  start_ready();
  ASSERT_TRUE(run_until([&] { return is_settled(); }));
  expect_the_copy_is_the_log();
}

TEST_F(EvidenceShipperTest, WhatTheServerLacksGoesInPiecesOfABundle) {
  start_ready();
  ASSERT_TRUE(run_until([&] { return is_settled(); }));
  stop_agent();
  const std::uint64_t size = add_records(700);
  server_->seen.shipped.clear();
  start_ready();
  ASSERT_TRUE(run_until([&] { return is_cosigned_to(size) && is_settled(); }));
  EXPECT_GE(server_->seen.shipped.size(), 3U);
  EXPECT_GT(server_->seen.shipped.front().first, 0U);  // where the kept note says
  for (const FakeServer::Seen::Shipped& one : server_->seen.shipped) {
    EXPECT_TRUE(one.is_taken);
    EXPECT_LE(one.first % kShipEntriesMax + one.count, kShipEntriesMax);
  }
  expect_the_copy_is_the_log();
}

TEST_F(EvidenceShipperTest, AServerThatLostItsCopyIsSentAllOfIt) {
  start_ready();
  ASSERT_TRUE(run_until([&] { return is_settled(); }));
  server_->go_away();
  ASSERT_TRUE(run_until([&] { return !agent_->session()->link().is_connected(); }));
  server_->lose_evidence();
  server_->seen.shipped.clear();
  server_->come_back();
  ASSERT_TRUE(run_until([&] { return server_->seen.shipped.size() >= 2; }));
  EXPECT_FALSE(server_->seen.shipped[0].is_taken);
  EXPECT_TRUE(server_->seen.shipped[1].is_taken);
  EXPECT_EQ(server_->seen.shipped[1].first, 0U);
  expect_the_copy_is_the_log();
}

TEST_F(EvidenceShipperTest, AServerThatCannotTakeItIsAskedAgainAfterPauses) {
  server_->takes_evidence = false;
  start_ready();
  ASSERT_TRUE(run_until([&] { return server_->seen.shipped.size() >= 2; }));
  EXPECT_FALSE(cosigned());
  EXPECT_TRUE(agent_->session()->link().is_connected());
  loop_.run_for(std::chrono::milliseconds{200});
  EXPECT_EQ(server_->seen.shipped.size(), 2U);  // the pause is half a second at least by now
  server_->takes_evidence = true;
  EXPECT_TRUE(run_until([&] { return is_settled(); }));
}

TEST_F(EvidenceShipperTest, ALogThatLacksWhatWasCosignedIsNotWrittenOn) {
  start_ready();
  ASSERT_TRUE(run_until([&] { return is_settled(); }));
  stop_agent();
  std::filesystem::remove_all(directory());
  const auto agent =
      Agent::start(config(), {.loop = loop_, .random = random_, .files = files_}, Log::none());
  ASSERT_FALSE(agent.ok());
  EXPECT_EQ(agent.error().code(), ErrorCode::kDataLoss) << agent.error().text();
}

TEST_F(EvidenceShipperTest, AWrongCosignatureIsRefusedLoudlyAndARightOneTakenAfter) {
  std::vector<std::string> errors;
  log_ = Log::to_sink(LogLevel::kError, [&](LogLevel, std::string_view, std::string_view message) {
    errors.emplace_back(message);
  });
  const auto is_said = [&](std::string_view words) {
    return std::ranges::any_of(
        errors, [&](const std::string& error) { return error.find(words) != std::string::npos; });
  };
  server_->cosigns_wrongly = true;
  start_ready();
  ASSERT_TRUE(run_until([&] { return is_said("cosignature is refused"); }));
  EXPECT_FALSE(files_.status(cosigned_path(directory())).value());
  EXPECT_TRUE(server_->seen.shipped.front().is_taken);  // the server has the log all the same
  server_->cosigns_wrongly = false;
  EXPECT_TRUE(run_until([&] { return is_settled(); }));

  // A server that names another witness than the first one is not believed, nor its cosignatures.
  const evidence::TreeHead before = *cosigned();
  errors.clear();
  server_->witness_text = server_->false_witness().text();
  server_->cosigns_wrongly = true;
  stop_agent();
  start_ready();
  ASSERT_TRUE(run_until([&] { return is_said("cosignature is refused"); }));
  EXPECT_TRUE(is_said("witness is not taken"));
  EXPECT_EQ(*cosigned(), before);
}

TEST_F(EvidenceShipperTest, ACosignedHeadThatTheWitnessDidNotSignStopsTheStart) {
  start_ready();
  ASSERT_TRUE(run_until([&] { return is_settled(); }));
  stop_agent();
  const std::string path = cosigned_path(directory());
  std::string note(as_text(files_.read_file(path, evidence::kCheckpointBytesMax).value()));
  const auto parsed = evidence::parse_note(note).value();
  auto signatures = parsed.signatures;
  signatures.back().signature.back() ^= 1;  // the cosignature
  note = evidence::assemble_note(parsed.text, evidence::signature_line(signatures.front()) +
                                                  evidence::signature_line(signatures.back()));
  ASSERT_TRUE(files_.write_file(path, as_bytes(note), 0644).ok());
  const auto agent =
      Agent::start(config(), {.loop = loop_, .random = random_, .files = files_}, Log::none());
  ASSERT_FALSE(agent.ok());
  EXPECT_EQ(agent.error().code(), ErrorCode::kUnauthenticated) << agent.error().text();
}

TEST_F(EvidenceShipperTest, AWitnessIsTakenOnceAndOnlyOneOfThisTrustDomain) {
  const std::string file = path("witness.pub");
  const auto domain = config().trust_domain;
  const std::string first = server_->witness().text();
  const std::string other = server_->false_witness().text();
  auto pin = WitnessPin::open(files_, file, domain).value();
  EXPECT_FALSE(pin.key());
  const auto foreign = evidence::VerifierKey::make(
      "example.com/ward/witness", evidence::NoteKeyType::kCosignature, server_->witness().key());
  const auto of_a_log = evidence::VerifierKey::make(
      "example.org/ward/witness", evidence::NoteKeyType::kEd25519, server_->witness().key());
  for (const std::string& text :
       {std::string(), std::string("x"), foreign->text(), of_a_log->text(),
        first.substr(0, first.size() - 4), std::string(4096, 'a')}) {
    EXPECT_EQ(pin.meet(text).error().code(), ErrorCode::kInvalidArgument) << text;
  }
  EXPECT_TRUE(pin.meet(first).ok());
  EXPECT_TRUE(pin.meet(first).ok());
  EXPECT_EQ(pin.meet(other).error().code(), ErrorCode::kUnauthenticated);
  auto again = WitnessPin::open(files_, file, domain).value();
  EXPECT_EQ(again.key()->text(), first);
  EXPECT_EQ(again.meet(other).error().code(), ErrorCode::kUnauthenticated);
  ASSERT_TRUE(files_.write_file(file, as_bytes(std::string_view("x")), 0644).ok());
  EXPECT_EQ(WitnessPin::open(files_, file, domain).error().code(), ErrorCode::kDataLoss);
}

TEST_F(EvidenceShipperTest, OnlySignatureLinesAreTakenForACosignature) {
  start_ready();
  ASSERT_TRUE(run_until([&] { return is_settled(); }));
  const Bytes bytes = files_.read_file(directory() + "/checkpoint", 65'536).value();
  const std::string note(as_text(bytes));
  const std::string line = server_->witness().text();
  for (const std::string& lines : {std::string(), std::string("\n"), line + "\n", "\n" + line,
                                   std::string(evidence::kCheckpointBytesMax, 'a')}) {
    EXPECT_FALSE(add_cosignature(note, lines, server_->evidence_key(), server_->witness()).ok())
        << lines;
  }
}

}  // namespace
}  // namespace ward::agent
