// Field values of gRPC: grpc-timeout, grpc-message, `-bin` metadata; and header text as it is kept.
#include <cstdlib>

#include "grpc/limits.h"
#include "grpc/metadata.h"
#include "grpc/status.h"
#include "grpc/wire.h"
#include "http/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ward;
  const std::string_view text = as_text({data, size});
  if (const auto timeout = grpc::parse_timeout(text); timeout.ok()) {
    if (timeout->count() < 0 || *timeout > grpc::kTimeoutMax) std::abort();
    const auto back = grpc::parse_timeout(grpc::format_timeout(*timeout));
    if (!back.ok() || *back < *timeout) std::abort();
  }
  static_cast<void>(grpc::decode_status_message(text));
  if (grpc::decode_status_message(grpc::encode_status_message(text)) != text) std::abort();
  if (grpc::decode_binary(grpc::encode_binary(text)) != text) std::abort();

  http::Headers headers;
  headers.add("x-bin", text);
  if (!http::is_field_value(*headers.find("x-bin"))) std::abort();
  if (grpc::Metadata::from_headers(headers).size() > size + 1) std::abort();
  return 0;
}
