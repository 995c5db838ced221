// Signals as something an event loop reads.
#pragma once

#include <initializer_list>
#include <optional>

#include "base/result.h"
#include "os/fd.h"

namespace ward::os {

// Blocks the signals in the calling thread and takes them from a signalfd. Make it in main before
// the first thread, which inherits the mask; one a process. The mask stays when it goes.
class SignalSource {
 public:
  static Result<SignalSource> open(std::initializer_list<int> signals);

  int descriptor() const { return source_.get(); }  // non-blocking; polls readable
  // The next signal's number; nothing when none is waiting.
  Result<std::optional<int>> next();

 private:
  explicit SignalSource(Fd source) : source_(std::move(source)) {}

  Fd source_;
};

// So that a write to a closed connection is an error (EPIPE) and not the end of the process.
void ignore_broken_pipes();

}  // namespace ward::os
