#include "agent/config.h"

#include <gtest/gtest.h>

namespace ward::agent {
namespace {

constexpr std::string_view kLeast =
    "trust_domain = \"example.org\"\n"
    "data_dir = \"/var/lib/ward-agent\"\n"
    "[server]\n"
    "address = \"ward.example.org\"\n"
    "trust_bundle = \"/etc/ward/ca.pem\"\n";

Result<AgentConfig> with(std::string_view more) {
  return parse_config(std::string(kLeast) + std::string(more), "agent.toml");
}

TEST(AgentConfig, TheLeastThereMustBeHasDefaultsForTheRest) {
  const auto config = with("");
  ASSERT_TRUE(config.ok()) << config.error().text();
  EXPECT_EQ(config->server_port, 8443);
  EXPECT_EQ(config->socket_mode, mode_t{0666});
  EXPECT_EQ(config->limits.ask_timeout, std::chrono::milliseconds{200});
  EXPECT_TRUE(std::holds_alternative<std::monostate>(config->proof));
}

TEST(AgentConfig, WhatIsWrongIsSaidAtItsPlace) {
  for (const std::string_view more :
       {"[attest]\njoin_token = \"a\"\njoin_token_file = \"/b\"\n",
        "[attest]\njoin_token = \"a\"\n[attest.x509pop]\ncertificate = \"/c\"\nkey = \"/k\"\n",
        "[attest.x509pop]\ncertificate = \"c\"\nkey = \"/k\"\n", "[api]\nsocket = \"rel\"\n",
        "[api]\nmode = \"0777\"\n", "[limits]\nview_names = 1\n", "[limits]\nunknown = 1\n",
        "[decide]\nstaleness = \"1s\"\n"}) {
    const auto config = with(more);
    ASSERT_FALSE(config.ok()) << more;
    EXPECT_EQ(config.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_TRUE(config.error().message().starts_with("agent.toml:")) << config.error().message();
  }
}

TEST(AgentConfig, X509PopAndLimitsAreRead) {
  const auto config = with(
      "[attest.x509pop]\ncertificate = \"/c\"\nkey = \"/k\"\n"
      "[limits]\nstreams_per_uid = 7\nask_timeout = \"50ms\"\n");
  ASSERT_TRUE(config.ok()) << config.error().text();
  EXPECT_EQ(std::get<X509PopProof>(config->proof).key, "/k");
  EXPECT_EQ(config->limits.streams_per_uid, 7u);
  EXPECT_EQ(config->limits.ask_timeout, std::chrono::milliseconds{50});
}

}  // namespace
}  // namespace ward::agent
