#include "agent/jwt_cache.h"

#include <algorithm>
#include <utility>

#include "agent/svid_cache.h"
#include "codec/json.h"
#include "crypto/jose.h"

namespace ward::agent {
namespace {

// The token comes from our own server; its id is looked at only to drop it when it is revoked.
std::string token_name(std::string_view token) {
  const auto jws = crypto::UnverifiedJws::parse(token);
  if (!jws.ok()) return {};
  const auto claims = codec::parse_json(as_text(jws->unverified_payload()));
  if (!claims.ok()) return {};
  const codec::Json* id = claims->find("jti");
  if (id == nullptr || id->if_string() == nullptr) return {};
  return "jwt:" + *id->if_string();
}

}  // namespace

JwtCache::JwtCache(AgentView& view, ServerLink& link, net::Loop& loop, std::size_t tokens_max)
    : view_(view), link_(link), loop_(loop), tokens_max_(tokens_max) {
  view_.observe([this](const ViewChange&) { drop_unentitled(); });
}

void JwtCache::fetch(const std::string& registration, std::vector<std::string> audience,
                     Done done) {
  std::ranges::sort(audience);
  const auto repeated = std::ranges::unique(audience);
  audience.erase(repeated.begin(), repeated.end());
  Key key{.registration = registration, .audience = std::move(audience)};
  const Token* cached = find(key);
  const WallTime now = loop_.clock().now();
  const bool is_fresh =
      cached != nullptr && now < cached->issued + (cached->expires - cached->issued) / 2;
  if (is_fresh || (cached != nullptr && !link_.is_connected())) return done(cached->text);
  link_.issue_jwt(registration, key.audience,
                  [this, key, done = std::move(done)](Result<IssuedJwt> issued) mutable {
                    if (issued.ok()) return done(keep(key, std::move(*issued)));
                    // A refusal counts; a server that cannot be reached does not.
                    const Token* kept = find(key);
                    const bool is_away = issued.error().code() == ErrorCode::kUnavailable ||
                                         issued.error().code() == ErrorCode::kDeadlineExceeded;
                    if (is_away && kept != nullptr) return done(kept->text);
                    done(issued.error());
                  });
}

const JwtCache::Token* JwtCache::find(const Key& key) {
  const auto found = tokens_.find(key);
  if (found == tokens_.end()) return nullptr;
  if (found->second.expires <= loop_.clock().now() ||
      found->second.over <= loop_.clock().monotonic()) {
    order_.erase(found->second.use);
    tokens_.erase(found);
    return nullptr;
  }
  order_.splice(order_.begin(), order_, found->second.use);
  return &found->second;
}

Result<std::string> JwtCache::keep(const Key& key, IssuedJwt issued) {
  const world::Registration* registration = view_.world().registration(key.registration);
  if (registration == nullptr || !is_entitled(view_, *registration)) {
    return Error(ErrorCode::kPermissionDenied, "no identity issued");
  }
  const WallTime now = loop_.clock().now();
  insert(key, {.text = issued.token,
               .spiffe_id = registration->spiffe_id.str(),
               .name = token_name(issued.token),
               .issued = now,
               .expires = issued.expires,
               .over = monotonic_end(loop_.clock(), now, issued.expires),
               .use = {}});
  if (changed_) changed_();
  return std::move(issued.token);
}

void JwtCache::insert(const Key& key, Token token) {
  if (const auto old = tokens_.find(key); old != tokens_.end()) {
    order_.erase(old->second.use);
    tokens_.erase(old);
  }
  order_.push_front(key);
  token.use = order_.begin();
  tokens_.emplace(key, std::move(token));
  if (tokens_.size() > tokens_max_) {
    tokens_.erase(order_.back());
    order_.pop_back();
  }
}

void JwtCache::restore(std::vector<CachedJwt> tokens, WallTime now) {
  for (CachedJwt& one : tokens) {
    if (one.expires <= now) continue;
    std::string name = token_name(one.token);
    insert({.registration = std::move(one.registration), .audience = std::move(one.audience)},
           {.text = std::move(one.token),
            .spiffe_id = std::move(one.spiffe_id),
            .name = std::move(name),
            .issued = one.issued,
            .expires = one.expires,
            .over = monotonic_end(loop_.clock(), now, one.expires),
            .use = {}});
  }
  drop_unentitled();
}

std::vector<CachedJwt> JwtCache::all() const {
  std::vector<CachedJwt> all;
  for (const Key& key : order_) {
    const Token& token = tokens_.at(key);
    all.push_back({.registration = key.registration,
                   .spiffe_id = token.spiffe_id,
                   .audience = key.audience,
                   .token = token.text,
                   .issued = token.issued,
                   .expires = token.expires});
  }
  std::ranges::reverse(all);
  return all;
}

bool JwtCache::is_entitled_to(const Key& key, const Token& token) const {
  const world::World& world = view_.world();
  const world::Registration* registration = world.registration(key.registration);
  return registration != nullptr && registration->spiffe_id == token.spiffe_id &&
         is_entitled(view_, *registration) && !is_cut_off(view_, *registration, token.issued) &&
         world.revocation(world::RevocationKind::kCredential, token.name) == nullptr;
}

void JwtCache::drop_unentitled() {
  std::erase_if(tokens_, [&](const auto& entry) {
    if (is_entitled_to(entry.first, entry.second)) return false;
    order_.erase(entry.second.use);
    return true;
  });
}

}  // namespace ward::agent
