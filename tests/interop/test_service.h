// grpc.testing.TestService, as doc/interop-test-descriptions.md of github.com/grpc/grpc asks.
#pragma once

#include "grpc/server.h"

namespace ward::interop {

// `loop` outlives the server.
void register_test_service(grpc::Server& server, net::Loop& loop);

}  // namespace ward::interop
