// `ward policy format`: policy files in one style.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/bytes.h"
#include "cedar/format/formatter.h"
#include "os/file_system.h"
#include "ward/commands.h"
#include "ward/finding.h"
#include "ward/policy_input.h"
#include "ward/policy_tools.h"

namespace ward::cli {
namespace {

Result<std::string> formatted(const cedar::SourceText& source, const PolicyFormatFlags& flags) {
  return cedar::format_policies(
      source.text, source.name,
      {.line_width = flags.line_width, .indent_width = flags.indent_width});
}

// Whether the file was, or would be, changed.
Result<bool> format_file(PolicyInput& input, const std::string& path,
                         const PolicyFormatFlags& flags) {
  WARD_TRY(const cedar::SourcePtr source, input.read(path, cedar::kFormatBytesMax));
  WARD_TRY(const std::string text, formatted(*source, flags));
  if (text == source->text) return false;
  if (flags.is_check) return true;
  // A write replaces the name, and would make a file of a link.
  os::SystemFileSystem files;
  WARD_TRY(const auto status, files.status(path));
  if (!status || status->kind != os::FileKind::kRegular) {
    return make_error(ErrorCode::kFailedPrecondition,
                      "`{}` is no file by itself: name what it leads to", path);
  }
  WARD_RETURN_IF_ERROR(files.write_file(path, as_bytes(text), status->mode));
  return true;
}

Result<int> format_standard_input(PolicyInput& input, const PolicyFormatFlags& flags) {
  WARD_TRY(const cedar::SourcePtr source, input.read("-", cedar::kFormatBytesMax));
  WARD_TRY(const std::string text, formatted(*source, flags));
  if (flags.is_check) return text == source->text ? kExitOk : kExitFailure;
  (void)std::fwrite(text.data(), 1, text.size(), stdout);
  return kExitOk;
}

Result<int> format(PolicyInput& input, const PolicyFormatFlags& flags) {
  if (flags.paths == std::vector<std::string>{"-"}) return format_standard_input(input, flags);
  if (std::ranges::find(flags.paths, "-") != flags.paths.end()) {
    return invalid_argument("expected `-` alone, as what it gives goes to standard output");
  }
  WARD_TRY(const auto files, PolicyInput::files_of(flags.paths));
  std::size_t changed = 0;
  for (const std::string& file : files) {
    WARD_TRY(const bool differs, format_file(input, file, flags));
    if (!differs) continue;
    ++changed;
    print_line(
        fmt::format("{} {}", flags.is_check ? "would change" : "formatted", printable(file)));
  }
  return flags.is_check && changed > 0 ? kExitFailure : kExitOk;
}

}  // namespace

Result<int> format_policy_files(const PolicyFormatFlags& flags) {
  PolicyInput input;
  auto status = format(input, flags);
  return with_source_line(std::move(status), input.sources());
}

}  // namespace ward::cli
