// Bounds of gRPC calls; those of the connection below are http::Limits.
#pragma once

#include <chrono>
#include <cstddef>

namespace ward::grpc {

struct Limits {
  std::size_t receive_bytes_max = 4 * 1024 * 1024;  // one message; more is kResourceExhausted
  std::size_t send_bytes_max = 4 * 1024 * 1024;     // likewise
  std::size_t status_message_bytes_max = 4 * 1024;  // sent; longer ones are cut
};

// grpc-timeout: the format allows 99,999,999 hours; anything beyond this bound is no deadline.
inline constexpr std::chrono::hours kTimeoutMax{24 * 365};

}  // namespace ward::grpc
