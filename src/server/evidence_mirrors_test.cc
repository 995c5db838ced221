// Which copies are held open, and that a closed one is gone on with.
#include "server/evidence_mirrors.h"

#include <gtest/gtest.h>

#include "evidence/log_writer.h"
#include "evidence/reader.h"
#include "evidence/record.h"
#include "os/testing/memory_file_system.h"
#include "server/signing_keys.h"
#include "ward/node/v1/node.pb.h"

namespace ward::server {
namespace {

namespace wire = ward::node::v1;
using evidence::NoteKeyType;
using evidence::NoteSigner;

NoteSigner signer(std::string name, std::uint8_t seed, NoteKeyType type = NoteKeyType::kEd25519) {
  auto key = crypto::PrivateKey::from_ed25519(SecretBytes(Bytes(32, seed)));
  return NoteSigner::make(std::move(name), type, std::move(*key)).value();
}

// A node with a log of its own.
class Sender {
 public:
  Sender(const std::string& name, std::uint8_t seed)
      : id_(spiffe::SpiffeId::parse("spiffe://example.org/ward/agent/" + name).value()),
        signer_(signer(log_origin(id_), seed)),
        writer_(evidence::LogWriter::open({.directory = "/log", .signer = signer_}, files_, clock_)
                    .value()) {
    auto key = crypto::PrivateKey::from_ed25519(SecretBytes(Bytes(32, seed)));
    known_.id = id_.text();
    known_.evidence_key = key->public_key().ed25519();
  }

  std::string origin() const { return log_origin(id_); }

  // One record more, and all that the mirror lacks.
  wire::ShipEvidenceResponse ship(EvidenceMirrors& mirrors) {
    evidence::RecordGroup group;
    const evidence::Record record{
        .time = clock_.now(), .revision = 1, .journal_root8 = {}, .body = evidence::ProcessStop{}};
    group.add(evidence::encode_record(record).value(), record.revision);
    EXPECT_TRUE(writer_.commit(group).ok());
    EXPECT_TRUE(writer_.publish().ok());
    const auto key = signer_.verifier();
    const auto shipment = evidence::export_since(
        evidence::LogReader::open(files_, "/log", {&key, 1}).value(), shipped_);
    wire::ShipEvidenceRequest request;
    request.set_log_origin(origin());
    request.set_first_index(shipment->first);
    request.set_count(shipment->count);
    request.set_entries(std::string(as_text(shipment->entries)));
    for (const auto& hash : shipment->consistency) {
      request.add_consistency(hash.data(), hash.size());
    }
    request.set_checkpoint(shipment->checkpoint);
    auto response = mirrors.receive(id_, known_, request);
    shipped_ = response.size();
    return response;
  }

 private:
  os::testing::MemoryFileSystem files_;
  ManualClock clock_;
  spiffe::SpiffeId id_;
  NoteSigner signer_;
  evidence::LogWriter writer_;
  world::Node known_;
  std::uint64_t shipped_ = 0;
};

class EvidenceMirrorsTest : public ::testing::Test {
 protected:
  std::unique_ptr<EvidenceMirrors> open(std::size_t open_max) {
    return EvidenceMirrors::open("/logs",
                                 signer("example.org/ward/witness", 1, NoteKeyType::kCosignature),
                                 files_, clock_, Log::none(), open_max)
        .value();
  }

  os::testing::MemoryFileSystem files_;
  ManualClock clock_;
  Sender a_{"a", 11}, b_{"b", 12}, c_{"c", 13};
};

TEST_F(EvidenceMirrorsTest, TheLeastRecentlyUsedCopyIsClosedAndGoneOnWithWhereItWas) {
  const auto mirrors = open(2);
  for (Sender* sender : {&a_, &b_, &a_, &c_}) {
    const auto response = sender->ship(*mirrors);
    ASSERT_FALSE(response.has_error()) << response.error().message();
  }
  EXPECT_TRUE(mirrors->is_open(a_.origin()));  // the first in the order of names, used since
  EXPECT_FALSE(mirrors->is_open(b_.origin()));
  EXPECT_TRUE(mirrors->is_open(c_.origin()));
  const auto again = b_.ship(*mirrors);
  EXPECT_FALSE(again.has_error()) << again.error().message();
  EXPECT_EQ(again.size(), 2U);
  EXPECT_FALSE(again.cosignature().empty());
  EXPECT_FALSE(mirrors->is_open(a_.origin()));
}

TEST_F(EvidenceMirrorsTest, MoreNodesThanTheBoundAreAllServedTurnByTurn) {
  const auto mirrors = open(1);
  for (std::uint64_t round = 1; round <= 3; ++round) {
    for (Sender* sender : {&a_, &b_, &c_}) {
      const auto response = sender->ship(*mirrors);
      ASSERT_FALSE(response.has_error()) << response.error().message();
      EXPECT_EQ(response.size(), round);
    }
  }
}

}  // namespace
}  // namespace ward::server
