// Which policies a request's principal, action and resource let through. Private to the engine.
//
// The entities and types that scopes name are numbered. Each policy is filed under the one thing
// its scope asks for that the fewest policies ask for: an entity of its principal or resource, its
// actions, or a type. A request looks under its own names, those of its ancestors, its types, and
// at what asks for nothing; what it finds there is checked whole. So every policy whose scope holds
// is found, and one that is left out is one whose scope does not hold: neither satisfied nor erring
// (cedar-lean, Thm/PolicySlice: such a slice gives the same response).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cedar/evaluate/evaluator.h"
#include "cedar/syntax/policy.h"
#include "cedar/value/value_view.h"

namespace ward::cedar::engine {

inline constexpr std::uint32_t kNone = UINT32_MAX;

enum class Side : std::uint8_t { kPrincipal, kResource };

// A policy as the engine sees it, beside its program: what its scope asks for.
struct Rule {
  std::uint32_t program = 0;
  std::uint32_t action = 0;                            // an ActionTest
  std::array<std::uint32_t, 2> literal{kNone, kNone};  // by Side
  std::array<std::uint32_t, 2> type{kNone, kNone};
  std::array<bool, 2> is_equal{};  // `== E`; else `in E`
  bool is_forbid = false;
  bool can_hold = true;
};

struct ActionTest {
  ActionConstraint::Kind kind = ActionConstraint::Kind::kAny;
  std::vector<std::uint32_t> literals;  // ascending

  bool operator==(const ActionTest&) const = default;
};

// The literals that one entity of a request is: itself and its ancestors.
class LiteralSet {
 public:
  void clear() {
    self_ = kNone;
    all_.clear();
  }
  void add_self(std::uint32_t literal) {
    self_ = literal;
    all_.push_back(literal);
  }
  void add(std::uint32_t literal) { all_.push_back(literal); }
  void finish();  // before contains()

  std::uint32_t self() const { return self_; }  // kNone when no scope names it
  std::span<const std::uint32_t> all() const { return all_; }
  bool contains(std::uint32_t literal) const;

 private:
  static constexpr std::size_t kScanMax = 16;  // beyond, `all_` is sorted

  std::uint32_t self_ = kNone;
  std::vector<std::uint32_t> all_;
};

// What a request is to the index.
struct Scope {
  std::array<LiteralSet, 2> entities;  // by Side
  LiteralSet actions;
  std::array<std::uint32_t, 2> types{kNone, kNone};
};

// Filed under something: a rule, and what the other side must be for it to matter.
struct Candidate {
  std::uint32_t rule;
  std::uint32_t other;  // a literal, or kNone when it does not depend on one
};

class ScopeIndex {
 public:
  // `slots` fill those that the policy has.
  // Rules are numbered in the order in which they are added. One that `can_hold` denies is kept
  // out: no request finds it.
  void add(const PolicyTree& policy, const SlotValues& slots, std::uint32_t program, bool can_hold);
  void finish();

  std::uint32_t find(const EntityName& name) const;      // kNone when no scope names it
  std::uint32_t find_type(std::string_view name) const;  // likewise

  // Whether any scope depends on it, so that a request need not be looked at for nothing.
  bool uses_ancestors(Side side) const { return uses_in_[static_cast<std::size_t>(side)]; }
  bool uses_ancestors_of_actions() const { return uses_action_in_; }
  bool uses_types() const { return !types_.empty(); }

  // Calls visit(rule number) for each rule whose scope holds, in no order; one that names several
  // actions may come more than once.
  template <typename Visit>
  void each_match(const Scope& scope, Visit&& visit) const;

  std::span<const Rule> rules() const { return rules_; }

 private:
  enum List : std::size_t {
    kPrincipalEqual,
    kPrincipalIn,
    kResourceEqual,
    kResourceIn,
    kActionEqual,
    kActionIn,
    kEnd
  };
  // Where the candidates of a literal or type begin, list by list.
  using Lists = std::array<std::uint32_t, kEnd + 1>;
  struct Filed {
    std::uint32_t key;  // literal; or type, on either side; or kNone for those always looked at
    List list;
    Candidate candidate;
  };

  std::uint32_t literal(const EntityUid& uid);
  std::uint32_t type(const EntityType& type);
  void add_side(Rule& rule, Side side, const ScopeConstraint& scope,
                const std::optional<EntityUid>& slot);
  std::uint32_t action_test(const ActionConstraint& scope);
  void file(std::uint32_t rule, std::span<const std::uint32_t> weights,
            std::span<const std::uint32_t> type_weights);
  void grow_table();
  bool holds(const Rule& rule, const Scope& scope) const;
  bool action_holds(const ActionTest& test, const LiteralSet& actions) const;
  bool side_holds(const Rule& rule, std::size_t side, const Scope& scope) const;

  template <typename Visit>
  void each_in(std::span<const Candidate> candidates, const Scope& scope, const LiteralSet* other,
               Visit& visit) const;
  std::span<const Candidate> under(const std::vector<Lists>& lists, std::uint32_t key, List from,
                                   List to) const {
    return std::span(candidates_).subspan(lists[key][from], lists[key][to] - lists[key][from]);
  }

  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t literal = kNone;
  };

  std::vector<Rule> rules_;
  std::vector<ActionTest> tests_;
  std::vector<EntityUid> literals_;
  std::vector<Slot> table_;  // open addressing, a power of two, at most half full
  struct TypeHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const {
      return std::hash<std::string_view>()(name);
    }
  };
  std::unordered_map<std::string, std::uint32_t, TypeHash, std::equal_to<>> types_;
  std::vector<Candidate> candidates_;
  std::vector<Lists> literal_lists_;
  std::vector<Lists> type_lists_;
  std::vector<Candidate> always_;
  std::vector<Filed> filed_;
  std::array<bool, 2> uses_in_{};
  bool uses_action_in_ = false;
};

template <typename Visit>
void ScopeIndex::each_in(std::span<const Candidate> candidates, const Scope& scope,
                         const LiteralSet* other, Visit& visit) const {
  for (const Candidate& candidate : candidates) {
    if (candidate.other != kNone && other != nullptr && !other->contains(candidate.other)) continue;
    if (holds(rules_[candidate.rule], scope)) visit(candidate.rule);
  }
}

template <typename Visit>
void ScopeIndex::each_match(const Scope& scope, Visit&& visit) const {
  constexpr std::array<std::array<List, 3>, 2> kLists = {{
      {kPrincipalEqual, kPrincipalIn, kResourceEqual},
      {kResourceEqual, kResourceIn, kActionEqual},
  }};
  for (std::size_t side = 0; side < 2; ++side) {
    const auto [equal, in, end] = kLists[side];
    const LiteralSet& other = scope.entities[1 - side];
    for (const std::uint32_t literal : scope.entities[side].all()) {
      const List from = literal == scope.entities[side].self() ? equal : in;
      each_in(under(literal_lists_, literal, from, end), scope, &other, visit);
    }
    if (scope.types[side] != kNone) {
      each_in(under(type_lists_, scope.types[side], equal, end), scope, nullptr, visit);
    }
  }
  for (const std::uint32_t literal : scope.actions.all()) {
    const List from = literal == scope.actions.self() ? kActionEqual : kActionIn;
    each_in(under(literal_lists_, literal, from, kEnd), scope, nullptr, visit);
  }
  each_in(always_, scope, nullptr, visit);
}

}  // namespace ward::cedar::engine
