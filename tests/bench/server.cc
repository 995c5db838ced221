// A server at rest, and the way of a registration from the admin call to the workload: a real
// server, a real agent, and this process as operator and as workload.
#include <unistd.h>

#include <algorithm>

#include "spiffe/workload/workloadapi.pb.h"
#include "tests/bench/fleet.h"
#include "tests/bench/row.h"

namespace ward::bench {
namespace {

constexpr int kIdentities = 1000;
constexpr const char* kFirst = "spiffe://example.org/first";

std::string own_uid() {
  return "unix:uid:" + std::to_string(::getuid());
}

// A workload with its stream of X.509-SVIDs open.
class Workload final : public grpc::ResponseReader<X509SVIDResponse> {
 public:
  Workload(Fleet& fleet, const AgentProcess& agent)
      : fleet_(fleet),
        channel_(fleet.loop(), fleet.random(), grpc::unix_connector(fleet.loop(), agent.socket()),
                 {}) {
    grpc::CallOptions options;
    WARD_CHECK(options.metadata.add("workload.spiffe.io", "true").ok());
    call_ = channel_.server_stream<X509SVIDRequest, X509SVIDResponse>(
        "SpiffeWorkloadAPI/FetchX509SVID", X509SVIDRequest(), std::move(options), *this);
  }

  bool has(const std::string& id) const {
    return std::ranges::any_of(newest_.svids(),
                               [&](const X509SVID& svid) { return svid.spiffe_id() == id; });
  }

  void on_message(X509SVIDResponse& message) override {
    newest_ = std::move(message);
    fleet_.wake();
  }
  void on_done(const Result<void>& status) override {
    Fleet::die(status.ok() ? Error(ErrorCode::kUnavailable, "the workload's stream ended")
                           : status.error());
  }

 private:
  Fleet& fleet_;
  grpc::Channel channel_;
  grpc::PendingCall call_;
  X509SVIDResponse newest_;
};

void fill_registry(Fleet& fleet, const AgentProcess& agent) {
  admin::SubmitRequest request;
  add_owner(request);
  for (int i = 0; i < kIdentities - 1; ++i) {
    add_identity(request, "spiffe://example.org/ns/payments/sa/w" + std::to_string(i));
  }
  fleet.submit(request);
  request.Clear();
  add_identity(request, kFirst);
  add_registration(request, "first", kFirst, agent.id(), own_uid());
  fleet.submit(request);
}

void idle_memory(Fleet& fleet, std::chrono::milliseconds rest) {
  fleet.loop().run_for(rest);
  print_row({.name = "server/idle_rss",
             .value = resident_mib(fleet.server_pid()),
             .unit = "MiB",
             .peer = 91,
             .goal = at_most(30)});
}

// From the beginning of the call that registers to the push that has the new SVID, in ms.
double registration_to_svid(Fleet& fleet, const Workload& workload, const AgentProcess& agent,
                            const std::string& name) {
  const std::string id = "spiffe://example.org/" + name;
  admin::SubmitRequest request;
  add_identity(request, id);
  add_registration(request, name, id, agent.id(), own_uid());
  const auto start = std::chrono::steady_clock::now();
  fleet.submit(request);
  fleet.run_until([&] { return workload.has(id); });
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;

  request.Clear();
  auto& removed = *request.add_facts()->mutable_registration_removed();
  removed.set_id(name);
  removed.set_parent(agent.id());
  removed.set_spiffe_id(id);
  fleet.submit(request);
  fleet.run_until([&] { return !workload.has(id); });
  return took.count();
}

// Three records made durable one after the other, in ms: the decision of the call, its fact and the
// issuance. Each must be on disk before the next may happen.
class Floor {
 public:
  explicit Floor(Fleet& fleet) {
    auto file = fleet.files().open_append(fleet.path("floor"), 0600);
    if (!file.ok()) Fleet::die(file.error());
    file_ = std::move(*file);
  }

  double measure() {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 3; ++i) WARD_CHECK(file_->append(record_).ok() && file_->sync().ok());
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    return took.count();
  }

 private:
  std::unique_ptr<os::AppendFile> file_;
  const Bytes record_ = Bytes(200, 0x5a);
};

void run(bool is_quick) {
  Fleet fleet;
  const auto agents = fleet.start_agents(1);
  fill_registry(fleet, agents.front());
  const Workload workload(fleet, agents.front());
  fleet.run_until([&] { return workload.has(kFirst); });
  idle_memory(fleet, std::chrono::milliseconds(is_quick ? 1000 : 5000));

  std::vector<double> samples, floors;
  Floor floor(fleet);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(is_quick ? 2 : 12);
  for (int i = 0; i < 10 || (i < 500 && std::chrono::steady_clock::now() < end); ++i) {
    samples.push_back(
        registration_to_svid(fleet, workload, agents.front(), "r" + std::to_string(i)));
    floors.push_back(floor.measure());
  }
  print_row({.name = "svid/registration_to_svid",
             .value = percentile(samples, 0.5),
             .unit = "ms p50",
             .limit = percentile(floors, 0.5),
             .peer = 5600,
             .goal = at_most(20)});
}

}  // namespace
}  // namespace ward::bench

int main(int argc, char** argv) {
  ward::bench::run(ward::bench::is_quick(argc, argv));
  return 0;
}
