#include "tests/bench/fleet.h"

#include <fmt/format.h>
#include <linux/magic.h>
#include <signal.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "codec/pem.h"
#include "net/listener.h"

namespace ward::bench {
namespace {

constexpr std::chrono::seconds kPatience{60};
constexpr const char* kTrustDomain = "example.org";

double seconds_of(clockid_t clock) {
  timespec time{};
  WARD_CHECK(::clock_gettime(clock, &time) == 0);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Processes that are to end with this one, also by die(), which runs no destructor.
std::vector<pid_t>& started() {
  static std::vector<pid_t> pids;
  return pids;
}

os::Child spawn(const std::string& program, const std::string& config) {
  auto child = os::Child::spawn(
      {.arguments = {program, "--config", config}, .stderr_descriptor = STDERR_FILENO});
  if (!child.ok()) Fleet::die(child.error().in(program));
  started().push_back(child->pid());
  return std::move(*child);
}

// A port that nobody listens on.
std::uint16_t free_port(net::SystemLoop& loop) {
  const auto listener = net::listen_tcp(loop, "127.0.0.1", 0, {}, [](auto) {});
  if (!listener.ok()) Fleet::die(listener.error());
  return (*listener)->port();
}

void write(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  WARD_CHECK(file.good());
}

}  // namespace

double process_cpu_seconds(pid_t pid) {
  clockid_t clock{};
  WARD_CHECK(::clock_getcpuclockid(pid, &clock) == 0);
  return seconds_of(clock);
}

double thread_cpu_seconds() {
  return seconds_of(CLOCK_THREAD_CPUTIME_ID);
}

double resident_mib(pid_t pid) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1024;
  }
  Fleet::die(make_error(ErrorCode::kNotFound, "no VmRSS of process {}", pid));
}

double percentile(std::vector<double> samples, double p) {
  WARD_CHECK(!samples.empty());
  std::ranges::sort(samples);
  const auto rank = static_cast<std::size_t>(std::ceil(p * static_cast<double>(samples.size())));
  return samples[std::max<std::size_t>(rank, 1) - 1];
}

Fleet::Fleet() {
  programs_ = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  std::string pattern = std::filesystem::temp_directory_path() / "ward-bench-XXXXXX";
  WARD_CHECK(::mkdtemp(pattern.data()) != nullptr);
  directory_ = pattern;
  port_ = free_port(loop_);
  write(path("server.toml"),
        fmt::format("trust_domain = \"{0}\"\ndata_dir = \"{1}/server\"\nlog_level = \"error\"\n"
                    "[listen]\naddress = \"127.0.0.1\"\nport = {2}\n"
                    "[admin]\nsocket = \"{1}/admin.sock\"\n"
                    "operators = {{ \"{3}\" = \"spiffe://{0}/ward/operator\" }}\n",
                    kTrustDomain, directory_, port_, ::getuid()));
  server_ = spawn(programs_ + "/ward-server", path("server.toml"));
  admin_ = std::make_unique<grpc::Channel>(
      loop_, random_, grpc::unix_connector(loop_, path("admin.sock")),
      grpc::ChannelOptions{.backoff_min = std::chrono::milliseconds(5)});
  call<admin::StatusResponse>("Status", admin::StatusRequest());
}

Fleet::~Fleet() {
  admin_.reset();
  server_.reset();
  std::filesystem::remove_all(directory_);
  if (!memory_.empty()) std::filesystem::remove_all(memory_);
}

const std::string& Fleet::memory() {
  if (!memory_.empty()) return memory_;
  std::string pattern = "/dev/shm/ward-bench-XXXXXX";
  struct statfs status{};
  if (::statfs("/dev/shm", &status) != 0 || status.f_type != TMPFS_MAGIC ||
      ::mkdtemp(pattern.data()) == nullptr) {
    die(Error(ErrorCode::kUnavailable, "no folder in memory: expected a tmpfs at /dev/shm"));
  }
  return memory_ = pattern;
}

void Fleet::run_until(const std::function<bool()>& holds) {
  const MonotonicTime end = clock_.monotonic() + kPatience;
  while (!holds()) {
    if (clock_.monotonic() > end) die(Error(ErrorCode::kDeadlineExceeded, "waited in vain"));
    loop_.run_for(std::chrono::milliseconds(200));
  }
}

