#include "os/system_error.h"

#include <gtest/gtest.h>

namespace ward::os {
namespace {

TEST(SystemError, NamesOperationObjectAndCause) {
  EXPECT_EQ(system_error(ENOSPC, "write", "/var/log"),
            Error(ErrorCode::kResourceExhausted, "write `/var/log`: no space left on device"));
  EXPECT_EQ(system_error(EROFS, "open", "/x").code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(system_error(EIO, "sync").message(), "sync: input/output error");
  EXPECT_EQ(system_error(EADDRINUSE, "bind").code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(system_error(4095, "x"), Error(ErrorCode::kUnknown, "x: error 4095"));
}

}  // namespace
}  // namespace ward::os
