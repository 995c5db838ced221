// Policies are a directory of files; what is checked and tested here is checked again by the server
// before it is published.
#include <iostream>

#include "base/bytes.h"
#include "base/clock.h"
#include "cedar/format/formatter.h"
#include "decide/policies.h"
#include "decide/policy_directory.h"
#include "decide/policy_tests.h"
#include "os/file_system.h"
#include "ward/admin/v1/admin.pb.h"
#include "ward/commands.h"

namespace ward::cli {
namespace {

using namespace admin::v1;

Result<std::vector<world::PolicyFile>> read_directory(const std::string& directory) {
  const os::SystemFileSystem files;
  return decide::read_policy_directory(files, directory);
}

// Prints what does not hold; the exit status.
Result<int> check(const std::vector<world::PolicyFile>& files, bool with_tests) {
  const auto policies = decide::Policies::parse(files);
  if (!policies.ok()) {
    print_line(printable(policies.error().message()));
    return kExitInvalid;
  }
  for (const std::string& warning : (*policies)->warnings()) {
    print_line("warning: " + printable(warning));
  }
  if (!with_tests) {
    print_line(fmt::format("ok: {} policies in {} files{}", (*policies)->set().size(), files.size(),
                           (*policies)->has_schema() ? ", valid by the schema" : ""));
    return kExitOk;
  }
  WARD_TRY(const decide::PolicyTestReport report, decide::run_policy_tests(files, **policies));
  for (const decide::PolicyTestFailure& failure : report.failures) {
    print_line(fmt::format("FAILED {}: {}", printable(failure.test), printable(failure.message)));
    for (const std::string& line : failure.explanation) print_line("  " + printable(line));
  }
  print_line(fmt::format("{} passed, {} failed", report.ran - report.failures.size(),
                         report.failures.size()));
  return report.failures.empty() ? kExitOk : kExitInvalid;
}

// The files that a path of the command line means.
Result<std::vector<std::string>> policy_files(const os::FileSystem& files,
                                              const std::string& path) {
  WARD_TRY(const auto status, files.status(path));
  if (!status || status->kind != os::FileKind::kDirectory) return std::vector{path};
  WARD_TRY(const std::vector<std::string> names,
           files.list_directory(path, decide::kPolicyDirectoryNamesMax));
  std::vector<std::string> out;
  for (const std::string& name : names) {
    if (!name.ends_with(".cedar") || name.starts_with('.')) continue;
    out.push_back(path.ends_with('/') ? path + name : path + "/" + name);
  }
  return out;
}

// Whether the file was, or would be, changed.
Result<bool> format_file(os::FileSystem& files, const std::string& path,
                         const PolicyFormatFlags& flags) {
  WARD_TRY(const Bytes bytes, files.read_file(path, cedar::kFormatBytesMax));
  WARD_TRY(
      const std::string formatted,
      cedar::format_policies(as_text(bytes), path,
                             {.line_width = flags.line_width, .indent_width = flags.indent_width}));
  if (formatted == as_text(bytes)) return false;
  if (flags.is_check) return true;
  // A write replaces the name, and would make a file of a link.
  WARD_TRY(const auto status, files.status(path));
  if (!status || status->kind != os::FileKind::kRegular) {
    return make_error(ErrorCode::kFailedPrecondition,
                      "`{}` is no file by itself: name what it leads to", path);
  }
  WARD_RETURN_IF_ERROR(files.write_file(path, as_bytes(formatted), status->mode));
  return true;
}

Result<int> format_standard_input(const PolicyFormatFlags& flags) {
  std::string text(cedar::kFormatBytesMax + 1, '\0');
  std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::cin.gcount()));
  WARD_TRY(
      const std::string formatted,
      cedar::format_policies(text, "standard input",
                             {.line_width = flags.line_width, .indent_width = flags.indent_width}));
  if (flags.is_check) return formatted == text ? kExitOk : kExitFailure;
  std::cout << formatted;
  return kExitOk;
}

}  // namespace

Result<int> format_policy_files(const PolicyFormatFlags& flags) {
  if (flags.paths == std::vector<std::string>{"-"}) return format_standard_input(flags);
  os::SystemFileSystem files;
  std::size_t changed = 0;
  for (const std::string& path : flags.paths) {
    WARD_TRY(const auto found, policy_files(files, path));
    for (const std::string& file : found) {
      WARD_TRY(const bool differs, format_file(files, file, flags));
      if (!differs) continue;
      ++changed;
      print_line(
          fmt::format("{} {}", flags.is_check ? "would change" : "formatted", printable(file)));
    }
  }
  return flags.is_check && changed > 0 ? kExitFailure : kExitOk;
}

Result<int> check_policies(const Common&, const std::string& directory) {
  WARD_TRY(const auto files, read_directory(directory));
  return check(files, false);
}

Result<int> test_policies(const Common&, const std::string& directory) {
  WARD_TRY(const auto files, read_directory(directory));
  return check(files, true);
}

Result<int> apply_policies(const Common& common, const std::string& directory) {
  WARD_TRY(const auto files, read_directory(directory));
  WARD_TRY(const int checked, check(files, true));
  if (checked != kExitOk) return checked;
  PublishPoliciesRequest request;
  for (const world::PolicyFile& file : files) {
    fact::v1::PolicyFile& added = *request.add_files();
    added.set_name(file.name);
    added.set_text(file.text);
  }
  WARD_TRY(const auto session, Session::open(common.target));
  WARD_TRY(const auto response, session->call<PublishPoliciesResponse>("PublishPolicies", request));
  if (common.format == Format::kJson) {
    WARD_TRY(const std::string json, to_json(response));
    print_line(json);
  } else {
    print_line(
        fmt::format("version {} in force at revision {}", response.version(), response.revision()));
  }
  return kExitOk;
}

Result<int> show_policies(const Common& common, const std::string& file) {
  GetRequest request;
  request.set_kind(ENTITY_KIND_POLICY_SET);
  request.set_id("default");
  WARD_TRY(const auto session, Session::open(common.target));
  WARD_TRY(const auto response, session->call<GetResponse>("Get", request));
  if (common.format == Format::kJson) {
    WARD_TRY(const std::string json, to_json(response.entity()));
    print_line(json);
    return kExitOk;
  }
  bool found = file.empty();
  for (const fact::v1::PolicyFile& shown : response.entity().policy_set().files()) {
    if (!file.empty() && shown.name() != file) continue;
    found = true;
    if (file.empty()) print_line("// " + printable(shown.name()));
    print_line(shown.text());
  }
  if (!found) return make_error(ErrorCode::kNotFound, "the set in force has no file `{}`", file);
  return kExitOk;
}

}  // namespace ward::cli
