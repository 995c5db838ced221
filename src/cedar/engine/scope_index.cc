#include "cedar/engine/scope_index.h"

#include <algorithm>
#include <utility>

namespace ward::cedar::engine {

void LiteralSet::grow() {
  room_.resize(std::max<std::size_t>(16, 2 * room_.size()));
}

void LiteralSet::drop_repeated(std::size_t literals) {
  const std::span<std::uint32_t> all(room_.data(), count_);
  std::size_t kept = 0;
  if (count_ <= kScanMax) {
    for (const std::uint32_t literal : all) {
      const auto before = all.first(kept);
      if (std::ranges::find(before, literal) == before.end()) all[kept++] = literal;
    }
  } else {
    if (marks_.size() < literals) marks_.resize(literals);
    if (++mark_ == 0) {
      std::ranges::fill(marks_, 0);
      mark_ = 1;
    }
    for (const std::uint32_t literal : all) {
      if (std::exchange(marks_[literal], mark_) != mark_) all[kept++] = literal;
    }
  }
  count_ = kept;  // those that were marked and are few now are scanned
}

std::size_t ScopeIndex::filed_on_both(std::size_t side, const Scope& scope) const {
  const LiteralSet& entity = scope.entities[side];
  std::size_t count = 0;
  for (const std::uint32_t literal : entity.all()) {
    const Lists& lists = filed_under(literal).lists;
    const List from = kListsOfBoth[side][literal == entity.self() ? 0 : 1];
    count += lists[kListsOfBoth[side][2]] - lists[from];
  }
  return count;
}

// Counting takes a step a literal: the longer side is counted only where it may be worth it.
std::size_t ScopeIndex::side_with_less(const Scope& scope) const {
  const std::size_t few = scope.entities[0].all().size() <= scope.entities[1].all().size() ? 0 : 1;
  const std::size_t count = filed_on_both(few, scope);
  if (count <= scope.entities[1 - few].all().size()) return few;
  return count <= filed_on_both(1 - few, scope) ? few : 1 - few;
}

std::uint32_t ScopeIndex::find(const EntityName& name) const {
  if (table_.empty()) return kNone;
  const std::size_t hash = name.hash();
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  const std::size_t mask = table_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    const Slot& slot = table_[at];
    if (slot.literal == kNone) return kNone;
    if (slot.tag == tag && EntityName(literals_[slot.literal]) == name) return slot.literal;
  }
}

std::uint32_t ScopeIndex::find_type(std::string_view name) const {
  const auto it = types_.find(name);
  return it == types_.end() ? kNone : it->second;
}

void ScopeIndex::grow_table() {
  std::vector<Slot> bigger(std::max<std::size_t>(8, table_.size() * 2));
  const std::size_t mask = bigger.size() - 1;
  for (std::uint32_t i = 0; i < literals_.size(); ++i) {
    std::size_t at = literals_[i].hash() & mask;
    while (bigger[at].literal != kNone) at = (at + 1) & mask;
    bigger[at] = {static_cast<std::uint32_t>(literals_[i].hash() >> 32), i};
  }
  table_ = std::move(bigger);
}

std::uint32_t ScopeIndex::literal(const EntityUid& uid) {
  if (const std::uint32_t found = find(uid); found != kNone) return found;
  const auto made = static_cast<std::uint32_t>(literals_.size());
  // PERF: each name in a policy has a type of its own making; here equal types are one object, so
  // that comparing names does not touch memory for it.
  const auto [type, is_new] = literal_types_.try_emplace(uid.type().name(), uid.type());
  literals_.emplace_back(type->second, uid.id());
  if (literals_.size() * 2 > table_.size()) {
    grow_table();
    return made;
  }
  const std::size_t mask = table_.size() - 1;
  std::size_t at = uid.hash() & mask;
  while (table_[at].literal != kNone) at = (at + 1) & mask;
  table_[at] = {static_cast<std::uint32_t>(uid.hash() >> 32), made};
  return made;
}

std::uint32_t ScopeIndex::type(const EntityType& type) {
  return types_.try_emplace(type.name(), static_cast<std::uint32_t>(types_.size())).first->second;
}

void ScopeIndex::add_side(Rule& rule, Side side, const ScopeConstraint& scope,
                          const std::optional<EntityUid>& slot) {
  const auto at = static_cast<std::size_t>(side);
  if (scope.type) rule.type[at] = type(*scope.type);
  if (!scope.entity) return;
  rule.literal[at] = literal(scope.has_slot() ? *slot : std::get<EntityUid>(*scope.entity));
  rule.is_equal[at] = scope.kind == ScopeConstraint::Kind::kEqual;
}

