#include "grpc/message_codec.h"

#include <google/protobuf/message_lite.h>

#include "grpc/wire.h"

namespace ward::grpc {

Result<Bytes> encode_frame(const google::protobuf::MessageLite& message, std::size_t bytes_max) {
  const std::size_t size = message.ByteSizeLong();
  if (size > bytes_max) {
    return make_error(ErrorCode::kResourceExhausted,
                      "the message has {} bytes, {} are sent at most", size, bytes_max);
  }
  Bytes out(kFramePrefixBytes + size);
  for (std::size_t i = 0; i < 4; ++i) {
    out[1 + i] = static_cast<std::uint8_t>(size >> (8 * (3 - i)));
  }
  message.SerializeWithCachedSizesToArray(out.data() + kFramePrefixBytes);
  return out;
}

Result<void> decode_message(ByteView bytes, google::protobuf::MessageLite& message) {
  if (message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return {};
  return make_error(ErrorCode::kInternal, "the message is not a {}", message.GetTypeName());
}

}  // namespace ward::grpc
