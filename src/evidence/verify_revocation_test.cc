// A revocation that was carried out is shown; each way in which it was not is found.
#include "evidence/verify_revocation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/testing/certificates.h"
#include "evidence/journal_log.h"
#include "evidence/testing_log.h"

namespace ward::evidence {
namespace {

using os::testing::MemoryFileSystem;
using ::testing::HasSubstr;
using testing::test_signer;

constexpr std::string_view kSubject = "spiffe://example.org/workload/a";
constexpr std::uint64_t kRevision = 10;
const WallTime kStart = crypto::testing::kNow;

Decision decision(std::string principal, bool allowed) {
  Decision body;
  body.principal = std::move(principal);
  body.action = "read";
  body.resource = "db";
  body.allowed = allowed;
  return body;
}

Decision decision_with_credential(std::string credential, bool allowed) {
  Decision body = decision("", allowed);
  body.credential = std::move(credential);
  return body;
}

class VerifyRevocationTest : public ::testing::Test {
 protected:
  struct Entry {
    std::uint64_t revision;
    RecordBody body;
    std::chrono::seconds at{0};
    RootPrefix root8{};
  };

  VerifyRevocationTest() {
    keys_ = {server_.verifier(), journal_.verifier()};
    EXPECT_TRUE(files_.create_directory("/logs", 0700).ok());
  }

  // Writes /logs/<name> as the log of example.org/<name>.
  TreeHead write_log(const std::string& name, const std::vector<Entry>& entries) {
    const NoteSigner signer =
        test_signer("example.org/" + name, static_cast<std::uint8_t>(name.back()));
    keys_.push_back(signer.verifier());
    auto writer = LogWriter::open({"/logs/" + name, signer}, files_, clock_);
    EXPECT_TRUE(writer.ok());
    RecordGroup group;
    for (const Entry& entry : entries) {
      group.add(*encode_record({kStart + entry.at, entry.revision, entry.root8, entry.body}),
                entry.revision);
    }
    EXPECT_TRUE(writer->commit(group).ok());
    EXPECT_TRUE(writer->publish().ok());
    return writer->head();
  }

  // Agent 1 as it should be: allowed before, acknowledged in record 3, denied since.
  std::vector<Entry> honest() const {
    const std::string subject(kSubject);
    return {{5, Issuance{subject, CredentialKind::kX509Svid, "0a1b", 0, 1, "r", {}}},
            {6, decision(subject, true)},
            {9, decision("spiffe://example.org/workload/b", true)},
            {kRevision, Acknowledgement{kRevision, {subject}}},
            {kRevision, decision(subject, false)},
            {11, decision_with_credential("0a1b", false)},
            {11, decision("spiffe://example.org/workload/b", true)}};
  }

  // As the authority certifies the key of a holder's log.
  Bytes certify(const VerifierKey& key, const crypto::testing::Credential& authority,
                WallTime not_after = kStart + std::chrono::hours{1}) const {
    crypto::testing::CertificateSpec spec;
    spec.uris = {"spiffe://" + key.name()};
    spec.is_subject_alt_name_critical = true;
    spec.is_ca = false;
    spec.key_usage = static_cast<std::uint16_t>(crypto::KeyUsage::kDigitalSignature);
    spec.extended_key_usages = {"1.3.6.1.5.5.7.3.36"};
    spec.not_after = not_after;
    return crypto::testing::make_certificate(spec, key.key().spki_der(), authority.key,
                                             &authority.certificate);
  }

  // Holders without a certificate get that of their key.
  Receipt receipt(std::vector<ReceiptHolder> holders, std::vector<ReceiptAway> away = {}) const {
    for (ReceiptHolder& holder : holders) {
      const auto key = std::ranges::find(keys_, holder.origin, &VerifierKey::name);
      if (holder.certificate.empty() && key != keys_.end())
        holder.certificate = certify(*key, authority_);
    }
    return {.subject = std::string(kSubject),
            .revision = kRevision,
            .time = kStart,
            .staleness = std::chrono::milliseconds{5000},
            .holders = std::move(holders),
            .away = std::move(away)};
  }

