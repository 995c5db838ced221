// ward-agent: reads its configuration, starts the agent, and ends it on a signal.
#include <poll.h>
#include <signal.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <thread>

#include "agent/agent.h"
#include "os/environment.h"
#include "os/hardening.h"
#include "os/random.h"
#include "os/service.h"
#include "os/signals.h"

namespace {

constexpr int kUsageExit = 2;
constexpr const char* kUsage =
    "usage: ward-agent [--config FILE] [--check-config]\n"
    "  --config FILE    default: /etc/ward/agent.toml\n"
    "  --check-config   say whether FILE is right, and start nothing\n";

struct Flags {
  std::string config = "/etc/ward/agent.toml";
  bool check_only = false;
};

bool parse_flags(int argc, char** argv, Flags& flags) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag == "--check-config") {
      flags.check_only = true;
    } else if (flag == "--config" && i + 1 < argc) {
      flags.config = argv[++i];
    } else {
      return false;
    }
  }
  return true;
}

int fail(const ward::Error& error) {
  fmt::print(stderr, "ward-agent: {}\n", error.message());
  return 1;
}

// Waits for a signal until it is stopped, then calls `on_signal` on this thread, once.
void watch_signals(std::stop_token stop, ward::os::SignalSource& signals,
                   const std::function<void()>& on_signal) {
  constexpr int kWaitMs = 500;
  while (!stop.stop_requested()) {
    pollfd watched{.fd = signals.descriptor(), .events = POLLIN, .revents = 0};
    if (poll(&watched, 1, kWaitMs) <= 0) continue;
    const auto signal = signals.next();
    if (signal.ok() && *signal) return on_signal();
  }
}

int run(const ward::agent::AgentConfig& config) {
  auto signals = ward::os::SignalSource::open({SIGTERM, SIGINT});
  if (!signals.ok()) return fail(signals.error());
  const auto environment = ward::os::Environment::of_process();
  ward::SystemClock clock;
  ward::net::SystemLoop loop(clock);
  ward::os::SystemRandom random;
  ward::os::SystemFileSystem files;
  const ward::Log log = ward::Log::to_stderr(config.log_level);
  auto agent =
      ward::agent::Agent::start(config, {.loop = loop, .random = random, .files = files}, log);
  if (!agent.ok()) return fail(agent.error());
  const auto notify = [&](std::string_view state) {
    const auto notified = ward::os::notify_service_manager(environment, state);
    if (!notified.ok()) log.warn("service manager: {}", notified.error().message());
  };
  (*agent)->on_ready([&] { notify("READY=1"); });
  const std::jthread watcher([&](std::stop_token stop) {
    watch_signals(std::move(stop), *signals, [&] {
      loop.post([&] {
        notify("STOPPING=1");
        (*agent)->shut_down([&] { loop.stop(); });
      });
    });
  });
  loop.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  if (!parse_flags(argc, argv, flags)) {
    (void)std::fputs(kUsage, stderr);
    return kUsageExit;
  }
  const ward::os::SystemFileSystem files;
  const auto config = ward::agent::load_config(files, flags.config);
  if (!config.ok()) return fail(config.error());
  if (flags.check_only) return 0;
  if (const auto done = ward::os::protect_memory(); !done.ok()) return fail(done.error());
  if (const auto limit = ward::os::raise_open_file_limit(); !limit.ok()) return fail(limit.error());
  ward::os::ignore_broken_pipes();
  return run(*config);
}
