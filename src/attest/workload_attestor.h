// How a workload comes to be known without taking part: one interface for every source of
// selectors. The agent asks each attestor about the peer of a Unix socket and puts the selectors
// together; a workload has no say in it and no secret.
//
// Every kind passes attest/testing/workload_attestor_suite.h.
#pragma once

#include <string_view>

#include "attest/selectors.h"
#include "base/result.h"
#include "os/process.h"

namespace ward::attest {

// Any thread may call. An attestor may block (name service, disk): off the event loop.
class WorkloadAttestor {
 public:
  virtual ~WorkloadAttestor() = default;
  virtual std::string_view name() const = 0;  // `unix`: the type of all its selectors

  // What holds of the peer now; true at one moment in which it was alive. A process may change
  // after (exec, setuid), so ask again before something of weight.
  //
  // kNotFound: the peer is gone. kAborted: it changed while it was looked at, ask again.
  // kFailedPrecondition: it is not who connected any more, or cannot be seen from here.
  // kResourceExhausted: it has more properties than the bounds allow.
  virtual Result<Selectors> attest(const os::PeerCredentials& peer) const = 0;
};

}  // namespace ward::attest
