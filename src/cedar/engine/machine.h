// One decision: the index says which policies may hold, their conditions are evaluated. Private to
// the engine; a template so that the stores of this room are asked without a virtual call.
#pragma once

#include <algorithm>
#include <bit>
#include <type_traits>

#include "cedar/engine/bound_policies.h"
#include "cedar/engine/conditions.h"
#include "cedar/engine/engine.h"
#include "cedar/evaluate/evaluator.h"

namespace ward::cedar {

template <typename Store>
class Machine {
 public:
  Machine(const CompiledPolicies& policies, const Query& query, const Store& store,
          Workspace& workspace)
      : policies_(policies),
        query_(query),
        store_(store),
        work_(workspace),
        entities_{located(0), located(1), located(2)},
        conditions_(policies, entities_, query.context_, store, workspace.arena_) {}
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  Answer run();

 private:
  using Truth = typename Conditions<Store>::Truth;
  using Use = engine::ScopeIndex::Use;

  // A bound store knows the numbers of what it holds.
  static constexpr bool kIsBound = std::is_same_v<Store, BoundPolicies>;

  // PERF: the one of the query where it is located, since copying is half of looking up.
  const ValueView* located(std::size_t at) {
    const ValueView& given = query_.entities_[at];
    if (given.is_located()) return &given;
    found_[at] = given.located(store_.find(given.entity()));
    return &found_[at];
  }
  const EntityStore& entities_of_store() const {
    if constexpr (kIsBound) {
      return store_.entities();
    } else {
      return store_;
    }
  }
  // kNone when no scope names it.
  std::uint32_t literal_of(const ValueView& entity) const {
    if constexpr (kIsBound) {
      if (entity.handle()) return store_.literal(entity.handle());
    }
    return policies_.index().find(entity.entity());
  }
  const ValueView& entity(Variable variable) const {
    return *entities_[static_cast<std::size_t>(variable)];
  }

  void fill_scope();
  void fill(const ValueView& entity, engine::LiteralSet& to, Use use);
  void add_ancestors(const ValueView& of, engine::LiteralSet& to);
  void visit_ancestors(EntityHandle of, engine::LiteralSet& to);
  Truth outcome_of(std::uint32_t rule);
  Truth walk(const Policy& policy) const;
  void sort(std::vector<PolicyIndex>& indexes);
  bool sort_by_bits(std::vector<PolicyIndex>& indexes);

