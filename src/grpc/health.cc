#include "grpc/health.h"

#include <map>
#include <set>
#include <string>
#include <utility>

#include "grpc/health/v1/health.pb.h"

namespace ward::grpc {

using ::grpc::health::v1::HealthCheckRequest;
using ::grpc::health::v1::HealthCheckResponse;

class HealthService::State {
 public:
  class Watcher;

  HealthCheckResponse::ServingStatus status(const std::string& service) const {
    const auto found = services.find(service);
    return found == services.end() ? HealthCheckResponse::SERVICE_UNKNOWN : found->second;
  }
  void set(const std::string& service, HealthCheckResponse::ServingStatus to);

  std::map<std::string, HealthCheckResponse::ServingStatus> services{
      {"", HealthCheckResponse::SERVING}};
  std::set<Watcher*> watchers;
  bool is_shut_down = false;
};

// One Watch call. Only the newest state matters, so one that comes while the client is slow waits
// in the service's table, not in a queue.
class HealthService::State::Watcher final : public CallObject {
 public:
  Watcher(State& state, std::string service, ServerWriter<HealthCheckResponse> writer)
      : state_(state), service_(std::move(service)), writer_(writer) {
    state_.watchers.insert(this);
    tell();
  }
  ~Watcher() override { state_.watchers.erase(this); }

  void tell() {
    const auto now = state_.status(service_);
    if (now == told_ || !writer_.is_writable()) return;
    told_ = now;
    HealthCheckResponse response;
    response.set_status(now);
    writer_.write(response);
  }
  void on_writable() override { tell(); }

 private:
  State& state_;
  const std::string service_;
  ServerWriter<HealthCheckResponse> writer_;
  HealthCheckResponse::ServingStatus told_ = HealthCheckResponse::UNKNOWN;
};

void HealthService::State::set(const std::string& service, HealthCheckResponse::ServingStatus to) {
  services[service] = to;
  for (Watcher* watcher : watchers) watcher->tell();
}

HealthService::HealthService() : state_(std::make_unique<State>()) {}
HealthService::~HealthService() = default;

void HealthService::set(std::string_view service, bool is_serving) {
  if (state_->is_shut_down) return;
  state_->set(std::string(service),
              is_serving ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING);
}

void HealthService::shut_down() {
  state_->is_shut_down = true;
  const auto services = state_->services;
  for (const auto& [service, status] : services) {
    state_->set(service, HealthCheckResponse::NOT_SERVING);
  }
}

void HealthService::register_with(Server& server) {
  State& state = *state_;
  server.unary<HealthCheckRequest, HealthCheckResponse>(
      "grpc.health.v1.Health/Check",
      [&state](const HealthCheckRequest& request, UnaryReply<HealthCheckResponse> reply) {
        const auto status = state.status(request.service());
        if (status == HealthCheckResponse::SERVICE_UNKNOWN) {
          return reply.fail(make_error(ErrorCode::kNotFound, "no service `{}`", request.service()));
        }
        HealthCheckResponse response;
        response.set_status(status);
        reply.finish(response);
      });
  server.server_stream<HealthCheckRequest, HealthCheckResponse>(
      "grpc.health.v1.Health/Watch",
      [&state](const HealthCheckRequest& request, ServerWriter<HealthCheckResponse> writer) {
        return std::make_unique<State::Watcher>(state, request.service(), writer);
      });
}

}  // namespace ward::grpc
