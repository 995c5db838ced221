// The messages that calls carry: generated protobuf classes, of which this header knows only the
// name, so that who declares a service includes no more of protobuf than its own *.pb.h.
#pragma once

#include <concepts>
#include <memory>

#include "base/bytes.h"
#include "base/result.h"

namespace google::protobuf {
class MessageLite;
}

namespace ward::grpc {

template <typename T>
concept Message =
    std::derived_from<T, google::protobuf::MessageLite> && std::default_initializable<T>;

// A maker of an empty message, for code that does not know its type.
using MessageFactory = std::unique_ptr<google::protobuf::MessageLite> (*)();

template <Message T>
std::unique_ptr<google::protobuf::MessageLite> make_message() {
  return std::make_unique<T>();
}

}  // namespace ward::grpc
