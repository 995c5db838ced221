// grpc.health.v1.Health (github.com/grpc/grpc, doc/health-checking.md): Check and Watch.
#pragma once

#include <memory>
#include <string_view>

#include "grpc/server.h"

namespace ward::grpc {

// The state of each service of a process; `` is the process as a whole. Loop thread. Outlives the
// server it is registered with.
class HealthService {
 public:
  HealthService();
  ~HealthService();
  HealthService(const HealthService&) = delete;
  HealthService& operator=(const HealthService&) = delete;

  void set(std::string_view service, bool is_serving);  // watchers hear of it
  // Everything becomes not serving, for good: before a shutdown.
  void shut_down();

  void register_with(Server& server);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace ward::grpc