  ProvedFact proved(std::uint64_t revision) {
    std::vector<Hash> leaves;
    CompactRange range;
    for (std::uint64_t r = 1; r <= 12; ++r) {
      leaves.push_back(leaf_hash(fact(r)));
      range.append(leaves.back());
    }
    TlogProof proof{
        .extra = {},
        .index = revision - 1,
        .hashes = {},
        .checkpoint = *sign_checkpoint({"example.org/journal", range.head()}, journal_)};
    proof.hashes =
        *prove_inclusion(proof.index, 12, [&](unsigned level, std::uint64_t index) -> Result<Hash> {
          return complete_root(std::span(leaves).subspan(index << level, std::size_t{1} << level));
        });
    return {fact(revision), std::move(proof)};
  }

  RevocationEvidence evidence(const Receipt& from) {
    return {.receipt = *sign_receipt(from, server_),
            .revocation = proved(from.revision),
            .journal_origin = "example.org/journal",
            .logs_directory = "/logs",
            .is_revocation_of = [](ByteView bytes, std::string_view subject) -> Result<bool> {
              return as_text(bytes) == fmt::format("fact {} revokes {}", kRevision, subject);
            },
            .authorities = {authority_.certificate}};
  }
  static Bytes fact(std::uint64_t r) {
    return to_bytes(fmt::format("fact {} revokes {}", r, kSubject));
  }

  RevocationReport verify(const RevocationEvidence& with) {
    auto report = verify_revocation(files_, with, keys_);
    EXPECT_TRUE(report.ok()) << report.error().message();
    return report.ok() ? std::move(*report) : RevocationReport{};
  }
  // The one finding of a receipt with agent 1 as holder, whose log has these entries.
  std::string finding_in(const std::vector<Entry>& entries) {
    const TreeHead head = write_log("agent1", entries);
    const RevocationReport report = verify(evidence(receipt({{"example.org/agent1", 3, head}})));
    EXPECT_FALSE(report.holds);
    EXPECT_EQ(report.findings.size(), 1U) << report.text();
    return report.findings.empty() ? "" : report.findings.front();
  }

