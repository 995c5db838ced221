// The process's own log: for the people who run it, not evidence. Passed in; there is no global
// logger.
//
// One line a message: time, level, part, message. Line breaks and control characters in a message
// are escaped, so input cannot forge a line. Never a secret, and selectors only at debug level.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace ward {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };

// Any thread may log; copies share one sink.
class Log {
 public:
  using Sink = std::function<void(LogLevel, std::string_view part, std::string_view message)>;

  static Log to_stderr(LogLevel least);
  static Log to_sink(LogLevel least,
                     Sink sink);  // called under a lock, in order; for tests and embedding
  static Log none();

  Log part(std::string_view name) const;  // the same log, for a named part of the program

  template <typename... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) const {
    write(LogLevel::kDebug, format, fmt::make_format_args(args...));
  }
  template <typename... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) const {
    write(LogLevel::kInfo, format, fmt::make_format_args(args...));
  }
  template <typename... Args>
  void warn(fmt::format_string<Args...> format, Args&&... args) const {
    write(LogLevel::kWarn, format, fmt::make_format_args(args...));
  }
  template <typename... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) const {
    write(LogLevel::kError, format, fmt::make_format_args(args...));
  }

 private:
  struct Shared;
  Log(std::shared_ptr<Shared> shared, std::string part);
  void write(LogLevel level, fmt::string_view format, fmt::format_args args) const;

  std::shared_ptr<Shared> shared_;
  std::string part_;
};

}  // namespace ward
