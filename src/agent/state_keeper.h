// Keeps what the agent holds in DIR/state, so that an agent which starts while the server is away
// goes on with it: the view with its revision, when the server was last heard of, X.509-SVIDs with
// their keys, JWT-SVIDs. docs/formats/agent_state.md.
//
// What changed is written soon: at once when nothing was written for kStateGapMin, else so that
// writing takes no more than a fiftieth of the time. What a revocation changed is written right
// behind its acknowledgement.
// The loop takes the parts together, which share what they hold; encoding, sealing and the disk are
// a thread's own. A file that lacks a revocation and cannot be replaced is removed; should that
// fail too, the acknowledgement in the evidence log makes the next start refuse it (log_tail.h).
//
// Loop thread. Everything it is given outlives it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "agent/agent_view.h"
#include "agent/jwt_cache.h"
#include "agent/saved_state.h"
#include "agent/svid_cache.h"
#include "authority/key_sealer.h"
#include "base/log.h"
#include "base/random.h"
#include "evidence/reader.h"
#include "net/loop.h"
#include "net/worker.h"
#include "os/file_system.h"

namespace ward::agent {

inline constexpr std::chrono::seconds kStateGapMin{1};
// After a revocation: its acknowledgement waits for the same disk, and the state for nobody.
inline constexpr std::chrono::milliseconds kAcknowledgementFirst{50};
inline constexpr std::chrono::seconds kStateGapMax{60};
inline constexpr int kStateGapFactor = 50;  // pauses to writes
// When nothing but the revision or the time of the last contact moved.
inline constexpr std::chrono::seconds kStateRefreshInterval{10};

// Where a state is kept, and whose it is.
struct StatePlace {
  os::FileSystem& files;
  const authority::KeySealer& sealer;
  Random& random;  // any thread
  std::string path;
  std::string node;  // SPIFFE ID
};

// The state of `place`, if there is one that may be gone on from: opened, whole, and by `log`, the
// node's own, of the last facts that the node has folded; its head is moved on to that of the log.
// Nothing when there is no file. Every error means: begin empty.
Result<std::optional<SavedState>> load_state(const StatePlace& place,
                                             const evidence::LogReader& log);

// Which start of the machine this is; empty when the system does not say.
std::string boot_id(const os::FileSystem& files);

class StateKeeper {
 public:
  struct Sources {
    const AgentView& view;
    const SvidCache& svids;
    const JwtCache& jwts;
  };

  StateKeeper(Sources sources, StatePlace place, net::Loop& loop, Log log);
  ~StateKeeper();
  StateKeeper(const StateKeeper&) = delete;
  StateKeeper& operator=(const StateKeeper&) = delete;

  // The view has moved, and what had to go has gone.
  void on_change(const ViewChange& change);
  // There are other SVIDs.
  void mark();
  // Writes the last state, waiting for the disk; nothing is written after.
  void close();

 private:
  struct Captured;
  struct Written {
    Result<void> result;
    bool is_removed = false;  // because the write failed
    std::chrono::nanoseconds took{};
  };

  void schedule();
  void refresh();
  void write();
  Captured capture() const;
  static Result<void> write_state(const StatePlace& place, const Captured& captured);
  static Written write_or_remove(const StatePlace& place, const Captured& captured, bool must_go,
                                 const Clock& clock);
  void on_written(const Written& written, std::uint64_t revocations);

  const Sources sources_;
  const StatePlace place_;
  const std::string boot_;
  net::Loop& loop_;
  Log log_;
  bool is_dirty_ = false;
  bool is_writing_ = false;
  bool is_closed_ = false;
  bool has_failed_ = false;        // the last write
  std::uint64_t revocations_ = 0;  // changes with some
  std::uint64_t kept_ = 0;         // of them: that the file has, or else there is no file
  std::uint64_t written_revision_ = 0;
  MonotonicTime next_{};                // not before, unless urgent
  std::optional<MonotonicTime> armed_;  // when the timer runs a write
  MonotonicTime refreshed_{};
  net::Timer timer_;
  net::Timer refresh_;
  std::unique_ptr<net::Worker> worker_;  // last: its jobs use the above
};

}  // namespace ward::agent
