// A revocation that a hundred agents hold: from the admin call to the signed receipt with the
// acknowledgement of each, proved from its own log. Agents are processes on this machine, so their
// work, which is spread over as many nodes elsewhere, is done by its cores one after the other.
#include <atomic>
#include <thread>

#include "crypto/key.h"
#include "tests/bench/fleet.h"
#include "tests/bench/row.h"

namespace ward::bench {
namespace {

constexpr const char* kIdentity = "spiffe://example.org/ns/payments/sa/api";

void register_everywhere(Fleet& fleet, const std::vector<AgentProcess>& agents) {
  admin::SubmitRequest request;
  add_owner(request);
  add_identity(request, kIdentity);
  for (std::size_t i = 0; i < agents.size(); ++i) {
    add_registration(request, "w" + std::to_string(i), kIdentity, agents[i].id(), "unix:uid:1000");
  }
  fleet.submit(request);
}

double cpu_seconds(const std::vector<AgentProcess>& agents) {
  double sum = 0;
  for (const AgentProcess& agent : agents) sum += process_cpu_seconds(agent.pid());
  return sum;
}

// Milliseconds from the call to the receipt.
double revoke(Fleet& fleet, std::size_t agents) {
  admin::RevokeRequest request;
  request.set_kind(fact::REVOCATION_KIND_IDENTITY);
  request.set_id(kIdentity);
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

void restore(Fleet& fleet) {
  admin::SubmitRequest request;
  auto& restored = *request.add_facts()->mutable_restored();
  restored.set_kind(fact::REVOCATION_KIND_IDENTITY);
  restored.set_id(kIdentity);
  fleet.submit(request);
}

// What cannot be left out: for each agent a record made durable and a checkpoint signed, and the
// signature verified by the server. All of it on every core at once; in ms.
class Floor {
 public:
  Floor(Fleet& fleet, std::size_t agents) {
    for (std::size_t i = 0; i < agents; ++i) {
      auto file = fleet.files().open_append(fleet.path("floor" + std::to_string(i)), 0600);
      if (!file.ok()) Fleet::die(file.error());
      files_.push_back(std::move(*file));
    }
  }

  double measure() {
    std::atomic<std::size_t> next{0};
    const auto start = std::chrono::steady_clock::now();
    {
      std::vector<std::jthread> threads;
      for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i) {
        threads.emplace_back([&] {
          for (std::size_t at = next++; at < files_.size(); at = next++) work(*files_[at]);
        });
      }
    }
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    return took.count();
  }

 private:
  void work(os::AppendFile& file) const {
    WARD_CHECK(file.append(text_).ok() && file.sync().ok());
    const auto signature = key_.sign(crypto::SignatureScheme::kEd25519, text_);
    WARD_CHECK(signature.ok());
    WARD_CHECK(key_.public_key().verify(crypto::SignatureScheme::kEd25519, text_, *signature).ok());
  }

  std::vector<std::unique_ptr<os::AppendFile>> files_;
  const crypto::PrivateKey key_ = crypto::PrivateKey::generate(crypto::KeyType::kEd25519).value();
  const Bytes text_ = Bytes(200, 0x5a);
};

struct Figures {
  std::vector<double> samples, floors;  // ms
  double server = 0, agents = 0;        // CPU seconds of all
};

Figures measure(Fleet& fleet, const std::vector<AgentProcess>& agents,
                std::chrono::seconds budget) {
  constexpr std::size_t kRoundsMin = 3, kRoundsMax = 200;
  Figures figures;
  Floor floor(fleet, agents.size());
  const auto end = std::chrono::steady_clock::now() + budget;
  while (figures.samples.size() < kRoundsMin ||
         (figures.samples.size() < kRoundsMax && std::chrono::steady_clock::now() < end)) {
    const double server = process_cpu_seconds(fleet.server_pid());
    const double of_agents = cpu_seconds(agents);
    figures.samples.push_back(revoke(fleet, agents.size()));
    figures.server += process_cpu_seconds(fleet.server_pid()) - server;
    figures.agents += cpu_seconds(agents) - of_agents;
    restore(fleet);
    fleet.loop().run_for(std::chrono::milliseconds(50));
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
  const auto agents = fleet.start_agents(count);
  register_everywhere(fleet, agents);
  fleet.loop().run_for(std::chrono::seconds(1));  // each gets its SVID
  print("revoke/acknowledged/" + std::to_string(count) + "_agents",
        measure(fleet, agents, std::chrono::seconds(is_quick ? 1 : 10)));
}

}  // namespace
}  // namespace ward::bench

int main(int argc, char** argv) {
  ward::bench::run(ward::bench::is_quick(argc, argv));
  return 0;
}
