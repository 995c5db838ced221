// Who may ask an enforcement point's questions: not the principal that is asked about, but the
// program that asks.
//
// The program that mounts an adapter decides this, because it alone knows its sockets: an agent
// trusts what the kernel says of a Unix peer, a server wants a client certificate or a token.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/peer.h"

namespace ward::enforce {

// Loop thread.
class CallerCheck {
 public:
  // The SPIFFE ID of who asks: evidence and policies name it as the question's caller.
  using Answer = std::move_only_function<void(Result<std::string>)>;

  virtual ~CallerCheck() = default;

  // Calls `answer` once, now or later. kUnauthenticated: not known who asks (401);
  // kPermissionDenied: known, and may not (403); anything else: could not be found out (500).
  // `authorization` is the value of the header field of that name, empty when there is none, or
  // when it is the principal's and not the caller's. Both are valid during the call.
  virtual void check(const net::Peer& peer, std::string_view authorization, Answer answer) = 0;
};

}  // namespace ward::enforce
