// Completion of the command line for shells, made from the tree of its commands, so that it knows
// whatever they know.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ward::cli {

struct CompletionOption {
  std::vector<std::string> names = {};  // as typed: `-o`, `--output`
  std::string description;              // one line
  bool takes_value = false;
  std::vector<std::string> values = {};  // that it takes; empty: any, as a file's name
};

struct CompletionCommand {
  std::string name;         // empty for the program itself
  std::string description;  // one line
  std::vector<CompletionOption> options = {};
  std::vector<std::string> values = {};  // of its arguments, where they are known
  std::vector<CompletionCommand> commands = {};
};

// The text to source. Options of `root` are offered with every command. `shell` is one of
// kCompletionShells.
std::string completion_script(std::string_view shell, const CompletionCommand& root);

inline const std::vector<std::string> kCompletionShells{"bash", "zsh", "fish"};

}  // namespace ward::cli
