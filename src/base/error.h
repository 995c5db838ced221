// What the world can do wrong: a code for programs, a message for people.
//
// The codes are those of gRPC (google.rpc.Code) with their numbers, so that an error crosses a
// process boundary unchanged. A message is lower case, has no full stop, shows input in backticks,
// says what was expected and what was got, and never holds a secret.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace ward {

enum class ErrorCode : std::uint8_t {
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,  // the input is wrong whatever the state is
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,    // known who asks; it may not
  kResourceExhausted = 8,   // a named bound was reached
  kFailedPrecondition = 9,  // the state is wrong; asking again does not help
  kAborted = 10,            // lost a race (expected revision); ask again from the new state
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,      // ask again later
  kDataLoss = 15,         // stored bytes are damaged
  kUnauthenticated = 16,  // not known who asks
};

// `invalid_argument`, `not_found`, ...
std::string_view error_code_name(ErrorCode code);

class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }

  // The same error seen from further out: `context: message`.
  Error in(std::string_view context) const {
    return {code_, fmt::format("{}: {}", context, message_)};
  }

  // `not_found: no registration `x``
  std::string text() const;

  bool operator==(const Error&) const = default;

 private:
  ErrorCode code_;
  std::string message_;
};

template <typename... Args>
Error make_error(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  return {code, fmt::format(format, std::forward<Args>(args)...)};
}

template <typename... Args>
Error invalid_argument(fmt::format_string<Args...> format, Args&&... args) {
  return {ErrorCode::kInvalidArgument, fmt::format(format, std::forward<Args>(args)...)};
}

}  // namespace ward
