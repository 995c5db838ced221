// Trees to nodes. Private to the engine.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <unordered_map>

#include "cedar/engine/program.h"
#include "cedar/evaluate/request.h"
#include "cedar/syntax/policy.h"

namespace ward::cedar::engine {

// What has no variable and asks nothing of entities is evaluated here, by the reference evaluator,
// so a folded expression has the value that it would have had, or fails as it would have.
class Compiler {
 public:
  explicit Compiler(Code& code);

  // All conditions of a policy as one boolean. Trees within kExprDepthMax only.
  NodeId compile(const std::vector<Condition>& conditions);

  // Once all is compiled: the constants get their views.
  void finish();

 private:
  struct ListHash {
    std::size_t operator()(const std::u32string& list) const;
  };
  struct NodeHash {
    std::size_t operator()(const Node& node) const;
  };

  NodeId compile(const Expr& expr);
  NodeId node_of(const LiteralExpr& e, const Expr& at);
  NodeId node_of(const VariableExpr& e, const Expr& at);
  NodeId node_of(const UnaryExpr& e, const Expr& at);
  NodeId node_of(const BinaryExpr& e, const Expr& at);
  NodeId node_of(const LogicalExpr& e, const Expr& at);
  NodeId node_of(const IfExpr& e, const Expr& at);
  NodeId node_of(const AttributeExpr& e, const Expr& at);
  NodeId node_of(const HasExpr& e, const Expr& at);
  NodeId node_of(const LikeExpr& e, const Expr& at);
  NodeId node_of(const IsExpr& e, const Expr& at);
  NodeId node_of(const SetExpr& e, const Expr& at);
  NodeId node_of(const RecordExpr& e, const Expr& at);
  NodeId node_of(const CallExpr& e, const Expr& at);

  // Operands of `&&` (decisive: false) or `||` (decisive: true) without those that cannot matter.
  NodeId logical(Op op, const std::vector<NodeId>& operands);
  NodeId fold(const Expr& expr);  // its value or kFail

  NodeId add(Node node);
  NodeId constant(Value value);
  NodeId boolean(bool truth) { return constant(Value(truth)); }
  NodeId fail() { return add({.op = Op::kFail}); }
  std::uint32_t name(std::string_view text);
  std::uint32_t list(std::u32string numbers);

  const Node& at(NodeId id) const { return code_.nodes[id]; }
  bool is_closed(NodeId id) const {  // its outcome is known
    return at(id).op == Op::kConstant || at(id).op == Op::kFail;
  }
  const Value* value_of(NodeId id) const {  // of a constant; else null
    return at(id).op == Op::kConstant ? &code_.constants[at(id).x] : nullptr;
  }

  Code& code_;
  std::unordered_map<Node, NodeId, NodeHash> nodes_;
  std::unordered_map<std::u32string, std::uint32_t, ListHash> lists_;
  std::unordered_map<std::string, std::uint32_t> names_;
  std::unordered_map<std::string, std::vector<std::uint32_t>> constants_;  // by a hint of content
  std::unordered_map<std::string, std::uint32_t> patterns_;                // by text
  std::unordered_map<const Expr*, NodeId> done_;
  Request nobody_;  // stands in where no request is asked for
};

}  // namespace ward::cedar::engine