  MemoryFileSystem files_;
  ManualClock clock_;
  NoteSigner server_ = test_signer("example.org/server", 1);
  NoteSigner journal_ = test_signer("example.org/journal", 2);
  std::vector<VerifierKey> keys_;
  crypto::testing::Credential authority_ =
      crypto::testing::make_root(crypto::testing::ca_spec("spiffe://example.org"));
};

TEST_F(VerifyRevocationTest, ARevocationThatWasCarriedOutIsShownWithItsWindow) {
  const TreeHead head = write_log("agent1", honest());
  const RevocationReport report = verify(evidence(receipt({{"example.org/agent1", 3, head}})));
  EXPECT_TRUE(report.holds) << report.text();
  EXPECT_FALSE(report.is_bounded_only);
  ASSERT_EQ(report.logs.size(), 1u);
  EXPECT_EQ(report.logs[0].acknowledgement, 3u);
  EXPECT_EQ(report.logs[0].denied_after, 2u);
  EXPECT_EQ(report.logs[0].window_count, 2u) << "the issuance and the allow of before";
  EXPECT_EQ(report.logs[0].window.back().index, 1u);
  EXPECT_TRUE(report.logs[0].window.back().is_allowed);
  EXPECT_THAT(report.text(), HasSubstr("acknowledged by every holder"));
}

TEST_F(VerifyRevocationTest, AnAllowAfterTheAcknowledgementIsFound) {
  auto entries = honest();
  entries.push_back({12, decision(std::string(kSubject), true)});
  EXPECT_THAT(finding_in(entries), HasSubstr("record 7 at revision 12 is an allow"));
}

TEST_F(VerifyRevocationTest, AnAllowForACredentialUnderTheSubjectIsFound) {
  auto entries = honest();
  entries.push_back({12, decision_with_credential("0a1b", true)});
  EXPECT_THAT(finding_in(entries), HasSubstr("record 7"));
}

TEST_F(VerifyRevocationTest, AnAllowAtTheRevisionBeforeTheAcknowledgementIsFound) {
  auto entries = honest();
  entries[2] = {kRevision, decision(std::string(kSubject), true)};
  EXPECT_THAT(finding_in(entries), HasSubstr("record 2 at revision 10 is an allow"));
}

TEST_F(VerifyRevocationTest, AnIssuanceAndASessionAfterItAreFound) {
  auto entries = honest();
  entries.push_back(
      {12, Issuance{std::string(kSubject), CredentialKind::kJwtSvid, "j", 0, 1, "r", {}}});
  entries.push_back({12, SessionStart{"s", std::string(kSubject), "connect", "db", "", {}, {}}});
  const TreeHead head = write_log("agent1", entries);
  const RevocationReport report = verify(evidence(receipt({{"example.org/agent1", 3, head}})));
  ASSERT_EQ(report.findings.size(), 2u) << report.text();
  EXPECT_THAT(report.findings[0], HasSubstr("issuance"));
  EXPECT_THAT(report.findings[1], HasSubstr("session_start"));
}

TEST_F(VerifyRevocationTest, AnAllowInALogThatTheReceiptDoesNotNameIsFound) {
  const TreeHead head = write_log("agent1", honest());
  write_log("agent2", {{11, decision_with_credential("0a1b", true)}});
  const RevocationReport report = verify(evidence(receipt({{"example.org/agent1", 3, head}})));
  ASSERT_EQ(report.findings.size(), 1u) << report.text();
  EXPECT_THAT(report.findings[0], HasSubstr("agent2"));
}

TEST_F(VerifyRevocationTest, AMissingLogOfAHolderIsFound) {
  const RevocationReport report =
      verify(evidence(receipt({{"example.org/agent1", 3, {7, empty_root()}}})));
  EXPECT_FALSE(report.holds);
  EXPECT_THAT(report.findings.front(), HasSubstr("was not given"));
}

TEST_F(VerifyRevocationTest, AnAcknowledgementThatIsNoneIsFound) {
  auto other_subject = honest();
  other_subject[3].body = Acknowledgement{kRevision, {"spiffe://example.org/workload/b"}};
  EXPECT_THAT(finding_in(other_subject), HasSubstr("no acknowledgement"));
}

TEST_F(VerifyRevocationTest, AnAcknowledgementOfAnOlderRevisionIsFound) {
  auto older = honest();
  older[3].body = Acknowledgement{kRevision - 1, {std::string(kSubject)}};
  EXPECT_THAT(finding_in(older), HasSubstr("no acknowledgement"));
}

TEST_F(VerifyRevocationTest, ALogThatDoesNotExtendTheHeadOfTheReceiptIsFound) {
  const TreeHead head = write_log("agent1", honest());
  for (const TreeHead& other :
       {TreeHead{head.size + 1, head.root}, TreeHead{head.size, empty_root()}}) {
    const RevocationReport report = verify(evidence(receipt({{"example.org/agent1", 3, other}})));
    ASSERT_FALSE(report.holds) << "a stale checkpoint, or another history";
    EXPECT_THAT(report.findings.front(), HasSubstr("does not extend"));
  }
}

TEST_F(VerifyRevocationTest, ADamagedLogIsFound) {
  const TreeHead head = write_log("agent1", honest());
  files_.damage("/logs/agent1/tile/entries/000.p/7", 20, 1);
  EXPECT_FALSE(verify(evidence(receipt({{"example.org/agent1", 3, head}}))).holds);
}

TEST_F(VerifyRevocationTest, AForgedReceiptIsRefusedAndAForgedLogIsFound) {
  const TreeHead head = write_log("agent1", honest());
  RevocationEvidence forged = evidence(receipt({{"example.org/agent1", 3, head}}));
  forged.receipt = *sign_receipt(receipt({}), test_signer("example.org/server", 77));
  EXPECT_EQ(verify_revocation(files_, forged, keys_).error().code(), ErrorCode::kUnauthenticated);
  keys_.pop_back();  // nobody says that the key of agent 1's log is its own
  EXPECT_FALSE(verify(evidence(receipt({{"example.org/agent1", 3, head}}))).holds);
}

// Point 2, the certificate: each way in which it does not hold is the one finding.
TEST_F(VerifyRevocationTest, ALogWhoseKeyIsNotCertifiedForThatTimeIsFound) {
  const TreeHead head = write_log("agent1", honest());
  const VerifierKey key = keys_.back();
  keys_.pop_back();  // the certificate alone says whose it is
  const auto finding_with = [&](Bytes certificate) {
    const RevocationReport report =
        verify(evidence(receipt({{"example.org/agent1", 3, head, std::move(certificate)}})));
    if (report.findings.empty()) return std::string();
    EXPECT_EQ(report.findings.size(), 1U) << report.text();
    return report.findings.front();
  };
  EXPECT_EQ(finding_with(certify(key, authority_)), "");
  EXPECT_THAT(finding_with(certify(key, authority_, kStart - std::chrono::seconds{1})),
              HasSubstr("agent1`: the certificate of the log's key does not hold"))
      << "expired when it acknowledged";
  const auto other = crypto::testing::make_root(crypto::testing::ca_spec("spiffe://example.org"));
  EXPECT_THAT(finding_with(certify(key, other)),
              HasSubstr("the certificate of the log's key does not hold"))
      << "another issuer";
  keys_.push_back(key);
  RevocationEvidence without = evidence(receipt({{"example.org/agent1", 3, head, {1}}}));
  without.receipt = *sign_receipt(
      [&] {
        Receipt made = receipt({{"example.org/agent1", 3, head}});
        made.holders[0].certificate.clear();
        return made;
      }(),
      server_);
  const RevocationReport report = verify(without);
  ASSERT_EQ(report.findings.size(), 1U) << report.text();
  EXPECT_THAT(report.findings[0], HasSubstr("no certificate of its key"));
  EXPECT_THAT(finding_with(certify(test_signer("example.org/agent2", 50).verifier(), authority_)),
              HasSubstr("it is of another key, of `example.org/agent2`"));
}

// The certificate counts, not what the file of keys has under the same name.
TEST_F(VerifyRevocationTest, ALogSignedByAnotherKeyThanTheCertifiedOneIsFound) {
  const TreeHead head = write_log("agent1", honest());
  const VerifierKey certified = test_signer("example.org/agent1", 60).verifier();
  const RevocationReport report =
      verify(evidence(receipt({{"example.org/agent1", 3, head, certify(certified, authority_)}})));
  EXPECT_FALSE(report.holds);
}

TEST_F(VerifyRevocationTest, AFactThatIsNotInTheJournalOrRevokesAnotherIsFound) {
  const TreeHead head = write_log("agent1", honest());
  const auto good = evidence(receipt({{"example.org/agent1", 3, head}}));
  RevocationEvidence other_fact = good;
  other_fact.revocation.fact = fact(kRevision + 1);
  EXPECT_GE(verify(other_fact).findings.size(), 2u);
  RevocationEvidence other_index = good;
  other_index.revocation.proof.index = kRevision;
  EXPECT_FALSE(verify(other_index).holds);
  RevocationEvidence other_journal = good;
  other_journal.journal_origin = "example.com/journal";
  EXPECT_FALSE(verify(other_journal).holds);
}

// Point 3, each kind of name that the logs tie to the subject.
TEST_F(VerifyRevocationTest, AnAllowUnderASessionOrAGrantOfTheSubjectIsFound) {
  auto entries = honest();
  Decision granted = decision(std::string(kSubject), true);
  granted.grants = {"grant-1"};
  entries[1] = {6, granted};
  entries[2] = {7, SessionStart{"s-1", std::string(kSubject), "connect", "db", "", {}, {}}};
  int written = 0;
  const auto findings_with = [&](auto&& name_it) {
    auto longer = entries;
    Decision later = decision("", true);
    name_it(later);
    longer.push_back({12, later});
    const std::string agent = fmt::format("agent{}", ++written);
    const TreeHead head = write_log(agent, longer);
    return verify(evidence(receipt({{"example.org/" + agent, 3, head}}))).findings;
  };
  const auto by_session = findings_with([](Decision& d) { d.session = "s-1"; });
  ASSERT_EQ(by_session.size(), 1U);
  EXPECT_THAT(by_session[0], HasSubstr("agent1`: record 7 at revision 12 is an allow"));
  EXPECT_THAT(findings_with([](Decision& d) { d.grants = {"grant-1"}; }),
              ::testing::Contains(HasSubstr("agent2`: record 7 at revision 12 is an allow")));
  EXPECT_THAT(findings_with([](Decision& d) { d.grants = {"grant-2"}; }),
              ::testing::Each(::testing::Not(HasSubstr("agent3"))));
}

TEST_F(VerifyRevocationTest, AnIssuanceAloneIsFound) {
  auto entries = honest();
  entries.push_back(
      {12, Issuance{std::string(kSubject), CredentialKind::kX509Svid, "0a1c", 0, 1, "r", {}}});
  EXPECT_THAT(finding_in(entries), HasSubstr("record 7 at revision 12 is an issuance"));
}

TEST_F(VerifyRevocationTest, ARevisionThatGoesDownAfterTheAcknowledgementIsFound) {
  auto entries = honest();
  entries[5].revision = 9;
  const TreeHead head = write_log("agent1", entries);
  EXPECT_THAT(verify(evidence(receipt({{"example.org/agent1", 3, head}}))).findings,
              ::testing::Contains(HasSubstr("record 5 is at revision 9, the one before at 10")));
}

// Point 4: the window is listed with its times.
TEST_F(VerifyRevocationTest, TheWindowIsListedRecordByRecord) {
  auto entries = honest();
  entries[1].at = std::chrono::seconds{-2};
  const TreeHead head = write_log("agent1", entries);
  const RevocationReport report = verify(evidence(receipt({{"example.org/agent1", 3, head}})));
  EXPECT_TRUE(report.holds) << report.text();
  EXPECT_THAT(
      report.text(),
      HasSubstr("before it: record 0 at 2023-11-14T22:13:20.000000Z, revision 5, gave access"));
  EXPECT_THAT(
      report.text(),
      HasSubstr("before it: record 1 at 2023-11-14T22:13:18.000000Z, revision 6, gave access"));
}

TEST_F(VerifyRevocationTest, ARecordMadeInAnotherHistoryOfTheJournalIsFound) {
  std::vector<Hash> leaves;
  CompactRange range;
  std::vector<Entry> entries = honest();
  for (std::uint64_t r = 1; r <= 12; ++r) {
    leaves.push_back(leaf_hash(fact(r)));
    range.append(leaves.back());
    for (Entry& entry : entries) {
      const Hash root = range.root();
      if (entry.revision == r) std::copy_n(root.begin(), entry.root8.size(), entry.root8.begin());
    }
  }
  const auto journal = SignedJournal::make(
      {"example.org/journal", range.head()},
      [&](std::uint64_t first, std::uint64_t count) -> Result<std::vector<Hash>> {
        const auto from = leaves.begin() + static_cast<std::ptrdiff_t>(first);
        return std::vector<Hash>(from, from + static_cast<std::ptrdiff_t>(count));
      });
  ASSERT_TRUE(journal.ok());
  const auto report_of = [&](const std::string& agent) {
    const TreeHead head = write_log(agent, entries);
    RevocationEvidence given = evidence(receipt({{"example.org/" + agent, 3, head}}));
    given.journal = &*journal;
    return verify(given);
  };
  const RevocationReport good = report_of("agent1");
  EXPECT_TRUE(good.holds) << good.text();
  EXPECT_EQ(good.logs[0].journal.matched, 7U);
  entries[2].root8[0] ^= 1;
  EXPECT_THAT(report_of("agent2").findings,
              ::testing::Contains(HasSubstr("record 2 was made in another history")));
}

TEST_F(VerifyRevocationTest, AHolderThatIsAwayIsBoundedUntilItReturns) {
  const std::string subject(kSubject);
  const ReceiptAway away{"example.org/agent2", kStart};
  EXPECT_TRUE(verify(evidence(receipt({}, {away}))).is_bounded_only) << "no log of it yet";
  write_log("agent2", {{5, decision(subject, true), std::chrono::seconds{4}},
                       {5, decision(subject, false), std::chrono::seconds{6}}});
  const RevocationReport report = verify(evidence(receipt({}, {away})));
  EXPECT_TRUE(report.holds) << report.text();
  EXPECT_TRUE(report.is_bounded_only);
  EXPECT_THAT(report.text(), HasSubstr("bounded, not acknowledged"));
}

TEST_F(VerifyRevocationTest, AHolderThatCameBackAndAcknowledgedIsShownWhole) {
  write_log("agent2",
            {{5, decision(std::string(kSubject), true), std::chrono::seconds{4}},
             {12, Acknowledgement{12, {std::string(kSubject)}}, std::chrono::seconds{60}}});
  const RevocationReport report = verify(evidence(receipt({}, {{"example.org/agent2", kStart}})));
  EXPECT_TRUE(report.holds) << report.text();
  EXPECT_FALSE(report.is_bounded_only);
}

TEST_F(VerifyRevocationTest, AnAllowOfAStaleHolderThatIsAwayIsFound) {
  write_log("agent2", {{5, decision(std::string(kSubject), true), std::chrono::seconds{6}}});
  EXPECT_FALSE(verify(evidence(receipt({}, {{"example.org/agent2", kStart}}))).holds);
}

TEST_F(VerifyRevocationTest, AfterARestorationOnlyWhatIsFromBeforeTheRevocationIsFound) {
  constexpr std::uint64_t kRestored = 12;
  std::vector<Entry> entries = honest();
  const std::string subject(kSubject);
  entries.push_back({kRestored, Issuance{subject, CredentialKind::kX509Svid, "0c", 0, 1, "r", {}}});
  entries.push_back({kRestored, decision(subject, true)});
  entries.push_back({kRestored, decision_with_credential("0c", true)});
  const TreeHead head = write_log("agent1", entries);
  RevocationEvidence with = evidence(receipt({{"example.org/agent1", 3, head}}));
  EXPECT_EQ(verify(with).findings.size(), 3u) << "nothing is known of a restoration";

  with.restoration = proved(kRestored);
  with.is_restoration_of = [](ByteView bytes, std::string_view) -> Result<bool> {
    return to_bytes(bytes) == fact(kRestored);
  };
  const RevocationReport report = verify(with);
  EXPECT_TRUE(report.holds) << report.text();
  EXPECT_EQ(report.restored_at, kRestored);
  EXPECT_EQ(report.logs[0].given_since_restored, 3u);

  with.restoration = proved(kRestored - 1);
  EXPECT_THAT(verify(with).findings.front(), HasSubstr("no later restoration"));
  with.restoration = ProvedFact{fact(kRestored), proved(kRestored - 1).proof};
  EXPECT_THAT(verify(with).findings.front(), HasSubstr("not shown to be in the journal"));

  entries.push_back({kRestored, decision_with_credential("0a1b", true)});
  const TreeHead later = write_log("agent2", entries);
  with = evidence(receipt({{"example.org/agent1", 3, head}, {"example.org/agent2", 3, later}}));
  with.restoration = proved(kRestored);
  with.is_restoration_of = [](ByteView, std::string_view) -> Result<bool> { return true; };
  const RevocationReport old = verify(with);
  ASSERT_EQ(old.findings.size(), 1u) << old.text();
  EXPECT_THAT(old.findings.front(), HasSubstr("agent2"));
}

}  // namespace
}  // namespace ward::evidence
