// What every workload attestor must do. A kind instantiates it with a type that sets it up:
//
//   struct Kind {
//     const WorkloadAttestor& attestor();
//     PeerHooks hooks();   // what makes the child a workload that has selectors
//   };
//   INSTANTIATE_TYPED_TEST_SUITE_P(Unix, WorkloadAttestorSuite, UnixKind);
#pragma once

#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include "attest/testing/peer_process.h"
#include "attest/workload_attestor.h"
#include "world/fact.h"

namespace ward::attest::testing {

template <typename Kind>
class WorkloadAttestorSuite : public ::testing::Test {
 protected:
  Result<Selectors> attest(const PeerProcess& peer) {
    return kind_.attestor().attest(peer.credentials());
  }
  ErrorCode refusal(const PeerProcess& peer) {
    const auto selectors = attest(peer);
    EXPECT_FALSE(selectors.ok());
    return selectors.ok() ? ErrorCode::kUnknown : selectors.error().code();
  }

  Kind kind_;
};

TYPED_TEST_SUITE_P(WorkloadAttestorSuite);

TYPED_TEST_P(WorkloadAttestorSuite, LivePeerHasSelectorsOfItsType) {
  const PeerProcess peer(this->kind_.hooks());
  const auto selectors = this->attest(peer);
  ASSERT_TRUE(selectors.ok()) << selectors.error().text();
  EXPECT_FALSE(selectors->empty());
  EXPECT_EQ(*selectors, sorted(*selectors));
  for (const std::string& selector : *selectors) {
    EXPECT_TRUE(selector.starts_with(fmt::format("{}:", this->kind_.attestor().name())))
        << selector;
    EXPECT_LE(selector.size(), world::kNameBytesMax);
  }
}

TYPED_TEST_P(WorkloadAttestorSuite, PeerThatStaysTheSameHasTheSameSelectors) {
  const PeerProcess peer(this->kind_.hooks());
  const auto first = this->attest(peer);
  ASSERT_TRUE(first.ok()) << first.error().text();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(this->attest(peer).value(), *first);
}

TYPED_TEST_P(WorkloadAttestorSuite, PeerThatIsGoneIsAnError) {
  PeerProcess peer(this->kind_.hooks());
  peer.kill();
  EXPECT_EQ(this->refusal(peer), ErrorCode::kNotFound) << "not yet reaped";
  peer.reap();
  EXPECT_EQ(this->refusal(peer), ErrorCode::kNotFound) << "reaped";
}

TYPED_TEST_P(WorkloadAttestorSuite, PeerThatDiesMeanwhileIsKnownOrAnError) {
  for (int round = 0; round < 20; ++round) {
    PeerProcess peer(this->kind_.hooks());
    const pid_t pid = peer.pid();
    const std::jthread killer([&] {
      std::this_thread::sleep_for(std::chrono::microseconds(round * 50));
      ::kill(pid, SIGKILL);
    });
    for (int i = 0; i < 1000; ++i) {
      const auto selectors = this->attest(peer);
      if (selectors.ok()) continue;
      const ErrorCode code = selectors.error().code();
      EXPECT_TRUE(code == ErrorCode::kNotFound || code == ErrorCode::kAborted)
          << selectors.error().text();
      if (code == ErrorCode::kNotFound) break;
    }
    EXPECT_EQ(this->refusal(peer), ErrorCode::kNotFound);
  }
}

REGISTER_TYPED_TEST_SUITE_P(WorkloadAttestorSuite, LivePeerHasSelectorsOfItsType,
                            PeerThatStaysTheSameHasTheSameSelectors, PeerThatIsGoneIsAnError,
                            PeerThatDiesMeanwhileIsKnownOrAnError);

}  // namespace ward::attest::testing
