// What the conditions of policies come to, for one request. Private to the engine; a template so
// that the stores of this room are asked without a virtual call.
#pragma once

#include <algorithm>
#include <span>
#include <type_traits>

#include "cedar/engine/bound_policies.h"
#include "cedar/engine/engine.h"
#include "cedar/engine/extension_call.h"
#include "cedar/engine/set_operations.h"

namespace ward::cedar {

template <typename Store>
class Conditions {
 public:
  using Op = engine::Op;
  using Node = engine::Node;
  using NodeId = engine::NodeId;
  using Kind = Value::Kind;
  enum class Truth : std::uint8_t { kFalse, kTrue, kError };

  // `entities`: of the request, by Variable, located.
  Conditions(const CompiledPolicies& policies, std::span<const ValueView* const, 3> entities,
             const ValueView& context, const Store& store, engine::Arena& arena)
      : code_(policies.code()),
        nodes_(code_.nodes.data()),
        lists_(code_.lists.data()),
        constants_(constants_of(policies, store)),
        variables_{entities[0], entities[1], entities[2], &context},
        store_(store),
        arena_(arena) {}
  Conditions(const Conditions&) = delete;
  Conditions& operator=(const Conditions&) = delete;

  static Truth truth(bool value) { return value ? Truth::kTrue : Truth::kFalse; }

  // Recursion is bounded by kExprDepthMax: programs that are deeper are not evaluated here.
  Truth eval_bool(NodeId id);

 private:
  // A bound store knows the numbers of what it holds.
  static constexpr bool kIsBound = std::is_same_v<Store, BoundPolicies>;

  static const ValueView* constants_of(const CompiledPolicies& policies, const Store& store) {
    if constexpr (kIsBound) {
      return store.constants().data();
    } else {
      return policies.code().constant_views.data();
    }
  }

  const ValueView& variable(const Node& node) const { return *variables_[node.small]; }

  // The value, wherever it lies, or `room` with it; nullptr when there is none.
  // PERF: most values lie somewhere already, and copying one takes as long as finding it.
  const ValueView* eval(NodeId id, ValueView& room);
  bool eval_into(NodeId id, ValueView& out);  // the value itself; false when there is none
  ValueView* eval_list(const Node& node);
  Truth as_truth(const ValueView* value) const {
    return value == nullptr || !value->is(Kind::kBool) ? Truth::kError : truth(value->truth());
  }
  Truth test(const Node& node);
  Truth binary(const Node& node);
  Truth is_equal(const ValueView& left, const ValueView& right) const {
    // A store gives one handle for one entity, and nothing else has one.
    if (left.handle() && right.handle()) return truth(left.handle() == right.handle());
    return truth(left == right);
  }
  Truth order(BinaryOp op, const ValueView& left, const ValueView& right) const;
  Truth in(const ValueView& left, const ValueView& right) const;
  Truth in_set(const ValueView& left, const ValueView& set) const;
  Truth contains(const ValueView& set, const ValueView& value) const;
  Truth has_tag(const ValueView& left, const ValueView& right) const;
  Truth has(const Node& node);
  const ValueView* arithmetic(BinaryOp op, const ValueView& left, const ValueView& right,
                              ValueView& room) const;
  const ValueView* binary_value(const Node& node, ValueView& room);
  const ValueView* attribute(const ValueView& object, std::uint32_t name, ValueView& room) const;
  const ValueView* set(const Node& node, ValueView& room);
  const ValueView* record(const Node& node, ValueView& room);
  const ValueView* call(const Node& node, ValueView& room);

  EntityHandle handle_of(const ValueView& entity) const {
    return entity.is_located() ? entity.handle() : store_.find(entity.entity());
  }
  bool is_in(const ValueView& entity, const ValueView& ancestor) const {
    if (is_equal(entity, ancestor) == Truth::kTrue) return true;
    const EntityHandle handle = handle_of(entity);
    return handle && has_ancestor(handle, ancestor);
  }
  bool has_ancestor(EntityHandle entity, const ValueView& ancestor) const {
    if constexpr (kIsBound) {
      if (ancestor.handle()) return store_.entities().has_ancestor(entity, ancestor.handle());
    }
    return store_.has_ancestor(entity, ancestor.entity());
  }

