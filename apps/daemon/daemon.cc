#include "daemon/daemon.h"

#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <utility>

#include "os/hardening.h"
#include "os/service.h"

namespace ward::apps {
namespace {

constexpr std::chrono::milliseconds kSignalPoll{100};

}  // namespace

int complain(std::string_view name, const Error& error) {
  fmt::print(stderr, "{}: {}\n", name, error.message());
  return 1;
}

Result<void> prepare_process() {
  WARD_RETURN_IF_ERROR(os::protect_memory());
  WARD_RETURN_IF_ERROR(os::raise_open_file_limit());
  os::ignore_broken_pipes();
  return {};
}

Result<std::unique_ptr<Daemon>> Daemon::open(net::Loop& loop, Log log) {
  WARD_TRY(auto signals, os::SignalSource::open({SIGTERM, SIGINT}));
  return std::unique_ptr<Daemon>(new Daemon(loop, std::move(signals), std::move(log)));
}

Daemon::Daemon(net::Loop& loop, os::SignalSource signals, Log log)
    : loop_(loop), signals_(std::move(signals)), log_(std::move(log)) {}

int Daemon::run(ShutDown shut_down) {
  shut_down_ = std::move(shut_down);
  watch();
  loop_.run();
  return exit_code_;
}

void Daemon::watch() {
  const auto signal = signals_.next();
  if (!signal.ok()) {
    log_.error("signals: {}", signal.error().message());
    stop(1);
  } else if (*signal) {
    stop(0);
  } else {
    timer_ = loop_.after(kSignalPoll, [this] { watch(); });
  }
}

void Daemon::stop(int exit_code) {
  if (std::exchange(is_stopping_, true)) return;
  exit_code_ = exit_code;
  log_.info("shutting down");
  notify("STOPPING=1");
  shut_down_([this] { loop_.stop(); });
}

void Daemon::notify(std::string_view state) {
  const auto told = os::notify_service_manager(environment_, state);
  if (!told.ok()) log_.warn("service manager: {}", told.error().message());
}

}  // namespace ward::apps
