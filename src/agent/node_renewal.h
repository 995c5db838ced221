// Keeps the node's identity fresh: a new key and certificate over the stream at half of the life of
// those it has, kept on disk before they are shown to anybody.
//
// Loop thread. Everything it is given outlives it.
#pragma once

#include <functional>
#include <optional>

#include "agent/node_identity.h"
#include "agent/server_link.h"
#include "base/log.h"
#include "base/random.h"
#include "net/loop.h"

namespace ward::agent {

class NodeRenewal {
 public:
  struct Events {
    std::function<void(const NodeIdentity&)> renewed;  // it is kept already
    std::function<void()> expired;                     // called once, from a timer
  };

  NodeRenewal(NodeIdentity identity, ServerLink& link, NodeIdentityStore& store, net::Loop& loop,
              Random& random, Log log, Events events);

  const NodeIdentity& identity() const { return identity_; }

 private:
  void arm();
  void check();
  void ask();
  Result<void> take(const crypto::PrivateKey& key, Result<IssuedX509> issued);

  NodeIdentity identity_;
  ServerLink& link_;
  NodeIdentityStore& store_;
  net::Loop& loop_;
  Random& random_;
  Log log_;
  Events events_;
  WallTime due_;
  bool is_asking_ = false;
  net::Timer timer_;
};

}  // namespace ward::agent
