#include "grpc/status.h"

#include <utility>

namespace ward::grpc {
namespace {

constexpr std::uint32_t kCodeMax = static_cast<std::uint32_t>(ErrorCode::kUnauthenticated);

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

Error error_of(std::uint32_t code, std::string message) {
  if (code == 0 || code > kCodeMax) return {ErrorCode::kUnknown, std::move(message)};
  return {static_cast<ErrorCode>(code), std::move(message)};
}

Error error_of_http_status(int status) {
  const auto code = [&] {
    switch (status) {
      case 400:
        return ErrorCode::kInternal;
      case 401:
        return ErrorCode::kUnauthenticated;
      case 403:
        return ErrorCode::kPermissionDenied;
      case 404:
        return ErrorCode::kUnimplemented;
      case 429:
      case 502:
      case 503:
      case 504:
        return ErrorCode::kUnavailable;
      default:
        return ErrorCode::kUnknown;
    }
  }();
  return make_error(code, "expected a gRPC answer, got HTTP status {}", status);
}

Error error_of_reset(std::uint32_t http2_code, bool is_past_deadline) {
  const auto code = [&] {
    switch (http2_code) {
      case 7:  // REFUSED_STREAM
        return ErrorCode::kUnavailable;
      case 8:  // CANCEL
        return is_past_deadline ? ErrorCode::kDeadlineExceeded : ErrorCode::kCancelled;
      case 11:  // ENHANCE_YOUR_CALM
        return ErrorCode::kResourceExhausted;
      case 12:  // INADEQUATE_SECURITY
        return ErrorCode::kPermissionDenied;
      default:
        return ErrorCode::kInternal;
    }
  }();
  return make_error(code, "the stream was reset with HTTP/2 code {}", http2_code);
}

std::string encode_status_message(std::string_view message) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  out.reserve(message.size());
  for (const char c : message) {
    if (c >= ' ' && c <= '~' && c != '%') {
      out += c;
      continue;
    }
    const auto octet = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[octet >> 4];
    out += kDigits[octet & 15];
  }
  return out;
}

std::string decode_status_message(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_escape = text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
                           hex_value(text[i + 2]) >= 0;
    if (!is_escape) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
    i += 2;
  }
  return out;
}

}  // namespace ward::grpc
