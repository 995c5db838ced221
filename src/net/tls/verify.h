// The one place that judges a peer's certificates. Private to net.
#pragma once

#include <memory>

#include "net/tls/engine.h"
#include "net/tls/material.h"
#include "net/tls/options.h"

namespace ward::net {

// `clock` outlives the verifier.
PeerVerifier verify_spiffe(std::shared_ptr<const TlsMaterial> material, VerifySpiffe how,
                           const Clock& clock);
PeerVerifier verify_server_name(VerifyServerName how, const Clock& clock);

}  // namespace ward::net
