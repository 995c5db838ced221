// JWT-SVIDs that were issued here, by registration and audiences: refreshed at half of their life,
// served until their end when the server is away, the least recently used let go at the bound.
//
// Loop thread. Everything it is given outlives it.
#pragma once

#include <list>
#include <map>
#include <string>
#include <vector>

#include "agent/agent_view.h"
#include "agent/server_link.h"
#include "net/loop.h"

namespace ward::agent {

class JwtCache {
 public:
  using Done = std::move_only_function<void(Result<std::string>)>;

  JwtCache(AgentView& view, ServerLink& link, net::Loop& loop, std::size_t tokens_max);

  // A token for the registration, which the caller knows to be the workload's; `audience` is not
  // empty. `done` runs now or later, once, unless this is destroyed before. kUnavailable when there
  // is none and no server.
  void fetch(const std::string& registration, std::vector<std::string> audience, Done done);

  std::size_t size() const { return tokens_.size(); }

 private:
  struct Key {
    std::string registration;
    std::vector<std::string> audience;  // sorted, without duplicates
    auto operator<=>(const Key&) const = default;
  };
  struct Token {
    std::string text;
    std::string name;  // as revocations have it: `jwt:<jti>`; empty without one
    WallTime issued, expires;
    std::list<Key>::iterator use;
  };

  const Token* find(const Key& key);
  // The token; kPermissionDenied when the registration lost it meanwhile.
  Result<std::string> keep(const Key& key, IssuedJwt issued);
  void drop_unentitled();

  AgentView& view_;
  ServerLink& link_;
  net::Loop& loop_;
  const std::size_t tokens_max_;
  std::list<Key> order_;  // most recently used first
  std::map<Key, Token> tokens_;
};

}  // namespace ward::agent
