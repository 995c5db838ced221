// Asks the server for names, each of them once at a time: who asks for a name that is on its way
// waits for the same answer.
//
// Loop thread. The link outlives it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "agent/server_link.h"

namespace ward::agent {

class NameRequests {
 public:
  using Done = ServerLink::Callback<void>;

  explicit NameRequests(ServerLink& link) : link_(link) {}

  // `names`: 1 to kAskNamesMax, without duplicates. `done` runs later, once, unless this is
  // destroyed before: when all of them have been answered, with the first error if there was one.
  void ask(const std::vector<world::Name>& names, Done done);

  std::size_t under_way() const { return waiting_.size(); }  // names

 private:
  struct Waiting {
    Done done;
    std::size_t missing;  // names without an answer
    std::optional<Error> error;
  };

  void settle(const std::vector<world::Name>& names, const Result<void>& answered);

  ServerLink& link_;
  std::map<world::Name, std::vector<std::shared_ptr<Waiting>>> waiting_;
};

}  // namespace ward::agent
