// Which policies a request's principal, action and resource let through. Private to the engine.
//
// The entities and types that scopes name are numbered. Each policy is filed under the one thing
// its scope asks for that the fewest policies ask for: an entity of its principal or resource, its
// actions, or a type. What asks for an entity on both sides, as links do, is filed on both, and a
// request looks on the side that has less for it. A request looks under its own names, those of its
// ancestors, its types, and at what asks for nothing; what the place does not say already is
// checked there. So every policy whose scope holds is found, and one that is left out is one whose
// scope does not hold: neither satisfied nor erring (cedar-lean, Thm/PolicySlice: such a slice
// gives the same response).
#pragma once

#include <algorithm>
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
  std::uint32_t equal = kNone;          // of kEqual, its literal

  bool operator==(const ActionTest&) const = default;
};

// The literals that one entity of a request is: itself and its ancestors.
class LiteralSet {
 public:
  void clear() {
    self_ = kNone;
    count_ = 0;
  }
  void add_self(std::uint32_t literal) {
    self_ = literal;
    add(literal);
  }
  void add(std::uint32_t literal) {
    if (count_ == room_.size()) grow();
    room_.data()[count_++] = literal;
  }
  // Before all() and contains(). An ancestor may come twice, and an entity may be its own (Ward's
  // world has such). All literals are below `literals`.
  void finish(std::size_t literals) {
    if (count_ > 1) drop_repeated(literals);
  }

  std::uint32_t self() const { return self_; }  // kNone when no scope names it
  std::span<const std::uint32_t> all() const { return {room_.data(), count_}; }
  bool contains(std::uint32_t literal) const {
    if (count_ > kScanMax) return marks_.data()[literal] == mark_;
    return std::ranges::find(all(), literal) != all().end();
  }

 private:
  void grow();
  void drop_repeated(std::size_t literals);

  static constexpr std::size_t kScanMax = 8;  // beyond, members are marked

  std::uint32_t self_ = kNone;
  std::size_t count_ = 0;
  std::vector<std::uint32_t> room_;  // the first count_ of it are the members
  // PERF: what the mark of this request stands at is in the set: no search, nothing to clear.
  std::vector<std::uint32_t> marks_;
  std::uint32_t mark_ = 0;
};

// What a request is to the index.
struct Scope {
  std::array<LiteralSet, 2> entities;  // by Side
  LiteralSet actions;
  std::array<std::uint32_t, 2> types{kNone, kNone};
};

// Filed under something: a rule, and what is left to ask where that was met.
struct Candidate {
  std::uint32_t rule;
  std::uint32_t other = kNone;  // a literal that the other side must be or be in, if any
  bool is_equal = false;        // be it
  bool needs_all = false;       // the whole scope is to be looked at
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

  // What the scopes that these actions let through ask of a side, so that nothing is looked up for
  // nothing.
  enum class Use : std::uint8_t { kNothing, kSelf, kAncestors };
  Use use(Side side, const LiteralSet& actions) const {
    const auto at = static_cast<std::size_t>(side);
    Use most = always_uses_[at];
    for (const std::uint32_t literal : actions.all()) {
      const Uses& uses = action_uses_.data()[literal];
      most = std::max(most, uses.if_in[at]);
      if (literal == actions.self()) most = std::max(most, uses.if_equal[at]);
    }
    return most;
  }
  bool uses_ancestors_of_actions() const { return uses_action_in_; }
  bool uses_types() const { return !types_.empty(); }

  // Calls visit(rule number) for each rule whose scope holds, in no order; one that names several
  // actions may come more than once.
  template <typename Visit>
  void each_match(const Scope& scope, Visit&& visit) const;

  std::span<const Rule> rules() const { return rules_; }
  const Rule& rule(std::uint32_t number) const { return rules_.data()[number]; }
  std::span<const EntityUid> literals() const { return literals_; }  // by their numbers

 private:
  enum List : std::size_t {
    kPrincipalEqual,
    kPrincipalIn,
    kResourceEqual,
    kResourceIn,
    kActionEqual,
    kActionIn,
    kPrincipalOfBothEqual,
    kPrincipalOfBothIn,
    kResourceOfBothEqual,
    kResourceOfBothIn,
    kEnd
  };
  // By Side: of the one itself, of what it is in, and where these end.
  static constexpr std::array<std::array<List, 3>, 2> kListsOfBoth = {{
      {kPrincipalOfBothEqual, kPrincipalOfBothIn, kResourceOfBothEqual},
      {kResourceOfBothEqual, kResourceOfBothIn, kEnd},
  }};
  // Where the candidates of a literal or type begin, list by list.
  using Lists = std::array<std::uint32_t, kEnd + 1>;
  struct LiteralFiled {
    Lists lists;
    std::uint32_t test = kNone;  // the one that all of them have; kNone when there are several
  };
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
  void note_uses(const Rule& rule);
  void find_common_tests();
  void note_list(List list);
  bool asks_more(const Rule& rule, const Filed& filed) const;
  bool holds(const Rule& rule, const Scope& scope) const {
    return action_holds(tests_[rule.action], scope.actions) && side_holds(rule, 0, scope) &&
           side_holds(rule, 1, scope);
  }
  // Whether all that is filed under it is about other actions.
  bool is_passed_over(std::uint32_t literal, const LiteralSet& actions) const {
    const std::uint32_t test = filed_under(literal).test;
    return test != kNone && !action_holds(tests_[test], actions);
  }
  bool action_holds(const ActionTest& test, const LiteralSet& actions) const {
    if (test.kind == ActionConstraint::Kind::kEqual) return actions.self() == test.equal;
    return test.kind == ActionConstraint::Kind::kAny || is_any_of(test.literals, actions);
  }
  static bool is_any_of(std::span<const std::uint32_t> literals, const LiteralSet& actions);
  bool side_holds(const Rule& rule, std::size_t side, const Scope& scope) const {
    if (rule.type[side] != kNone && rule.type[side] != scope.types[side]) return false;
    if (rule.literal[side] == kNone) return true;
    const LiteralSet& entity = scope.entities[side];
    return rule.is_equal[side] ? entity.self() == rule.literal[side]
                               : entity.contains(rule.literal[side]);
  }

