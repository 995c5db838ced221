#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace ward {
namespace {

struct Lines {
  std::vector<std::string> lines;
  Log log(LogLevel least) {
    return Log::to_sink(least, [this](LogLevel, std::string_view part, std::string_view message) {
      lines.push_back(fmt::format("{}|{}", part, message));
    });
  }
};

TEST(Log, NamesThePartAndDropsWhatIsBelowTheLevel) {
  Lines seen;
  const Log log = seen.log(LogLevel::kInfo).part("agent");
  log.debug("selectors {}", 1);
  log.info("attested in {} ms", 3);
  EXPECT_THAT(seen.lines, testing::ElementsAre("agent|attested in 3 ms"));
}

TEST(Log, InputCannotForgeALine) {
  Lines seen;
  seen.log(LogLevel::kInfo).warn("bad name `{}`", "x\n2026-01-01 info: all is well\x1b[2J");
  EXPECT_THAT(seen.lines,
              testing::ElementsAre("|bad name `x\\x0a2026-01-01 info: all is well\\x1b[2J`"));
}

}  // namespace
}  // namespace ward
