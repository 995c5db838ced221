// Messages to and from their frames. Private to the room.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "grpc/message.h"

namespace ward::grpc {

// Prefix and message. kResourceExhausted over the bound.
Result<Bytes> encode_frame(const google::protobuf::MessageLite& message, std::size_t bytes_max);

// kInternal when the bytes are not a message of this type, as other implementations say.
Result<void> decode_message(ByteView bytes, google::protobuf::MessageLite& message);

}  // namespace ward::grpc
