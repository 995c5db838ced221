// What a program that serves does beside serving: it tells the service manager how it is, and ends
// in good order on SIGTERM or SIGINT.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "base/result.h"
#include "daemon/flags.h"
#include "net/loop.h"
#include "os/environment.h"
#include "os/file_system.h"
#include "os/signals.h"

namespace ward::apps {

// Says `NAME: what is wrong` on stderr; the exit code 1.
int complain(std::string_view name, const Error& error);

// Before anything is opened: no core file and no look into our memory by others, as many
// descriptors as we may have, no death by a closed connection.
Result<void> prepare_process();

// Main's thread. The loop outlives it.
class Daemon {
 public:
  // Begins what the program ends with: calls its argument once it has ended.
  using ShutDown = std::function<void(std::function<void()> done)>;

  // Made before the first thread, which inherits the mask of signals.
  static Result<std::unique_ptr<Daemon>> open(net::Loop& loop, Log log);

  void ready() { notify("READY=1"); }

  // Runs the loop until a signal, or stop(), and then until `shut_down` is done. The exit code.
  int run(ShutDown shut_down);
  // Loop thread; once, later calls are nothing.
  void stop(int exit_code);

 private:
  Daemon(net::Loop& loop, os::SignalSource signals, Log log);
  void watch();
  void notify(std::string_view state);

  net::Loop& loop_;
  os::SignalSource signals_;
  const os::Environment environment_ = os::Environment::of_process();
  Log log_;
  net::Timer timer_;
  ShutDown shut_down_;
  bool is_stopping_ = false;
  int exit_code_ = 0;
};

// The main function of such a program: reads its flags and, by `load(files, path)`, its
// configuration, then runs `run(configuration, files)`. The exit code.
template <typename Load, typename Run>
int serve(const DaemonProgram& program, int argc, char** argv, Load load, Run run) {
  int exit_code = 0;
  const auto flags = parse_daemon_flags(program, argc, argv, exit_code);
  if (!flags) return exit_code;
  os::SystemFileSystem files;
  const auto config = load(files, flags->config);
  if (!config.ok()) return complain(program.name, config.error());
  if (flags->check_config) return 0;
  if (const auto prepared = prepare_process(); !prepared.ok()) {
    return complain(program.name, prepared.error());
  }
  return run(*config, files);
}

}  // namespace ward::apps
