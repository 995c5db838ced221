#include "server/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ward::server {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kLeast =
    "trust_domain = \"example.org\"\ndata_dir = \"/var/lib/ward\"\n";

std::string refused(std::string_view more) {
  const auto config = parse_config(std::string(kLeast).append(more), "server.toml");
  EXPECT_FALSE(config.ok()) << more;
  return config.ok() ? "" : config.error().message();
}

TEST(Config, TwoKeysAreEnough) {
  const auto config = parse_config(kLeast, "server.toml");
  ASSERT_TRUE(config.ok()) << config.error().text();
  EXPECT_EQ(config->trust_domain.name(), "example.org");
  EXPECT_EQ(config->admin_socket, "/var/lib/ward/admin.sock");
  EXPECT_EQ(config->key_encryption_key, "/var/lib/ward/kek");
  EXPECT_EQ(config->operators.at(0), "spiffe://example.org/ward/operator");
  EXPECT_EQ(config->x509_svid_ttl, std::chrono::hours(1));
  EXPECT_EQ(config->jwt_svid_ttl, std::chrono::minutes(5));
}

TEST(Config, ReadsEveryKey) {
  const auto config = parse_config(std::string(kLeast) + R"(log_level = "warn"
[listen]
address = "127.0.0.1"
port = 9443
dns_names = ["ward.example.org"]
[admin]
socket = "/run/ward/admin.sock"
mode = "0660"
[admin.operators]
"1000" = "spiffe://example.org/people/ann"
[keys]
key_encryption_key = "/etc/ward/kek"
[authority]
ca_ttl = "48h"
x509_svid_ttl = "30m"
jwt_svid_ttl = "1m"
[attestors.join_token]
enabled = false
[attestors.x509pop]
roots = "/etc/ward/roots.pem"
[decide]
staleness = "3s"
[evidence]
checkpoint_interval = "250ms"
)",
                                   "server.toml");
  ASSERT_TRUE(config.ok()) << config.error().text();
  EXPECT_EQ(config->log_level, LogLevel::kWarn);
  EXPECT_EQ(config->listen_port, 9443);
  EXPECT_THAT(config->dns_names, ::testing::ElementsAre("ward.example.org"));
  EXPECT_EQ(config->admin_mode, mode_t{0660});
  EXPECT_EQ(config->operators.size(), 1u);
  EXPECT_EQ(config->operators.at(1000), "spiffe://example.org/people/ann");
  EXPECT_FALSE(config->join_token_enabled);
  EXPECT_EQ(config->x509pop_roots, "/etc/ward/roots.pem");
  EXPECT_EQ(config->staleness, std::chrono::seconds(3));
  EXPECT_EQ(config->checkpoint_interval, std::chrono::milliseconds(250));
}

TEST(Config, TakesNamesOfTheServerThatACertificateCanHave) {
  EXPECT_THAT(refused("[listen]\ndns_names = [\"-ward\"]\n"),
              HasSubstr("`-ward` is not a DNS name"));
  EXPECT_THAT(refused("[listen]\ndns_names = \"ward\"\n"), HasSubstr("server.toml:4"));
  std::string names;
  for (int i = 0; i < 33; ++i) names += "\"a\",";
  EXPECT_THAT(refused("[listen]\ndns_names = [" + names + "]\n"),
              HasSubstr("at most 32 names, got 33"));
}

TEST(Config, SaysWhereTheTomlIsMalformed) {
  EXPECT_THAT(refused("[listen\n"), HasSubstr("server.toml:3"));
}

TEST(Config, RefusesAnUnknownKeyAndNamesTheNearest) {
  const std::string message = refused("[listen]\nadress = \"127.0.0.1\"\n");
  EXPECT_THAT(message, HasSubstr("server.toml:4:1"));
  EXPECT_THAT(message, HasSubstr("`address`"));
}

