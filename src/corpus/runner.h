// Runs the tests of a directory (test_file.h) with the shipped engine and counts what differs.
//
// Checks of a test: `shouldValidate` (whether every policy is strictly valid; not of an
// application), and `request:I` for each request from 0 on (decision, reasons and errors). A
// `*.json` that cannot be read or does not parse is one check, `file`, and it differs. Of a test
// that cannot be loaded every check differs.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "base/result.h"
#include "corpus/exclusions.h"
#include "os/file_system.h"

namespace ward::corpus {

// Of what a difference says, so that a hostile file cannot make it endless.
inline constexpr std::size_t kDetailBytesMax = 4096;

struct Difference {
  std::string test;    // path relative to the directory, as the file system has it
  std::string check;   // `shouldValidate`, `request:0`, `file`
  std::string detail;  // may hold whatever the files hold, line breaks too
};

// Checks, but for the number of tests.
struct CorpusTotals {
  std::size_t tests = 0;  // files with `requests`, whether they could be loaded or not
  std::size_t equal = 0;
  std::size_t different = 0;
  std::size_t skipped = 0;  // excluded

  bool operator==(const CorpusTotals&) const = default;
};

// Tests in the order of walk.h, checks in theirs; `take` hears of each difference as it is found.
// An error when the directory cannot be listed.
Result<CorpusTotals> run_corpus(const os::FileSystem& files, const std::string& directory,
                                Exclusions& exclusions,
                                const std::function<void(const Difference&)>& take);

}  // namespace ward::corpus
