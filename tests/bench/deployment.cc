#include "tests/bench/deployment.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

#include "codec/pem.h"
#include "decide/shipped.h"
#include "ward/admin/v1/admin.pb.h"

namespace ward::bench {
namespace {

using namespace std::chrono_literals;
using namespace admin::v1;
using namespace fact::v1;

constexpr const char* kNode = "spiffe://example.org/ward/agent/join_token/bench";
constexpr const char* kOperator = "spiffe://example.org/ward/operator";
constexpr const char* kOwner = "team:bench";
constexpr std::size_t kFactsPerSubmit = 1000;
constexpr const char* kPolicies = R"(
@id("bench.read") @reason("the bench reads records")
permit (
  principal == Ward::Workload::"spiffe://example.org/bench",
  action == Action::"read",
  resource is Record
);
)";
constexpr auto kStartTimeout = 10s;

template <typename T>
T must(Result<T> result, std::string_view what) {
  if (!result.ok()) give_up(fmt::format("{}: {}", what, result.error().text()));
  return std::move(result).value();
}

template <typename Try>
void await(std::string_view what, Try&& is_there) {
  const auto end = std::chrono::steady_clock::now() + kStartTimeout;
  while (!is_there()) {
    if (std::chrono::steady_clock::now() > end) give_up(fmt::format("no {} in time", what));
    std::this_thread::sleep_for(10ms);
  }
}

void write_text(const std::string& path, std::string_view text) {
  std::ofstream file(path);
  file << text;
  file.close();
  if (!file) give_up(fmt::format("cannot write `{}`", path));
}

std::string read_text(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// That nobody listens on now.
std::uint16_t free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  if (bind(fd, plain, size) != 0 || getsockname(fd, plain, &size) != 0) give_up("no free port");
  close(fd);
  return ntohs(address.sin_port);
}

Fact identity_fact(std::string id) {
  Fact fact;
  Identity& identity = *fact.mutable_identity_put()->mutable_identity();
  identity.set_id(std::move(id));
  identity.set_identity_class(IDENTITY_CLASS_WORKLOAD);
  identity.set_status(IDENTITY_STATUS_ACTIVE);
  identity.set_owner(kOwner);
  return fact;
}

Fact caller_registration() {
  Fact fact;
  Registration& registration = *fact.mutable_registration_put()->mutable_registration();
  registration.set_id("bench");
  registration.set_spiffe_id(Deployment::kCaller);
  registration.set_parent(kNode);
  registration.add_selectors(fmt::format("unix:uid:{}", geteuid()));
  return fact;
}

}  // namespace

void give_up(const std::string& why) {
  std::fprintf(stderr, "bench: %s\n", why.c_str());
  std::exit(1);
}

Client::Client(std::string socket)
    : channel_(loop_, random_, grpc::unix_connector(loop_, std::move(socket)), {}) {}

Deployment::Deployment(int identities)
    : bin_(std::filesystem::read_symlink("/proc/self/exe").parent_path()), port_(free_port()) {
  if (mkdtemp(directory_.data()) == nullptr) give_up("no temporary directory");
  agent_socket_ = path("agent.sock");
  std::filesystem::create_directory(path("svid"));
  write_server_config();
  server_.emplace(start("ward-server"));
  await("server", [&] { return access(path("admin.sock").c_str(), F_OK) == 0; });
  admin_ = std::make_unique<Client>(path("admin.sock"));
  fill_registry(identities);
  publish_policies();
  write_text(path("bundle.pem"), bundle());
  write_agent_config(join_token());
  agent_.emplace(start("ward-agent"));
  await("node", [&] { return is_attested(); });
  submit({caller_registration()});
  await("SVID", [&] { return !caller_certificates().empty(); });
}

Deployment::~Deployment() {
  admin_.reset();
  for (auto* child : {&agent_, &server_}) {
    if (!*child) continue;
    (void)(*child)->signal(SIGTERM);
    (void)(*child)->wait_for(5s);
    child->reset();
  }
  std::filesystem::remove_all(directory_);
}

