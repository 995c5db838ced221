#include "enforce/auth_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/testing/certificates.h"
#include "enforce/config.h"
#include "enforce/testing_http.h"
#include "spiffe/jwt_svid.h"

namespace ward::enforce {
namespace {

using crypto::testing::ca_spec;
using crypto::testing::kNow;
using crypto::testing::leaf_spec;
using testing::FixedCallerCheck;
using ::testing::HasSubstr;
using testing::MemoryExchange;
using testing::WorldJudge;
using namespace std::chrono_literals;

constexpr const char* kWeb = "spiffe://example.org/web";
constexpr const char* kAudience = "https://gateway.example.org";
constexpr const char* kConfig = R"(
audience = "https://gateway.example.org"
[[rules]]
methods = ["GET"]
path = "/records/{id}"
action = "read"
resource_type = "Record"
resource_id = "{id}"
[[rules]]
host = "admin.example.org"
path = "/**"
action = "administer"
resource_type = "Record"
resource_id = "admin"
)";

struct Trust final : TrustSource {
  const spiffe::X509BundleSet& x509_bundles() const override { return x509; }
  const spiffe::JwtBundleSet& jwt_bundles() const override { return jwt; }
  spiffe::X509BundleSet x509;
  spiffe::JwtBundleSet jwt;
};

std::string escaped(const crypto::Certificate& certificate) {
  std::string out;
  for (const char c : crypto::print_certificates_pem({&certificate, 1})) {
    if (c == '\n' || c == ' ' || c == '+' || c == '/' || c == '=') {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      out.push_back(c);
    }
  }
  return out;
}

world::World make_world() {
  world::WorldEditor editor{world::World()};
  editor.put(world::Owner{.id = "team:web", .contact = ""});
  world::Identity web;
  web.id = kWeb;
  web.owner = "team:web";
  editor.put(web);
  for (const char* id : {"r1", "admin"}) {
    world::Resource record;
    record.type = "Record";
    record.id = id;
    editor.put(record);
  }
  world::Revocation revocation;
  revocation.kind = world::RevocationKind::kCredential;
  revocation.id = "x509:0d";
  editor.put(revocation);
  editor.set_revision(12);
  return std::move(editor).finish();
}

AuthRequestOptions options() {
  auto document = codec::TomlDocument::parse(kConfig, "x.toml").value();
  auto root = document.root();
  auto read = read_auth_request_options(root);
  EXPECT_TRUE(read.ok()) << read.error().text();
  EXPECT_TRUE(document.no_other_keys().ok());
  return std::move(read).value();
}

class AuthRequestTest : public ::testing::Test {
 protected:
  AuthRequestTest()
      : judge_(clock_, make_world(),
               decide::Policies::parse({{"web.cedar", R"(
          @reason("the web tier reads") permit (principal, action == Action::"read", resource);
        )"}})
                   .value()),
        point_(options(), judge_, callers_, trust_, clock_) {
    const auto domain = spiffe::TrustDomain::parse("example.org").value();
    trust_.x509.set({.trust_domain = domain, .authorities = {root_.certificate}});
    trust_.jwt.set({.trust_domain = domain, .keys = {{"k1", key_.public_key()}}});
    point_.mount(router_);
  }

  MemoryExchange ask(http::Headers headers) {
    return {router_, {.head = {.target = "/auth", .headers = std::move(headers)}}};
  }
  MemoryExchange ask_for(const std::string& uri, const std::string& method = "GET") {
    return ask({{"x-original-method", method},
                {"x-original-uri", uri},
                {"x-client-cert", escaped(leaf_.certificate)}});
  }
  int status_with(const std::string& certificate, const std::string& authorization = "") {
    http::Headers headers{{"x-original-method", "GET"}, {"x-original-uri", "/records/r1"}};
    if (!certificate.empty()) headers.add("x-client-cert", certificate);
    if (!authorization.empty()) headers.add("authorization", authorization);
    return ask(std::move(headers)).response().head.status;
  }
  std::string token(std::string_view audience, std::string_view id = "t1",
                    WallTime expiry = kNow + 5min) {
    const auto subject = spiffe::SpiffeId::parse(kWeb).value();
    return spiffe::sign_jwt_svid({.id = subject,
                                  .audience = {std::string(audience)},
                                  .issued_at = kNow - 10min,
                                  .expiry = expiry,
                                  .token_id = id},
                                 key_, "k1")
        .value();
  }

  ManualClock clock_{kNow};
  crypto::testing::Credential root_ = crypto::testing::make_root(ca_spec("spiffe://example.org"));
  crypto::testing::Credential leaf_ = crypto::testing::make_issued(leaf_spec(kWeb), root_);
  crypto::PrivateKey key_ = crypto::PrivateKey::generate(crypto::KeyType::kP256).value();
  Trust trust_;
  FixedCallerCheck callers_;
  WorldJudge judge_;
  http::Router router_;
  AuthRequestPoint point_;
};

TEST_F(AuthRequestTest, AVerifiedCertificateAndAPermitLetThrough) {
  const auto exchange = ask_for("/records/r1?x=1");
  EXPECT_EQ(exchange.response().head.status, 200);
  EXPECT_EQ(exchange.header("x-ward-decision"), "allow");
  EXPECT_EQ(exchange.header("x-ward-reason"), "allowed: the web tier reads");
  EXPECT_EQ(exchange.header("x-ward-revision"), "12");
  EXPECT_EQ(exchange.header("x-ward-principal"), kWeb);
  EXPECT_EQ(judge_.last->caller, "spiffe://example.org/gateway");
  EXPECT_EQ(judge_.last->credential->id, "x509:02");
  EXPECT_EQ(judge_.last->credential->expires, leaf_.certificate.info().not_after);
  EXPECT_EQ(judge_.last->request,
            cedar::Record({{"method", "GET"}, {"path", "/records/r1"}, {"query", "x=1"}}));
}

TEST_F(AuthRequestTest, DeniesAre403AndNever500) {
  for (const auto& [method, uri] : {std::pair{"POST", "/records/r1"},
                                    {"GET", "/records/r9"},
                                    {"GET", "/records/r1/more"},
                                    {"GET", "/records/"},
                                    {"GET", "/other"},
                                    {"G T", "/records/r1"},
                                    {"", "/records/r1"},
                                    {"GET", ""},
                                    {"get", "/records/r1"}}) {
    const auto exchange = ask_for(uri, method);
    EXPECT_EQ(exchange.response().head.status, 403) << method << ' ' << uri;
    EXPECT_EQ(exchange.header("x-ward-decision"), "deny");
    EXPECT_EQ(exchange.header("x-ward-principal"), "");
    EXPECT_NE(exchange.header("x-ward-reason"), "");
  }
}

TEST_F(AuthRequestTest, SmuggledPathsAreDeniedUnasked) {
  for (const char* uri : {"/records/x/../r1", "/records/%72%31", "/records//r1", "/records/r1%00",
                          "/records%2fr1", "/records/r1;a", "/records/..%5cr1", "//records/r1"}) {
    EXPECT_EQ(ask_for(uri).response().head.status, 403) << uri;
  }
  EXPECT_EQ(judge_.asked, 0);
}

TEST_F(AuthRequestTest, CertificatesThatDoNotHoldAre401) {
  const auto foreign_root = crypto::testing::make_root(ca_spec("spiffe://example.org"));
  const auto other_domain = crypto::testing::make_root(ca_spec("spiffe://other.org"));
  auto expired = leaf_spec(kWeb);
  expired.not_after = kNow - 1s;
  auto early = leaf_spec(kWeb);
  early.not_before = kNow + 1s;
  const auto status = [&](const crypto::testing::CertificateSpec& spec, const auto& issuer) {
    return status_with(escaped(crypto::testing::make_issued(spec, issuer).certificate));
  };
  EXPECT_EQ(status(leaf_spec(kWeb), root_), 200);
  EXPECT_EQ(status(leaf_spec(kWeb), foreign_root), 401);
  EXPECT_EQ(status(leaf_spec("spiffe://other.org/web"), other_domain), 401);
  EXPECT_EQ(status(leaf_spec("spiffe://other.org/web"), root_), 401);
  EXPECT_EQ(status(expired, root_), 401);
  EXPECT_EQ(status(early, root_), 401);
  EXPECT_EQ(status_with(escaped(root_.certificate)), 401);  // a CA is nobody
  EXPECT_EQ(status_with("%2"), 401);
  EXPECT_EQ(status_with("-----BEGIN%20CERTIFICATE-----"), 401);
  EXPECT_EQ(status_with(std::string(kEscapedChainBytesMax + 1, 'A')), 401);
}

TEST_F(AuthRequestTest, ACertificateThatFailsIsNotRescuedByAToken) {
  EXPECT_EQ(status_with("", "Bearer " + token(kAudience)), 200);
  EXPECT_EQ(status_with("%2", "Bearer " + token(kAudience)), 401);
}

TEST_F(AuthRequestTest, TokensHoldForTheirAudienceAndTimeAndHaveAName) {
  EXPECT_EQ(status_with("", "bearer " + token(kAudience)), 200);
  EXPECT_EQ(judge_.last->credential->id, "jwt:t1");
  EXPECT_EQ(judge_.last->credential->issued, kNow - 10min);
  EXPECT_EQ(status_with("", "Bearer " + token("other")), 401);
  EXPECT_EQ(status_with("", "Bearer " + token(kAudience, "t1", kNow)), 401);
  EXPECT_EQ(status_with("", "Bearer " + token(kAudience, "")), 401);
  EXPECT_EQ(status_with("", "Basic YTpi"), 401);
  EXPECT_EQ(status_with("", ""), 401);
}

TEST_F(AuthRequestTest, ForgedForeignAndOversizedTokensAre401) {
  const auto other = crypto::PrivateKey::generate(crypto::KeyType::kP256).value();
  const auto signed_by = [](const crypto::PrivateKey& key, const char* subject, const char* kid) {
    return spiffe::sign_jwt_svid({.id = spiffe::SpiffeId::parse(subject).value(),
                                  .audience = {kAudience},
                                  .issued_at = kNow,
                                  .expiry = kNow + 5min,
                                  .token_id = "t"},
                                 key, kid)
        .value();
  };
  EXPECT_EQ(status_with("", "Bearer " + signed_by(key_, kWeb, "k1")), 200);
  std::string tampered = signed_by(key_, kWeb, "k1");
  tampered[tampered.size() - 20] = tampered[tampered.size() - 20] == 'A' ? 'B' : 'A';
  for (const std::string& bad :
       {signed_by(other, kWeb, "k1"), signed_by(other, kWeb, "k2"),
        signed_by(key_, "spiffe://other.org/web", "k1"), tampered, std::string(20'000, 'a'),
        std::string("a.b"), std::string("a.b.c.d.e"), std::string("a.b.c")}) {
    EXPECT_EQ(status_with("", "Bearer " + bad), 401) << bad.substr(0, 60);
  }
}

TEST_F(AuthRequestTest, ARevokedCredentialIsDenied) {
  auto spec = leaf_spec(kWeb);
  spec.serial = 13;
  const auto revoked = crypto::testing::make_issued(spec, root_);
  EXPECT_EQ(status_with(escaped(revoked.certificate)), 403);
  EXPECT_EQ(judge_.asked, 1);
}

TEST_F(AuthRequestTest, FieldsThatComeTwiceAreDenied) {
  const http::Headers good{{"x-original-method", "GET"},
                           {"x-original-uri", "/records/r1"},
                           {"x-client-cert", escaped(leaf_.certificate)}};
  EXPECT_EQ(ask(good).response().head.status, 200);
  for (const char* name : {"x-original-method", "x-original-uri", "x-client-cert"}) {
    http::Headers twice = good;
    twice.add(name, *good.find(name));
    EXPECT_GE(ask(twice).response().head.status, 401) << name;
  }
}

TEST_F(AuthRequestTest, TheSourceIsWhatTheGatewaySaw) {
  const auto source = [&](const char* name, const char* value) {
    judge_.last.reset();
    ask({{"x-original-method", "GET"},
         {"x-original-uri", "/records/r1"},
         {"x-client-cert", escaped(leaf_.certificate)},
         {name, value}});
    return judge_.last ? judge_.last->source_address : "not asked";
  };
  EXPECT_EQ(source("x-client-ip", "192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(source("x-forwarded-for", "10.0.0.1, 192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(source("x-client-ip", "10.0.0.0/8"), "not asked");
  EXPECT_EQ(source("x-client-ip", "somebody"), "not asked");
}

TEST_F(AuthRequestTest, HostsChooseRules) {
  const auto action = [&](const char* host) {
    judge_.last.reset();
    ask({{"x-original-method", "GET"},
         {"x-original-uri", "/a/b"},
         {"x-original-host", host},
         {"x-client-cert", escaped(leaf_.certificate)}});
    return judge_.last ? judge_.last->action : "not asked";
  };
  EXPECT_EQ(action("Admin.Example.org"), "administer");
  EXPECT_EQ(action("admin.example.org.evil.org"), "not asked");
  EXPECT_EQ(action(""), "not asked");
}

TEST_F(AuthRequestTest, AGatewayThatMayNotAskGetsNoOracle) {
  callers_.verdict = make_error(ErrorCode::kPermissionDenied, "no");
  EXPECT_EQ(ask_for("/records/r1").response().head.status, 403);
  EXPECT_EQ(judge_.asked, 0);
  callers_.verdict = std::string("spiffe://example.org/gateway");
  http::Headers headers{{"authorization", "Bearer x"}};
  ask(headers);
  EXPECT_EQ(callers_.seen, "");  // the token is the principal's
}

TEST(AuthRequestReason, CannotCarryControlBytesOrGoOnForEver) {
  const auto response = write_auth_refusal(
      Error(ErrorCode::kPermissionDenied, "a\r\nb\xC3\xA9" + std::string(5000, 'x')));
  const auto reason = response.head.headers.find("x-ward-reason").value();
  EXPECT_THAT(std::string(reason), ::testing::StartsWith("a??b??"));
  EXPECT_LE(reason.size(), 512U);
}

TEST(AuthRequestConfig, MistakesSayWhere) {
  const auto error = [](const std::string& text) {
    auto document = codec::TomlDocument::parse(text, "x.toml").value();
    auto root = document.root();
    const auto read = read_auth_request_options(root);
    return read.ok() ? document.no_other_keys().error().message() : read.error().message();
  };
  const std::string rule = "[[rules]]\naction = \"a\"\nresource_type = \"R\"\nresource_id = ";
  EXPECT_THAT(error(rule + "\"{id}\"\npath = \"/a\""), HasSubstr("no `{id}`"));
  EXPECT_THAT(error(rule + "\"{id}\"\npath = \"/{id}/{id}\""), HasSubstr("twice"));
  EXPECT_THAT(error(rule + "\"x\"\npath = \"/**/a\""), HasSubstr("at the end"));
  EXPECT_THAT(error(rule + "\"x\"\npath = \"/a/../b\""), HasSubstr("no segment"));
  EXPECT_THAT(error(rule + "\"x\"\npath = \"a\""), HasSubstr("begins with"));
  EXPECT_THAT(error(rule + "\"x\"\npath = \"/a\"\nmetods = []"), HasSubstr("did you mean"));
  EXPECT_THAT(error(rule + "\"x\"\npath = \"/a\"\nmethods = [\"G T\"]"), HasSubstr("no method"));
}

TEST(FindRoute, TheFirstRuleThatFitsCountsAndTheRestIsCaptured) {
  const auto rule = [](const char* path, const char* action, const char* id) {
    const auto pattern = PathPattern::parse(path).value();
    return RouteRule{.host = "",
                     .methods = {},
                     .path = pattern,
                     .action = action,
                     .resource_type = "R",
                     .resource_id = IdTemplate::parse(id, pattern).value()};
  };
  const std::vector<RouteRule> rules{rule("/t/{a}/x", "one", "{a}!"), rule("/t/**", "two", "{**}"),
                                     rule("/t/{a}", "three", "{a}")};
  const auto find = [&](const char* uri) {
    const auto route = find_route(rules, "", "GET", read_request_path(uri).value());
    return route ? fmt::format("{} {}", route->action, route->resource.id.view()) : "none";
  };
  EXPECT_EQ(find("/t/1/x"), "one 1!");
  EXPECT_EQ(find("/t/1"), "two 1");
  EXPECT_EQ(find("/t/1/2/"), "two 1/2/");
  EXPECT_EQ(find("/t"), "none");
  EXPECT_EQ(find("/"), "none");
}

}  // namespace
}  // namespace ward::enforce
