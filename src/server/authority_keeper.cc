#include "server/authority_keeper.h"

#include <algorithm>
#include <utility>

namespace ward::server {
namespace {

constexpr std::chrono::seconds kTick{1};

bool is_about_keys(const RevisedFact& fact) {
  return std::holds_alternative<world::KeySlotPut>(fact.fact.body) ||
         std::holds_alternative<world::KeySlotRemoved>(fact.fact.body);
}

}  // namespace

Result<std::unique_ptr<AuthorityKeeper>> AuthorityKeeper::open(ControlPlane& plane, net::Loop& loop,
                                                               const authority::KeySealer& sealer,
                                                               authority::KeyMaker maker,
                                                               authority::AuthorityOptions options,
                                                               Random& random, Log log) {
  WARD_TRY(auto key, crypto::PrivateKey::generate(crypto::KeyType::kP256));
  std::unique_ptr<AuthorityKeeper> keeper(
      new AuthorityKeeper(plane, loop, sealer, std::move(maker), std::move(options), random,
                          std::move(key), log.part("authority")));
  WARD_RETURN_IF_ERROR(keeper->renew_authority());
  plane.listen([raw = keeper.get()](std::span<const RevisedFact> facts) { raw->on_facts(facts); });
  keeper->tick();
  return keeper;
}

AuthorityKeeper::AuthorityKeeper(ControlPlane& plane, net::Loop& loop,
                                 const authority::KeySealer& sealer, authority::KeyMaker maker,
                                 authority::AuthorityOptions options, Random& random,
                                 crypto::PrivateKey key, Log log)
    : plane_(plane),
      loop_(loop),
      sealer_(sealer),
      maker_(std::move(maker)),
      options_(std::move(options)),
      random_(random),
      log_(std::move(log)),
      key_(std::move(key)) {}

std::vector<Bytes> AuthorityKeeper::trust_bundle_der() const {
  std::vector<Bytes> bundle;
  for (const crypto::Certificate& certificate : authority_->x509_bundle().authorities) {
    bundle.push_back(to_bytes(certificate.der()));
  }
  return bundle;
}

Result<void> AuthorityKeeper::renew_authority() {
  WARD_TRY(const auto slots, authority::KeySlots::of(plane_.world()));
  WARD_TRY(authority_, authority::Authority::make(slots, sealer_, options_, random_));
  next_due_ = slots.due(plane_.now()).empty() ? slots.next_due(plane_.now()) : WallTime{};
  return renew_server_svid();
}

Result<void> AuthorityKeeper::renew_server_svid() {
  WARD_TRY(const auto issued, authority_->issue_server_svid(key_.public_key(), plane_.now()));
  std::vector<crypto::Certificate> chain;
  for (const Bytes& der : issued.chain) {
    WARD_TRY(auto certificate, crypto::Certificate::parse_der(der));
    chain.push_back(std::move(certificate));
  }
  spiffe::X509BundleSet bundles;
  bundles.set(authority_->x509_bundle());
  WARD_TRY(auto material,
           net::TlsMaterial::with_identity(std::move(chain), key_, std::move(bundles)));
  if (tls_) {
    tls_->publish(std::move(material));
  } else {
    tls_ = std::make_unique<net::TlsMaterialSource>(std::move(material));
  }
  renew_svid_at_ = issued.not_before + (issued.not_after - issued.not_before) / 2;
  return {};
}

void AuthorityKeeper::on_facts(std::span<const RevisedFact> facts) {
  if (std::ranges::none_of(facts, is_about_keys)) return;
  const auto renewed = renew_authority();
  if (!renewed.ok()) log_.error("the old keys stay in use: {}", renewed.error().message());
}

void AuthorityKeeper::tick() {
  const WallTime now = plane_.now();
  if (now >= renew_svid_at_) {
    const auto renewed = renew_server_svid();
    if (!renewed.ok()) log_.error("the server's SVID was not renewed: {}", renewed.error().text());
  }
  if (now >= next_due_ && !is_rotating_) take_due_steps();
  timer_ = loop_.after(kTick, [this] { tick(); });
}

void AuthorityKeeper::take_due_steps() {
  const auto slots = authority::KeySlots::of(plane_.world());
  if (!slots.ok()) return log_.error("key rotation stands: {}", slots.error().message());
  const auto due = slots->due(plane_.now());
  if (due.empty()) {
    next_due_ = slots->next_due(plane_.now());
    return;
  }
  auto bodies = maker_.facts_of(due.front(), *slots, plane_.now());
  if (!bodies.ok()) return log_.error("key rotation stands: {}", bodies.error().message());
  is_rotating_ = true;
  const std::string what =
      fmt::format("{} {} key", key_step_name(due.front().step), world::name_of(due.front().kind));
  plane_.submit({.actor = "system", .reason = what}, std::move(*bodies),
                [this, what](Result<std::uint64_t> done) {
                  is_rotating_ = false;
                  if (done.ok()) return log_.info("{} at revision {}", what, *done);
                  log_.error("{} failed: {}", what, done.error().message());
                });
}

}  // namespace ward::server
