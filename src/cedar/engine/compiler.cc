#include "cedar/engine/compiler.h"

#include <algorithm>

#include "cedar/entity/entities.h"
#include "cedar/evaluate/evaluator.h"

namespace ward::cedar::engine {
namespace {

std::size_t mix(std::size_t hash, std::uint64_t value) {
  return (hash ^ value) * 0x9e3779b97f4a7c15u + (hash >> 29);
}

// For values that are often written: which constants are worth comparing.
std::string hint_of(const Value& value) {
  if (const std::string* text = value.if_string()) return "s" + *text;
  if (const EntityUid* uid = value.if_entity()) return "e" + uid->id();
  if (const std::int64_t* number = value.if_long()) return fmt::format("l{}", *number);
  return fmt::format("k{}", static_cast<int>(value.kind()));
}

}  // namespace

std::size_t Compiler::ListHash::operator()(const std::u32string& list) const {
  std::size_t hash = list.size();
  for (const char32_t number : list) hash = mix(hash, number);
  return hash;
}

std::size_t Compiler::NodeHash::operator()(const Node& node) const {
  const std::uint64_t head = static_cast<std::uint64_t>(node.op) << 8 | node.small;
  return mix(mix(head, static_cast<std::uint64_t>(node.x) << 32 | node.y), node.z);
}

Compiler::Compiler(Code& code)
    : code_(code),
      nobody_{.principal = EntityUid(EntityType::of("A"), ""),
              .action = EntityUid(EntityType::of("A"), ""),
              .resource = EntityUid(EntityType::of("A"), ""),
              .context = {}} {}

NodeId Compiler::add(Node node) {
  const auto [it, is_new] = nodes_.try_emplace(node, static_cast<NodeId>(code_.nodes.size()));
  if (is_new) code_.nodes.push_back(node);
  return it->second;
}

NodeId Compiler::constant(Value value) {
  auto& alike = constants_[hint_of(value)];
  const auto found = std::ranges::find_if(
      alike, [&](std::uint32_t index) { return code_.constants[index] == value; });
  if (found != alike.end()) return add({.op = Op::kConstant, .x = *found});
  const auto index = static_cast<std::uint32_t>(code_.constants.size());
  alike.push_back(index);
  code_.constants.push_back(std::move(value));
  return add({.op = Op::kConstant, .x = index});
}

std::uint32_t Compiler::name(std::string_view text) {
  const auto [it, is_new] =
      names_.try_emplace(std::string(text), static_cast<std::uint32_t>(code_.names.size()));
  if (is_new) code_.names.emplace_back(text);
  return it->second;
}

std::uint32_t Compiler::list(std::u32string numbers) {
  const auto begin = static_cast<std::uint32_t>(code_.lists.size());
  const auto [it, is_new] = lists_.try_emplace(std::move(numbers), begin);
  if (is_new) code_.lists.insert(code_.lists.end(), it->first.begin(), it->first.end());
  return it->second;
}

void Compiler::finish() {
  code_.constant_views.reserve(code_.constants.size());
  for (const Value& value : code_.constants) code_.constant_views.emplace_back(value);
}

NodeId Compiler::compile(const std::vector<Condition>& conditions) {
  std::vector<NodeId> operands;
  for (const Condition& condition : conditions) {
    const NodeId body = compile(*condition.body);
    if (!condition.is_unless) {
      operands.push_back(body);
    } else if (const Value* value = value_of(body)) {
      operands.push_back(value->if_bool() == nullptr ? fail() : boolean(!*value->if_bool()));
    } else {
      operands.push_back(at(body).op == Op::kFail ? body : add({.op = Op::kNot, .x = body}));
    }
  }
  // A program is asked for a boolean, so one condition needs no conjunction to check that it is.
  return operands.size() == 1 ? operands.front() : logical(Op::kAnd, operands);
}

NodeId Compiler::compile(const Expr& expr) {
  // Templates share their trees with their links, and rewriting shares what it leaves alone.
  if (const auto found = done_.find(&expr); found != done_.end()) return found->second;
  const NodeId id = std::visit([&](const auto& node) { return node_of(node, expr); }, expr.node);
  done_.emplace(&expr, id);
  return id;
}

// Of what asks neither request nor entities.
NodeId Compiler::fold(const Expr& expr) {
  const Entities nothing;
  auto outcome = Evaluator(nobody_, nothing).evaluate(expr);
  if (auto* value = std::get_if<Value>(&outcome)) return constant(std::move(*value));
  return fail();
}

NodeId Compiler::node_of(const LiteralExpr& e, const Expr&) {
  return constant(e.value);
}

NodeId Compiler::node_of(const VariableExpr& e, const Expr&) {
  return add({.op = Op::kVariable, .small = static_cast<std::uint8_t>(e.variable)});
}

NodeId Compiler::node_of(const UnaryExpr& e, const Expr& at) {
  const NodeId operand = compile(*e.operand);
  if (is_closed(operand)) return fold(at);
  switch (e.op) {
    case UnaryOp::kNot:
      return add({.op = Op::kNot, .x = operand});
    case UnaryOp::kNegate:
      return add({.op = Op::kNegate, .x = operand});
    case UnaryOp::kIsEmpty:
      return add({.op = Op::kIsEmpty, .x = operand});
  }
  WARD_UNREACHABLE();
}

NodeId Compiler::node_of(const BinaryExpr& e, const Expr& at) {
  const NodeId left = compile(*e.left);
  const NodeId right = compile(*e.right);
  const bool asks_entities =
      e.op == BinaryOp::kIn || e.op == BinaryOp::kHasTag || e.op == BinaryOp::kGetTag;
  if (this->at(left).op == Op::kFail) return left;  // the right one is not reached
  if (is_closed(left) && is_closed(right) && !asks_entities) return fold(at);
  return add({.op = Op::kBinary, .small = static_cast<std::uint8_t>(e.op), .x = left, .y = right});
}

NodeId Compiler::node_of(const LogicalExpr& e, const Expr&) {
  std::vector<NodeId> operands;
  for (const ExprPtr& operand : e.operands) operands.push_back(compile(*operand));
  return logical(e.op == LogicalOp::kAnd ? Op::kAnd : Op::kOr, operands);
}

NodeId Compiler::logical(Op op, const std::vector<NodeId>& operands) {
  const bool decisive = op == Op::kOr;
  std::u32string kept;
  bool is_ended = false;  // by a constant, or by what always fails: the rest is not reached
  for (const NodeId operand : operands) {
    NodeId each = operand;
    if (const Value* value = value_of(operand)) {
      const bool* truth = value->if_bool();
      if (truth != nullptr && *truth != decisive) continue;
      if (truth == nullptr) each = fail();
    }
    kept.push_back(each);
    if (is_closed(each)) {
      is_ended = true;
      break;
    }
  }
  if (kept.empty()) return boolean(!decisive);
  if (kept.size() == 1 && is_ended) return kept.front();
  const auto count = static_cast<std::uint32_t>(kept.size());
  return add({.op = op, .x = list(std::move(kept)), .y = count});
}

NodeId Compiler::node_of(const IfExpr& e, const Expr&) {
  const NodeId condition = compile(*e.condition);
  if (this->at(condition).op == Op::kFail) return condition;
  if (const Value* value = value_of(condition)) {
    if (value->if_bool() == nullptr) return fail();
    return compile(*value->if_bool() ? *e.then_branch : *e.else_branch);
  }
  const NodeId then_branch = compile(*e.then_branch);
  const NodeId else_branch = compile(*e.else_branch);
  return add({.op = Op::kIf, .x = condition, .y = then_branch, .z = else_branch});
}

NodeId Compiler::node_of(const AttributeExpr& e, const Expr& at) {
  const NodeId object = compile(*e.object);
  const Value* value = value_of(object);
  if (is_closed(object) && (value == nullptr || value->if_entity() == nullptr)) return fold(at);
  const Node& of = this->at(object);
  const std::uint32_t attribute = name(e.name);
  if (of.op == Op::kVariable && static_cast<Variable>(of.small) != Variable::kContext) {
    return add({.op = Op::kEntityAttribute, .small = of.small, .y = attribute});
  }
  return add({.op = Op::kAttribute, .x = object, .y = attribute});
}

NodeId Compiler::node_of(const HasExpr& e, const Expr& at) {
  const NodeId object = compile(*e.object);
  if (this->at(object).op == Op::kFail) return object;
  // A record may hold entities further down the path.
  const Value* value = value_of(object);
  if (value != nullptr && e.path.size() == 1 && value->if_entity() == nullptr) return fold(at);
  const Node& of = this->at(object);
  if (of.op == Op::kVariable && static_cast<Variable>(of.small) != Variable::kContext &&
      e.path.size() == 1) {
    return add({.op = Op::kEntityHas, .small = of.small, .y = name(e.path.front())});
  }
  std::u32string path;
  for (const std::string& each : e.path) path.push_back(name(each));
  const auto count = static_cast<std::uint32_t>(path.size());
  return add({.op = Op::kHas, .x = object, .y = list(std::move(path)), .z = count});
}

NodeId Compiler::node_of(const LikeExpr& e, const Expr& at) {
  const NodeId operand = compile(*e.operand);
  if (is_closed(operand)) return fold(at);
  const auto [it, is_new] =
      patterns_.try_emplace(e.pattern.text(), static_cast<std::uint32_t>(code_.patterns.size()));
  if (is_new) code_.patterns.push_back(e.pattern);
  return add({.op = Op::kLike, .x = operand, .y = it->second});
}

NodeId Compiler::node_of(const IsExpr& e, const Expr& at) {
  const NodeId operand = compile(*e.operand);
  if (this->at(operand).op == Op::kFail) return operand;
  if (e.in == nullptr) {
    if (is_closed(operand)) return fold(at);
    return add({.op = Op::kIs, .x = operand, .y = name(e.type.name())});
  }
  const NodeId group = compile(*e.in);
  return add({.op = Op::kIsIn, .x = operand, .y = name(e.type.name()), .z = group});
}

NodeId Compiler::node_of(const SetExpr& e, const Expr& at) {
  std::u32string elements;
  bool is_known = true;
  for (const ExprPtr& element : e.elements) {
    elements.push_back(compile(*element));
    is_known = is_known && is_closed(elements.back());
  }
  if (is_known) return fold(at);
  const auto count = static_cast<std::uint32_t>(elements.size());
  return add({.op = Op::kSet, .x = list(std::move(elements)), .y = count});
}

// Fields are evaluated in the order in which they are written, which matters only to which of two
// errors is told: that is for the reference evaluator to say.
NodeId Compiler::node_of(const RecordExpr& e, const Expr& at) {
  std::vector<std::pair<std::string_view, NodeId>> fields;
  bool is_known = true;
  for (const auto& [field, value] : e.fields) {
    fields.emplace_back(field, compile(*value));
    is_known = is_known && is_closed(fields.back().second);
  }
  if (is_known) return fold(at);
  std::ranges::sort(fields);
  std::u32string flat;
  for (const auto& [field, value] : fields) {
    flat.push_back(name(field));
    flat.push_back(value);
  }
  const auto count = static_cast<std::uint32_t>(fields.size());
  return add({.op = Op::kRecord, .x = list(std::move(flat)), .y = count});
}

NodeId Compiler::node_of(const CallExpr& e, const Expr& at) {
  std::u32string arguments;
  bool is_known = true;
  for (const ExprPtr& argument : e.arguments) {
    arguments.push_back(compile(*argument));
    is_known = is_known && is_closed(arguments.back());
  }
  if (is_known) return fold(at);
  const auto count = static_cast<std::uint32_t>(arguments.size());
  return add({.op = Op::kCall,
              .small = static_cast<std::uint8_t>(e.function),
              .x = list(std::move(arguments)),
              .y = count});
}

}  // namespace ward::cedar::engine
