// The keys that the server signs statements with (journal and evidence checkpoints, receipts,
// cosignatures), and those of the nodes' logs.
#pragma once

#include <string>

#include "base/random.h"
#include "base/result.h"
#include "evidence/note.h"
#include "os/file_system.h"
#include "spiffe/id.h"
#include "world/entities.h"

namespace ward::server {

struct SigningKeys {
  evidence::NoteSigner log;      // `TD/ward/server`: the server's own log, and receipts
  evidence::NoteSigner journal;  // `TD/journal`
  evidence::NoteSigner witness;  // `TD/ward/witness`, cosignatures
};

// The log of a process of this SPIFFE ID: the ID without `spiffe://`.
std::string log_origin(const spiffe::SpiffeId& process);

// The key of a node's log. kInvalidArgument for a node that was put by hand, without a log.
Result<evidence::VerifierKey> node_log_key(const world::Node& node);

// Three Ed25519 keys, each the HMAC-SHA-256 of its name under the 32 random bytes of the file,
// which is made (0600, durable) when absent. A file that others may read is kPermissionDenied; one
// of another size kDataLoss.
Result<SigningKeys> open_signing_keys(os::FileSystem& files, const std::string& path,
                                      const spiffe::TrustDomain& trust_domain, Random& random);

}  // namespace ward::server
