#include "agent/node_renewal.h"

#include <algorithm>
#include <utility>

#include "agent/svid_cache.h"

namespace ward::agent {
namespace {

constexpr std::chrono::seconds kRetryInterval{5};

}  // namespace

NodeRenewal::NodeRenewal(NodeIdentity identity, ServerLink& link, NodeIdentityStore& store,
                         net::Loop& loop, Random& random, Log log, Events events)
    : identity_(std::move(identity)),
      link_(link),
      store_(store),
      loop_(loop),
      random_(random),
      log_(log.part("identity")),
      events_(std::move(events)),
      due_(renewal_time(identity_.issued(), identity_.expires(), random_)) {
  arm();
}

void NodeRenewal::arm() {
  const WallTime next = std::min(due_, identity_.expires());
  const auto wait = std::clamp<net::Duration>(
      next - loop_.clock().now(), std::chrono::milliseconds{100}, std::chrono::minutes{1});
  timer_ = loop_.after(wait, [this] { check(); });
}

void NodeRenewal::check() {
  const WallTime now = loop_.clock().now();
  if (identity_.expires() <= now) {
    log_.error("the identity `{}` is over", identity_.id.text());
    return events_.expired();
  }
  if (now >= due_ && !is_asking_ && link_.is_connected()) ask();
  arm();
}

void NodeRenewal::ask() {
  auto key = crypto::PrivateKey::generate(crypto::KeyType::kP256);
  if (!key.ok()) return log_.error("no key for renewal: {}", key.error().text());
  is_asking_ = true;
  link_.renew(identity_.id.text(), *key, [this, key = *key](Result<IssuedX509> issued) {
    is_asking_ = false;
    const auto taken = take(key, std::move(issued));
    if (taken.ok()) return;
    log_.warn("the identity is not renewed: {}", taken.error().text());
    due_ = loop_.clock().now() + kRetryInterval;
  });
}

Result<void> NodeRenewal::take(const crypto::PrivateKey& key, Result<IssuedX509> issued) {
  if (!issued.ok()) return issued.error();
  WARD_TRY(auto identity,
           make_node_identity(identity_.id.trust_domain(), key, std::move(issued->chain)));
  if (identity.id != identity_.id) {
    return invalid_argument("the server renewed `{}` as `{}`", identity_.id.text(),
                            identity.id.text());
  }
  WARD_RETURN_IF_ERROR(store_.save(identity));
  identity_ = std::move(identity);
  due_ = renewal_time(identity_.issued(), identity_.expires(), random_);
  arm();
  events_.renewed(identity_);
  return {};
}

}  // namespace ward::agent
