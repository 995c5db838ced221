// Attests the peers of the socket off the loop: attestors may block on the name service and on
// hashing an executable.
//
// A peer is the process that connected (its pidfd), so what is found is of no other. `info` is how
// the process looked meanwhile: when it looks otherwise later (exec, setuid, groups) it is to be
// attested again, and changed() says so without the cost of attesting.
//
// What was found is kept with a watch on the process (os/process_watch.h), so that one who asks
// again and again on a connection is answered in microseconds: known() gives it as long as the
// watch sees no change, and for kKnownFor at most, because of what a watch does not see.
//
// Loop thread; callbacks on it. One worker thread, owned here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "attest/workload_attestor.h"
#include "net/loop.h"
#include "net/peer.h"
#include "net/worker.h"
#include "os/process_watch.h"

namespace ward::agent {

inline constexpr std::size_t kAttestationsWaitingMax = 4096;
inline constexpr std::size_t kKnownMax = 4096;  // peers that are kept; two descriptors each
inline constexpr std::chrono::seconds kKnownFor{1};

struct AttestedWorkload {
  attest::Selectors selectors;
  os::ProcessInfo info;
  std::uint64_t number = 0;  // of this attestation; no other has it
};

class WorkloadAttestation {
 public:
  using Done = std::move_only_function<void(Result<AttestedWorkload>)>;
  using Changed = std::move_only_function<void(Result<bool>)>;

  WorkloadAttestation(net::Loop& loop,
                      std::vector<std::unique_ptr<attest::WorkloadAttestor>> attestors);
  ~WorkloadAttestation();

  // Later, once, unless this is destroyed before. kResourceExhausted when too many wait, else the
  // attestors' errors; kNotFound when the process is gone.
  void attest(const net::UnixPeer& peer, Done done);
  // What attest() last found of the peer, if that still holds; null: attest. Valid until the loop
  // goes on.
  const AttestedWorkload* known(const net::UnixPeer& peer);
  // Lets go of what is kept of peers whose connections have ended. To be called now and then.
  void sweep();
  std::size_t kept() const { return kept_.size(); }
  // Whether the process looks otherwise than `before`; kNotFound when it is gone.
  void changed(const net::UnixPeer& peer, os::ProcessInfo before, Changed done);

 private:
  struct Found {
    AttestedWorkload workload;
    std::optional<os::ProcessWatch> watch = {};  // none: it cannot be watched
  };
  struct Kept {
    std::weak_ptr<const os::ProcessHandle> process;  // held by the connection
    AttestedWorkload workload;
    os::ProcessWatch watch;
    MonotonicTime begun;  // before anything was looked at
  };

  Result<Found> attest_now(const net::UnixPeer& peer) const;
  Result<AttestedWorkload> keep(const net::UnixPeer& peer, MonotonicTime begun,
                                Result<Found> found);

  net::Loop& loop_;
  const std::vector<std::unique_ptr<attest::WorkloadAttestor>> attestors_;
  std::unordered_map<const os::ProcessHandle*, Kept> kept_;
  std::uint64_t attested_ = 0;  // so far
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  net::Worker worker_;  // last: its jobs use the above
};

}  // namespace ward::agent
