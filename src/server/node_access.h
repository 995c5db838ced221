// Which peers are nodes of ours, now.
//
// A node's stream is open to one certificate: the current one, by its serial number in the world.
// After a renewal the one before stays good until the node has come with the new one, since the
// answer that brought it may have been lost. Loop thread; the plane outlives it.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "net/peer.h"
#include "server/control_plane.h"

namespace ward::server {

struct NodeCaller {
  spiffe::SpiffeId id;
  std::string serial;  // lower-case hex
  WallTime issued, expires;
};

class NodeAccess {
 public:
  NodeAccess(const ControlPlane& plane, spiffe::TrustDomain trust_domain)
      : plane_(plane), trust_domain_(std::move(trust_domain)) {}

  // kUnauthenticated: no agent SVID of this trust domain. kPermissionDenied: unknown, banned or
  // revoked node, or not its current certificate.
  Result<NodeCaller> check(const net::Peer& peer);

  // What check() asks about the node apart from its certificate's serial number: it is known, not
  // banned, and no revocation holds what was issued to it at `issued`.
  Result<const world::Node*> check_node(std::string_view id, WallTime issued) const;

  // A renewal is on its way: `serial` stays good beside the new one.
  void keep_previous(std::string_view node, std::string serial);

 private:
  const ControlPlane& plane_;
  spiffe::TrustDomain trust_domain_;
  std::map<std::string, std::string, std::less<>> previous_;  // serial, by node
};

}  // namespace ward::server