std::uint32_t ScopeIndex::action_test(const ActionConstraint& scope) {
  ActionTest test{.kind = scope.kind, .literals = {}, .equal = kNone};
  for (const EntityUid& uid : scope.entities) test.literals.push_back(literal(uid));
  std::ranges::sort(test.literals);
  if (scope.kind == ActionConstraint::Kind::kEqual) test.equal = test.literals.front();
  if (scope.kind == ActionConstraint::Kind::kIn || scope.kind == ActionConstraint::Kind::kInSet) {
    test.kind = ActionConstraint::Kind::kInSet;
    uses_action_in_ = true;
  }
  // Neighbours in a set are often about the same actions.
  const std::size_t first = tests_.size() > 32 ? tests_.size() - 32 : 0;
  for (std::size_t i = first; i < tests_.size(); ++i) {
    if (tests_[i] == test) return static_cast<std::uint32_t>(i);
  }
  tests_.push_back(std::move(test));
  return static_cast<std::uint32_t>(tests_.size() - 1);
}

void ScopeIndex::add(const PolicyTree& policy, const SlotValues& slots, std::uint32_t program,
                     bool can_hold) {
  Rule rule{.program = program, .can_hold = can_hold};
  rule.is_forbid = policy.effect == Effect::kForbid;
  add_side(rule, Side::kPrincipal, policy.principal, slots.principal);
  add_side(rule, Side::kResource, policy.resource, slots.resource);
  rule.action = action_test(policy.action);
  rules_.push_back(rule);
}

// Under what the fewest policies ask for.
void ScopeIndex::file(std::uint32_t number, std::span<const std::uint32_t> weights,
                      std::span<const std::uint32_t> type_weights) {
  const Rule& rule = rules_[number];
  if (!rule.can_hold) return;
  const ActionTest& test = tests_[rule.action];
  std::size_t best = SIZE_MAX;
  std::size_t best_side = 2;  // 2: its actions; 3: nothing
  for (std::size_t side = 0; side < 2; ++side) {
    if (rule.literal[side] != kNone && weights[rule.literal[side]] < best) {
      best = weights[rule.literal[side]];
      best_side = side;
    }
  }
  if (test.kind != ActionConstraint::Kind::kAny) {
    std::size_t weight = 0;
    for (const std::uint32_t literal : test.literals) weight += weights[literal];
    if (weight < best) best_side = 2, best = weight;
  }
  if (best == SIZE_MAX) best_side = 3;
  bool by_type = false;
  for (std::size_t side = 0; side < 2; ++side) {
    if (rule.type[side] != kNone && type_weights[rule.type[side]] < best) {
      best = type_weights[rule.type[side]];
      best_side = side;
      by_type = true;
    }
  }
  constexpr std::array<List, 2> kEquals = {kPrincipalEqual, kResourceEqual};
  constexpr std::array<List, 2> kIns = {kPrincipalIn, kResourceIn};
  constexpr std::array<List, 2> kEqualsOfBoth = {kPrincipalOfBothEqual, kResourceOfBothEqual};
  constexpr std::array<List, 2> kInsOfBoth = {kPrincipalOfBothIn, kResourceOfBothIn};
  if (best_side == 3) {
    always_.push_back({.rule = number});
  } else if (best_side == 2) {
    const List list = test.kind == ActionConstraint::Kind::kEqual ? kActionEqual : kActionIn;
    for (const std::uint32_t literal : test.literals)
      filed_.push_back({literal, list, {.rule = number}});
  } else if (by_type) {
    // After the literals, so that one sort orders all.
    const auto key = static_cast<std::uint32_t>(literals_.size()) + rule.type[best_side];
    filed_.push_back({key, kEquals[best_side], {.rule = number}});
  } else if (rule.literal[1 - best_side] == kNone) {
    const List list = rule.is_equal[best_side] ? kEquals[best_side] : kIns[best_side];
    filed_.push_back({rule.literal[best_side], list, {.rule = number}});
  } else {
    for (std::size_t side = 0; side < 2; ++side) {
      const List list = rule.is_equal[side] ? kEqualsOfBoth[side] : kInsOfBoth[side];
      const std::size_t other = 1 - side;
      filed_.push_back(
          {rule.literal[side],
           list,
           {.rule = number, .other = rule.literal[other], .is_equal = rule.is_equal[other]}});
    }
  }
}

