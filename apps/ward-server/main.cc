// ward-server: reads its configuration, runs the server until a signal or its failure.
#include "base/clock.h"
#include "base/log.h"
#include "daemon/daemon.h"
#include "net/loop.h"
#include "os/file_system.h"
#include "os/random.h"
#include "server/config.h"
#include "server/server.h"

namespace {

using namespace ward;

constexpr apps::DaemonProgram kProgram{
    .name = "ward-server",
    .description = "Ward's control plane: journal, authority, decisions, distribution",
    .config = "/etc/ward/server.toml",
    .page = "docs/rooms/server.md"};

int run(const server::ServerConfig& config, os::FileSystem& files) {
  const SystemClock clock;
  net::SystemLoop loop(clock);
  const Log log = Log::to_stderr(config.log_level);
  auto daemon = apps::Daemon::open(loop, log);
  if (!daemon.ok()) return apps::complain(kProgram.name, daemon.error());
  os::SystemRandom random;
  auto server = server::Server::start(config, {.loop = loop,
                                               .files = files,
                                               .clock = clock,
                                               .random = random,
                                               .log = log,
                                               .version = WARD_VERSION});
  if (!server.ok()) return apps::complain(kProgram.name, server.error());
  (*server)->on_failure([&](const Error&) { (*daemon)->stop(1); });
  (*daemon)->ready();
  return (*daemon)->run([&](auto done) { (*server)->shut_down(std::move(done)); });
}

}  // namespace

int main(int argc, char** argv) {
  return apps::serve(kProgram, argc, argv, server::load_config, run);
}
