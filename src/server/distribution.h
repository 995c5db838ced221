// Brings facts to the nodes that hold what they touch, and a heartbeat to all.
//
// A view is what one node holds. It begins with its stream and, once that ends, is kept as away
// (until the node's certificate expires or it connects anew), because the node goes on with what it
// knew: a revocation must name it as a holder that did not answer.
//
// Loop thread. Everything it is given outlives it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "server/control_plane.h"
#include "server/revocation_tracker.h"
#include "world/holders.h"

namespace ward::node::v1 {
class ServerMessage;
}

namespace ward::server {

inline constexpr std::size_t kNamesPerViewMax = 65'536;
inline constexpr std::chrono::milliseconds kHeartbeatInterval{1000};
// How long a node that is banned, removed or revoked may still acknowledge it.
inline constexpr std::chrono::milliseconds kFarewell{500};

// The server's end of a node's stream.
class NodeLink {
 public:
  virtual ~NodeLink() = default;
  virtual void send(const ward::node::v1::ServerMessage& message) = 0;
  // May destroy the link, later.
  virtual void end(Error error) = 0;
};

struct NodeView {
  std::string node;                // SPIFFE ID
  std::string origin;              // of its evidence log
  NodeLink* link = nullptr;        // null: away
  std::uint64_t acknowledged = 0;  // revision
  std::size_t held_names = 0;
  WallTime since{};           // connected
  WallTime last_heartbeat{};  // sent
  WallTime certificate_expires{};
  std::optional<Error> ending{};  // why it is about to be ended
  MonotonicTime ends_at{};
};

class Distribution {
 public:
  Distribution(ControlPlane& plane, RevocationTracker& revocations, net::Loop& loop, Log log);
  Distribution(const Distribution&) = delete;
  Distribution& operator=(const Distribution&) = delete;

  // Ends an older stream of the same node. The view holds the node itself.
  world::ViewId connect(NodeLink& link, std::string node, std::string origin,
                        WallTime certificate_expires);
  // The stream has ended. Of a view that was replaced: nothing.
  void disconnect(world::ViewId view);

  // kResourceExhausted at kNamesPerViewMax; kNotFound once the view was replaced.
  Result<void> hold(world::ViewId view, const world::Name& name);
  void release(world::ViewId view, const world::Name& name);

  // The node has folded all up to `revision`.
  void acknowledge(world::ViewId view, std::uint64_t revision);

  // Null once it was replaced.
  const NodeView* view(world::ViewId view) const;
  std::vector<const NodeView*> connected() const;

  // Ends every stream.
  void shut_down(const Error& error);

 private:
  void on_facts(std::span<const RevisedFact> facts);
  void track_revocation(const RevisedFact& fact);
  void push(std::span<const RevisedFact> facts);
  void hold_registered(const RevisedFact& fact);
  void begin_ending(const RevisedFact& fact);
  void end_later(std::string_view node, Error error);
  void tick();
  void drop(world::ViewId view);

  ControlPlane& plane_;
  RevocationTracker& revocations_;
  net::Loop& loop_;
  Log log_;
  world::Holders holders_{kNamesPerViewMax};
  std::map<world::ViewId, NodeView> views_;
  std::map<std::string, world::ViewId, std::less<>> view_of_;  // by node
  world::ViewId next_view_ = 1;
  net::Timer timer_;
  net::Timer farewell_;
};

}  // namespace ward::server
