// What a node's acknowledgement shows: that its own evidence log, signed by its own key, says so.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "evidence/receipt.h"
#include "world/entities.h"

namespace ward::node::v1 {
class Acknowledge;
}

namespace ward::server {

struct VerifiedAcknowledgement {
  std::uint64_t revision = 0;
  std::vector<std::string> subjects;
  evidence::ReceiptHolder holder;
};

// `origin` is the node's log. kUnauthenticated: not signed by the node's evidence key.
// kInvalidArgument: over a bound, not an acknowledgement, of less than the revision it is sent for,
// or not in the log.
Result<VerifiedAcknowledgement> verify_acknowledgement(const ward::node::v1::Acknowledge& message,
                                                       const world::Node& node,
                                                       const std::string& origin);

}  // namespace ward::server
