// The context that policies see. Private to the room; docs/rooms/decide.md lists it for authors of
// policies.
#pragma once

#include "base/clock.h"
#include "cedar/value/value.h"
#include "decide/policies.h"
#include "decide/question.h"
#include "world/world.h"

namespace ward::decide {

// What a question rests on, already found.
struct Known {
  const world::World& world;
  const Policies& policies;
  const world::Identity& principal;
  const world::Resource& resource;
};

cedar::Record assemble_context(const Known& known, const Question& question, WallTime now);

// How old a credential of this identity may be.
std::chrono::seconds credential_age_max(const world::Identity& identity);

}  // namespace ward::decide
