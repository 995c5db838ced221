// An agent with a fake server on a real loop, and a Workload API client. Included by tests only.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "agent/testing/fake_server.h"
#include "grpc/client.h"
#include "net/testing/harness.h"
#include "os/random.h"
#include "spiffe/workload/workloadapi.pb.h"
#include "world/testing.h"

namespace ward::agent::testing {

// What a stream of the Workload API was told.
template <typename Response>
class Told final : public grpc::ResponseReader<Response> {
 public:
  void on_message(Response& message) override { messages.push_back(std::move(message)); }
  void on_done(const Result<void>& done) override { status = done; }

  std::optional<ErrorCode> code() const {
    if (!status || status->ok()) return std::nullopt;
    return status->error().code();
  }

  std::vector<Response> messages;
  std::optional<Result<void>> status;
};

class AgentFixture : public ::testing::Test {
 protected:
  AgentFixture() {
    mkdtemp(directory_.data());
    server_ = std::make_unique<FakeServer>(loop_);
    std::ofstream(path("ca.pem")) << server_->ca_pem();
    server_->append(world::IdentityPut{world::testing::identity("spiffe://example.org/shop")});
    server_->append(world::RegistrationPut{
        world::testing::registration("r1", "spiffe://example.org/shop", kNode, {own_uid()})});
  }
  ~AgentFixture() override {
    client_.reset();
    agent_.reset();
    server_.reset();
    std::filesystem::remove_all(directory_);
  }

  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  static std::string own_uid() { return fmt::format("unix:uid:{}", geteuid()); }

  AgentConfig config() const {
    AgentConfig config{.trust_domain = spiffe::TrustDomain::parse("example.org").value(),
                       .data_dir = path("data")};
    config.server_address = "127.0.0.1";
    config.server_port = server_->port();
    config.trust_bundle = path("ca.pem");
    config.proof = JoinTokenProof{.token = std::string(kToken), .file = {}};
    config.socket = path("api.sock");
    config.checkpoint_interval = std::chrono::milliseconds{50};
    return config;
  }

  void start(AgentConfig config) {
    auto agent = Agent::start(std::move(config),
                              {.loop = loop_, .random = random_, .files = *agent_files_}, log_);
    ASSERT_TRUE(agent.ok()) << agent.error().text();
    agent_ = std::move(*agent);
    client_ = std::make_unique<grpc::Channel>(
        loop_, random_, grpc::unix_connector(loop_, path("api.sock")), grpc::ChannelOptions{});
  }
  void start() { start(config()); }
  // Started, and at the newest revision.
  void start_ready() {
    start();
    ASSERT_TRUE(run_until([&] { return is_current(); }));
  }
  bool is_current() {
    return agent_->session() != nullptr && agent_->session()->view().has_base() &&
           agent_->session()->view().revision() == server_->world().revision();
  }
  // As a crash does it: nothing is kept that was not kept before. (Its log is closed in order.)
  void stop_agent() {
    client_.reset();
    agent_.reset();
  }
  // As a service manager does it.
  void shut_down_agent() {
    client_.reset();
    bool is_done = false;
    agent_->shut_down([&] { is_done = true; });
    ASSERT_TRUE(run_until([&] { return is_done; }));
    agent_.reset();
  }

  template <typename Predicate>
  bool run_until(Predicate is_so) {
    return net::testing::run_until(loop_, is_so);
  }

  static grpc::CallOptions with_header() {
    grpc::CallOptions options;
    EXPECT_TRUE(options.metadata.add("workload.spiffe.io", "true").ok());
    return options;
  }

  template <typename Request, typename Response>
  grpc::PendingCall watch(const std::string& method, Told<Response>& told,
                          grpc::CallOptions options = with_header()) {
    return client_->server_stream<Request, Response>("SpiffeWorkloadAPI/" + method, Request(),
                                                     std::move(options), told);
  }
  grpc::PendingCall watch_x509(Told<X509SVIDResponse>& told) {
    return watch<X509SVIDRequest, X509SVIDResponse>("FetchX509SVID", told);
  }

  template <typename Request, typename Response>
  Result<Response> call_unary(const std::string& method, const Request& request,
                              grpc::CallOptions options = with_header()) {
    std::optional<Result<Response>> answer;
    const auto pending = client_->unary<Request, Response>(
        "SpiffeWorkloadAPI/" + method, request, std::move(options),
        [&](Result<Response> response) { answer.emplace(std::move(response)); });
    run_until([&] { return answer.has_value(); });
    if (!answer) return Error(ErrorCode::kInternal, "no answer");
    return std::move(*answer);
  }

  SystemClock clock_;
  net::SystemLoop loop_{clock_};
  os::SystemRandom random_;
  os::SystemFileSystem files_;
  os::FileSystem* agent_files_ = &files_;
  Log log_ = Log::none();
  std::string directory_ = "/tmp/ward_agent_test.XXXXXX";
  std::unique_ptr<FakeServer> server_;
  std::unique_ptr<Agent> agent_;
  std::unique_ptr<grpc::Channel> client_;
};

}  // namespace ward::agent::testing
