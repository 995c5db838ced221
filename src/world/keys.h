// Keys made of several parts. Private to the room.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "world/entities.h"

namespace ward::world {

// The parts with a NUL between each two. INVARIANT: no name holds a NUL (fact.cc refuses it), so
// this is unambiguous.
inline std::string joined(std::initializer_list<std::string_view> parts) {
  std::string key;
  bool first = true;
  for (const std::string_view part : parts) {
    if (!first) key.push_back('\0');
    key.append(part);
    first = false;
  }
  return key;
}

// `identity`, `credential` or `node`, a colon, the id.
inline std::string revocation_key(RevocationKind kind, std::string_view id) {
  return std::string(name_of(kind)).append(":").append(id);
}

}  // namespace ward::world
