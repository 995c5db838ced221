// The commands below `policy` that work on files alone, apart from their flags (main.cc). Each
// returns the exit status of the process, as those of commands.h do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ward/output.h"
#include "ward/policy_input.h"

namespace ward::cli {

// validate_command.cc

struct PolicyValidateFlags {
  std::vector<std::string> paths;  // files, directories of them, `-` for standard input
  std::string schema, mode = "strict";
  std::optional<std::uint32_t> level;
};
Result<int> validate_policy_files(Format format, const PolicyValidateFlags& flags);

// analyze_command.cc

struct PolicyAnalyzeFlags {
  std::vector<std::string> paths;  // files, directories of them, `-` for standard input
  std::string schema;
  std::uint32_t timeout_s = 60;  // of the solver, for one question
  bool entities_may_be_missing = false;
};
Result<int> analyze_policy_files(Format format, const PolicyAnalyzeFlags& flags);

// decision_commands.cc

struct PolicyAskFlags {
  std::vector<std::string> policies;  // files, directories of them, `-` for standard input
  std::string entities, schema, request, principal, action, resource, context;  // or empty
};
Result<int> ask_policies(Format format, const PolicyAskFlags& flags);
Result<int> explain_policies(Format format, const PolicyAskFlags& flags);

// policy_question.cc: what the flags mean
struct PolicyQuestion {
  cedar::PolicySet policies;
  cedar::Entities entities;
  cedar::Request request;
};
Result<PolicyQuestion> read_question(PolicyInput& input, const PolicyAskFlags& flags);

// link_command.cc

struct PolicyLinkFlags {
  std::vector<std::string> policies;  // files, directories of them, `-` for standard input
  std::string links, template_id, link_id, principal, resource;  // or empty
  std::string form = "set";                                      // or `links`
};
Result<int> link_policies(const PolicyLinkFlags& flags);

// format_command.cc

struct PolicyFormatFlags {
  std::vector<std::string> paths;  // files, directories of them, `-` for standard input
  bool is_check = false;           // says what would change, changes nothing
  std::size_t line_width = 100;
  std::size_t indent_width = 2;
};
Result<int> format_policy_files(const PolicyFormatFlags& flags);

// translate_command.cc

struct PolicyTranslateFlags {
  std::string path;  // a file, `-` for standard input
  bool is_schema = false;
};
Result<int> translate_policy_file(const PolicyTranslateFlags& flags);

}  // namespace ward::cli
