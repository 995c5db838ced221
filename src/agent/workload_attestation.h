// Attests the peers of the socket off the loop: attestors may block on the name service and on
// hashing an executable.
//
// A peer is the process that connected (its pidfd), so what is found is of no other. `info` is how
// the process looked meanwhile: when it looks otherwise later (exec, setuid, groups) it is to be
// attested again, and changed() says so without the cost of attesting.
//
// Loop thread; callbacks on it. One worker thread, owned here.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "agent/worker.h"
#include "attest/workload_attestor.h"
#include "net/loop.h"
#include "net/peer.h"

namespace ward::agent {

inline constexpr std::size_t kAttestationsWaitingMax = 4096;

struct AttestedWorkload {
  attest::Selectors selectors;
  os::ProcessInfo info;
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
  // Whether the process looks otherwise than `before`; kNotFound when it is gone.
  void changed(const net::UnixPeer& peer, os::ProcessInfo before, Changed done);

 private:
  Result<AttestedWorkload> attest_now(const net::UnixPeer& peer) const;

  net::Loop& loop_;
  const std::vector<std::unique_ptr<attest::WorkloadAttestor>> attestors_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  Worker worker_;  // last: its jobs use the above
};

}  // namespace ward::agent
