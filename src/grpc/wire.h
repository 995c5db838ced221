// The forms of gRPC over HTTP/2 that are not HTTP: length-prefixed messages, grpc-timeout and the
// base64 of `-bin` metadata (PROTOCOL-HTTP2.md). Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace ward::grpc {

inline constexpr std::size_t kFramePrefixBytes = 5;  // Compressed-Flag, Message-Length

// Cuts a stream of DATA into messages. Holds at most one incomplete message, and no more memory for
// it than bytes that came.
class Deframer {
 public:
  explicit Deframer(std::size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}

  // Adds what came. The view must hold until next() has said that no message is complete.
  void feed(ByteView bytes);

  // The next whole message, valid until the next call of feed() or next(); nullopt when more is
  // needed. kResourceExhausted for one over the bound, kUnimplemented for a compressed one,
  // kInternal for a flag that gRPC does not have; the stream is useless after an error.
  Result<std::optional<ByteView>> next();

  // Copies what of the fed view is still needed, so that the view may go.
  void keep();

  // Bytes that were fed and not given out: a stream that ends now was cut short, unless zero.
  std::size_t pending() const { return held_.size() - used_ + rest_.size(); }

 private:
  std::size_t message_bytes_max_;
  Bytes held_;            // the start of a message that did not come whole
  std::size_t used_ = 0;  // of held_, already given out
  ByteView rest_;         // of what was fed last
};

// TimeoutValue TimeoutUnit: at most 8 digits and one of H M S m u n. kInvalidArgument. Capped at
// kTimeoutMax.
Result<std::chrono::nanoseconds> parse_timeout(std::string_view text);
// Rounded up where 8 digits do not hold it; negative is `0n`.
std::string format_timeout(std::chrono::nanoseconds timeout);

std::string encode_binary(std::string_view bytes);                // base64 without padding
std::optional<std::string> decode_binary(std::string_view text);  // with or without padding

// Whether a content-type is application/grpc, alone or followed by `+` or `;`.
bool is_grpc_content_type(std::string_view value);

}  // namespace ward::grpc
