// The two ways a service manager talks to us: sd_notify(3) and sd_listen_fds(3), without its
// library.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/environment.h"
#include "os/fd.h"

namespace ward::os {

// `READY=1`, `STOPPING=1`, `STATUS=text`, `RELOADING=1`, lines of one datagram. Success without
// effect when NOTIFY_SOCKET is not set.
Result<void> notify_service_manager(const Environment& environment, std::string_view state);

struct InheritedSocket {
  std::string name;  // of LISTEN_FDNAMES; `unknown` when it has none
  Fd socket;
};

// The sockets that came from 3 on, taken over and closed on exec. Call once, before other files are
// open. Empty when LISTEN_PID is not this process. At most 64.
Result<std::vector<InheritedSocket>> take_inherited_sockets(const Environment& environment);

}  // namespace ward::os
