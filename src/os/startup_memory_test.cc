#include "os/startup_memory.h"

#include <gtest/gtest.h>

#include "os/file_system.h"
#include "os/hardening.h"

namespace ward::os {
namespace {

TEST(StartupMemory, CodeThatRanIsLetGoAndRunsAgain) {
  SystemFileSystem files;
  const auto read = [&] { return files.read_file("/proc/self/comm", 64).value(); };
  const Bytes name = read();
  const auto before = resident_bytes();
  release_startup_memory();
  const auto after = resident_bytes();
  ASSERT_TRUE(before.ok() && after.ok());
  EXPECT_LT(*after, *before);
  EXPECT_EQ(read(), name);
}

}  // namespace
}  // namespace ward::os
