#include "agent/workload_attestation.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>

#include "attest/testing/peer_process.h"
#include "net/testing/harness.h"

namespace ward::agent {
namespace {

using attest::testing::PeerProcess;
using namespace std::chrono_literals;

// Counts how often it is asked.
class CountingAttestor final : public attest::WorkloadAttestor {
 public:
  explicit CountingAttestor(std::atomic<int>& count) : count_(count) {}
  std::string_view name() const override { return "count"; }
  Result<attest::Selectors> attest(const os::PeerCredentials&) const override {
    return attest::Selectors{fmt::format("count:{}", ++count_)};
  }

 private:
  std::atomic<int>& count_;
};

class WorkloadAttestationTest : public ::testing::Test {
 protected:
  static net::UnixPeer peer_of(const PeerProcess& process) {
    const auto& credentials = process.credentials();
    return {.uid = credentials.uid,
            .gid = credentials.gid,
            .pid = credentials.pid,
            .process =
                std::make_shared<const os::ProcessHandle>(credentials.process.duplicate().value())};
  }
  std::vector<std::unique_ptr<attest::WorkloadAttestor>> attestors() {
    std::vector<std::unique_ptr<attest::WorkloadAttestor>> made;
    made.push_back(std::make_unique<CountingAttestor>(count_));
    return made;
  }
  std::string attest(const net::UnixPeer& peer) {
    std::optional<Result<AttestedWorkload>> found;
    attestation_.attest(peer, [&](Result<AttestedWorkload> got) { found.emplace(std::move(got)); });
    net::testing::run_until(loop_, [&] { return found.has_value(); });
    return found && found->ok() ? (*found)->selectors.front() : "none";
  }
  std::string known(const net::UnixPeer& peer) {
    const AttestedWorkload* workload = attestation_.known(peer);
    return workload == nullptr ? "none" : workload->selectors.front();
  }

  ManualClock clock_;
  net::SystemLoop loop_{clock_};
  std::atomic<int> count_ = 0;
  WorkloadAttestation attestation_{loop_, attestors()};
};

TEST_F(WorkloadAttestationTest, APeerIsKnownOnceItIsAttestedAndForASecond) {
  const PeerProcess process;
  const auto peer = peer_of(process);
  EXPECT_EQ(known(peer), "none");
  EXPECT_EQ(attest(peer), "count:1");
  EXPECT_EQ(known(peer), "count:1");
  clock_.advance(kKnownFor - 1ms);
  EXPECT_EQ(known(peer), "count:1");
  clock_.advance(1ms);
  EXPECT_EQ(known(peer), "none");
  EXPECT_EQ(attest(peer), "count:2");
  EXPECT_EQ(known(peer), "count:2");
}

// The same process over another connection is another peer: nothing is lent.
TEST_F(WorkloadAttestationTest, WhatIsKnownIsOfOneConnection) {
  const PeerProcess process;
  const auto first = peer_of(process);
  attest(first);
  EXPECT_EQ(known(peer_of(process)), "none");
  EXPECT_EQ(known(first), "count:1");
}

TEST_F(WorkloadAttestationTest, APeerThatIsGoneIsNotKnown) {
  PeerProcess process;
  const auto peer = peer_of(process);
  attest(peer);
  process.kill();
  EXPECT_EQ(known(peer), "none");
  EXPECT_EQ(attest(peer), "none");
  EXPECT_EQ(known(peer), "none");
}

TEST_F(WorkloadAttestationTest, AnotherProgramInTheSameProcessIsNotKnown) {
  int go[2];
  ASSERT_EQ(::pipe(go), 0);
  const PeerProcess process({.after_connect = [&go] {
    char byte = 0;
    if (::read(go[0], &byte, 1) != 1) ::_exit(1);
    ::execl("/bin/sh", "sh", "-c", "while :; do read x; done", nullptr);
    ::_exit(1);
  }});
  const auto peer = peer_of(process);
  EXPECT_EQ(attest(peer), "count:1");
  EXPECT_EQ(known(peer), "count:1");
  ASSERT_EQ(::write(go[1], "x", 1), 1);
  for (int i = 0; i < 5000 && known(peer) != "none"; ++i) ::usleep(1000);
  EXPECT_EQ(known(peer), "none");
  EXPECT_EQ(attest(peer), "count:2");
  ::close(go[0]);
  ::close(go[1]);
}

TEST_F(WorkloadAttestationTest, WhatIsKeptGoesWithTheConnection) {
  const PeerProcess process;
  auto peer = std::make_unique<net::UnixPeer>(peer_of(process));
  attest(*peer);
  loop_.run_for(1ms);  // the job and what it held are gone
  EXPECT_EQ(attestation_.kept(), 1U);
  peer.reset();
  attestation_.sweep();
  EXPECT_EQ(attestation_.kept(), 0U);
}

}  // namespace
}  // namespace ward::agent
