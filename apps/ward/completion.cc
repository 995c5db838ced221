// Each script walks the words before the cursor to the command they name, past options and their
// values, and offers what stands below it.
#include "ward/completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace ward::cli {
namespace {

// In single quotes, for any of the three: only fish reads backslashes there.
std::string quoted(std::string_view text, std::string_view quote) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += quote;
    } else {
      out += c;
    }
  }
  return out + "'";
}
std::string sh_quoted(std::string_view text) {
  return quoted(text, "'\\''");
}
std::string fish_quoted(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\') escaped += '\\';
    escaped += c;
  }
  return quoted(escaped, "\\'");
}

using Visit = std::function<void(const std::string& path, const CompletionCommand&)>;

// Every command, the program first; the path of `identity put` is that.
void walk(const CompletionCommand& command, const std::string& path, const Visit& visit) {
  visit(path, command);
  for (const CompletionCommand& sub : command.commands) {
    walk(sub, path.empty() ? sub.name : path + " " + sub.name, visit);
  }
}

std::vector<CompletionOption> options_of(const CompletionCommand& command,
                                         const CompletionCommand& root) {
  std::vector<CompletionOption> options = command.options;
  if (&command == &root) return options;
  for (const CompletionOption& option : root.options) {
    const auto has_it = [&](const CompletionOption& own) { return own.names == option.names; };
    if (std::ranges::none_of(options, has_it)) options.push_back(option);
  }
  return options;
}

// Names of all options that take a value, those of `values` apart; shell pattern `a|b`.
struct ValueOptions {
  struct Enumerated {
    std::string names;  // pattern
    std::string place;  // pattern of the command and a name after it: `" bundle --form"`
    std::string words;
  };
  std::string free;                    // any value
  std::vector<Enumerated> enumerated;  // those of the program last, which any command takes
};
std::string place_pattern(const std::string& path, const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const std::string& name : names) {
    out.push_back(path.empty() ? fmt::format("*\" {}\"", name)
                               : fmt::format("\" {} {}\"", path, name));
  }
  return fmt::format("{}", fmt::join(out, "|"));
}
ValueOptions value_options(const CompletionCommand& root) {
  std::vector<std::string> free;
  ValueOptions found;
  walk(root, "", [&](const std::string& path, const CompletionCommand& command) {
    for (const CompletionOption& option : command.options) {
      if (!option.takes_value) continue;
      if (option.values.empty()) {
        free.insert(free.end(), option.names.begin(), option.names.end());
      } else {
        found.enumerated.push_back({.names = fmt::format("{}", fmt::join(option.names, "|")),
                                    .place = place_pattern(path, option.names),
                                    .words = fmt::format("{}", fmt::join(option.values, " "))});
      }
    }
  });
  std::ranges::reverse(found.enumerated);
  std::ranges::sort(free);
  free.erase(std::ranges::unique(free).begin(), free.end());
  found.free = fmt::format("{}", fmt::join(free, "|"));
  return found;
}

// `" identity"|" identity put"`, each path with a blank before it: how the scripts walk.
std::string path_pattern(const CompletionCommand& root) {
  std::vector<std::string> paths;
  walk(root, "", [&](const std::string& path, const CompletionCommand&) {
    if (!path.empty()) paths.push_back(fmt::format("\" {}\"", path));
  });
  return fmt::format("{}", fmt::join(paths, "|"));
}

std::string all_value_names(const ValueOptions& values) {
  std::string names = values.free;
  for (const ValueOptions::Enumerated& each : values.enumerated) {
    names += (names.empty() ? "" : "|") + each.names;
  }
  return names;
}

std::string bash_script(const CompletionCommand& root) {
  const ValueOptions values = value_options(root);
  std::string out =
      "# ward completion bash: source this, or put it in /etc/bash_completion.d/ward\n"
      "_ward() {\n"
      "  local at= words= word i last=${COMP_WORDS[COMP_CWORD-1]} now=${COMP_WORDS[COMP_CWORD]}\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    word=${COMP_WORDS[i]}\n";
  out += fmt::format("    case $word in {}) ((i++)); continue ;; esac\n", all_value_names(values));
  out += fmt::format("    case \"$at $word\" in {}) at=\"$at $word\" ;; esac\n  done\n",
                     path_pattern(root));
  out += "  case \"$at $last\" in\n";
  for (const ValueOptions::Enumerated& each : values.enumerated) {
    out += fmt::format("    {}) COMPREPLY=($(compgen -W '{}' -- \"$now\")); return ;;\n",
                       each.place, each.words);
  }
  out += "  esac\n  case $last in\n";
  if (!values.free.empty()) {
    out += fmt::format("    {}) COMPREPLY=($(compgen -f -- \"$now\")); return ;;\n", values.free);
  }
  out += "  esac\n  case $at in\n";
  walk(root, "", [&](const std::string& path, const CompletionCommand& command) {
    std::vector<std::string> words = command.values;
    for (const CompletionCommand& sub : command.commands) words.push_back(sub.name);
    for (const CompletionOption& option : options_of(command, root)) {
      words.insert(words.end(), option.names.begin(), option.names.end());
    }
    out += fmt::format("    \"{}\") words='{}' ;;\n", path.empty() ? "" : " " + path,
                       fmt::join(words, " "));
  });
  return out +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$now\"))\n"
         "}\n"
         "complete -o default -F _ward ward\n";
}

