// The rules of SPIFFE_Workload_Endpoint.md and SPIFFE_Workload_API.md, and those that clients take
// for granted, one by one; docs/spiffe-conformance.md says which test holds which rule.
#include <set>

#include "agent/testing/agent_fixture.h"
#include "codec/json.h"
#include "grpc/reflection.h"
#include "grpc/reflection/v1/reflection.pb.h"
#include "net/listener.h"
#include "spiffe/x509_svid.h"

namespace ward::agent {
namespace {

using testing::AgentFixture;
using testing::kNode;
using testing::Told;

constexpr const char* kShop = "spiffe://example.org/shop";
constexpr const char* kCart = "spiffe://example.org/cart";

class SpecTest : public AgentFixture {
 protected:
  void register_cart(const char* id = "r2", std::string hint = "") {
    server_->append(world::IdentityPut{world::testing::identity(kCart)});
    auto more = world::testing::registration(id, kCart, kNode, {own_uid()});
    more.hint = std::move(hint);
    server_->append(world::RegistrationPut{std::move(more)});
  }
  X509SVIDResponse first_x509() {
    Told<X509SVIDResponse> told;
    const auto call = watch_x509(told);
    EXPECT_TRUE(run_until([&] { return !told.messages.empty(); }));
    return told.messages.empty() ? X509SVIDResponse() : told.messages.front();
  }
  Result<JWTSVIDResponse> fetch_jwt(const std::string& id = "") {
    JWTSVIDRequest request;
    request.add_audience("a");
    request.set_spiffe_id(id);
    return call_unary<JWTSVIDRequest, JWTSVIDResponse>("FetchJWTSVID", request);
  }
  Result<ValidateJWTSVIDResponse> validate(const std::string& svid) {
    ValidateJWTSVIDRequest request;
    request.set_audience("a");
    request.set_svid(svid);
    return call_unary<ValidateJWTSVIDRequest, ValidateJWTSVIDResponse>("ValidateJWTSVID", request);
  }
  // The code that a call of any method ends with, sent what an empty request is.
  ErrorCode code_of(const std::string& method, grpc::CallOptions options) {
    Told<X509SVIDResponse> told;
    const auto call = watch<X509SVIDRequest>(method, told, std::move(options));
    EXPECT_TRUE(run_until([&] { return told.status.has_value(); })) << method;
    return told.code().value_or(ErrorCode::kUnknown);
  }
  std::int64_t now_s() {
    return std::chrono::floor<std::chrono::seconds>(clock_.now()).time_since_epoch().count();
  }
  std::string claims(std::string_view subject, std::string_view audience, std::int64_t expiry) {
    return fmt::format(R"({{"sub":"{}","aud":{},"exp":{}}})", subject, audience, expiry);
  }
  static constexpr std::string_view kHeader = R"({"alg":"ES256","kid":"k1","typ":"JWT"})";
};

TEST_F(SpecTest, EveryMethodNeedsTheExactHeader) {
  start_ready();
  for (const char* method :
       {"FetchX509SVID", "FetchX509Bundles", "FetchJWTSVID", "FetchJWTBundles", "ValidateJWTSVID",
        "FetchWITSVID", "FetchWITBundles", "NoSuchMethod"}) {
    EXPECT_EQ(code_of(method, {}), ErrorCode::kInvalidArgument) << method;
    for (const char* value : {"", "True", "TRUE", "1", "yes", "true,true"}) {
      grpc::CallOptions options;
      ASSERT_TRUE(options.metadata.add("workload.spiffe.io", value).ok());
      EXPECT_EQ(code_of(method, std::move(options)), ErrorCode::kInvalidArgument)
          << method << " with `" << value << "`";
    }
  }
}

TEST_F(SpecTest, TheHeaderIsAskedForBeforeAnythingElseIsSaid) {
  server_->go_away();
  start();
  EXPECT_EQ(code_of("FetchX509SVID", {}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of("FetchX509SVID", with_header()), ErrorCode::kUnavailable);
}

TEST_F(SpecTest, WitMethodsAreUnimplemented) {
  start_ready();
  EXPECT_EQ(code_of("FetchWITSVID", with_header()), ErrorCode::kUnimplemented);
  EXPECT_EQ(code_of("FetchWITBundles", with_header()), ErrorCode::kUnimplemented);
}

// What reflection on the socket answers to one question.
class Reflected final
    : public grpc::ResponseReader<::grpc::reflection::v1::ServerReflectionResponse> {
 public:
  void on_message(::grpc::reflection::v1::ServerReflectionResponse& message) override {
    answer = message;
  }
  void on_done(const Result<void>&) override {}
  std::optional<::grpc::reflection::v1::ServerReflectionResponse> answer;
};

TEST_F(SpecTest, ReflectionShowsTheServiceAndNoMoreThanItsMethods) {
  start_ready();
  ::grpc::reflection::v1::ServerReflectionRequest request;
  Reflected listed;
  auto list = client_->bidi<::grpc::reflection::v1::ServerReflectionRequest,
                            ::grpc::reflection::v1::ServerReflectionResponse>(
      "grpc.reflection.v1.ServerReflection/ServerReflectionInfo", {}, listed);
  request.set_list_services("");
  list.write(request);
  ASSERT_TRUE(run_until([&] { return listed.answer.has_value(); }));
  std::set<std::string> services;
  for (const auto& service : listed.answer->list_services_response().service())
    services.insert(service.name());
  EXPECT_TRUE(services.contains("SpiffeWorkloadAPI"));
  EXPECT_TRUE(services.contains("grpc.health.v1.Health"));
  // SPIFFE_Workload_Endpoint.md 7: "MUST NOT add or extend" a service of the specification.
  std::set<std::string> methods;
  const auto* service =
      X509SVIDRequest::descriptor()->file()->FindServiceByName("SpiffeWorkloadAPI");
  ASSERT_NE(service, nullptr);
  for (int i = 0; i < service->method_count(); ++i) methods.insert(service->method(i)->name());
  EXPECT_EQ(methods, (std::set<std::string>{"FetchX509SVID", "FetchX509Bundles", "FetchJWTSVID",
                                            "FetchJWTBundles", "ValidateJWTSVID"}));
}

TEST_F(SpecTest, EachSvidNamesItsCertificatesUriAndComesLeafFirst) {
  register_cart();
  start_ready();
  Told<X509SVIDResponse> told;
  const auto call = watch_x509(told);
  ASSERT_TRUE(
      run_until([&] { return !told.messages.empty() && told.messages.back().svids_size() == 2; }));
  for (const X509SVID& svid : told.messages.back().svids()) {
    const auto chain = crypto::parse_certificates_der(as_bytes(svid.x509_svid())).value();
    EXPECT_EQ(chain.front().info().uris, std::vector<std::string>{svid.spiffe_id()});
    EXPECT_FALSE(chain.front().info().is_ca);
    const auto key =
        crypto::PrivateKey::from_pkcs8_der(SecretBytes(as_bytes(svid.x509_svid_key())));
    ASSERT_TRUE(key.ok()) << key.error().text();
    EXPECT_EQ(key->public_key(), chain.front().public_key());
    const auto bundle = crypto::parse_certificates_der(as_bytes(svid.bundle())).value();
    for (const crypto::Certificate& authority : bundle) EXPECT_TRUE(authority.info().is_ca);
  }
}

TEST_F(SpecTest, EveryStreamIsSentTheFullSetAtOnce) {
  register_cart();
  start_ready();
  ASSERT_TRUE(run_until([&] { return agent_->session()->svids().all().size() == 2; }));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(first_x509().svids_size(), 2);
  Told<X509SVIDResponse> told;
  const auto call = watch_x509(told);
  ASSERT_TRUE(run_until([&] { return told.messages.size() == 1; }));
  server_->append(world::RegistrationRemoved{"r2", kNode, kCart});
  ASSERT_TRUE(run_until([&] { return told.messages.size() == 2; }));
  EXPECT_EQ(told.messages.back().svids_size(), 1) << "absence is redaction";
  EXPECT_EQ(told.messages.back().svids(0).spiffe_id(), kShop);
}

TEST_F(SpecTest, AStreamFromWhichEverythingIsTakenEndsDenied) {
  start_ready();
  Told<X509SVIDResponse> told;
  Told<X509BundlesResponse> bundles;
  Told<JWTBundlesResponse> keys;
  const auto first = watch_x509(told);
  const auto second = watch<X509BundlesRequest>("FetchX509Bundles", bundles);
  const auto third = watch<JWTBundlesRequest>("FetchJWTBundles", keys);
  ASSERT_TRUE(run_until([&] {
    return !told.messages.empty() && !bundles.messages.empty() && !keys.messages.empty();
  }));
  server_->append(world::RegistrationRemoved{"r1", kNode, kShop});
  ASSERT_TRUE(run_until([&] { return told.status && bundles.status && keys.status; }));
  for (const auto& status : {told.status, bundles.status, keys.status}) {
    EXPECT_EQ(status->error().code(), ErrorCode::kPermissionDenied);
    EXPECT_EQ(status->error().message(), "no identity issued");
  }
}

TEST_F(SpecTest, HintsAreUniqueAndBounded) {
  Registrations registrations(4);
  registrations[0].hint = "same";
  registrations[1].hint = "same";
  registrations[2].hint = std::string(kHintBytesMax + 1, 'h');
  registrations[3].hint = std::string(kHintBytesMax, 'h');
  EXPECT_EQ(unique_hints(registrations),
            (std::vector<std::string>{"same", "", "", std::string(kHintBytesMax, 'h')}));
}

TEST_F(SpecTest, JwtSvidsAreOfAllIdentitiesOrOfTheOneAskedFor) {
  register_cart("r2", "carts");
  start_ready();
  const auto all = fetch_jwt();
  ASSERT_TRUE(all.ok()) << all.error().text();
  ASSERT_EQ(all->svids_size(), 2);
  EXPECT_EQ(all->svids(0).spiffe_id(), kShop) << "the default identity is the first";
  EXPECT_EQ(all->svids(1).hint(), "carts");
  const auto one = fetch_jwt(kCart);
  ASSERT_TRUE(one.ok()) << one.error().text();
  ASSERT_EQ(one->svids_size(), 1);
  EXPECT_EQ(one->svids(0).spiffe_id(), kCart);
  EXPECT_EQ(validate(one->svids(0).svid())->spiffe_id(), kCart);
  for (const char* id : {"spiffe://example.org/Cart", "spiffe://EXAMPLE.org/cart", "x",
                         "spiffe://example.org/%63art", "spiffe://example.org/a/../cart"}) {
    EXPECT_EQ(fetch_jwt(id).error().code(), ErrorCode::kPermissionDenied) << id;
  }
}

TEST_F(SpecTest, JwtBundlesHoldJwtKeysOnlyEachWithAnId) {
  start_ready();
  Told<JWTBundlesResponse> told;
  const auto call = watch<JWTBundlesRequest>("FetchJWTBundles", told);
  ASSERT_TRUE(run_until([&] { return !told.messages.empty(); }));
  const auto json = codec::parse_json(told.messages[0].bundles().at("spiffe://example.org"));
  ASSERT_TRUE(json.ok());
  const auto& keys = *json->find("keys")->if_array();
  ASSERT_EQ(keys.size(), 1u) << "the world has an X.509 key, too";
  EXPECT_EQ(*keys[0].find("kid")->if_string(), "k1");
  EXPECT_EQ(keys[0].find("x5c"), nullptr);
}

TEST_F(SpecTest, AValidatedTokenHasItsClaimsAndAudiencesAsAList) {
  start_ready();
  const auto answer = validate(server_->token(
      kHeader, fmt::format(R"({{"sub":"{}","aud":"a","exp":{},"x":{{"n":[1,true,null]}}}})", kShop,
                           now_s() + 60)));
  ASSERT_TRUE(answer.ok()) << answer.error().text();
  EXPECT_EQ(answer->spiffe_id(), kShop);
  const auto& fields = answer->claims().fields();
  EXPECT_EQ(fields.at("sub").string_value(), kShop);
  ASSERT_EQ(fields.at("aud").list_value().values_size(), 1);
  EXPECT_EQ(fields.at("aud").list_value().values(0).string_value(), "a");
  EXPECT_EQ(fields.at("x").struct_value().fields().at("n").list_value().values_size(), 3);
}

TEST_F(SpecTest, ATokenThatDoesNotHoldIsInvalid) {
  start_ready();
  const std::int64_t soon = now_s() + 60;
  const std::string good = server_->token(kHeader, claims(kShop, R"(["a"])", soon));
  ASSERT_TRUE(validate(good).ok());
  std::string tampered = good;
  tampered[good.size() - 10] = tampered[good.size() - 10] == 'A' ? 'B' : 'A';
  const auto with_header = [&](std::string_view header) {
    return server_->token(header, claims(kShop, R"(["a"])", soon));
  };
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"tampered", tampered},
      {"expired", server_->token(kHeader, claims(kShop, R"(["a"])", now_s() - 1))},
      {"another audience", server_->token(kHeader, claims(kShop, R"(["A"])", soon))},
      {"no audience", server_->token(kHeader, claims(kShop, "[]", soon))},
      {"no expiry", server_->token(kHeader, R"({"sub":"spiffe://example.org/shop","aud":["a"]})")},
      {"foreign", server_->token(kHeader, claims("spiffe://foreign.org/shop", R"(["a"])", soon))},
      {"no SPIFFE ID", server_->token(kHeader, claims("shop", R"(["a"])", soon))},
      {"dots", server_->token(kHeader, claims("spiffe://example.org/a/../shop", R"(["a"])", soon))},
      {"no kid", with_header(R"({"alg":"ES256","typ":"JWT"})")},
      {"unknown kid", with_header(R"({"alg":"ES256","kid":"k2"})")},
      {"alg", with_header(R"({"alg":"HS256","kid":"k1"})")},
      {"none", with_header(R"({"alg":"none","kid":"k1"})")},
      {"typ", with_header(R"({"alg":"ES256","kid":"k1","typ":"wit+jwt"})")},
      {"oversized", std::string(100'000, 'a')},
      {"no token", "a.b"},
  };
  for (const auto& [what, token] : bad) {
    const auto answer = validate(token);
    ASSERT_FALSE(answer.ok()) << what;
    EXPECT_EQ(answer.error().code(), ErrorCode::kInvalidArgument) << what;
  }
}

// One more Workload API of the agent's, with attestors and a listener of the test's choice.
class ApiOfItsOwn {
 public:
  ApiOfItsOwn(net::SystemLoop& loop, const WorkloadSources& sources,
              std::vector<std::unique_ptr<attest::WorkloadAttestor>> attestors)
      : attestation(loop, std::move(attestors)),
        api(loop, attestation, 16, Log::none()),
        server(loop) {
    api.register_with(server);
    api.serve(&sources);
    server.mount(router);
    http = std::make_unique<http::Server>(loop, router);
  }
  net::AcceptCallback accept() {
    return [this](std::unique_ptr<net::Stream> stream) { http->serve(std::move(stream)); };
  }

  WorkloadAttestation attestation;
  WorkloadApi api;
  grpc::Server server;
  http::Router router;
  std::unique_ptr<http::Server> http;
};

TEST_F(SpecTest, ACallerThatIsNotOnAUnixSocketIsNobody) {
  start_ready();
  ApiOfItsOwn own(loop_, agent_->session()->sources(), {});
  const auto listener = net::listen_tcp(loop_, "127.0.0.1", 0, {}, own.accept());
  ASSERT_TRUE(listener.ok());
  client_ = std::make_unique<grpc::Channel>(
      loop_, random_, grpc::tcp_connector(loop_, "127.0.0.1", (*listener)->port()),
      grpc::ChannelOptions{});
  EXPECT_EQ(code_of("FetchX509SVID", with_header()), ErrorCode::kPermissionDenied);
  EXPECT_EQ(fetch_jwt().error().code(), ErrorCode::kPermissionDenied);
  client_.reset();
}

class FailingAttestor final : public attest::WorkloadAttestor {
 public:
  std::string_view name() const override { return "failing"; }
  Result<attest::Selectors> attest(const os::PeerCredentials&) const override {
    return Error(ErrorCode::kResourceExhausted, "too many groups");
  }
};

TEST_F(SpecTest, AnAttestationThatFailsIsUnavailable) {
  start_ready();
  std::vector<std::unique_ptr<attest::WorkloadAttestor>> attestors;
  attestors.push_back(std::make_unique<FailingAttestor>());
  ApiOfItsOwn own(loop_, agent_->session()->sources(), std::move(attestors));
  const auto listener =
      net::listen_unix(loop_, path("own.sock"), 0600, net::ListenOptions{}, own.accept());
  ASSERT_TRUE(listener.ok());
  client_ = std::make_unique<grpc::Channel>(
      loop_, random_, grpc::unix_connector(loop_, path("own.sock")), grpc::ChannelOptions{});
  const auto answer = fetch_jwt();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kUnavailable);
  EXPECT_NE(answer.error().message().find("workload attestation failed"), std::string::npos);
  client_.reset();
}

}  // namespace
}  // namespace ward::agent
