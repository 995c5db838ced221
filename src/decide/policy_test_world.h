// The world of a policy test file. Private to the room.
#pragma once

#include "base/result.h"
#include "codec/json_reader.h"
#include "world/world.h"

namespace ward::decide {

// Reads `owners`, `identities`, `resources`, `flows` and `revocations`, all optional. Things are
// put, not admitted: a test may name an owner that is not there, to show what then happens.
Result<world::World> read_test_world(codec::JsonReader reader);

// {"type", "id"}, within the bounds of facts.
Result<world::EntityName> read_entity_name(codec::JsonReader reader);

}  // namespace ward::decide
