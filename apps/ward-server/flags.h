// The command line of ward-server. CLI11 stays in flags.cc.
#pragma once

#include <optional>
#include <string>

namespace ward::apps {

struct Flags {
  std::string config;
  bool check_config = false;
};

// Nothing when the program is to end with `exit_code`: help, version, or a wrong flag, which has
// been told.
std::optional<Flags> parse_flags(int argc, const char* const* argv, const char* version,
                                 int& exit_code);

}  // namespace ward::apps
