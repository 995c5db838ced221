#include "grpc/wire.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "codec/base64.h"
#include "grpc/limits.h"
#include "http/message.h"

namespace ward::grpc {
namespace {

constexpr std::size_t kTimeoutDigitsMax = 8;

struct Unit {
  char name;
  std::int64_t nanoseconds;
};
// From fine to coarse, which is the order format_timeout tries them in.
constexpr std::array kUnits{Unit{'n', 1},
                            Unit{'u', 1'000},
                            Unit{'m', 1'000'000},
                            Unit{'S', 1'000'000'000},
                            Unit{'M', 60'000'000'000},
                            Unit{'H', 3'600'000'000'000}};

std::size_t read_length(ByteView prefix) {
  return static_cast<std::size_t>(prefix[1]) << 24 | static_cast<std::size_t>(prefix[2]) << 16 |
         static_cast<std::size_t>(prefix[3]) << 8 | prefix[4];
}

}  // namespace

void Deframer::feed(ByteView bytes) {
  if (used_ > 0) {
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ = 0;
  }
  if (!rest_.empty()) append(held_, std::exchange(rest_, {}));
  rest_ = bytes;
}

void Deframer::keep() {
  append(held_, std::exchange(rest_, {}));
}

Result<std::optional<ByteView>> Deframer::next() {
  // PERF: a message that came whole in one piece is given out where it lies.
  if (used_ > 0 && used_ == held_.size()) {
    held_.clear();
    used_ = 0;
  }
  const auto take = [&](std::size_t wanted) {  // until held_ has `wanted` unused bytes, if it can
    const auto have = held_.size() - used_;
    if (have >= wanted) return;
    const auto count = std::min(wanted - have, rest_.size());
    append(held_, rest_.first(count));
    rest_ = rest_.subspan(count);
  };
  const bool is_held = used_ < held_.size();
  if (is_held) take(kFramePrefixBytes);
  const ByteView source = is_held ? ByteView(held_).subspan(used_) : rest_;
  if (source.size() < kFramePrefixBytes) {
    keep();
    return std::optional<ByteView>();
  }
  if (source[0] == 1) {
    return Error(ErrorCode::kUnimplemented, "the message is compressed; only identity is taken");
  }
  if (source[0] != 0) {
    return make_error(ErrorCode::kInternal, "expected a compressed flag of 0 or 1, got {}",
                      source[0]);
  }
  const auto size = read_length(source);
  if (size > message_bytes_max_) {
    return make_error(ErrorCode::kResourceExhausted,
                      "the message has {} bytes, {} are taken at most", size, message_bytes_max_);
  }
  if (is_held) take(kFramePrefixBytes + size);
  const ByteView whole = is_held ? ByteView(held_).subspan(used_) : rest_;
  if (whole.size() < kFramePrefixBytes + size) {
    keep();
    return std::optional<ByteView>();
  }
  if (is_held) {
    used_ += kFramePrefixBytes + size;
  } else {
    rest_ = rest_.subspan(kFramePrefixBytes + size);
  }
  return std::optional(whole.subspan(kFramePrefixBytes, size));
}

Result<std::chrono::nanoseconds> parse_timeout(std::string_view text) {
  const auto wrong = [&] {
    return invalid_argument(
        "expected a grpc-timeout of 1 to 8 digits and one of `HMSmun`, got {} "
        "octets",
        text.size());
  };
  if (text.size() < 2 || text.size() > kTimeoutDigitsMax + 1) return wrong();
  const auto* unit = std::ranges::find(kUnits, text.back(), &Unit::name);
  if (unit == kUnits.end()) return wrong();
  std::int64_t value = 0;
  for (const char digit : text.substr(0, text.size() - 1)) {
    if (digit < '0' || digit > '9') return wrong();
    value = value * 10 + (digit - '0');
  }
  const std::int64_t most = std::chrono::nanoseconds(kTimeoutMax).count();
  if (value > most / unit->nanoseconds) return std::chrono::nanoseconds(most);
  return std::chrono::nanoseconds(value * unit->nanoseconds);
}

std::string format_timeout(std::chrono::nanoseconds timeout) {
  constexpr std::int64_t kValueMax = 99'999'999;
  const std::int64_t count =
      std::clamp<std::int64_t>(timeout.count(), 0, std::chrono::nanoseconds(kTimeoutMax).count());
  for (const Unit& unit : kUnits) {
    const std::int64_t value = count / unit.nanoseconds + (count % unit.nanoseconds != 0 ? 1 : 0);
    if (value <= kValueMax) return std::to_string(value) + unit.name;
  }
  return std::to_string(kValueMax) + 'H';
}

std::string encode_binary(std::string_view bytes) {
  std::string out = codec::encode_base64(as_bytes(bytes));
  while (out.ends_with('=')) out.pop_back();
  return out;
}

std::optional<std::string> decode_binary(std::string_view text) {
  std::string padded(text);
  while (padded.size() % 4 != 0) padded += '=';
  const auto decoded = codec::decode_base64(padded);
  if (!decoded.ok()) return std::nullopt;
  return std::string(as_text(*decoded));
}

bool is_grpc_content_type(std::string_view value) {
  constexpr std::string_view kPrefix = "application/grpc";
  if (value.size() < kPrefix.size() ||
      !http::equals_ignoring_case(value.substr(0, kPrefix.size()), kPrefix)) {
    return false;
  }
  value.remove_prefix(kPrefix.size());
  if (value.starts_with('+'))
    return value.starts_with("+proto") && (value.size() == 6 || value[6] == ';');
  return value.empty() || value.front() == ';';
}

}  // namespace ward::grpc
