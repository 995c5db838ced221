// The journal's thread hands over entries together with the world it published for them, so that
// the world here shares its structure with the store's; only a batch that was read from behind is
// folded again.
#include "server/control_plane.h"

#include <utility>

namespace ward::server {
namespace {

evidence::LeafReader leaf_reader(journal::Store& store) {
  return [&store](std::uint64_t first, std::uint64_t count) {
    return store.journal().leaves(first, count);
  };
}

}  // namespace

std::vector<world::Fact> make_facts(const Authorship& author, WallTime now,
                                    const std::vector<world::FactBody>& bodies) {
  std::vector<world::Fact> facts;
  facts.reserve(bodies.size());
  for (const world::FactBody& body : bodies) {
    facts.push_back({.time = now, .actor = author.actor, .reason = author.reason, .body = body});
  }
  return facts;
}

Result<std::unique_ptr<ControlPlane>> ControlPlane::open(journal::Store& store, net::Loop& loop,
                                                         const spiffe::TrustDomain& trust_domain,
                                                         Log log, Failed failed) {
  const std::uint64_t revision = store.world()->revision();
  WARD_TRY(auto journal_log,
           evidence::JournalLog::open(evidence::journal_origin(trust_domain.name()), revision,
                                      leaf_reader(store)));
  std::unique_ptr<ControlPlane> plane(new ControlPlane(store, loop, std::move(journal_log),
                                                       log.part("control"), std::move(failed)));
  WARD_RETURN_IF_ERROR(plane->follow());
  return plane;
}

ControlPlane::ControlPlane(journal::Store& store, net::Loop& loop, evidence::JournalLog journal_log,
                           Log log, Failed failed)
    : store_(store),
      loop_(loop),
      log_(std::move(log)),
      failed_(std::move(failed)),
      world_(store.world()),
      newest_(world_),
      journal_log_(std::move(journal_log)),
      root8_(journal_log_.root8()) {
  refresh_policies();
}

Result<void> ControlPlane::follow() {
  // "A fact's world is published before followers hear of it" (journal/store.h).
  journal::Executor executor = [this](std::move_only_function<void()> work) {
    loop_.post([this, world = store_.world(), work = std::move(work)]() mutable {
      newest_ = std::move(world);
      work();
    });
  };
  journal::Follower follower{
      .entries = [this](std::span<const journal::Entry> entries) { take(entries); },
      .failed = [this](const Error& error) { failed_(error); }};
  WARD_TRY(subscription_,
           store_.journal().follow(world_->revision(), std::move(executor), std::move(follower)));
  return {};
}

void ControlPlane::take(std::span<const journal::Entry> entries) {
  auto facts = decode(entries);
  if (!facts.ok()) return failed_(facts.error());
  if (const auto moved = move_world(*facts); !moved.ok()) return failed_(moved.error());
  for (const journal::Entry& entry : entries) journal_log_.append(entry.leaf);
  WARD_CHECK(journal_log_.revision() == world_->revision());
  root8_ = journal_log_.root8();
  refresh_policies();
  for (const Listener& listener : listeners_) listener(*facts);
  run_reached();
}

Result<std::vector<RevisedFact>> ControlPlane::decode(std::span<const journal::Entry> entries) {
  std::vector<RevisedFact> facts;
  facts.reserve(entries.size());
  for (const journal::Entry& entry : entries) {
    WARD_TRY(
        world::Fact fact,
        world::decode_fact(entry.fact).in(fmt::format("fact {} of the journal", entry.revision)));
    facts.push_back({entry.revision, entry.fact, std::move(fact)});
  }
  return facts;
}

Result<void> ControlPlane::move_world(std::span<const RevisedFact> facts) {
  if (newest_->revision() == facts.back().revision) {
    world_ = newest_;
    return {};
  }
  world::WorldEditor editor(*world_);
  for (const RevisedFact& fact : facts) {
    WARD_RETURN_IF_ERROR(editor.fold(fact.revision, fact.fact));
  }
  world_ = std::make_shared<const world::World>(std::move(editor).finish());
  return {};
}

void ControlPlane::refresh_policies() {
  const world::PolicySet* set = world_->policy_set(kPolicySetInForce);
  const std::uint64_t version = set == nullptr ? 0 : set->version;
  if (version == policies_version_) return;
  policies_version_ = version;
  policies_ = nullptr;
  if (set == nullptr) return;
  auto parsed = decide::Policies::parse(set->files);
  if (parsed.ok()) {
    policies_ = std::move(parsed).value();
  } else {
    log_.error("policy set version {} cannot be read, so everything is denied: {}", version,
               parsed.error().message());
  }
}

void ControlPlane::submit(Authorship author, std::vector<world::FactBody> bodies, Done done) {
  submit([this, author = std::move(author), bodies = std::move(bodies)](const world::World&)
             -> Result<std::vector<world::Fact>> { return make_facts(author, now(), bodies); },
         std::move(done));
}

void ControlPlane::submit(journal::Store::Command command, Done done) {
  store_.submit(std::move(command),
                [this, done = std::move(done)](Result<world::World> world) mutable {
                  Result<std::uint64_t> revision =
                      world.ok() ? Result<std::uint64_t>(world->revision()) : world.error();
                  loop_.post([this, done = std::move(done), revision]() mutable {
                    if (!revision.ok()) return done(revision);
                    run_when_reached(*revision, std::move(done));
                  });
                });
}

void ControlPlane::run_when_reached(std::uint64_t revision, Done done) {
  if (world_->revision() >= revision) return done(revision);
  waiting_.emplace(revision, std::move(done));
}

void ControlPlane::run_reached() {
  while (!waiting_.empty() && waiting_.begin()->first <= world_->revision()) {
    auto first = waiting_.extract(waiting_.begin());
    first.mapped()(first.key());
  }
}

Result<journal::Entry> ControlPlane::read_fact(std::uint64_t revision) const {
  if (revision == 0 || revision > world_->revision()) {
    return make_error(ErrorCode::kNotFound, "no fact {}: the newest revision is {}", revision,
                      world_->revision());
  }
  WARD_TRY(auto entries, store_.journal().read(revision - 1, {.entries_max = 1, .bytes_max = 1}));
  return std::move(entries.front());
}

Result<std::vector<evidence::Hash>> ControlPlane::read_leaves(std::uint64_t first,
                                                              std::uint64_t count) const {
  return leaf_reader(store_)(first, count);
}

}  // namespace ward::server