  template <typename Visit>
  void each_in(std::span<const Candidate> candidates, const Scope& scope, Visit& visit) const;
  template <typename Visit>
  void each_of_both(std::size_t side, const Scope& scope, Visit& visit) const;
  std::size_t filed_on_both(std::size_t side, const Scope& scope) const;
  std::size_t side_with_less(const Scope& scope) const;
  // INVARIANT: lists begin where finish() says, within candidates_.
  std::span<const Candidate> between(const Lists& lists, List from, List to) const {
    return {candidates_.data() + lists[from], lists[to] - lists[from]};
  }
  const LiteralFiled& filed_under(std::uint32_t literal) const {
    return literals_filed_.data()[literal];
  }

  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t literal = kNone;
  };

  std::vector<Rule> rules_;
  std::vector<ActionTest> tests_;
  std::vector<EntityUid> literals_;
  std::unordered_map<std::string, EntityType> literal_types_;
  std::vector<Slot> table_;  // open addressing, a power of two, at most half full
  struct TypeHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const {
      return std::hash<std::string_view>()(name);
    }
  };
  std::unordered_map<std::string, std::uint32_t, TypeHash, std::equal_to<>> types_;
  std::vector<Candidate> candidates_;
  std::vector<LiteralFiled> literals_filed_;
  std::vector<Lists> type_lists_;
  std::array<bool, 2> has_alone_{};  // by Side: anything filed under a literal of it alone
  bool has_both_ = false;
  std::vector<Candidate> always_;
  std::vector<Filed> filed_;
  // Per literal, and for any action: what matters where it is that action, or in it.
  struct Uses {
    std::array<Use, 2> if_equal{};  // by Side
    std::array<Use, 2> if_in{};
  };
  std::vector<Uses> action_uses_;
  std::array<Use, 2> always_uses_{};
  bool uses_action_in_ = false;
};

template <typename Visit>
void ScopeIndex::each_in(std::span<const Candidate> candidates, const Scope& scope,
                         Visit& visit) const {
  for (const Candidate& candidate : candidates) {
    if (!candidate.needs_all || holds(rules_[candidate.rule], scope)) visit(candidate.rule);
  }
}

template <typename Visit>
void ScopeIndex::each_of_both(std::size_t side, const Scope& scope, Visit& visit) const {
  const LiteralSet& entity = scope.entities[side];
  const LiteralSet& other = scope.entities[1 - side];
  for (const std::uint32_t literal : entity.all()) {
    if (is_passed_over(literal, scope.actions)) continue;
    const List from = kListsOfBoth[side][literal == entity.self() ? 0 : 1];
    for (const Candidate& candidate :
         between(filed_under(literal).lists, from, kListsOfBoth[side][2])) {
      const bool is_met =
          candidate.is_equal ? other.self() == candidate.other : other.contains(candidate.other);
      if (is_met && (!candidate.needs_all || holds(rules_[candidate.rule], scope)))
        visit(candidate.rule);
    }
  }
}

template <typename Visit>
void ScopeIndex::each_match(const Scope& scope, Visit&& visit) const {
  constexpr std::array<std::array<List, 3>, 2> kLists = {{
      {kPrincipalEqual, kPrincipalIn, kResourceEqual},
      {kResourceEqual, kResourceIn, kActionEqual},
  }};
  for (std::size_t side = 0; side < 2; ++side) {
    const LiteralSet& entity = scope.entities[side];
    if (has_alone_[side]) {
      for (const std::uint32_t literal : entity.all()) {
        if (is_passed_over(literal, scope.actions)) continue;
        const List from = kLists[side][literal == entity.self() ? 0 : 1];
        each_in(between(filed_under(literal).lists, from, kLists[side][2]), scope, visit);
      }
    }
    if (scope.types[side] != kNone) {
      const Lists& lists = type_lists_[scope.types[side]];
      each_in(between(lists, kLists[side][0], kLists[side][2]), scope, visit);
    }
  }
  // What is filed on both sides is found on either.
  if (has_both_ && !scope.entities[0].all().empty() && !scope.entities[1].all().empty()) {
    each_of_both(side_with_less(scope), scope, visit);
  }
  for (const std::uint32_t literal : scope.actions.all()) {
    const List from = literal == scope.actions.self() ? kActionEqual : kActionIn;
    each_in(between(filed_under(literal).lists, from, kPrincipalOfBothEqual), scope, visit);
  }
  each_in(always_, scope, visit);
}

}  // namespace ward::cedar::engine
