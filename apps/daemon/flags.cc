#include "daemon/flags.h"

#include <CLI/CLI.hpp>

namespace ward::apps {

std::optional<DaemonFlags> parse_daemon_flags(const DaemonProgram& program, int argc,
                                              const char* const* argv, int& exit_code) {
  DaemonFlags flags;
  CLI::App app(program.description, program.name);
  app.set_version_flag("--version", WARD_VERSION);
  app.add_option("--config", flags.config, std::string("TOML file (") + program.page + ")")
      ->default_val(program.config);
  app.add_flag("--check-config", flags.check_config,
               "say whether the configuration is right, and start nothing");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error);
    return std::nullopt;
  }
  return flags;
}

}  // namespace ward::apps
