// A revocation that a hundred agents hold: from the admin call to the signed receipt with the
// acknowledgement of each, proved from its own log. Agents are processes on this machine, so their
// work, which is spread over as many nodes elsewhere, is done by its cores one after the other.
// Each of their logs is on a disk of its own elsewhere, and a hundred on one disk would measure
// nothing but that disk: they lie in memory. The server's data does not, and the row of one agent
// has its log on the same disk.
#include <atomic>
#include <thread>

#include "crypto/key.h"
#include "tests/bench/fleet.h"
#include "tests/bench/row.h"

namespace ward::bench {
namespace {

void register_everywhere(Fleet& fleet, const std::vector<AgentProcess>& agents,
                         const std::string& identity) {
  admin::SubmitRequest request;
  add_owner(request);
  add_identity(request, identity);
  for (const AgentProcess& agent : agents) {
    add_registration(request, "w" + std::to_string(agent.pid()), identity, agent.id(),
                     "unix:uid:1000");
  }
  fleet.submit(request);
}

double cpu_seconds(const std::vector<AgentProcess>& agents) {
  double sum = 0;
  for (const AgentProcess& agent : agents) sum += process_cpu_seconds(agent.pid());
  return sum;
}

// Milliseconds from the call to the receipt.
double revoke(Fleet& fleet, std::size_t agents, const std::string& identity) {
  admin::RevokeRequest request;
  request.set_kind(fact::REVOCATION_KIND_IDENTITY);
  request.set_id(identity);
  request.set_reason("measured");
  request.set_wait(true);
  request.set_timeout_ms(10'000);
  const auto start = std::chrono::steady_clock::now();
  const auto response = fleet.call<admin::RevokeResponse>("Revoke", request);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  WARD_CHECK(response.holders_size() == static_cast<int>(agents) && !response.receipt().empty());
  for (const admin::HolderState& holder : response.holders()) WARD_CHECK(holder.acknowledged());
  return took.count();
}

void restore(Fleet& fleet, const std::string& identity) {
  admin::SubmitRequest request;
  auto& restored = *request.add_facts()->mutable_restored();
  restored.set_kind(fact::REVOCATION_KIND_IDENTITY);
  restored.set_id(identity);
  fleet.submit(request);
}

// What cannot be left out, in ms: the call's decision and its fact made durable by the server, one
// after the other; for each agent a record made durable where its log lies, a checkpoint signed,
// and the signature verified by the server, all of it on every core at once; the record of what
// came of it made durable by the server.
class Floor {
 public:
  Floor(Fleet& fleet, const std::vector<AgentProcess>& agents, const std::string& parent)
      : server_(open(fleet, fleet.path("floor"))) {
    for (std::size_t i = 0; i < agents.size(); ++i) {
      files_.push_back(open(fleet, parent + "/floor" + std::to_string(i)));
    }
  }

  double measure() {
    std::atomic<std::size_t> next{0};
    const auto start = std::chrono::steady_clock::now();
    write(*server_);
    write(*server_);
    {
      const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < std::min(cores, files_.size()); ++i) {
        threads.emplace_back([&] {
          for (std::size_t at = next++; at < files_.size(); at = next++) acknowledge(*files_[at]);
        });
      }
    }
    write(*server_);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    return took.count();
  }

 private:
  using File = std::unique_ptr<os::AppendFile>;

  static File open(Fleet& fleet, const std::string& path) {
    auto file = fleet.files().open_append(path, 0600);
    if (!file.ok()) Fleet::die(file.error());
    return std::move(*file);
  }

  void write(os::AppendFile& file) const {
    WARD_CHECK(file.append(text_).ok() && file.sync().ok());
  }
  void acknowledge(os::AppendFile& file) const {
    const auto signature = key_.sign(crypto::SignatureScheme::kEd25519, text_);
    WARD_CHECK(signature.ok());
    write(file);
    WARD_CHECK(key_.public_key().verify(crypto::SignatureScheme::kEd25519, text_, *signature).ok());
  }

  File server_;
  std::vector<File> files_;
  const crypto::PrivateKey key_ = crypto::PrivateKey::generate(crypto::KeyType::kEd25519).value();
  const Bytes text_ = Bytes(200, 0x5a);
};

struct Figures {
  std::vector<double> samples, floors;  // ms
  double server = 0, agents = 0;        // CPU seconds of all
};

Figures measure(Fleet& fleet, const std::vector<AgentProcess>& agents, const std::string& parent,
                std::chrono::seconds budget) {
  constexpr std::size_t kRoundsMin = 3, kRoundsMax = 200;
  const std::string identity =
      "spiffe://example.org/ns/payments/sa/of-" + std::to_string(agents.size());
  register_everywhere(fleet, agents, identity);
  fleet.loop().run_for(std::chrono::seconds(1));  // each gets its SVID
  Figures figures;
  Floor floor(fleet, agents, parent);
  const auto end = std::chrono::steady_clock::now() + budget;
  while (figures.samples.size() < kRoundsMin ||
         (figures.samples.size() < kRoundsMax && std::chrono::steady_clock::now() < end)) {
    const double server = process_cpu_seconds(fleet.server_pid());
    const double of_agents = cpu_seconds(agents);
    figures.samples.push_back(revoke(fleet, agents.size(), identity));
    figures.server += process_cpu_seconds(fleet.server_pid()) - server;
    figures.agents += cpu_seconds(agents) - of_agents;
    restore(fleet, identity);
    fleet.loop().run_for(std::chrono::milliseconds(100));  // what comes after it is over
    figures.floors.push_back(floor.measure());
  }
  return figures;
}

void print(const std::string& name, const Figures& figures) {
  print_row({.name = name + "/p50",
             .value = percentile(figures.samples, 0.5),
             .unit = "ms",
             .limit = percentile(figures.floors, 0.5)});
  print_row({.name = name + "/p99",
             .value = percentile(figures.samples, 0.99),
             .unit = "ms",
             .limit = percentile(figures.floors, 0.99),
             .goal = at_most(10)});
  const auto rounds = static_cast<double>(figures.samples.size());
  print_row(
      {.name = name + "/cpu_of_server", .value = figures.server / rounds * 1e3, .unit = "ms"});
  print_row(
      {.name = name + "/cpu_of_agents", .value = figures.agents / rounds * 1e3, .unit = "ms"});
}

void run(bool is_quick) {
  const int count = is_quick ? 20 : 100;
  Fleet fleet;
  const auto agents = fleet.start_agents(count, fleet.memory());
  print("revoke/acknowledged/" + std::to_string(count) + "_agents",
        measure(fleet, agents, fleet.memory(), std::chrono::seconds(is_quick ? 2 : 12)));
  const auto one = fleet.start_agents(1);
  print("revoke/acknowledged/1_agent",
        measure(fleet, one, fleet.path(""), std::chrono::seconds(is_quick ? 1 : 5)));
}

}  // namespace
}  // namespace ward::bench

int main(int argc, char** argv) {
  ward::bench::run(ward::bench::is_quick(argc, argv));
  return 0;
}
