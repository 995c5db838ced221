// JWT-SVIDs that were issued here, by registration and audiences: refreshed at half of their life,
// served until their end when the server is away, the least recently used let go at the bound.
//
// Loop thread. Everything it is given outlives it.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <string>
#include <vector>

#include "agent/agent_view.h"
#include "agent/server_link.h"
#include "net/loop.h"

namespace ward::agent {

struct CachedJwt {
  std::string registration;  // its id
  std::string spiffe_id;
  std::vector<std::string> audience;  // sorted, without duplicates
  std::string token;
  WallTime issued, expires;
};

class JwtCache {
 public:
  using Done = std::move_only_function<void(Result<std::string>)>;

  JwtCache(AgentView& view, ServerLink& link, net::Loop& loop, std::size_t tokens_max);

  // A token for the registration, which the caller knows to be the workload's; `audience` is not
  // empty. `done` runs now or later, once, unless this is destroyed before. kUnavailable when there
  // is none and no server.
  void fetch(const std::string& registration, std::vector<std::string> audience, Done done);

  // Called when there is a token more.
  void observe(std::function<void()> changed) { changed_ = std::move(changed); }

  // What was kept over a restart, when the view has been restored: what this node may have by that
  // view and is valid at `now`, which is not earlier than when it was kept.
  void restore(std::vector<CachedJwt> tokens, WallTime now);

  std::size_t size() const { return tokens_.size(); }
  std::vector<CachedJwt> all() const;  // the least recently used first

 private:
  struct Key {
    std::string registration;
    std::vector<std::string> audience;  // sorted, without duplicates
    auto operator<=>(const Key&) const = default;
  };
  struct Token {
    std::string text;
    std::string spiffe_id;
    std::string name;  // as revocations have it: `jwt:<jti>`; empty without one
    WallTime issued, expires;
    MonotonicTime over{};  // should the wall clock be set back
    std::list<Key>::iterator use;
  };

  const Token* find(const Key& key);
  // The token; kPermissionDenied when the registration lost it meanwhile.
  Result<std::string> keep(const Key& key, IssuedJwt issued);
  void insert(const Key& key, Token token);
  bool is_entitled_to(const Key& key, const Token& token) const;
  void drop_unentitled();

  AgentView& view_;
  ServerLink& link_;
  net::Loop& loop_;
  const std::size_t tokens_max_;
  std::list<Key> order_;  // most recently used first
  std::map<Key, Token> tokens_;
  std::function<void()> changed_;
};

}  // namespace ward::agent
