// Parses flags, builds the server, runs it until SIGTERM or SIGINT.
#include <fmt/format.h>

#include <csignal>
#include <cstdio>

#include "base/clock.h"
#include "base/log.h"
#include "flags.h"
#include "net/loop.h"
#include "os/environment.h"
#include "os/file_system.h"
#include "os/hardening.h"
#include "os/random.h"
#include "os/service.h"
#include "os/signals.h"
#include "server/config.h"
#include "server/server.h"

namespace {

using namespace ward;

constexpr std::chrono::milliseconds kSignalPoll{100};

int complain(const Error& error) {
  fmt::print(stderr, "ward-server: {}\n", error.message());
  return 1;
}

void notify(const os::Environment& environment, const Log& log, std::string_view state) {
  const auto told = os::notify_service_manager(environment, state);
  if (!told.ok()) log.warn("service manager: {}", told.error().message());
}

// Runs the server to its end; the exit code.
class Run {
 public:
  Run(net::SystemLoop& loop, os::SignalSource& signals, const os::Environment& environment, Log log)
      : loop_(loop), signals_(signals), environment_(environment), log_(std::move(log)) {}

  int until_end(server::Server& server) {
    server.on_failure([this, &server](const Error&) {
      exit_code_ = 1;
      stop(server);
    });
    watch(server);
    notify(environment_, log_, "READY=1");
    loop_.run();
    return exit_code_;
  }

 private:
  void watch(server::Server& server) {
    const auto signal = signals_.next();
    if (!signal.ok() || *signal) return stop(server);
    timer_ = loop_.after(kSignalPoll, [this, &server] { watch(server); });
  }

  void stop(server::Server& server) {
    if (std::exchange(is_stopping_, true)) return;
    log_.info("shutting down");
    notify(environment_, log_, "STOPPING=1");
    server.shut_down([this] { loop_.stop(); });
  }

  net::SystemLoop& loop_;
  os::SignalSource& signals_;
  const os::Environment& environment_;
  Log log_;
  net::Timer timer_;
  bool is_stopping_ = false;
  int exit_code_ = 0;
};

int run(const server::ServerConfig& config, os::FileSystem& files) {
  auto signals = os::SignalSource::open({SIGTERM, SIGINT});
  if (!signals.ok()) return complain(signals.error());
  const os::Environment environment = os::Environment::of_process();
  const Log log = Log::to_stderr(config.log_level);
  const SystemClock clock;
  os::SystemRandom random;
  net::SystemLoop loop(clock);
  Run run(loop, *signals, environment, log);
  auto server = server::Server::start(config, {.loop = loop,
                                               .files = files,
                                               .clock = clock,
                                               .random = random,
                                               .log = log,
                                               .version = WARD_VERSION});
  if (!server.ok()) return complain(server.error());
  return run.until_end(**server);
}

}  // namespace

int main(int argc, char** argv) {
  int exit_code = 0;
  const auto flags = apps::parse_flags(argc, argv, WARD_VERSION, exit_code);
  if (!flags) return exit_code;
  os::SystemFileSystem files;
  const auto config = server::load_config(files, flags->config);
  if (!config.ok()) return complain(config.error());
  if (flags->check_config) return 0;
  if (const auto secured = os::protect_memory(); !secured.ok()) return complain(secured.error());
  if (const auto raised = os::raise_open_file_limit(); !raised.ok()) {
    return complain(raised.error());
  }
  os::ignore_broken_pipes();
  return run(*config, files);
}
