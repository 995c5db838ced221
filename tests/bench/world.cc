// The world with a million identities (--quick: 100,000): what it weighs, how fast it restarts from
// a snapshot, what a published fact and a pinned read cost.
#include <malloc.h>

#include <ctime>
#include <deque>

#include "base/random.h"
#include "base/snapshot.h"
#include "crypto/hash.h"
#include "tests/bench/row.h"
#include "world/fact.h"
#include "world/snapshot.h"
#include "world/world.h"

namespace {

using namespace ward;
using namespace ward::world;
// Processor time: everything here is one thread that waits for nothing, and a busy machine must not
// show.
double seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}
double seconds_since(double start) {
  return seconds() - start;
}

// Of the heap, given back and not: what the process holds for it.
double heap_megabytes() {
  malloc_trim(0);
  const auto info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd) / 1e6;
}

// What a service account of a middling fleet looks like.
Identity identity(std::size_t i) {
  const std::string team = fmt::format("team:{:03}", i % 200);
  const std::string app = fmt::format("app-{:05}", i % 20'000);
  return {.id = fmt::format("spiffe://prod.example.org/ns/team-{:03}/sa/service-{:07}", i % 200, i),
          .identity_class = IdentityClass::kServiceAccount,
          .status_reason = {},
          .owner = team,
          .environment = i % 3 ? "prod" : "staging",
          .segment = i % 2 ? "core" : "edge",
          .labels = {{"app", app}, {"region", "eu-central-1"}},
          .credential_age_max_s = 3600};
}

std::string identity_name(std::size_t i) {
  return identity(i).id.str();
}

std::deque<Bytes> snapshot_of(const World& world) {
  std::deque<Bytes> chunks;
  const auto written = write_snapshot(world, [&](ByteView chunk) {
    chunks.push_back(to_bytes(chunk));
    return Result<void>();
  });
  WARD_CHECK(written.ok());
  return chunks;
}

// What no reader of a snapshot can do without: to see that the bytes are those that were written.
double hashing_s(const std::deque<Bytes>& chunks) {
  crypto::Sha256 hash;
  const auto began = seconds();
  for (const Bytes& chunk : chunks) hash.update(chunk);
  WARD_CHECK(hash.finish() != crypto::Sha256Digest{});
  return seconds_since(began);
}

World build(std::size_t count) {
  WorldEditor editor{World()};
  editor.put(Segment{"core", {}});
  editor.put(Segment{"edge", {}});
  for (std::size_t i = 0; i < count; ++i) editor.put(identity(i));
  return std::move(editor).finish();
}

World restart(std::deque<Bytes> chunks) {
  SnapshotReader reader;
  while (!chunks.empty()) {
    WARD_CHECK(reader.feed(chunks.front()).ok());
    chunks.pop_front();
  }
  auto world = std::move(reader).finish();
  WARD_CHECK(world.ok());
  return *std::move(world);
}

// Facts one by one, each folded into a new world and published, while a reader keeps the one
// before.
double publish_ns(const World& start, std::size_t count) {
  Snapshot<World> worlds(std::make_shared<const World>(start));
  SeededRandom random(1);
  std::vector<Fact> facts;
  constexpr std::size_t kFacts = 50'000;
  for (std::size_t i = 0; i < kFacts; ++i) {
    const auto status = i % 2 ? IdentityStatus::kActive : IdentityStatus::kQuarantined;
    facts.push_back(
        {.time = {},
         .actor = "system",
         .reason = {},
         .body = IdentityStatusChanged{identity_name(random.below(count)), status, {}}});
  }
  const auto began = seconds();
  for (const Fact& fact : facts) {
    const auto world = worlds.load();
    auto next = apply(*world, world->revision() + 1, fact);
    WARD_CHECK(next.ok());
    worlds.publish(std::make_shared<const World>(*std::move(next)));
  }
  return seconds_since(began) * 1e9 / kFacts;
}

double pin_ns(const World& world) {
  const Snapshot<World> worlds(std::make_shared<const World>(world));
  Snapshot<World>::Reader reader(worlds);
  constexpr int kReads = 50'000'000;
  std::uint64_t sum = 0;
  const auto began = seconds();
  for (int i = 0; i < kReads; ++i) sum += reader.pin().revision();
  const double ns = seconds_since(began) * 1e9 / kReads;
  WARD_CHECK(sum == world.revision() * kReads);
  return ns;
}

double find_ns(const World& world, std::size_t count) {
  SeededRandom random(2);
  std::vector<std::string> names;
  for (int i = 0; i < 200'000; ++i) names.push_back(identity_name(random.below(count)));
  const auto began = seconds();
  for (const std::string& name : names) WARD_CHECK(world.identity(name) != nullptr);
  return seconds_since(began) * 1e9 / static_cast<double>(names.size());
}

double match_ns(std::size_t registrations) {
  WorldEditor editor{World()};
  for (std::size_t i = 0; i < registrations; ++i) {
    editor.put(Registration{.id = fmt::format("r{}", i),
                            .spiffe_id = identity_name(i),
                            .parent = "spiffe://e/node",
                            .selectors = {fmt::format("unix:path:/opt/{:06}", i), "unix:uid:1000"},
                            .hint = {},
                            .dns_names = {},
                            .federates_with = {}});
  }
  const World world = std::move(editor).finish();
  constexpr std::size_t kMatches = 50'000;
  const auto began = seconds();
  for (std::size_t i = 0; i < kMatches; ++i) {
    const auto found =
        world.matching("spiffe://e/node", {"unix:uid:1000", "unix:gid:1000", "unix:user:app",
                                           fmt::format("unix:path:/opt/{:06}", i % registrations)});
    WARD_CHECK(found.size() == 1);
  }
  return seconds_since(began) * 1e9 / kMatches;
}

}  // namespace

int main(int argc, char** argv) {
  const bool quick = bench::is_quick(argc, argv);
  const std::size_t count = quick ? 100'000 : 1'000'000;
  std::deque<Bytes> chunks = snapshot_of(build(count));
  double snapshot_bytes = 0;
  for (const Bytes& chunk : chunks) snapshot_bytes += static_cast<double>(chunk.size());
  const double before = heap_megabytes() - snapshot_bytes / 1e6;

  const double hashed_s = hashing_s(chunks);
  const auto began = seconds();
  const World world = restart(std::move(chunks));
  const double restart_s = seconds_since(began);
  chunks = {};
  const double world_mb = heap_megabytes() - before;
  WARD_CHECK(world.counts().identities == count);

  // The goals are of a million; memory and restart grow with the number.
  const double of_a_million = static_cast<double>(count) / 1e6;
  const auto row = [](std::string name, double value, std::string unit,
                      std::optional<bench::Goal> goal = {}) {
    bench::print_row(
        {.name = std::move(name), .value = value, .unit = std::move(unit), .goal = goal});
  };
  row("world/identities", static_cast<double>(count), "");
  row("world/memory", world_mb, "MB", bench::at_most(400 * of_a_million));
  row("world/snapshot_size", snapshot_bytes / 1e6, "MB");
  bench::print_row({.name = "world/restart",
                    .value = restart_s,
                    .unit = "s",
                    .limit = hashed_s,
                    .goal = bench::at_most(2 * of_a_million)});
  row("world/publish_one_fact", publish_ns(world, count), "ns");
  row("world/pin", pin_ns(world), "ns", bench::at_most(2));
  row("world/find_identity", find_ns(world, count), "ns");
  row("world/match_registrations", match_ns(10'000), "ns");
  return 0;
}
