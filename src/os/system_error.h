// What errno means, as an Error with the operation and its object in the message.
#pragma once

#include <cerrno>
#include <string_view>

#include "base/error.h"

namespace ward::os {

// system_error(ENOSPC, "write", "/var/lib/ward/log") is
// resource_exhausted: write `/var/lib/ward/log`: no space left on device
//
// ENOENT kNotFound; EEXIST kAlreadyExists; EACCES, EPERM kPermissionDenied; ENOSPC, EDQUOT, EFBIG,
// EMFILE, ENFILE, ENOMEM kResourceExhausted; EROFS, ENOTDIR, EISDIR, ENOTEMPTY, ELOOP, EADDRINUSE
// kFailedPrecondition; EIO kDataLoss; EINVAL, ENAMETOOLONG kInvalidArgument; EAGAIN, EINTR, EBUSY,
// ECONNREFUSED, ECONNRESET, EPIPE kUnavailable; ETIMEDOUT kDeadlineExceeded; ENOSYS, EOPNOTSUPP,
// ENOPROTOOPT kUnimplemented; ESRCH kNotFound; what is left kUnknown.
Error system_error(int error_number, std::string_view operation, std::string_view object = {});

}  // namespace ward::os
