// ward-agent: reads its configuration, runs the agent until a signal.
#include "agent/agent.h"
#include "base/clock.h"
#include "base/log.h"
#include "daemon/daemon.h"
#include "net/loop.h"
#include "os/file_system.h"
#include "os/random.h"

namespace {

using namespace ward;

constexpr apps::DaemonProgram kProgram{
    .name = "ward-agent",
    .description = "Ward on a node: attests, serves workloads, decides locally",
    .config = "/etc/ward/agent.toml",
    .page = "docs/rooms/agent.md"};

int run(const agent::AgentConfig& config, os::FileSystem& files) {
  const SystemClock clock;
  net::SystemLoop loop(clock);
  const Log log = Log::to_stderr(config.log_level);
  auto daemon = apps::Daemon::open(loop, log);
  if (!daemon.ok()) return apps::complain(kProgram.name, daemon.error());
  os::SystemRandom random;
  auto agent = agent::Agent::start(config, {.loop = loop, .random = random, .files = files}, log);
  if (!agent.ok()) return apps::complain(kProgram.name, agent.error());
  (*agent)->on_ready([&] { (*daemon)->ready(); });
  return (*daemon)->run([&](auto done) { (*agent)->shut_down(std::move(done)); });
}

}  // namespace

int main(int argc, char** argv) {
  return apps::serve(kProgram, argc, argv, agent::load_config, run);
}