os::Child Deployment::start(const std::string& program) {
  const int log =
      open(path(program + ".log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  // Ends with this process, however that ends.
  auto child =
      os::Child::spawn({.arguments = {"setpriv", "--pdeathsig", "KILL", bin_ + "/" + program,
                                      "--config", path(program + ".toml")},
                        .stdout_descriptor = log,
                        .stderr_descriptor = log});
  close(log);
  return must(std::move(child), program);
}

void Deployment::write_server_config() {
  write_text(path("ward-server.toml"), fmt::format(R"(trust_domain = "example.org"
data_dir = "{0}/server"
[listen]
address = "127.0.0.1"
port = {1}
[admin]
socket = "{0}/admin.sock"
operators = {{ "{2}" = "{3}" }}
)",
                                                   directory_, port_, geteuid(), kOperator));
}

void Deployment::write_agent_config(const std::string& token) {
  write_text(path("ward-agent.toml"), fmt::format(R"(trust_domain = "example.org"
data_dir = "{0}/agent"
[server]
address = "127.0.0.1"
port = {1}
trust_bundle = "{0}/bundle.pem"
[attest]
join_token = "{2}"
[api]
socket = "{3}"
[authzen]
[auth_request]
[[auth_request.rules]]
methods = ["GET"]
path = "/records/{{id}}"
action = "read"
resource_type = "Record"
resource_id = "{{id}}"
)",
                                                  directory_, port_, token, agent_socket_));
}

void Deployment::submit(std::vector<Fact> facts) {
  SubmitRequest request;
  for (Fact& fact : facts) {
    fact.set_reason("bench");
    *request.add_facts() = std::move(fact);
    if (request.facts_size() < static_cast<int>(kFactsPerSubmit) && &fact != &facts.back())
      continue;
    must(admin_->call<SubmitResponse>("ward.admin.v1.Admin/Submit", request), "submit");
    request.Clear();
  }
}

void Deployment::fill_registry(int identities) {
  std::vector<Fact> facts(1);
  Owner& owner = *facts.front().mutable_owner_put()->mutable_owner();
  owner.set_id(kOwner);
  owner.set_kind(OWNER_KIND_TEAM);
  owner.set_live(true);
  facts.push_back(identity_fact(kCaller));
  for (int i = 0; i < identities; ++i) {
    facts.push_back(identity_fact(fmt::format("spiffe://example.org/workload/{}", i)));
  }
  for (int i = 0; i < 10; ++i) {
    Resource& resource = *facts.emplace_back().mutable_resource_put()->mutable_resource();
    resource.set_type("Record");
    resource.set_id(std::to_string(i));
    resource.set_owner(kOwner);
  }
  submit(std::move(facts));
}

bool Deployment::is_attested() {
  GetRequest request;
  request.set_kind(ENTITY_KIND_NODE);
  request.set_id(kNode);
  return admin_->call<GetResponse>("ward.admin.v1.Admin/Get", request).ok();
}

void Deployment::publish_policies() {
  PublishPoliciesRequest request;
  const auto add = [&](const char* name, std::string_view text) {
    auto& file = *request.add_files();
    file.set_name(name);
    file.set_text(std::string(text));
  };
  add("default.cedar", decide::shipped_default_policies());
  add("bench.cedar", kPolicies);
  must(admin_->call<PublishPoliciesResponse>("ward.admin.v1.Admin/PublishPolicies", request),
       "policies");
}

std::string Deployment::bundle() {
  const auto bundle =
      must(admin_->call<GetBundleResponse>("ward.admin.v1.Admin/GetBundle", GetBundleRequest()),
           "bundle");
  std::string pem;
  for (const std::string& der : bundle.x509_authorities()) {
    pem += codec::write_pem("CERTIFICATE", as_bytes(der));
  }
  return pem;
}

std::string Deployment::join_token() {
  CreateJoinTokenRequest request;
  request.set_node(kNode);
  return must(admin_->call<CreateJoinTokenResponse>("ward.admin.v1.Admin/CreateJoinToken", request),
              "join token")
      .token();
}

std::string Deployment::caller_certificates() {
  const auto done =
      os::run_child({.arguments = {bin_ + "/ward", "workload", "x509", "--agent-socket",
                                   agent_socket_, "--write", path("svid")}},
                    10s);
  if (!done.ok() || !done->status.is_success()) return {};
  return read_text(path("svid/svid.pem"));
}

double memory_mib(pid_t pid, std::string_view field) {
  std::istringstream status(read_text(fmt::format("/proc/{}/status", pid)));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field)) return std::stod(line.substr(field.size())) / 1024;
  }
  give_up(fmt::format("no `{}` in the status of {}", field, pid));
}

}  // namespace ward::bench
