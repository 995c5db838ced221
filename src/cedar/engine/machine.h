// One decision: the index says which policies may hold, their nodes are evaluated. Private to the
// engine; a template so that the store of this room is asked without a virtual call.
#pragma once

#include <algorithm>
#include <span>
#include <type_traits>

#include "cedar/engine/bound_policies.h"
#include "cedar/engine/engine.h"
#include "cedar/engine/extension_call.h"
#include "cedar/engine/set_operations.h"
#include "cedar/evaluate/evaluator.h"

namespace ward::cedar {

template <typename Store>
class Machine {
 public:
  Machine(const CompiledPolicies& policies, const Query& query, const Store& store,
          Workspace& workspace)
      : policies_(policies),
        code_(policies.code()),
        constants_(constants_of(policies, store)),
        query_(query),
        store_(store),
        work_(workspace) {
    for (std::size_t i = 0; i < 3; ++i) {
      entities_[i] = &query.entities_[i];
      if (entities_[i]->is_located()) continue;
      found_[i] = *entities_[i];
      found_[i].locate(store.find(found_[i].entity()));
      entities_[i] = &found_[i];
    }
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  Answer run();

 private:
  using Op = engine::Op;
  using Node = engine::Node;
  using NodeId = engine::NodeId;
  using Kind = Value::Kind;
  enum class Truth : std::uint8_t { kFalse, kTrue, kError };

  // A bound store knows the numbers of what it holds.
  static constexpr bool kIsBound = std::is_same_v<Store, BoundPolicies>;

  static std::span<const ValueView> constants_of(const CompiledPolicies& policies,
                                                 const Store& store) {
    if constexpr (kIsBound) {
      return store.constants();
    } else {
      return policies.code().constant_views;
    }
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

  static Truth truth(bool value) { return value ? Truth::kTrue : Truth::kFalse; }

  const ValueView& entity(Variable variable) const {
    return *entities_[static_cast<std::size_t>(variable)];
  }

  void fill_scope();
  void add_ancestors(const ValueView& of, engine::LiteralSet& to);
  void visit_ancestors(EntityHandle of, engine::LiteralSet& to);
  Truth outcome_of(std::uint32_t rule);
  Truth walk(const Policy& policy) const;
  void sort(std::vector<PolicyIndex>& indexes) const;

  // `out` is set if there is a value.
  bool eval(NodeId id, ValueView& out);
  Truth eval_bool(NodeId id);
  Truth binary(const Node& node);
  Truth order(BinaryOp op, const ValueView& left, const ValueView& right) const;
  Truth in(const ValueView& left, const ValueView& right) const;
  Truth has_tag(const ValueView& left, const ValueView& right) const;
  Truth has(const Node& node);
  bool binary_value(const Node& node, ValueView& out);
  bool attribute(const ValueView& object, std::uint32_t name, ValueView& out) const;
  bool set(const Node& node, ValueView& out);
  bool record(const Node& node, ValueView& out);
  bool call(const Node& node, ValueView& out);

  EntityHandle handle_of(const ValueView& entity) const {
    return entity.is_located() ? entity.handle() : store_.find(entity.entity());
  }
  bool is_in(const ValueView& entity, const ValueView& ancestor) const {
    if (entity == ancestor) return true;
    const EntityHandle handle = handle_of(entity);
    return handle && has_ancestor(handle, ancestor);
  }
  bool has_ancestor(EntityHandle entity, const ValueView& ancestor) const {
    if constexpr (kIsBound) {
      if (ancestor.handle()) return store_.entities().has_ancestor(entity, ancestor.handle());
    }
    return store_.has_ancestor(entity, ancestor.entity());
  }

  const CompiledPolicies& policies_;
  const engine::Code& code_;
  std::span<const ValueView> constants_;
  const Query& query_;
  const Store& store_;
  Workspace& work_;
  // By Variable. PERF: those of the query where they are located, since copying is half of looking.
  const ValueView* entities_[3];
  ValueView found_[3];
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
void Machine<Store>::fill_scope() {
  const engine::ScopeIndex& index = policies_.index();
  engine::Scope& scope = work_.scope_;
  const auto fill = [&](const ValueView& entity, engine::LiteralSet& to, bool with_ancestors) {
    to.clear();
    const std::uint32_t self = literal_of(entity);
    if (self != engine::kNone) to.add_self(self);
    if (!with_ancestors) return;
    add_ancestors(entity, to);
    to.finish();
  };
  using engine::Side;
  fill(entity(Variable::kAction), scope.actions, index.uses_ancestors_of_actions());
  fill(entity(Variable::kPrincipal), scope.entities[0],
       index.uses_ancestors(Side::kPrincipal, scope.actions));
  fill(entity(Variable::kResource), scope.entities[1],
       index.uses_ancestors(Side::kResource, scope.actions));
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
        (policies_.index().rules()[rule].is_forbid ? work_.forbids_ : work_.permits_)
            .push_back(rule);
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
void Machine<Store>::sort(std::vector<PolicyIndex>& indexes) const {
  if (indexes.size() < 2) return;
  std::ranges::sort(indexes);
  const auto rest = std::ranges::unique(indexes);
  indexes.erase(rest.begin(), rest.end());
}

template <typename Store>
typename Machine<Store>::Truth Machine<Store>::outcome_of(std::uint32_t rule) {
  const auto& program = policies_.program(policies_.index().rules()[rule].program);
  if (program.is_deep) return walk(policies_.policy(rule));
  if (program.memo == engine::kNone) return eval_bool(program.root);
  auto& memo = work_.memos_[program.memo];
  if (memo.decision != work_.decision_) {
    memo = {work_.decision_, static_cast<std::uint8_t>(eval_bool(program.root))};
  }
  return static_cast<Truth>(memo.outcome);
}

template <typename Store>
typename Machine<Store>::Truth Machine<Store>::walk(const Policy& policy) const {
  const Request request = query_.to_request();
  const auto outcome =
      Evaluator(request, entities_of_store()).satisfied(policy.tree(), policy.slots());
  const bool* holds = std::get_if<bool>(&outcome);
  return holds == nullptr ? Truth::kError : truth(*holds);
}

// Recursion is bounded by kExprDepthMax: what is deeper is walked.
template <typename Store>
typename Machine<Store>::Truth Machine<Store>::eval_bool(NodeId id) {
  const Node& node = code_.nodes[id];
  switch (node.op) {
    case Op::kConstant: {
      const ValueView& value = constants_[node.x];
      return value.is(Kind::kBool) ? truth(value.truth()) : Truth::kError;
    }
    case Op::kFail:
      return Truth::kError;
    case Op::kNot: {
      const Truth operand = eval_bool(node.x);
      return operand == Truth::kError ? operand : truth(operand == Truth::kFalse);
    }
    case Op::kIsEmpty: {
      ValueView operand;
      if (!eval(node.x, operand) || !operand.is(Kind::kSet)) return Truth::kError;
      return truth(operand.size() == 0);
    }
    case Op::kBinary:
      return binary(node);
    case Op::kAnd:
    case Op::kOr: {
      const Truth decisive = truth(node.op == Op::kOr);
      for (std::uint32_t i = 0; i < node.y; ++i) {
        const Truth operand = eval_bool(code_.lists[node.x + i]);
        if (operand == decisive || operand == Truth::kError) return operand;
      }
      return truth(node.op == Op::kAnd);
    }
    case Op::kIf: {
      const Truth condition = eval_bool(node.x);
      if (condition == Truth::kError) return condition;
      return eval_bool(condition == Truth::kTrue ? node.y : node.z);
    }
    case Op::kHas:
      return has(node);
    case Op::kEntityHas: {
      const EntityHandle handle = entity(static_cast<Variable>(node.small)).handle();
      return truth(handle && store_.attribute(handle, code_.names[node.y]).has_value());
    }
    case Op::kLike: {
      ValueView operand;
      if (!eval(node.x, operand) || !operand.is(Kind::kString)) return Truth::kError;
      return truth(code_.patterns[node.y].matches(operand.text()));
    }
    case Op::kIs:
    case Op::kIsIn: {
      ValueView operand;
      if (!eval(node.x, operand) || !operand.is(Kind::kEntity)) return Truth::kError;
      if (operand.entity_type() != code_.names[node.y]) return Truth::kFalse;
      if (node.op == Op::kIs) return Truth::kTrue;
      ValueView group;
      return eval(node.z, group) ? in(operand, group) : Truth::kError;
    }
    case Op::kVariable:
    case Op::kNegate:
    case Op::kAttribute:
    case Op::kEntityAttribute:
    case Op::kSet:
    case Op::kRecord:
    case Op::kCall: {
      ValueView value;
      if (!eval(id, value) || !value.is(Kind::kBool)) return Truth::kError;
      return truth(value.truth());
    }
  }
  WARD_UNREACHABLE();
}

template <typename Store>
bool Machine<Store>::eval(NodeId id, ValueView& out) {
  const Node& node = code_.nodes[id];
  switch (node.op) {
    case Op::kConstant:
      out = constants_[node.x];
      return true;
    case Op::kFail:
      return false;
    case Op::kVariable:
      out = static_cast<Variable>(node.small) == Variable::kContext
                ? query_.context_
                : entity(static_cast<Variable>(node.small));
      return true;
    case Op::kNegate: {
      std::int64_t negated = 0;
      if (!eval(node.x, out) || !out.is(Kind::kLong)) return false;
      if (__builtin_sub_overflow(std::int64_t{0}, out.number(), &negated)) return false;
      out = ValueView::of_long(negated);
      return true;
    }
    case Op::kBinary:
      return binary_value(node, out);
    case Op::kIf: {
      const Truth condition = eval_bool(node.x);
      if (condition == Truth::kError) return false;
      return eval(condition == Truth::kTrue ? node.y : node.z, out);
    }
    case Op::kAttribute: {
      ValueView object;
      return eval(node.x, object) && attribute(object, node.y, out);
    }
    case Op::kEntityAttribute:
      return attribute(entity(static_cast<Variable>(node.small)), node.y, out);
    case Op::kSet:
      return set(node, out);
    case Op::kRecord:
      return record(node, out);
    case Op::kCall:
      return call(node, out);
    case Op::kNot:
    case Op::kIsEmpty:
    case Op::kAnd:
    case Op::kOr:
    case Op::kHas:
    case Op::kEntityHas:
    case Op::kLike:
    case Op::kIs:
    case Op::kIsIn: {
      const Truth value = eval_bool(id);
      if (value == Truth::kError) return false;
      out = ValueView(value == Truth::kTrue);
      return true;
    }
  }
  WARD_UNREACHABLE();
}

template <typename Store>
typename Machine<Store>::Truth Machine<Store>::binary(const Node& node) {
  ValueView left;
  ValueView right;
  if (!eval(node.x, left) || !eval(node.y, right)) return Truth::kError;
  const auto op = static_cast<BinaryOp>(node.small);
  switch (op) {
    case BinaryOp::kEqual:
      return truth(left == right);
    case BinaryOp::kNotEqual:
      return truth(!(left == right));
    case BinaryOp::kLess:
    case BinaryOp::kLessEqual:
    case BinaryOp::kGreater:
    case BinaryOp::kGreaterEqual:
      return order(op, left, right);
    case BinaryOp::kIn:
      return in(left, right);
    case BinaryOp::kContains:
      if (!left.is(Kind::kSet)) return Truth::kError;
      return truth(engine::contains(left, right));
    case BinaryOp::kContainsAll:
    case BinaryOp::kContainsAny:
      if (!left.is(Kind::kSet) || !right.is(Kind::kSet)) return Truth::kError;
      return truth(op == BinaryOp::kContainsAll ? engine::contains_all(left, right)
                                                : engine::contains_any(left, right));
    case BinaryOp::kHasTag:
      return has_tag(left, right);
    case BinaryOp::kAdd:
    case BinaryOp::kSubtract:
    case BinaryOp::kMultiply:
      return Truth::kError;  // a long, where a boolean is wanted
    case BinaryOp::kGetTag: {
      ValueView value;
      if (!binary_value(node, value) || !value.is(Kind::kBool)) return Truth::kError;
      return truth(value.truth());
    }
  }
  WARD_UNREACHABLE();
}

template <typename Store>
bool Machine<Store>::binary_value(const Node& node, ValueView& out) {
  const auto op = static_cast<BinaryOp>(node.small);
  const bool is_tag = op == BinaryOp::kGetTag;
  if (!is_tag && op != BinaryOp::kAdd && op != BinaryOp::kSubtract && op != BinaryOp::kMultiply) {
    const Truth value = binary(node);
    if (value == Truth::kError) return false;
    out = ValueView(value == Truth::kTrue);
    return true;
  }
  ValueView left;
  ValueView right;
  if (!eval(node.x, left) || !eval(node.y, right)) return false;
  if (is_tag) {
    if (!left.is(Kind::kEntity) || !right.is(Kind::kString)) return false;
    const EntityHandle handle = handle_of(left);
    const auto tag = handle ? store_.tag(handle, right.text()) : std::nullopt;
    if (tag) out = *tag;
    return tag.has_value();
  }
  if (!left.is(Kind::kLong) || !right.is(Kind::kLong)) return false;
  std::int64_t result = 0;
  const bool overflows =
      op == BinaryOp::kAdd        ? __builtin_add_overflow(left.number(), right.number(), &result)
      : op == BinaryOp::kSubtract ? __builtin_sub_overflow(left.number(), right.number(), &result)
                                  : __builtin_mul_overflow(left.number(), right.number(), &result);
  out = ValueView::of_long(result);
  return !overflows;
}

template <typename Store>
typename Machine<Store>::Truth Machine<Store>::order(BinaryOp op, const ValueView& left,
                                                     const ValueView& right) const {
  const bool is_ordered =
      left.is(Kind::kLong) || left.is(Kind::kDatetime) || left.is(Kind::kDuration);
  if (!is_ordered || left.kind() != right.kind()) return Truth::kError;
  if (op == BinaryOp::kLess) return truth(left.number() < right.number());
  if (op == BinaryOp::kLessEqual) return truth(left.number() <= right.number());
  if (op == BinaryOp::kGreater) return truth(left.number() > right.number());
  return truth(left.number() >= right.number());
}

template <typename Store>
typename Machine<Store>::Truth Machine<Store>::in(const ValueView& left,
                                                  const ValueView& right) const {
  if (!left.is(Kind::kEntity)) return Truth::kError;
  if (right.is(Kind::kEntity)) return truth(is_in(left, right));
  if (!right.is(Kind::kSet)) return Truth::kError;
  // All are looked at before any is compared: one that is no entity is an error whatever matches.
  const std::size_t size = right.size();
  if (const Set* owned = right.set()) {
    for (const Value& element : owned->elements()) {
      if (element.if_entity() == nullptr) return Truth::kError;
    }
  } else {
    for (std::size_t i = 0; i < size; ++i) {
      if (!right.element(i).is(Kind::kEntity)) return Truth::kError;
    }
  }
  const EntityHandle handle = size == 0 ? EntityHandle() : handle_of(left);
  for (std::size_t i = 0; i < size; ++i) {
    const ValueView ancestor = right.element(i);
    if (left == ancestor) return Truth::kTrue;
    if (handle && has_ancestor(handle, ancestor)) return Truth::kTrue;
  }
  return Truth::kFalse;
}

template <typename Store>
typename Machine<Store>::Truth Machine<Store>::has_tag(const ValueView& left,
                                                       const ValueView& right) const {
  if (!left.is(Kind::kEntity) || !right.is(Kind::kString)) return Truth::kError;
  const EntityHandle handle = handle_of(left);
  return truth(handle && store_.tag(handle, right.text()).has_value());
}

// RFC 62: `e has a.b` is `e has a && e.a has b`, so an absent link ends the chain with false.
template <typename Store>
typename Machine<Store>::Truth Machine<Store>::has(const Node& node) {
  ValueView object;
  if (!eval(node.x, object)) return Truth::kError;
  for (std::uint32_t i = 0; i < node.z; ++i) {
    if (!object.is(Kind::kRecord) && !object.is(Kind::kEntity)) return Truth::kError;
    ValueView next;
    if (!attribute(object, code_.lists[node.y + i], next)) return Truth::kFalse;
    object = next;
  }
  return Truth::kTrue;
}

template <typename Store>
bool Machine<Store>::attribute(const ValueView& object, std::uint32_t name, ValueView& out) const {
  const std::string& text = code_.names[name];
  if (object.is(Kind::kRecord)) return object.find(text, out);
  if (!object.is(Kind::kEntity)) return false;
  const EntityHandle handle = handle_of(object);
  if (!handle) return false;
  const auto found = store_.attribute(handle, text);
  if (found) out = *found;
  return found.has_value();
}

template <typename Store>
bool Machine<Store>::set(const Node& node, ValueView& out) {
  ValueView* elements = work_.arena_.template make<ValueView>(node.y);
  for (std::uint32_t i = 0; i < node.y; ++i) {
    if (!eval(code_.lists[node.x + i], elements[i])) return false;
  }
  out = engine::make_set({elements, node.y});
  return out.depth() <= kValueDepthMax;
}

template <typename Store>
bool Machine<Store>::record(const Node& node, ValueView& out) {
  FieldView* fields = work_.arena_.template make<FieldView>(node.y);
  for (std::uint32_t i = 0; i < node.y; ++i) {
    fields[i].name = code_.names[code_.lists[node.x + 2 * i]];
    if (!eval(code_.lists[node.x + 2 * i + 1], fields[i].value)) return false;
  }
  out = ValueView::of_fields({fields, node.y});
  return out.depth() <= kValueDepthMax;
}

template <typename Store>
bool Machine<Store>::call(const Node& node, ValueView& out) {
  ValueView* arguments = work_.arena_.template make<ValueView>(node.y);
  for (std::uint32_t i = 0; i < node.y; ++i) {
    if (!eval(code_.lists[node.x + i], arguments[i])) return false;
  }
  return engine::call(static_cast<ExtensionFunction>(node.small), {arguments, node.y}, work_.arena_,
                      out);
}

}  // namespace ward::cedar
