// The flags of the programs that serve. Apart from main, because CLI11 costs several seconds to
// compile.
#pragma once

#include <optional>
#include <string>

namespace ward::apps {

struct DaemonFlags {
  std::string config;
  bool check_config = false;
};

struct DaemonProgram {
  const char* name;         // `ward-server`
  const char* description;  // one line of --help
  const char* config;       // where the configuration is unless --config says so
  const char* page;         // of docs/ about it
};

// Nothing when there is no more to do: the flags ask for help or are wrong, which has been said;
// then `exit_code` is set.
std::optional<DaemonFlags> parse_daemon_flags(const DaemonProgram& program, int argc,
                                              const char* const* argv, int& exit_code);

}  // namespace ward::apps
