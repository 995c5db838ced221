#include "flags.h"

#include <CLI/CLI.hpp>

namespace ward::apps {

std::optional<Flags> parse_flags(int argc, const char* const* argv, const char* version,
                                 int& exit_code) {
  Flags flags;
  CLI::App app("Ward's control plane: journal, authority, decisions, distribution", "ward-server");
  app.set_version_flag("--version", version);
  app.add_option("--config", flags.config, "TOML file (docs/rooms/server.md)")
      ->default_val("/etc/ward/server.toml");
  app.add_flag("--check-config", flags.check_config, "check the configuration and exit");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error);
    return std::nullopt;
  }
  return flags;
}

}  // namespace ward::apps