TEST(Config, RefusesWhatIsOutOfBounds) {
  EXPECT_THAT(refused("[listen]\nport = 65536\n"), HasSubstr("server.toml:4"));
  EXPECT_THAT(refused("[authority]\nx509_svid_ttl = \"25h\"\n"), HasSubstr("x509_svid_ttl"));
  EXPECT_THAT(refused("[authority]\nca_ttl = \"10m\"\nx509_svid_ttl = \"20m\"\n"),
              HasSubstr("outlives"));
  EXPECT_THAT(refused("[decide]\nstaleness = \"1s\"\n"), HasSubstr("staleness"));
  EXPECT_THAT(refused("[admin]\nmode = \"0666\"\n"), HasSubstr("0660"));
}

TEST(Config, RefusesOperatorsThatAreNoUidOrNoSpiffeId) {
  EXPECT_THAT(refused("[admin.operators]\nroot = \"spiffe://example.org/a\"\n"), HasSubstr("uid"));
  EXPECT_THAT(refused("[admin.operators]\n\"-1\" = \"spiffe://example.org/a\"\n"),
              HasSubstr("uid"));
  EXPECT_THAT(refused("[admin.operators]\n\"0\" = \"spiffe://example.org/../a\"\n"),
              HasSubstr("server.toml:4"));
}

TEST(Config, TakesKeysOfLogsToWitnessAndRefusesOthers) {
  EXPECT_THAT(refused("[witness]\nlogs = [\"other.example\"]\n"), HasSubstr("server.toml:4"));
  EXPECT_THAT(refused("[witness]\nprefix = \"witness\"\n"), HasSubstr("expected a path"));
  EXPECT_THAT(refused("[witness]\nprefix = \"/witness/\"\n"), HasSubstr("expected a path"));
  const auto key = evidence::VerifierKey::make(
      "other.example/ward/server", evidence::NoteKeyType::kEd25519,
      crypto::PrivateKey::from_ed25519(SecretBytes(Bytes(32, 1))).value().public_key());
  const auto config =
      parse_config("trust_domain = \"example.org\"\ndata_dir = \"/w\"\n[witness]\nlogs = [\"" +
                       key->text() + "\"]\n",
                   "f");
  ASSERT_TRUE(config.ok()) << config.error().text();
  EXPECT_EQ(config->witness_logs.at(0).text(), key->text());
}

TEST(Config, TakesWhatDecisionsSeal) {
  const auto config = parse_config(
      "trust_domain = \"example.org\"\ndata_dir = \"/w\"\n[evidence]\nseal = "
      "[\"source_address\", \"properties\"]\n",
      "f");
  ASSERT_TRUE(config.ok()) << config.error().text();
  EXPECT_TRUE(config->evidence.sealing.source_address && config->evidence.sealing.properties);
  EXPECT_THAT(refused("[evidence]\nseal = [\"claims\"]\n"), HasSubstr("`source_address`"));
}

TEST(Config, TakesARetentionPolicyForEvidence) {
  const auto config = parse_config(
      "trust_domain = \"example.org\"\ndata_dir = \"/w\"\n[evidence]\nkeep_records = "
      "1000\nkeep_for = "
      "\"90d\"\n",
      "f");
  ASSERT_TRUE(config.ok()) << config.error().text();
  EXPECT_EQ(config->evidence.retention.records, 1000u);
  EXPECT_EQ(config->evidence.retention.age, std::chrono::hours{24 * 90});
  EXPECT_THAT(refused("[evidence]\nkeep_records = 255\n"), HasSubstr("server.toml:4"));
  EXPECT_THAT(refused("[evidence]\nkeep_for = \"1m\"\n"), HasSubstr("server.toml:4"));
}

TEST(Config, RefusesRelativePathsAndMissingKeys) {
  EXPECT_FALSE(parse_config("trust_domain = \"example.org\"\ndata_dir = \"ward\"\n", "f").ok());
  EXPECT_FALSE(parse_config("trust_domain = \"example.org\"\n", "f").ok());
  EXPECT_FALSE(parse_config("trust_domain = \"Example.org\"\ndata_dir = \"/w\"\n", "f").ok());
}

}  // namespace
}  // namespace ward::server
