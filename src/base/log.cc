#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <mutex>
#include <utility>

#include "base/check.h"

namespace ward {

struct Log::Shared {
  LogLevel least;
  Sink sink;
  std::mutex mutex;
};

namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  WARD_UNREACHABLE();
}

// Control characters would let input end a line and begin another that looks like ours.
std::string escape_controls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace

Log::Log(std::shared_ptr<Shared> shared, std::string part)
    : shared_(std::move(shared)), part_(std::move(part)) {}

Log Log::to_sink(LogLevel least, Sink sink) {
  auto shared = std::make_shared<Shared>();
  shared->least = least;
  shared->sink = std::move(sink);
  return {std::move(shared), ""};
}

Log Log::to_stderr(LogLevel least) {
  auto logger =
      std::make_shared<spdlog::logger>("ward", std::make_shared<spdlog::sinks::stderr_sink_st>());
  logger->set_level(spdlog::level::trace);
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  logger->flush_on(spdlog::level::trace);
  return to_sink(least, [logger](LogLevel level, std::string_view part, std::string_view message) {
    logger->log(spdlog_level(level), "{}: {}", part, message);
  });
}

Log Log::none() {
  return to_sink(LogLevel::kError, [](LogLevel, std::string_view, std::string_view) {});
}

Log Log::part(std::string_view name) const {
  return {shared_, std::string(name)};
}

void Log::write(LogLevel level, fmt::string_view format, fmt::format_args args) const {
  if (level < shared_->least) return;
  const std::string message = escape_controls(fmt::vformat(format, args));
  const std::lock_guard lock(shared_->mutex);
  shared_->sink(level, part_, message);
}

}  // namespace ward
