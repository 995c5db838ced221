// gRPC statuses are Errors: base/error.h numbers its codes as gRPC does. OK is Result<void>{}.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ward::grpc {

// The error of a code and message as they came over the wire. A code gRPC does not know, and 0
// where an error is certain, is kUnknown.
Error error_of(std::uint32_t code, std::string message);

// The error that stands for an HTTP status when the answer was not gRPC
// (doc/http-grpc-status-mapping.md).
Error error_of_http_status(int status);

// The error that stands for a stream reset (PROTOCOL-HTTP2.md, "Errors"). A server whose clock for
// the deadline ran out first cancels the stream, which means that the deadline has passed.
Error error_of_reset(std::uint32_t http2_code, bool is_past_deadline = false);

// Status-Message is UTF-8, percent-encoded outside of printable ASCII (PROTOCOL-HTTP2.md).
std::string encode_status_message(std::string_view message);
std::string decode_status_message(std::string_view text);  // never fails: what is wrong is kept

}  // namespace ward::grpc
