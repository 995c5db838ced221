// What the kernel says of a process:
//
//   unix:uid:N  unix:user:NAME  unix:gid:N  unix:group:NAME       effective ids
//   unix:supplementary_gid:N  unix:supplementary_group:NAME       each of them
//   unix:path:PATH  unix:sha256:HEX                               of the executable
//
// Names are SPIRE's, so registrations carry over. A name that the system does not know has no
// selector. Path and hash need leave to look (same user, or CAP_SYS_PTRACE) and are left out
// without.
//
// The path counts only if it names, for this process, the very file that runs: in a mount namespace
// of its own a process may have any file under any name. A deleted executable has no path.
#pragma once

#include <cstdint>
#include <memory>

#include "attest/workload_attestor.h"
#include "base/clock.h"

namespace ward::attest {

inline constexpr std::size_t kUnixGroupsMax = 1024;  // supplementary; NGROUPS_MAX is 65536

struct UnixAttestorOptions {
  // A larger executable has no sha256 selector; 0: none has.
  std::uint64_t hash_bytes_max = std::uint64_t{256} << 20;
  // Remembers hashes (executable_hashes.h); outlives the attestor. None: each time anew.
  const Clock* clock = nullptr;
};

class ExecutableHashes;

class UnixAttestor final : public WorkloadAttestor {
 public:
  explicit UnixAttestor(UnixAttestorOptions options = {});
  ~UnixAttestor() override;

  std::string_view name() const override { return "unix"; }
  Result<Selectors> attest(const os::PeerCredentials& peer) const override;

 private:
  std::unique_ptr<ExecutableHashes> hashes_;
};

}  // namespace ward::attest