std::vector<std::string> Fleet::join_tokens(const std::vector<std::string>& nodes) {
  std::vector<std::string> tokens(nodes.size());
  std::size_t awaited = nodes.size();
  std::vector<grpc::PendingCall> calls;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    admin::CreateJoinTokenRequest request;
    request.set_node(nodes[i]);
    calls.push_back(admin_->unary<admin::CreateJoinTokenRequest, admin::CreateJoinTokenResponse>(
        "ward.admin.v1.Admin/CreateJoinToken", request, {},
        [&, i](Result<admin::CreateJoinTokenResponse> response) {
          if (!response.ok()) die(response.error());
          tokens[i] = response->token();
          if (--awaited == 0) wake();
        }));
  }
  run_until([&] { return awaited == 0; });
  return tokens;
}

std::vector<std::string> Fleet::authorities() {
  const auto bundle = call<admin::GetBundleResponse>("GetBundle", admin::GetBundleRequest());
  return {bundle.x509_authorities().begin(), bundle.x509_authorities().end()};
}

AgentProcess Fleet::start_agent(const std::string& folder, const std::string& name,
                                const std::string& id, const std::string& token) {
  const std::string socket = path(name + ".sock");
  write(path(name + ".toml"),
        fmt::format("trust_domain = \"{0}\"\ndata_dir = \"{1}/{2}\"\nlog_level = \"error\"\n"
                    "[server]\naddress = \"127.0.0.1\"\nport = {3}\n"
                    "trust_bundle = \"{4}\"\n"
                    "[attest]\njoin_token = \"{5}\"\n[api]\nsocket = \"{6}\"\n",
                    kTrustDomain, folder, name, port_, path("bundle.pem"), token, socket));
  return {spawn(programs_ + "/ward-agent", path(name + ".toml")), id, socket};
}

void Fleet::await_connected(std::size_t nodes) {
  const MonotonicTime end = clock_.monotonic() + kPatience;
  for (;;) {
    const auto status = call<admin::StatusResponse>("Status", admin::StatusRequest());
    if (status.connected_size() >= static_cast<int>(nodes)) return;
    if (clock_.monotonic() > end) {
      die(make_error(ErrorCode::kDeadlineExceeded, "{} of {} agents are connected",
                     status.connected_size(), nodes));
    }
    ::usleep(20'000);
  }
}

std::vector<AgentProcess> Fleet::start_agents(int count, const std::string& parent) {
  std::string bundle;
  for (const std::string& der : authorities()) {
    bundle += codec::write_pem("CERTIFICATE", as_bytes(der));
  }
  write(path("bundle.pem"), bundle);
  std::vector<std::string> names, ids;
  for (int i = 0; i < count; ++i) {
    names.push_back(fmt::format("n{}", agents_++));
    ids.push_back(fmt::format("spiffe://{}/ward/agent/join_token/{}", kTrustDomain, names.back()));
  }
  const std::vector<std::string> tokens = join_tokens(ids);
  std::vector<AgentProcess> agents;
  for (std::size_t i = 0; i < names.size(); ++i) {
    agents.push_back(start_agent(parent, names[i], ids[i], tokens[i]));
  }
  await_connected(static_cast<std::size_t>(agents_));
  return agents;
}

void Fleet::die(const Error& error) {
  fmt::print(stderr, "bench: {}\n", error.text());
  for (const pid_t pid : started()) ::kill(pid, SIGKILL);
  std::exit(1);
}

void add_owner(admin::SubmitRequest& request) {
  auto& owner = *request.add_facts()->mutable_owner_put()->mutable_owner();
  owner.set_id(kOwner);
  owner.set_kind(fact::OWNER_KIND_TEAM);
  owner.set_live(true);
}

void add_identity(admin::SubmitRequest& request, const std::string& id) {
  auto& identity = *request.add_facts()->mutable_identity_put()->mutable_identity();
  identity.set_id(id);
  identity.set_identity_class(fact::IDENTITY_CLASS_WORKLOAD);
  identity.set_status(fact::IDENTITY_STATUS_ACTIVE);
  identity.set_owner(kOwner);
}

void add_registration(admin::SubmitRequest& request, const std::string& id,
                      const std::string& identity, const std::string& parent,
                      const std::string& selector) {
  auto& registration = *request.add_facts()->mutable_registration_put()->mutable_registration();
  registration.set_id(id);
  registration.set_spiffe_id(identity);
  registration.set_parent(parent);
  registration.add_selectors(selector);
}

}  // namespace ward::bench
