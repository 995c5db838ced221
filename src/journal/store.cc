#include "journal/store.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <iterator>
#include <mutex>

#include "world/snapshot.h"

namespace ward::journal {
namespace {

using world::Fact;
using world::World;

// What a command came to, on top of a world.
struct Effect {
  World world;
  std::vector<Bytes> facts;
};

Result<Effect> run(const Store::Command& command, const World& start) {
  WARD_TRY(const std::vector<Fact> facts, command(start));
  world::WorldEditor editor(start);
  Effect effect;
  for (const Fact& fact : facts) {
    WARD_RETURN_IF_ERROR(admissible(editor.world(), fact));
    WARD_TRY(effect.facts.emplace_back(), encode_fact(fact));
    WARD_RETURN_IF_ERROR(editor.fold(editor.world().revision() + 1, fact));
  }
  effect.world = std::move(editor).finish();
  return effect;
}

// Folds what the journal has after the world's revision.
Result<World> caught_up(const Journal& journal, World start) {
  world::WorldEditor editor(std::move(start));
  while (true) {
    WARD_TRY(const std::vector<Entry> entries, journal.read(editor.world().revision(), {}));
    if (entries.empty()) return std::move(editor).finish();
    for (const Entry& entry : entries) {
      auto fact = world::decode_fact(entry.fact);
      if (!fact.ok()) return std::move(fact).error().in(fmt::format("fact {}", entry.revision));
      WARD_RETURN_IF_ERROR(editor.fold(entry.revision, *fact));
    }
  }
}

Result<World> read_world(const Journal& journal, std::uint64_t revision) {
  world::SnapshotReader reader;
  WARD_RETURN_IF_ERROR(
      journal.read_snapshot(revision, [&](ByteView bytes) { return reader.feed(bytes); }));
  WARD_TRY(World world, std::move(reader).finish());
  if (world.revision() == revision && revision <= journal.head()) return world;
  return make_error(ErrorCode::kDataLoss, "snapshot of revision {} holds revision {}", revision,
                    world.revision());
}

Result<World> restored(const Journal& journal, const Log& log) {
  const auto newest = journal.newest_snapshot();
  World start;
  if (newest.ok() && *newest) {
    auto world = read_world(journal, **newest);
    if (world.ok()) {
      start = *std::move(world);
    } else {
      log.warn("snapshot of revision {} is passed over, all facts are folded: {}", **newest,
               world.error().text());
    }
  } else if (!newest.ok()) {
    log.warn("no snapshot can be read, all facts are folded: {}", newest.error().text());
  }
  return caught_up(journal, std::move(start));
}

}  // namespace

// Used by callbacks of the journal, which is destroyed before it (~Store) and waits for them.
struct Store::State {
  State(Journal& journal_, World world, Log log_, StoreOptions options_)
      : journal(journal_),
        log(std::move(log_)),
        options(options_),
        tip(world),
        snapshot_revision(world.revision()),
        worlds(std::make_shared<const World>(std::move(world))) {}

  struct Attempt {
    Command command;
    Done done;
    int left = 0;
    bool made_facts = false;
    Result<World> answer = World();
  };

  // Commands whose facts are appended as one, on top of the batch before. A command that made no
  // facts or was refused is in a batch too: its answer is told when what it rests on is durable.
  struct Batch {
    std::vector<Attempt> attempts;
    std::vector<Bytes> facts;
    std::size_t bytes = 0;
    std::uint64_t expected = 0;
    World world;
  };

  void start(Attempt attempt);
  bool add(Attempt& attempt);
  Batch& batch_for(std::size_t facts, std::size_t bytes);
  void send(std::vector<Attempt>& answered);
  void finish(Batch batch, Result<std::uint64_t> appended);
  void rerun(Batch failed, const Error& why);
  Result<void> recover(std::vector<Batch>& behind);
  void publish(const World& world);
  Result<void> put_snapshot();
  void keep_snapshots(const std::stop_token& stop);

  static void answer(std::vector<Attempt>& attempts) {
    for (Attempt& attempt : attempts) attempt.done(std::move(attempt.answer));
  }

  Journal& journal;
  Log log;
  StoreOptions options;

