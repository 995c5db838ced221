// The witness over real HTTPS: each status code of C2SP tlog-witness.
#include "server/witness_front.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/fetch.h"
#include "server/testing/test_node.h"

namespace ward::server {
namespace {

using testing::ServerTest;
using testing::TestNode;
namespace admin = testing::admin;

// The log of another Ward, of leaves without entries.
class ForeignLog {
 public:
  explicit ForeignLog(std::uint8_t seed = 1, std::string origin = "other.example/ward/server")
      : signer_(evidence::NoteSigner::make(
                    std::move(origin), evidence::NoteKeyType::kEd25519,
                    crypto::PrivateKey::from_ed25519(SecretBytes(Bytes(32, seed))).value())
                    .value()) {
    for (int i = 0; i < 100; ++i)
      leaves_.push_back(evidence::leaf_hash(as_bytes(std::to_string(i))));
  }

  const evidence::VerifierKey& key() const { return signer_.verifier(); }
  evidence::TreeHead head(std::uint64_t size) const {
    evidence::CompactRange range;
    for (std::uint64_t i = 0; i < size; ++i) range.append(leaves_[i]);
    return range.head();
  }
  std::string checkpoint(const evidence::TreeHead& head) const {
    return evidence::sign_checkpoint({signer_.name(), head}, signer_).value();
  }
  std::string request(std::uint64_t old_size, std::uint64_t size) const {
    const auto proof = evidence::prove_consistency(
        std::min(old_size, size), size,
        [&](unsigned level, std::uint64_t index) -> Result<evidence::Hash> {
          return evidence::complete_root(
              std::span(leaves_).subspan(index << level, std::size_t{1} << level));
        });
    return evidence::witness_request_text({old_size, *proof, checkpoint(head(size))});
  }

 private:
  evidence::NoteSigner signer_;
  std::vector<evidence::Hash> leaves_;
};

class WitnessOverHttp : public ServerTest {
 protected:
  void start_with(const std::string& prefix) {
    ServerConfig made = config();
    made.witness_prefix = prefix;
    made.witness_logs = {log_.key()};
    const auto started = try_start(made);
    ASSERT_TRUE(started.ok()) << started.error().text();
    spiffe::X509BundleSet bundles;
    bundles.set({.trust_domain = spiffe::TrustDomain::parse("example.org").value(),
                 .authorities = roots()});
    material_.emplace(net::TlsMaterial::without_identity(std::move(bundles)));
  }

  // Over a connection of its own, without a client certificate.
  http::Response post(const std::string& path, const std::string& body) {
    std::optional<Result<http::Response>> got;
    net::TlsClientOptions options;
    options.alpn = {"http/1.1"};
    net::TlsClient tls(loop, *material_, std::move(options));
    net::Attempt handshake;
    http::Fetch fetching;
    const auto connecting = net::connect_tcp(
        loop, "127.0.0.1", server->port(), {}, [&](Result<std::unique_ptr<net::Stream>> plain) {
          ASSERT_TRUE(plain.ok());
          handshake = tls.connect(std::move(*plain), [&](Result<std::unique_ptr<net::Stream>> up) {
            ASSERT_TRUE(up.ok()) << up.error().text();
            http::Request request;
            request.head.method = "POST";
            request.head.target = path;
            request.head.authority = "example.org";
            request.body = to_bytes(body);
            fetching = http::fetch(
                loop, std::move(*up), std::move(request), {},
                [&](Result<http::Response> response) { got.emplace(std::move(response)); });
          });
        });
    run_until([&] { return got.has_value(); });
    return got && got->ok() ? std::move(**got) : http::Response::empty(0);
  }
  int status_of(const std::string& body) {
    return post("/witness/add-checkpoint", body).head.status;
  }

  ForeignLog log_;
  std::optional<net::TlsMaterialSource> material_;
};

TEST_F(WitnessOverHttp, EachStatusIsThatOfTheSpecification) {
  start_with("/witness");
  const auto first = post("/witness/add-checkpoint", log_.request(0, 40));
  ASSERT_EQ(first.head.status, 200) << as_text(first.body);
  const std::string line(as_text(first.body));
  const auto proof = call<admin::ExportProofResponse>("ExportProof", admin::ExportProofRequest());
  const std::vector keys{log_.key(),
                         evidence::VerifierKey::parse(proof.value().log_keys(2)).value()};
  const auto cosigned = evidence::open_checkpoint(log_.checkpoint(log_.head(40)) + line, keys);
  ASSERT_TRUE(cosigned.ok()) << cosigned.error().text();
  EXPECT_EQ(cosigned->signatures.size(), 2u);
  EXPECT_EQ(status_of(log_.request(40, 40)), 200) << "the same head again";

  EXPECT_EQ(status_of(""), 400);
  EXPECT_EQ(status_of("old 040\n\n"), 400);
  EXPECT_EQ(status_of(log_.request(50, 45)), 400) << "old above new";
  EXPECT_EQ(status_of(std::string(evidence::kWitnessRequestBytesMax + 1, 'o')), 400);
  EXPECT_EQ(status_of(ForeignLog(1, "unknown.example").request(0, 5)), 404);
  EXPECT_EQ(status_of(ForeignLog(9).request(40, 60)), 403) << "another key of that name";
  const auto stale = post("/witness/add-checkpoint", log_.request(30, 60));
  EXPECT_EQ(stale.head.status, 409);
  EXPECT_EQ(stale.head.headers.find("content-type"), "text/x.tlog.size");
  EXPECT_EQ(as_text(stale.body), "40\n");
  EXPECT_EQ(status_of(evidence::witness_request_text(
                {40, {}, log_.checkpoint({40, log_.head(39).root})})),
            409)
      << "another root at the same size";
  EXPECT_EQ(status_of(evidence::witness_request_text({40, {}, log_.checkpoint(log_.head(60))})),
            422);
  files.fill(dir + "/data/logs.witness");
  EXPECT_EQ(status_of(log_.request(40, 60)), 500);
  files.heal();
  EXPECT_EQ(status_of(log_.request(40, 60)), 200);
  EXPECT_EQ(post("/witness/other", "").head.status, 404);
}

TEST_F(WitnessOverHttp, TheStateOutlivesTheServer) {
  start_with("/w");
  EXPECT_EQ(post("/w/add-checkpoint", log_.request(0, 40)).head.status, 200);
  stop();
  start_with("/w");
  EXPECT_EQ(post("/w/add-checkpoint", log_.request(0, 40)).head.status, 409);
  EXPECT_EQ(post("/w/add-checkpoint", log_.request(40, 100)).head.status, 200);
}

TEST_F(WitnessOverHttp, TheLogOfANodeIsKnownAndOfAStrangerNot) {
  start_with("/witness");
  const auto node = make_node();
  attest(*node);
  const auto signer = evidence::NoteSigner::make(node->origin(), evidence::NoteKeyType::kEd25519,
                                                 node->evidence_key)
                          .value();
  EXPECT_EQ(
      status_of(evidence::witness_request_text(
          {0, {}, evidence::sign_checkpoint({node->origin(), log_.head(5)}, signer).value()})),
      200);
}

}  // namespace
}  // namespace ward::server
