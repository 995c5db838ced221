// An identity of a snapshot, read without a message in between. Private to the room.
//
// PERF: of a million things in a world nearly all are identities. A message of protobuf makes and
// frees its body, each string and each label for each of them; read so, a restart takes two thirds
// of the time.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "world/entities.h"

namespace ward::world {

class IdentityReader {
 public:
  // The identity that `record`, the bytes of a wire::Entity, holds; what check() looks at is not
  // looked at here. Nullopt for anything but the form that a snapshot has it in (an identity, its
  // fields known and in order): the library is to read that and to say what is wrong with it.
  std::optional<Identity> read(ByteView record);

 private:
  Text shared(std::string_view text, Text& last);

  // Of a million identities in order most have the owner of the one before.
  Text last_owner_, last_environment_, last_segment_;
  std::vector<TextMap::Pair> labels_;  // kept for its memory
};

}  // namespace ward::world
