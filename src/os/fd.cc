#include "os/fd.h"

#include <unistd.h>

namespace ward::os {

void Fd::close() {
  // Linux frees the descriptor even when close() reports EINTR, so it is never called twice.
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

}  // namespace ward::os
