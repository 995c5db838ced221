// grpc.reflection.v1 and v1alpha: what grpcurl asks to learn the services and their messages.
//
// Answers come from protobuf's pool of the messages linked into the program; a service is described
// when its .proto was given to ward_proto and linked. Only what the server registered is listed.
#pragma once

#include "grpc/server.h"

namespace ward::grpc {

// Call after every other service is registered; lists itself too.
void register_reflection(Server& server);

}  // namespace ward::grpc