void ScopeIndex::finish() {
  std::vector<std::uint32_t> weights(literals_.size());
  std::vector<std::uint32_t> type_weights(types_.size());
  for (const Rule& rule : rules_) {
    for (std::size_t side = 0; side < 2; ++side) {
      if (rule.literal[side] != kNone) ++weights[rule.literal[side]];
      if (rule.type[side] != kNone) ++type_weights[rule.type[side]];
    }
    for (const std::uint32_t literal : tests_[rule.action].literals) ++weights[literal];
  }
  action_uses_.resize(literals_.size());
  for (std::uint32_t i = 0; i < rules_.size(); ++i) {
    file(i, weights, type_weights);
    note_uses(rules_[i]);
  }
  find_common_tests();
  for (Filed& each : filed_) {
    each.candidate.needs_all = asks_more(rules_[each.candidate.rule], each);
    note_list(each.list);
  }

  // A counting sort by key and list.
  const std::size_t keys = literals_.size() + types_.size();
  std::vector<std::uint32_t> begins(keys * kEnd + 1);
  const auto cell = [](const Filed& each) { return std::size_t{each.key} * kEnd + each.list; };
  for (const Filed& each : filed_) ++begins[cell(each) + 1];
  for (std::size_t i = 1; i < begins.size(); ++i) begins[i] += begins[i - 1];
  const auto lists_at = [&](std::size_t key) {
    Lists lists;
    std::ranges::copy_n(begins.begin() + static_cast<std::ptrdiff_t>(key * kEnd), kEnd + 1,
                        lists.begin());
    return lists;
  };
  for (std::size_t key = 0; key < literals_.size(); ++key)
    literals_filed_[key].lists = lists_at(key);
  for (std::size_t key = literals_.size(); key < keys; ++key) type_lists_.push_back(lists_at(key));
  candidates_.resize(filed_.size());
  for (const Filed& each : filed_) candidates_[begins[cell(each)]++] = each.candidate;
  filed_ = {};
}

void ScopeIndex::find_common_tests() {
  literals_filed_.resize(literals_.size());
  std::vector<bool> is_mixed(literals_.size());
  for (const Filed& each : filed_) {
    if (each.key >= literals_.size()) continue;  // a type
    std::uint32_t& test = literals_filed_[each.key].test;
    const std::uint32_t own = rules_[each.candidate.rule].action;
    if (test != kNone && test != own) is_mixed[each.key] = true;
    test = own;
  }
  for (std::size_t i = 0; i < is_mixed.size(); ++i) {
    if (is_mixed[i]) literals_filed_[i].test = kNone;
  }
}

void ScopeIndex::note_list(List list) {
  has_alone_[0] = has_alone_[0] || list == kPrincipalEqual || list == kPrincipalIn;
  has_alone_[1] = has_alone_[1] || list == kResourceEqual || list == kResourceIn;
  has_both_ = has_both_ || list >= kPrincipalOfBothEqual;
}

// Whether the scope asks for more than is met where the candidate is looked at: each_match() visits
// a list only for what the list stands for, and passes over literals of another test.
bool ScopeIndex::asks_more(const Rule& rule, const Filed& filed) const {
  if (filed.key >= literals_.size()) return true;
  if (rule.type[0] != kNone || rule.type[1] != kNone) return true;
  if (filed.list == kActionEqual || filed.list == kActionIn)
    return rule.literal[0] != kNone || rule.literal[1] != kNone;
  return literals_filed_[filed.key].test == kNone;
}

void ScopeIndex::note_uses(const Rule& rule) {
  const ActionTest& test = tests_[rule.action];
  for (std::size_t side = 0; side < 2; ++side) {
    if (rule.literal[side] == kNone) continue;
    const Use use = rule.is_equal[side] ? Use::kSelf : Use::kAncestors;
    const auto note = [use](Use& most) { most = std::max(most, use); };
    if (test.kind == ActionConstraint::Kind::kAny) note(always_uses_[side]);
    for (const std::uint32_t literal : test.literals) {
      Uses& uses = action_uses_[literal];
      note((test.kind == ActionConstraint::Kind::kEqual ? uses.if_equal : uses.if_in)[side]);
    }
  }
}

bool ScopeIndex::is_any_of(std::span<const std::uint32_t> literals, const LiteralSet& actions) {
  return std::ranges::any_of(actions.all(), [&](std::uint32_t literal) {
    return std::ranges::binary_search(literals, literal);
  });
}

}  // namespace ward::cedar::engine
