// `ward policy corpus`: Cedar tests made by others, by the engine that ships.
#include <fmt/format.h>

#include <cstdio>

#include "codec/json.h"
#include "corpus/runner.h"
#include "os/file_system.h"
#include "ward/commands.h"
#include "ward/text_input.h"

namespace ward::cli {
namespace {

void print(const corpus::Difference& found, Format format) {
  if (format == Format::kJson) {
    print_line(write_json(codec::Json::object(
        {{"test", found.test}, {"check", found.check}, {"detail", found.detail}})));
  } else {
    print_line(fmt::format("different\t{}\t{}\t{}", printable(found.test), found.check,
                           printable(found.detail)));
  }
}

void print(const corpus::CorpusTotals& totals, Format format) {
  if (format == Format::kJson) {
    print_line(write_json(codec::Json::object({{"tests", totals.tests},
                                               {"equal", totals.equal},
                                               {"different", totals.different},
                                               {"skipped", totals.skipped}})));
  } else {
    print_line(fmt::format("tests {}", totals.tests));
    print_line(fmt::format("equal {} different {} skipped {}", totals.equal, totals.different,
                           totals.skipped));
  }
}

void say(std::string_view message) {
  (void)std::fprintf(stderr, "ward: %s\n", printable(message).c_str());
}

Result<corpus::CorpusTotals> run(const PolicyCorpusFlags& flags) {
  corpus::Exclusions exclusions;
  for (const std::string& path : flags.exclusion_files) {
    WARD_TRY(const std::string text, read_text_file(path));
    WARD_RETURN_IF_ERROR(exclusions.add(text, path));
  }
  const os::SystemFileSystem files;
  WARD_TRY(
      const corpus::CorpusTotals totals,
      corpus::run_corpus(files, flags.directory, exclusions,
                         [&](const corpus::Difference& found) { print(found, flags.format); }));
  for (const std::string& each : exclusions.unused()) say("excluded nothing: " + each);
  return totals;
}

}  // namespace

int run_policy_corpus(const PolicyCorpusFlags& flags) {
  const auto totals = run(flags);
  if (!totals.ok()) {
    say(totals.error().text());
    return kExitNotRun;
  }
  print(*totals, flags.format);
  if (totals->tests == 0) {
    say(fmt::format("`{}`: expected at least one *.json that holds an object with `requests`",
                    flags.directory));
    return kExitNotRun;
  }
  return totals->different == 0 ? kExitOk : kExitFailure;
}

}  // namespace ward::cli
