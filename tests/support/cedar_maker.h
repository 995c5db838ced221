// Makes Cedar policies, entities and requests that have to do with one another, out of a seed:
// names meet, types are mostly right, and now and then they are not.
//
// Not RapidCheck: a case takes microseconds, so that CI can afford hundreds of thousands; the seed
// of one that fails makes it again.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cedar/authorize/policy_set.h"
#include "cedar/entity/entities.h"
#include "cedar/evaluate/request.h"
#include "tests/support/seeded.h"

namespace ward::testing {

class CedarMaker : private Seeded {
 public:
  explicit CedarMaker(std::uint64_t seed) : Seeded(seed) {}

  cedar::Entities entities();
  cedar::PolicySet policies();
  cedar::Request request();

  // A policy or template; says which slots it has.
  std::string policy(bool& has_principal_slot, bool& has_resource_slot);

 private:
  enum class Kind {
    kBool,
    kLong,
    kString,
    kEntity,
    kSet,
    kRecord,
    kDatetime,
    kDuration,
    kIp,
    kDecimal
  };
  static constexpr int kKinds = 10;

  std::string entity_text() {
    return fmt::format("{}::\"{}\"", pick({"A", "B", "N::C"}), pick({"x", "y", "z", "w", ""}));
  }
  std::string action_text() { return fmt::format("Action::\"{}\"", pick({"r", "w", "g", "h"})); }
  cedar::EntityUid entity() { return cedar::EntityUid::parse(entity_text()).value(); }
  cedar::EntityUid action() { return cedar::EntityUid::parse(action_text()).value(); }

  // An attribute's name tells the kind that it mostly has.
  static std::string_view attribute(Kind kind) {
    constexpr std::string_view kNames[] = {"b", "n", "s", "e", "es", "r", "d", "u", "i", "c"};
    return kNames[static_cast<int>(kind)];
  }
  Kind any_kind() { return static_cast<Kind>(below(kKinds)); }

  cedar::Value value(Kind kind, int depth);
  cedar::Record record(int depth);

  std::string scope(std::string_view variable, bool& has_slot);
  std::string action_scope();
  std::string literal(Kind kind);
  std::string expression(Kind kind, int depth);
  std::string condition(int depth);
  std::string any(int depth) { return expression(any_kind(), depth); }
};

}  // namespace ward::testing
