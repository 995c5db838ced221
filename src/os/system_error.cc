#include "os/system_error.h"

#include <cctype>
#include <cstring>
#include <string>

namespace ward::os {
namespace {

ErrorCode code_of(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ESRCH:
      return ErrorCode::kNotFound;
    case EEXIST:
      return ErrorCode::kAlreadyExists;
    case EACCES:
    case EPERM:
      return ErrorCode::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return ErrorCode::kResourceExhausted;
    case EROFS:
    case ENOTDIR:
    case EISDIR:
    case ENOTEMPTY:
    case ELOOP:
    case EADDRINUSE:
      return ErrorCode::kFailedPrecondition;
    case EIO:
      return ErrorCode::kDataLoss;
    case EINVAL:
    case ENAMETOOLONG:
      return ErrorCode::kInvalidArgument;
    case EAGAIN:
    case EINTR:
    case EBUSY:
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
      return ErrorCode::kUnavailable;
    case ETIMEDOUT:
      return ErrorCode::kDeadlineExceeded;
    case ENOSYS:
    case EOPNOTSUPP:
    case ENOPROTOOPT:
      return ErrorCode::kUnimplemented;
    default:
      return ErrorCode::kUnknown;
  }
}

// glibc's English text, in the lower case of our messages, whatever the locale.
std::string description_of(int error_number) {
  const char* known = strerrordesc_np(error_number);
  std::string text = known == nullptr ? fmt::format("error {}", error_number) : known;
  if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0) {
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  }
  return text;
}

}  // namespace

Error system_error(int error_number, std::string_view operation, std::string_view object) {
  const std::string description = description_of(error_number);
  if (object.empty()) {
    return make_error(code_of(error_number), "{}: {}", operation, description);
  }
  return make_error(code_of(error_number), "{} `{}`: {}", operation, object, description);
}

}  // namespace ward::os