  const CompiledPolicies& policies_;
  const Query& query_;
  const Store& store_;
  Workspace& work_;
  ValueView found_[3];
  const ValueView* entities_[3];  // by Variable
  Conditions<Store> conditions_;
};

template <typename Store>
void Machine<Store>::add_ancestors(const ValueView& of, engine::LiteralSet& to) {
  if (!of.handle()) return;
  if constexpr (kIsBound) {
    for (const Entities::Number ancestor : store_.entities().ancestors(of.handle())) {
      const std::uint32_t literal = store_.literal(ancestor);
      if (literal != engine::kNone) to.add(literal);
    }
  } else {
    visit_ancestors(of.handle(), to);
  }
}

template <typename Store>
void Machine<Store>::visit_ancestors(EntityHandle of, engine::LiteralSet& to) {
  class Finder final : public AncestorVisitor {
   public:
    Finder(const engine::ScopeIndex& index, engine::LiteralSet& to) : index_(index), to_(to) {}
    void visit(const EntityName& ancestor) override {
      const std::uint32_t literal = index_.find(ancestor);
      if (literal != engine::kNone) to_.add(literal);
    }

   private:
    const engine::ScopeIndex& index_;
    engine::LiteralSet& to_;
  };
  Finder finder(policies_.index(), to);
  store_.each_ancestor(of, finder);
}

template <typename Store>
void Machine<Store>::fill(const ValueView& entity, engine::LiteralSet& to, Use use) {
  to.clear();
  if (use == Use::kNothing) return;
  const std::uint32_t self = literal_of(entity);
  if (self != engine::kNone) to.add_self(self);
  if (use == Use::kSelf) return;
  add_ancestors(entity, to);
  to.finish(policies_.index().literals().size());
}

template <typename Store>
void Machine<Store>::fill_scope() {
  using engine::Side;
  const engine::ScopeIndex& index = policies_.index();
  engine::Scope& scope = work_.scope_;
  fill(entity(Variable::kAction), scope.actions,
       index.uses_ancestors_of_actions() ? Use::kAncestors : Use::kSelf);
  fill(entity(Variable::kPrincipal), scope.entities[0], index.use(Side::kPrincipal, scope.actions));
  fill(entity(Variable::kResource), scope.entities[1], index.use(Side::kResource, scope.actions));
  // What another set left there means nothing to this one.
  scope.types = {engine::kNone, engine::kNone};
  if (!index.uses_types()) return;
  scope.types = {index.find_type(entity(Variable::kPrincipal).entity_type()),
                 index.find_type(entity(Variable::kResource).entity_type())};
}

template <typename Store>
Answer Machine<Store>::run() {
  work_.permits_.clear();
  work_.forbids_.clear();
  work_.errors_.clear();
  work_.arena_.clear();
  if (work_.memos_.size() < policies_.memos()) work_.memos_.resize(policies_.memos());
  ++work_.decision_;
  fill_scope();
  policies_.index().each_match(work_.scope_, [&](std::uint32_t rule) {
    switch (outcome_of(rule)) {
      case Truth::kFalse:
        return;
      case Truth::kTrue:
        (policies_.index().rule(rule).is_forbid ? work_.forbids_ : work_.permits_).push_back(rule);
        return;
      case Truth::kError:
        work_.errors_.push_back(rule);
        return;
    }
  });
  sort(work_.permits_);
  sort(work_.forbids_);
  sort(work_.errors_);
  const bool is_allowed = work_.forbids_.empty() && !work_.permits_.empty();
  return {.decision = is_allowed ? Decision::kAllow : Decision::kDeny,
          .reasons = work_.forbids_.empty() ? work_.permits_ : work_.forbids_,
          .errors = work_.errors_};
}

// One that is filed under several actions may have been met more than once.
template <typename Store>
void Machine<Store>::sort(std::vector<PolicyIndex>& indexes) {
  constexpr std::size_t kFewMax = 16;
  if (indexes.size() < 2) return;
  if (indexes.size() > kFewMax && sort_by_bits(indexes)) return;
  std::ranges::sort(indexes);
  const auto rest = std::ranges::unique(indexes);
  indexes.erase(rest.begin(), rest.end());
}

// PERF: a bit for each policy between the least and the greatest; false where that is a long way.
template <typename Store>
bool Machine<Store>::sort_by_bits(std::vector<PolicyIndex>& indexes) {
  constexpr std::size_t kWordsEach = 16;  // about what comparing an index with others takes
  const auto [least, greatest] = std::ranges::minmax(indexes);
  const std::size_t first = least / 64;
  const std::size_t words = greatest / 64 - first + 1;
  if (words > indexes.size() * kWordsEach) return false;
  work_.bits_.assign(words, 0);
  for (const PolicyIndex index : indexes) {
    work_.bits_[index / 64 - first] |= std::uint64_t{1} << index % 64;
  }
  indexes.clear();
  for (std::size_t i = 0; i < words; ++i) {
    for (std::uint64_t left = work_.bits_[i]; left != 0; left &= left - 1) {
      const auto bit = static_cast<std::size_t>(std::countr_zero(left));
      indexes.push_back(static_cast<PolicyIndex>((first + i) * 64 + bit));
    }
  }
  return true;
}

template <typename Store>
typename Machine<Store>::Truth Machine<Store>::outcome_of(std::uint32_t rule) {
  const auto& program = policies_.program(policies_.index().rule(rule).program);
  if (program.is_true) return Truth::kTrue;
  if (program.is_deep) return walk(policies_.policy(rule));
  if (program.memo == engine::kNone) return conditions_.eval_bool(program.root);
  auto& memo = work_.memos_[program.memo];
  if (memo.decision != work_.decision_) {
    memo = {work_.decision_, static_cast<std::uint8_t>(conditions_.eval_bool(program.root))};
  }
  return static_cast<Truth>(memo.outcome);
}

template <typename Store>
typename Machine<Store>::Truth Machine<Store>::walk(const Policy& policy) const {
  const Request request = query_.to_request();
  const auto outcome =
      Evaluator(request, entities_of_store()).satisfied(policy.tree(), policy.slots());
  const bool* holds = std::get_if<bool>(&outcome);
  return holds == nullptr ? Truth::kError : Conditions<Store>::truth(*holds);
}

}  // namespace ward::cedar
