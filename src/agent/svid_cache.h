// The X.509-SVIDs of the node's registrations, with their keys, which are made here and never leave
// the node but to the workload.
//
// Each is renewed at half of its life (+-10 %), served until its end when the server is away, and
// dropped the moment that the view shows its identity revoked, gone or not active, or its
// registration removed.
//
// Loop thread. Everything it is given outlives it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/agent_view.h"
#include "agent/name_requests.h"
#include "agent/server_link.h"
#include "base/log.h"
#include "base/random.h"
#include "crypto/key.h"
#include "crypto/x509.h"
#include "net/loop.h"

namespace ward::agent {

inline constexpr std::size_t kX509SvidsMax = 10'000;
inline constexpr std::size_t kIssuesAtOnceMax = 64;  // a node with many asks for some at a time

struct CachedSvid {
  std::string registration;  // its id
  std::string spiffe_id;
  crypto::PrivateKey key;
  std::vector<crypto::Certificate> chain;  // leaf first

  WallTime issued() const { return chain.front().info().not_before; }
  WallTime expires() const { return chain.front().info().not_after; }
};

// When to renew what is valid in [issued, expires]: at half of it, +-10 % of that half.
WallTime renewal_time(WallTime issued, WallTime expires, Random& random);

// The end of what is valid until `expires` by a clock that nobody sets back, at most a year ahead.
MonotonicTime monotonic_end(const Clock& clock, WallTime now, WallTime expires);

// How revocations name a certificate: `x509:<serial in lower-case hex>`.
std::string credential_name(const crypto::Certificate& certificate);

// Whether this node may have credentials of the registration's identity: it is in the view, active
// and not revoked.
bool is_entitled(const AgentView& view, const world::Registration& registration);
// Whether what was issued then is revoked, be it that new credentials are not.
bool is_cut_off(const AgentView& view, const world::Registration& registration, WallTime issued);

class SvidCache {
 public:
  SvidCache(AgentView& view, ServerLink& link, NameRequests& names, net::Loop& loop, Random& random,
            Log log);

  // Called when the SVIDs of some registration changed or went.
  void observe(std::function<void()> changed) { changed_ = std::move(changed); }

  // What was kept over a restart, when the view has been restored: what this node may have by that
  // view and is valid at `now`, which is not earlier than when it was kept.
  void restore(std::vector<CachedSvid> svids, WallTime now);

  // The one of the registration, if it is valid now.
  const CachedSvid* find(std::string_view registration) const;
  // False while one is still being asked for: not yet issued and not refused.
  bool is_settled(std::string_view registration) const;
  std::vector<const CachedSvid*> all() const;

  // The view or the connection changed: asks for what is missing, drops what must go.
  void reconcile();

 private:
  struct Slot {
    std::optional<CachedSvid> svid;
    MonotonicTime over{};                     // of `svid`, should the wall clock be set back
    std::vector<world::Text> dns_names = {};  // that it was asked for with
    WallTime due{};                           // ask from then on
    bool is_asking = false;
    bool is_refused = false;
    int failures = 0;
  };

  bool is_valid(const Slot& slot) const;
  void keep(Slot& slot, CachedSvid svid, WallTime now);
  bool must_go(const std::string& registration, const Slot& slot) const;
  bool drop_unentitled();
  void ask_for_identities();
  void add_missing();
  void ask_for_due();
  void ask(const std::string& registration, Slot& slot);
  void take(const std::string& registration, const crypto::PrivateKey& key,
            Result<IssuedX509> issued);
  Result<CachedSvid> make_svid(const std::string& registration, const crypto::PrivateKey& key,
                               IssuedX509 issued) const;
  void fail(const std::string& registration, Slot& slot, const Error& error);
  void arm();
  void notify();

  AgentView& view_;
  ServerLink& link_;
  NameRequests& names_;
  net::Loop& loop_;
  Random& random_;
  Log log_;
  std::function<void()> changed_;
  std::map<std::string, Slot, std::less<>> slots_;  // by registration id
  std::size_t asking_ = 0;
  bool is_asking_names_ = false;
  net::Timer timer_;
};

}  // namespace ward::agent