std::string zsh_script(const CompletionCommand& root) {
  const ValueOptions values = value_options(root);
  std::string out =
      "#compdef ward\n"
      "# ward completion zsh: source this, or put it into a folder of fpath as _ward\n"
      "compdef _ward ward\n"
      "_ward() {\n"
      "  local at= word\n"
      "  local -i i\n"
      "  local -a commands options arguments\n"
      "  for ((i = 2; i < CURRENT; i++)); do\n"
      "    word=$words[i]\n";
  out += fmt::format("    case $word in ({}) ((i++)); continue ;; esac\n", all_value_names(values));
  out += fmt::format("    case \"$at $word\" in ({}) at=\"$at $word\" ;; esac\n  done\n",
                     path_pattern(root));
  out += "  case \"$at $words[CURRENT-1]\" in\n";
  for (const ValueOptions::Enumerated& each : values.enumerated) {
    out += fmt::format("    ({}) compadd -- {}; return ;;\n", each.place, each.words);
  }
  out += "  esac\n  case $words[CURRENT-1] in\n";
  if (!values.free.empty()) out += fmt::format("    ({}) _files; return ;;\n", values.free);
  out += "  esac\n  case $at in\n";
  // _describe reads `word:what it is`.
  const auto described = [](const std::string& name, const std::string& description) {
    return sh_quoted(name + ":" + description) + " ";
  };
  walk(root, "", [&](const std::string& path, const CompletionCommand& command) {
    out += fmt::format("    (\"{}\")\n      commands=( ", path.empty() ? "" : " " + path);
    for (const CompletionCommand& sub : command.commands) {
      out += described(sub.name, sub.description);
    }
    out += ")\n      options=( ";
    for (const CompletionOption& option : options_of(command, root)) {
      for (const std::string& name : option.names) out += described(name, option.description);
    }
    out += fmt::format(")\n      arguments=( {} ) ;;\n", fmt::join(command.values, " "));
  });
  return out +
         "  esac\n"
         "  (( $#commands )) && _describe -t commands command commands\n"
         "  (( $#arguments )) && compadd -- $arguments\n"
         "  if [[ $words[CURRENT] == -* ]]; then\n"
         "    _describe -t options option options\n"
         "  elif (( ! $#commands && ! $#arguments )); then\n"
         "    _files\n"
         "  fi\n"
         "}\n"
         "if [ \"$funcstack[1]\" = _ward ]; then _ward \"$@\"; fi\n";
}

std::string fish_option(const CompletionOption& option, const std::string& condition) {
  std::string line = "complete -c ward" + condition;
  for (const std::string& name : option.names) {
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (option.takes_value && option.values.empty()) line += " -r -F";
  if (!option.values.empty()) {
    line += " -x -a " + fish_quoted(fmt::format("{}", fmt::join(option.values, " ")));
  }
  return line + " -d " + fish_quoted(option.description) + "\n";
}

std::string fish_script(const CompletionCommand& root) {
  std::string names = all_value_names(value_options(root));
  std::ranges::replace(names, '|', ' ');
  std::vector<std::string> paths;
  walk(root, "", [&](const std::string& path, const CompletionCommand&) {
    if (!path.empty()) paths.push_back(fish_quoted(path));
  });
  std::string out =
      "# ward completion fish: source this, or put it into ~/.config/fish/completions/ward.fish\n"
      "function __ward_at\n"
      "  set -l typed (commandline -opc)\n"
      "  set -e typed[1]\n"
      "  set -l at\n"
      "  set -l is_value 0\n"
      "  for word in $typed\n"
      "    if test $is_value = 1\n"
      "      set is_value 0\n"
      "      continue\n"
      "    end\n";
  out += fmt::format("    if contains -- $word {}\n      set is_value 1\n      continue\n    end\n",
                     names);
  out += fmt::format(
      "    set -l next $at $word\n    if contains -- \"$next\" {}\n      set at $next\n    end\n",
      fmt::join(paths, " "));
  out +=
      "  end\n"
      "  test \"$argv[1]\" = \"$at\"\n"
      "end\n"
      "complete -c ward -f\n";
  for (const CompletionOption& option : root.options) out += fish_option(option, "");
  walk(root, "", [&](const std::string& path, const CompletionCommand& command) {
    const std::string condition = " -n " + fish_quoted("__ward_at \"" + path + "\"");
    for (const CompletionCommand& sub : command.commands) {
      out += fmt::format("complete -c ward{} -a {} -d {}\n", condition, sub.name,
                         fish_quoted(sub.description));
    }
    if (!command.values.empty()) {
      out += fmt::format("complete -c ward{} -a {}\n", condition,
                         fish_quoted(fmt::format("{}", fmt::join(command.values, " "))));
    } else if (command.commands.empty()) {
      out += fmt::format("complete -c ward{} -F\n", condition);
    }
    if (&command == &root) return;
    for (const CompletionOption& option : command.options) out += fish_option(option, condition);
  });
  return out;
}

}  // namespace

std::string completion_script(std::string_view shell, const CompletionCommand& root) {
  if (shell == "zsh") return zsh_script(root);
  if (shell == "fish") return fish_script(root);
  return bash_script(root);
}

}  // namespace ward::cli
