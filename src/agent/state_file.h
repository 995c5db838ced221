// The sealed form of an agent's state (docs/formats/agent_state.md): confidential, and of this node
// and this key-encryption key only.
//
// Each file has a key of its own, which the sealer seals, so the key-encryption key may be anywhere
// that authority/key_sealer.h can reach. Any thread.
#pragma once

#include <string_view>

#include "authority/key_sealer.h"
#include "base/random.h"
#include "base/secret_bytes.h"
#include "crypto/aead.h"

namespace ward::agent {

inline constexpr std::size_t kStateFileBytesMax = crypto::kSealedBytesMax + (64 << 10);

// `node` is its SPIFFE ID. `random` is a real generator. kInvalidArgument past a bound.
Result<Bytes> seal_state(const authority::KeySealer& sealer, std::string_view node,
                         const SecretBytes& state, Random& random);

// kDataLoss: no state file, or cut short. kUnimplemented: of a newer format. kFailedPrecondition:
// of another node, or sealed by another key-encryption key. kUnauthenticated: damaged.
Result<SecretBytes> open_state(const authority::KeySealer& sealer, std::string_view node,
                               ByteView file);

}  // namespace ward::agent
