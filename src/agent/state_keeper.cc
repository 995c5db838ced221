#include "agent/state_keeper.h"

#include <algorithm>
#include <utility>

#include "agent/log_tail.h"
#include "agent/state_file.h"

namespace ward::agent {
namespace {

constexpr mode_t kStateMode = 0600;
constexpr std::size_t kJobsMax = 1;
constexpr std::string_view kBootIdPath = "/proc/sys/kernel/random/boot_id";
constexpr std::size_t kBootIdBytesMax = 64;
constexpr std::chrono::seconds kIdleRefreshInterval{60};

Result<void> remove_file(const StatePlace& place) {
  WARD_TRY(const auto status, place.files.status(place.path));
  if (!status) return {};
  WARD_RETURN_IF_ERROR(place.files.remove(place.path));
  return place.files.sync_directory(os::parent_directory(place.path));
}

}  // namespace

std::string boot_id(const os::FileSystem& files) {
  const auto text = files.read_file(std::string(kBootIdPath), kBootIdBytesMax);
  if (!text.ok()) return {};
  std::string id(as_text(*text));
  while (!id.empty() && id.back() == '\n') id.pop_back();
  return id;
}

Result<std::optional<SavedState>> load_state(const StatePlace& place,
                                             const evidence::LogReader& log) {
  WARD_TRY(const auto status, place.files.status(place.path));
  if (!status) return std::optional<SavedState>();
  WARD_TRY(const SecretBytes file, place.files.read_private_file(place.path, kStateFileBytesMax));
  WARD_TRY(const SecretBytes bytes, open_state(place.sealer, place.node, file.view()));
  WARD_TRY(SavedState state, decode_state(bytes.view()));
  WARD_TRY(state.head, head_with_log(log, state.head));
  return std::optional<SavedState>(std::move(state));
}

// What the loop takes for a write; everything large in it is shared and does not change.
struct StateKeeper::Captured {
  SavedState state;  // without entries
  world::World world;
  std::vector<world::Name> names;  // the least recently used first
};

StateKeeper::StateKeeper(Sources sources, StatePlace place, net::Loop& loop, Log log)
    : sources_(sources),
      place_(std::move(place)),
      boot_(boot_id(place_.files)),
      loop_(loop),
      log_(log.part("state")),
      worker_(std::make_unique<net::Worker>(loop, kJobsMax)) {
  refresh();
}

StateKeeper::~StateKeeper() = default;

void StateKeeper::on_change(const ViewChange& change) {
  if (!change.revoked.empty()) ++revocations_;
  mark();
}

void StateKeeper::mark() {
  is_dirty_ = true;
  schedule();
}

void StateKeeper::schedule() {
  if (is_closed_ || is_writing_ || !is_dirty_ || !sources_.view.has_base()) return;
  const MonotonicTime now = loop_.clock().monotonic();
  const bool is_urgent = revocations_ != kept_ && !has_failed_;
  const MonotonicTime when = is_urgent ? now + kAcknowledgementFirst : std::max(now, next_);
  if (armed_ && *armed_ <= when) return;  // changes that do not cease must not put it off
  armed_ = when;
  // Later than this event: other observers of the change may have more to drop.
  timer_ = loop_.after(when - now, [this] {
    armed_.reset();
    write();
  });
}

void StateKeeper::refresh() {
  refresh_ = loop_.after(kStateRefreshInterval, [this] { refresh(); });
  const MonotonicTime now = loop_.clock().monotonic();
  const bool has_moved = sources_.view.has_base() && sources_.view.revision() != written_revision_;
  if (!has_moved && now - refreshed_ < kIdleRefreshInterval) return;
  const auto& contact = sources_.view.contact();
  if (!contact || contact->monotonic <= refreshed_) return;  // nothing was heard since
  mark();
}

StateKeeper::Captured StateKeeper::capture() const {
  const AgentView& view = sources_.view;
  Captured captured{.state = {}, .world = view.world(), .names = {}};
  captured.names.assign(view.names().rbegin(), view.names().rend());
  SavedState& state = captured.state;
  state.saved = loop_.clock().now();
  state.head = {.revision = view.revision(), .root8 = view.journal_root8()};
  if (view.contact()) state.contact = SavedContact{.at = *view.contact(), .boot = boot_};
  for (const CachedSvid* svid : sources_.svids.all()) state.svids.push_back(*svid);
  state.jwts = sources_.jwts.all();
  return captured;
}

void StateKeeper::write() {
  if (is_writing_ || is_closed_) return;
  is_writing_ = true;
  is_dirty_ = false;
  refreshed_ = loop_.clock().monotonic();
  written_revision_ = sources_.view.revision();
  auto captured = std::make_shared<Captured>(capture());
  const bool is_taken = worker_->enqueue([this, captured, revocations = revocations_,
                                          must_go = revocations_ != kept_]() -> net::Task {
    return
        [this, revocations, written = write_or_remove(place_, *captured, must_go, loop_.clock())] {
          on_written(written, revocations);
        };
  });
  WARD_CHECK(is_taken);  // one at a time
}

Result<void> StateKeeper::write_state(const StatePlace& place, const Captured& captured) {
  SavedState state = captured.state;
  state.entries.reserve(captured.names.size());
  for (const world::Name& name : captured.names) {
    state.entries.push_back(world::view_entry(captured.world, name));
  }
  WARD_TRY(const SecretBytes bytes, encode_state(state));
  WARD_TRY(const Bytes file, seal_state(place.sealer, place.node, bytes, place.random));
  return place.files.write_file(place.path, file, kStateMode);
}

// `must_go`: the file on disk lacks a revocation.
StateKeeper::Written StateKeeper::write_or_remove(const StatePlace& place, const Captured& captured,
                                                  bool must_go, const Clock& clock) {
  const MonotonicTime begin = clock.monotonic();
  Written written{.result = write_state(place, captured)};
  if (!written.result.ok() && must_go) written.is_removed = remove_file(place).ok();
  written.took = clock.monotonic() - begin;
  return written;
}

void StateKeeper::on_written(const Written& written, std::uint64_t revocations) {
  is_writing_ = false;
  has_failed_ = !written.result.ok();
  if (!has_failed_ || written.is_removed) kept_ = revocations;
  next_ =
      loop_.clock().monotonic() + std::clamp<std::chrono::nanoseconds>(
                                      written.took * kStateGapFactor, kStateGapMin, kStateGapMax);
  if (has_failed_) {
    is_dirty_ = true;
    log_.error("what this node holds is not kept over a restart: {}{}",
               written.result.error().text(),
               kept_ == revocations ? "" : "; and the file that lacks a revocation stays");
  }
  schedule();
}

void StateKeeper::close() {
  if (std::exchange(is_closed_, true)) return;
  timer_.cancel();
  refresh_.cancel();
  worker_.reset();  // after the write that is under way
  if (!sources_.view.has_base()) return;
  const auto written = write_or_remove(place_, capture(), revocations_ != kept_, loop_.clock());
  if (written.result.ok()) return;
  log_.error("what this node holds is not kept over the restart: {}",
             written.result.error().text());
}

}  // namespace ward::agent
