// What both sides of x509pop compute. Private to the room.
#pragma once

#include "attest/x509pop.h"

namespace ward::attest::internal {

// kInvalidArgument: a type of key that x509pop does not take.
Result<crypto::SignatureScheme> x509pop_scheme(crypto::KeyType type);

Bytes x509pop_text(const NodeConversation& conversation, ByteView server_nonce,
                   ByteView client_nonce);

}  // namespace ward::attest::internal