  const engine::Code& code_;
  // INVARIANT: nodes refer to one another, to lists and to constants of their own code.
  const Node* nodes_;
  const std::uint32_t* lists_;
  const ValueView* constants_;
  const ValueView* variables_[4];  // by Variable
  const Store& store_;
  engine::Arena& arena_;
};

template <typename Store>
typename Conditions<Store>::Truth Conditions<Store>::eval_bool(NodeId id) {
  const Node& node = nodes_[id];
  switch (node.op) {
    case Op::kConstant:
      return as_truth(&constants_[node.x]);
    case Op::kFail:
      return Truth::kError;
    case Op::kNot: {
      const Truth operand = eval_bool(node.x);
      return operand == Truth::kError ? operand : truth(operand == Truth::kFalse);
    }
    case Op::kIsEmpty:
    case Op::kEntityHas:
    case Op::kLike:
    case Op::kIs:
    case Op::kIsIn:
      return test(node);
    case Op::kBinary:
      return binary(node);
    case Op::kAnd:
    case Op::kOr: {
      const Truth decisive = truth(node.op == Op::kOr);
      for (std::uint32_t i = 0; i < node.y; ++i) {
        const Truth operand = eval_bool(lists_[node.x + i]);
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
    case Op::kVariable:
    case Op::kNegate:
    case Op::kAttribute:
    case Op::kEntityAttribute:
    case Op::kSet:
    case Op::kRecord:
    case Op::kCall: {
      ValueView room;
      return as_truth(eval(id, room));
    }
  }
  WARD_UNREACHABLE();
}

// Of what is asked of one value. PERF: apart, since most programs are conjunctions, which need no
// room for one.
template <typename Store>
typename Conditions<Store>::Truth Conditions<Store>::test(const Node& node) {
  ValueView room;
  if (node.op == Op::kEntityHas) {
    const ValueView& entity = variable(node);
    return truth(entity.handle() && attribute(entity, node.y, room) != nullptr);
  }
  const ValueView* operand = eval(node.x, room);
  if (operand == nullptr) return Truth::kError;
  if (node.op == Op::kIsEmpty)
    return operand->is(Kind::kSet) ? truth(operand->size() == 0) : Truth::kError;
  if (node.op == Op::kLike) {
    if (!operand->is(Kind::kString)) return Truth::kError;
    return truth(code_.patterns[node.y].matches(operand->text()));
  }
  if (!operand->is(Kind::kEntity)) return Truth::kError;
  if (operand->entity_type() != code_.names[node.y]) return Truth::kFalse;
  if (node.op == Op::kIs) return Truth::kTrue;
  ValueView group_room;
  const ValueView* group = eval(node.z, group_room);
  return group != nullptr ? in(*operand, *group) : Truth::kError;
}

template <typename Store>
const ValueView* Conditions<Store>::eval(NodeId id, ValueView& room) {
  const Node& node = nodes_[id];
  switch (node.op) {
    case Op::kConstant:
      return &constants_[node.x];
    case Op::kFail:
      return nullptr;
    case Op::kVariable:
      return &variable(node);
    case Op::kNegate: {
      const ValueView* operand = eval(node.x, room);
      std::int64_t negated = 0;
      if (operand == nullptr || !operand->is(Kind::kLong)) return nullptr;
      if (__builtin_sub_overflow(std::int64_t{0}, operand->number(), &negated)) return nullptr;
      room = ValueView::of_long(negated);
      return &room;
    }
    case Op::kBinary:
      return binary_value(node, room);
    case Op::kIf: {
      const Truth condition = eval_bool(node.x);
      if (condition == Truth::kError) return nullptr;
      return eval(condition == Truth::kTrue ? node.y : node.z, room);
    }
    case Op::kAttribute: {
      ValueView object_room;
      const ValueView* object = eval(node.x, object_room);
      return object != nullptr ? attribute(*object, node.y, room) : nullptr;
    }
    case Op::kEntityAttribute:
      return attribute(variable(node), node.y, room);
    case Op::kSet:
      return set(node, room);
    case Op::kRecord:
      return record(node, room);
    case Op::kCall:
      return call(node, room);
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
      if (value == Truth::kError) return nullptr;
      room = ValueView(value == Truth::kTrue);
      return &room;
    }
  }
  WARD_UNREACHABLE();
}

template <typename Store>
typename Conditions<Store>::Truth Conditions<Store>::binary(const Node& node) {
  const auto op = static_cast<BinaryOp>(node.small);
  ValueView left_room;
  ValueView right_room;
  const ValueView* left = eval(node.x, left_room);
  if (left == nullptr) return Truth::kError;
  const ValueView* right = eval(node.y, right_room);
  if (right == nullptr) return Truth::kError;
  switch (op) {
    case BinaryOp::kEqual:
      return is_equal(*left, *right);
    case BinaryOp::kNotEqual:
      return truth(is_equal(*left, *right) == Truth::kFalse);
    case BinaryOp::kLess:
    case BinaryOp::kLessEqual:
    case BinaryOp::kGreater:
    case BinaryOp::kGreaterEqual:
      return order(op, *left, *right);
    case BinaryOp::kIn:
      return in(*left, *right);
    case BinaryOp::kContains:
      return contains(*left, *right);
    case BinaryOp::kContainsAll:
    case BinaryOp::kContainsAny:
      if (!left->is(Kind::kSet) || !right->is(Kind::kSet)) return Truth::kError;
      return truth(op == BinaryOp::kContainsAll ? engine::contains_all(*left, *right)
                                                : engine::contains_any(*left, *right));
    case BinaryOp::kHasTag:
      return has_tag(*left, *right);
    case BinaryOp::kAdd:
    case BinaryOp::kSubtract:
    case BinaryOp::kMultiply:
      return Truth::kError;  // a long, where a boolean is wanted
    case BinaryOp::kGetTag: {
      ValueView room;
      return as_truth(arithmetic(op, *left, *right, room));
    }
  }
  WARD_UNREACHABLE();
}

template <typename Store>
const ValueView* Conditions<Store>::binary_value(const Node& node, ValueView& room) {
  const auto op = static_cast<BinaryOp>(node.small);
  if (op != BinaryOp::kGetTag && op != BinaryOp::kAdd && op != BinaryOp::kSubtract &&
      op != BinaryOp::kMultiply) {
    const Truth value = binary(node);
    if (value == Truth::kError) return nullptr;
    room = ValueView(value == Truth::kTrue);
    return &room;
  }
  ValueView left_room;
  ValueView right_room;
  const ValueView* left = eval(node.x, left_room);
  const ValueView* right = left != nullptr ? eval(node.y, right_room) : nullptr;
  return right != nullptr ? arithmetic(op, *left, *right, room) : nullptr;
}

// Of the operators that give no boolean.
template <typename Store>
const ValueView* Conditions<Store>::arithmetic(BinaryOp op, const ValueView& left,
                                               const ValueView& right, ValueView& room) const {
  if (op == BinaryOp::kGetTag) {
    if (!left.is(Kind::kEntity) || !right.is(Kind::kString)) return nullptr;
    const EntityHandle handle = handle_of(left);
    const auto tag = handle ? store_.tag(handle, right.text()) : std::nullopt;
    if (!tag) return nullptr;
    room = *tag;
    return &room;
  }
  if (!left.is(Kind::kLong) || !right.is(Kind::kLong)) return nullptr;
  std::int64_t result = 0;
  const bool overflows =
      op == BinaryOp::kAdd        ? __builtin_add_overflow(left.number(), right.number(), &result)
      : op == BinaryOp::kSubtract ? __builtin_sub_overflow(left.number(), right.number(), &result)
                                  : __builtin_mul_overflow(left.number(), right.number(), &result);
  if (overflows) return nullptr;
  room = ValueView::of_long(result);
  return &room;
}

template <typename Store>
typename Conditions<Store>::Truth Conditions<Store>::order(BinaryOp op, const ValueView& left,
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
typename Conditions<Store>::Truth Conditions<Store>::in(const ValueView& left,
                                                        const ValueView& right) const {
  if (!left.is(Kind::kEntity)) return Truth::kError;
  if (right.is(Kind::kEntity)) return truth(is_in(left, right));
  return right.is(Kind::kSet) ? in_set(left, right) : Truth::kError;
}

// All are looked at before any is compared: one that is no entity is an error whatever matches.
template <typename Store>
typename Conditions<Store>::Truth Conditions<Store>::in_set(const ValueView& left,
                                                            const ValueView& set) const {
  const std::size_t size = set.size();
  const auto is_entity = [](const ValueView& view) { return view.is(Kind::kEntity); };
  if (const std::span<const ValueView> views = set.views(); !views.empty()) {
    if (!std::ranges::all_of(views, is_entity)) return Truth::kError;
    return truth(
        std::ranges::any_of(views, [&](const ValueView& group) { return is_in(left, group); }));
  }
  for (std::size_t i = 0; i < size; ++i) {
    if (!is_entity(set.element(i))) return Truth::kError;
  }
  for (std::size_t i = 0; i < size; ++i) {
    if (is_in(left, set.element(i))) return Truth::kTrue;
  }
  return Truth::kFalse;
}

template <typename Store>
typename Conditions<Store>::Truth Conditions<Store>::contains(const ValueView& set,
                                                              const ValueView& value) const {
  if (!set.is(Kind::kSet)) return Truth::kError;
  // PERF: numbers are compared faster than the set is searched by names, up to this many.
  constexpr std::size_t kScanMax = 64;
  const std::span<const ValueView> views = set.views();
  if (kIsBound && value.handle() && !views.empty() && views.size() <= kScanMax) {
    return truth(std::ranges::any_of(
        views, [&](const ValueView& element) { return is_equal(element, value) == Truth::kTrue; }));
  }
  return truth(engine::contains(set, value));
}

template <typename Store>
typename Conditions<Store>::Truth Conditions<Store>::has_tag(const ValueView& left,
                                                             const ValueView& right) const {
  if (!left.is(Kind::kEntity) || !right.is(Kind::kString)) return Truth::kError;
  const EntityHandle handle = handle_of(left);
  return truth(handle && store_.tag(handle, right.text()).has_value());
}

// RFC 62: `e has a.b` is `e has a && e.a has b`, so an absent link ends the chain with false.
template <typename Store>
typename Conditions<Store>::Truth Conditions<Store>::has(const Node& node) {
  ValueView rooms[2];
  const ValueView* object = eval(node.x, rooms[0]);
  if (object == nullptr) return Truth::kError;
  for (std::uint32_t i = 0; i < node.z; ++i) {
    if (!object->is(Kind::kRecord) && !object->is(Kind::kEntity)) return Truth::kError;
    // By turns: the object may lie in the other one.
    object = attribute(*object, lists_[node.y + i], rooms[(i + 1) % 2]);
    if (object == nullptr) return Truth::kFalse;
  }
  return Truth::kTrue;
}

template <typename Store>
const ValueView* Conditions<Store>::attribute(const ValueView& object, std::uint32_t name,
                                              ValueView& room) const {
  if (object.is(Kind::kRecord)) return object.find(code_.names[name], room) ? &room : nullptr;
  if (!object.is(Kind::kEntity)) return nullptr;
  const EntityHandle handle = handle_of(object);
  if (!handle) return nullptr;
  if constexpr (kIsBound) {
    return store_.attribute(handle, name);
  } else {
    const auto found = store_.attribute(handle, code_.names[name]);
    if (!found) return nullptr;
    room = *found;
    return &room;
  }
}

template <typename Store>
bool Conditions<Store>::eval_into(NodeId id, ValueView& out) {
  const ValueView* value = eval(id, out);
  if (value != nullptr && value != &out) out = *value;
  return value != nullptr;
}

// Of elements or arguments; nullptr when one has no value.
template <typename Store>
ValueView* Conditions<Store>::eval_list(const Node& node) {
  ValueView* values = arena_.template make<ValueView>(node.y);
  for (std::uint32_t i = 0; i < node.y; ++i) {
    if (!eval_into(lists_[node.x + i], values[i])) return nullptr;
  }
  return values;
}

template <typename Store>
const ValueView* Conditions<Store>::set(const Node& node, ValueView& room) {
  ValueView* elements = eval_list(node);
  if (elements == nullptr) return nullptr;
  room = engine::make_set({elements, node.y});
  return room.depth() <= kValueDepthMax ? &room : nullptr;
}

template <typename Store>
const ValueView* Conditions<Store>::record(const Node& node, ValueView& room) {
  FieldView* fields = arena_.template make<FieldView>(node.y);
  for (std::uint32_t i = 0; i < node.y; ++i) {
    fields[i].name = code_.names[lists_[node.x + 2 * i]];
    if (!eval_into(lists_[node.x + 2 * i + 1], fields[i].value)) return nullptr;
  }
  room = ValueView::of_fields({fields, node.y});
  return room.depth() <= kValueDepthMax ? &room : nullptr;
}

template <typename Store>
const ValueView* Conditions<Store>::call(const Node& node, ValueView& room) {
  ValueView* arguments = eval_list(node);
  if (arguments == nullptr) return nullptr;
  const auto function = static_cast<ExtensionFunction>(node.small);
  return engine::call(function, {arguments, node.y}, arena_, room) ? &room : nullptr;
}

}  // namespace ward::cedar