  std::mutex mutex;
  // Guarded by mutex. One batch is at the journal, others gather behind it; the tip is the world
  // with all their facts. INVARIANT: the batch at the journal rests on nothing but what is durable,
  // so the revision that it expects stands for the very facts it was checked against, also when
  // others append to the same journal.
  World tip;
  std::deque<Batch> gathered;
  std::size_t gathered_bytes = 0;
  bool is_sending = false;

  // Guarded by snapshot_mutex.
  std::mutex snapshot_mutex;
  std::condition_variable_any snapshot_due;
  std::uint64_t snapshot_revision;

  Snapshot<World> worlds;
};

void Store::State::start(Attempt attempt) {
  std::vector<Attempt> answered;
  {
    const std::lock_guard lock(mutex);
    if (add(attempt))
      send(answered);
    else
      answered.push_back(std::move(attempt));
  }
  answer(answered);
}

// Runs the command on the tip and puts it into a batch. False when its answer is there at once.
// Under the mutex.
bool Store::State::add(Attempt& attempt) {
  auto effect = run(attempt.command, tip);
  attempt.made_facts = effect.ok() && !effect->facts.empty();
  attempt.answer = effect.ok() ? Result<World>(effect->world) : Result<World>(effect.error());
  if (!attempt.made_facts) {
    if (!is_sending && gathered.empty()) return false;
    batch_for(0, 0).attempts.push_back(std::move(attempt));
    return true;
  }
  std::size_t bytes = 0;
  for (const Bytes& fact : effect->facts) bytes += fact.size();
  if (effect->facts.size() > kAppendFactsMax || bytes > kAppendBytesMax ||
      gathered_bytes + bytes > kQueueBytesMax) {
    attempt.answer = make_error(ErrorCode::kResourceExhausted,
                                "{} facts of {} bytes, {} bytes wait for the disk",
                                effect->facts.size(), bytes, gathered_bytes);
    return false;
  }
  Batch& batch = batch_for(effect->facts.size(), bytes);
  std::ranges::move(effect->facts, std::back_inserter(batch.facts));
  batch.bytes += bytes;
  gathered_bytes += bytes;
  batch.world = effect->world;
  tip = std::move(effect->world);
  batch.attempts.push_back(std::move(attempt));
  return true;
}

// The last batch, or a new one when that has no room. Under the mutex.
Store::State::Batch& Store::State::batch_for(std::size_t facts, std::size_t bytes) {
  if (gathered.empty() || gathered.back().facts.size() + facts > kAppendFactsMax ||
      gathered.back().bytes + bytes > kAppendBytesMax) {
    gathered.emplace_back();
    gathered.back().expected = tip.revision();
  }
  return gathered.back();
}

// Hands the next batch to the journal, unless one is there. Under the mutex; `answered` is to be
// told after it.
void Store::State::send(std::vector<Attempt>& answered) {
  while (!is_sending && !gathered.empty()) {
    Batch batch = std::move(gathered.front());
    gathered.pop_front();
    gathered_bytes -= batch.bytes;
    if (batch.facts.empty()) {
      std::ranges::move(batch.attempts, std::back_inserter(answered));
      continue;
    }
    is_sending = true;
    std::vector<Bytes> facts = std::move(batch.facts);
    const std::uint64_t expected = batch.expected;
    journal.append(expected, std::move(facts),
                   [this, batch = std::move(batch)](Result<std::uint64_t> appended) mutable {
                     finish(std::move(batch), std::move(appended));
                   });
  }
}

// The journal's thread.
void Store::State::finish(Batch batch, Result<std::uint64_t> appended) {
  if (!appended.ok()) return rerun(std::move(batch), appended.error());
  publish(batch.world);
  std::vector<Attempt> answered = std::move(batch.attempts);
  {
    const std::lock_guard lock(mutex);
    is_sending = false;
    send(answered);
  }
  answer(answered);
}

// A batch was not appended: back to what is durable. Its commands run again when it lost a race,
// and are told the error when the disk failed; those behind it run again in either case.
void Store::State::rerun(Batch failed, const Error& why) {
  std::vector<Batch> behind;
  const auto recovered = recover(behind);
  const bool lost_race = why.code() == ErrorCode::kAborted;
  std::vector<Attempt> again;
  std::vector<Attempt> answered;
  for (Attempt& attempt : failed.attempts) {
    const bool over = attempt.made_facts && (!lost_race || --attempt.left <= 0);
    if (over) attempt.answer = why;
    (over ? answered : again).push_back(std::move(attempt));
  }
  for (Batch& batch : behind) std::ranges::move(batch.attempts, std::back_inserter(again));
  for (Attempt& attempt : again) {
    if (recovered.ok()) {
      start(std::move(attempt));
    } else {
      attempt.answer = recovered.error();
      answered.push_back(std::move(attempt));
    }
  }
  answer(answered);
}

// Gives the batches that gathered behind the one that failed, which rested on it. Error when the
// journal cannot be read.
Result<void> Store::State::recover(std::vector<Batch>& behind) {
  auto durable = caught_up(journal, *worlds.load());
  if (durable.ok()) publish(*durable);
  const std::lock_guard lock(mutex);
  is_sending = false;
  tip = *worlds.load();
  std::ranges::move(gathered, std::back_inserter(behind));
  gathered.clear();
  gathered_bytes = 0;
  if (durable.ok()) return {};
  return std::move(durable).error();
}

// From the journal's thread alone, so worlds are published in order.
void Store::State::publish(const World& world) {
  if (world.revision() <= worlds.load()->revision()) return;
  worlds.publish(std::make_shared<const World>(world));
  if (options.facts_between_snapshots == 0) return;
  const std::lock_guard lock(snapshot_mutex);
  if (world.revision() - snapshot_revision >= options.facts_between_snapshots)
    snapshot_due.notify_one();
}

Result<void> Store::State::put_snapshot() {
  const auto world = worlds.load();
  WARD_RETURN_IF_ERROR(journal.put_snapshot(world->revision(), [&](const ByteSink& sink) {
    return world::write_snapshot(*world, sink);
  }));
  const std::lock_guard lock(snapshot_mutex);
  snapshot_revision = world->revision();
  return {};
}

void Store::State::keep_snapshots(const std::stop_token& stop) {
  const auto due = [&] {
    return worlds.load()->revision() - snapshot_revision >= options.facts_between_snapshots;
  };
  while (true) {
    {
      std::unique_lock lock(snapshot_mutex);
      if (!snapshot_due.wait(lock, stop, due)) return;
    }
    if (const auto put = put_snapshot(); !put.ok()) {
      log.warn("no snapshot at revision {}: {}", worlds.load()->revision(), put.error().text());
      const std::lock_guard lock(snapshot_mutex);
      snapshot_revision = worlds.load()->revision();  // the next try is as many facts away
    }
  }
}

Store::Store(std::unique_ptr<State> state, std::unique_ptr<Journal> journal)
    : state_(std::move(state)), journal_(std::move(journal)) {
  if (state_->options.facts_between_snapshots == 0) return;
  snapshots_ = std::jthread(
      [state = state_.get()](const std::stop_token& stop) { state->keep_snapshots(stop); });
}

Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(std::unique_ptr<Journal> journal, Log log,
                                           StoreOptions options) {
  WARD_TRY(World world, restored(*journal, log));
  auto state = std::make_unique<State>(*journal, std::move(world), std::move(log), options);
  return std::unique_ptr<Store>(new Store(std::move(state), std::move(journal)));
}

void Store::submit(Command command, Done done) {
  state_->start({.command = std::move(command),
                 .done = std::move(done),
                 .left = state_->options.attempts_max});
}

Result<World> Store::submit_and_wait(Command command) {
  std::promise<Result<World>> promise;
  auto result = promise.get_future();
  submit(std::move(command), [&](Result<World> world) { promise.set_value(std::move(world)); });
  return result.get();
}

Result<World> Store::put_and_wait(Fact fact) {
  return submit_and_wait([fact = std::move(fact)](const World&) -> Result<std::vector<Fact>> {
    return std::vector<Fact>{fact};
  });
}

const Snapshot<World>& Store::worlds() const {
  return state_->worlds;
}
Journal& Store::journal() {
  return *journal_;
}
Result<void> Store::put_snapshot() {
  return state_->put_snapshot();
}

}  // namespace ward::journal
