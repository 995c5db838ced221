// Question -> Decision: the one place where doubt becomes a deny.
//
// The Cedar engine keeps Cedar's semantics to the letter; here stand the rules that it leaves open:
// an unknown principal or resource, a world too old for a privileged action, no policies, and a
// forbid that applies but could not be evaluated all deny, each with its cause. Evidence and
// sessions are the caller's.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/clock.h"
#include "decide/decision.h"
#include "decide/policies.h"
#include "decide/question.h"
#include "world/world.h"

namespace ward::decide {

struct DeciderOptions {
  // A privileged action needs a world no older than this (architecture.md, "Fail closed in one
  // place").
  std::chrono::nanoseconds staleness_max = std::chrono::seconds{5};
};

// What a decision is made at.
struct Ground {
  const world::World& world;
  const Policies* policies =
      nullptr;  // of that world; null when none is published or it does not parse
  // How long ago the world was known to be the newest; zero where the journal itself is at hand.
  std::chrono::nanoseconds age{0};
};

// Any thread; `clock` outlives it.
class Decider {
 public:
  explicit Decider(const Clock& clock, DeciderOptions options = {})
      : clock_(clock), options_(options) {}

  Decision decide(const Ground& ground, const Question& question) const;

  // Why, for people: the decision in a sentence, then the determining policies with their places;
  // for a deny by default, the permits whose scope fits and what kept each from applying.
  std::vector<std::string> explain(const Ground& ground, const Question& question) const;

 private:
  const Clock& clock_;
  DeciderOptions options_;
};

}  // namespace ward::decide
