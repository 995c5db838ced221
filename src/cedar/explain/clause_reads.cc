#include "cedar/explain/clause_reads.h"

#include <algorithm>
#include <variant>

#include "codec/utf8.h"

namespace ward::cedar {
namespace {

class ReadCollector {
 public:
  ReadCollector(Evaluator& evaluator, const SourceText& source)
      : evaluator_(evaluator), source_(source) {}

  void visit(const Expr& expr) {
    std::visit([&](const auto& node) { visit_node(node, expr); }, expr.node);
  }
  std::vector<ClauseRead> take() && { return std::move(reads_); }

 private:
  void visit_node(const LiteralExpr&, const Expr&) {}
  void visit_node(const VariableExpr&, const Expr& at) { (void)add(at); }
  void visit_node(const UnaryExpr& node, const Expr&) { visit(*node.operand); }
  void visit_node(const BinaryExpr& node, const Expr& at) {
    // What a tag was read of is shown only where there is no tag.
    if (node.op != BinaryOp::kGetTag || !add(at)) visit(*node.left);
    visit(*node.right);
  }
  void visit_node(const LogicalExpr& node, const Expr&) {
    for (const ExprPtr& each : node.operands) {
      visit(*each);
      const bool* holds = boolean(*each);
      if (holds == nullptr || *holds != (node.op == LogicalOp::kAnd)) return;
    }
  }
  void visit_node(const IfExpr& node, const Expr&) {
    visit(*node.condition);
    const bool* holds = boolean(*node.condition);
    if (holds != nullptr) visit(*holds ? *node.then_branch : *node.else_branch);
  }
  void visit_node(const AttributeExpr& node, const Expr& at) {
    if (!add(at)) visit(*node.object);
  }
  void visit_node(const HasExpr& node, const Expr&) { visit(*node.object); }
  void visit_node(const LikeExpr& node, const Expr&) { visit(*node.operand); }
  void visit_node(const IsExpr& node, const Expr&) {
    visit(*node.operand);
    if (node.in) visit(*node.in);
  }
  void visit_node(const SetExpr& node, const Expr&) { visit_all(node.elements); }
  void visit_node(const RecordExpr& node, const Expr&) {
    for (const auto& [name, value] : node.fields) visit(*value);
  }
  void visit_node(const CallExpr& node, const Expr&) { visit_all(node.arguments); }

  void visit_all(const std::vector<ExprPtr>& list) {
    for (const ExprPtr& each : list) visit(*each);
  }

  const bool* boolean(const Expr& expr) {
    last_ = evaluator_.evaluate(expr);
    const Value* value = std::get_if<Value>(&last_);
    return value == nullptr ? nullptr : value->if_bool();
  }

  // Whether it has a value.
  bool add(const Expr& expr) {
    const auto got = evaluator_.evaluate(expr);
    const Value* value = std::get_if<Value>(&got);
    ClauseRead read{.text = on_one_line(source_.slice(expr.span), kReadValueBytesMax)};
    if (value != nullptr) {
      read.value = on_one_line(to_text(*value), kReadValueBytesMax);
    } else {
      read.failure = std::get<EvaluationError>(got).message;
    }
    const bool is_known = std::ranges::find(reads_, read.text, &ClauseRead::text) != reads_.end();
    if (!is_known && reads_.size() < kClauseReadsMax) reads_.push_back(std::move(read));
    return value != nullptr;
  }

  Evaluator& evaluator_;
  const SourceText& source_;
  std::variant<Value, EvaluationError> last_ = Value(false);
  std::vector<ClauseRead> reads_;
};

}  // namespace

std::vector<ClauseRead> clause_reads(const Expr& expr, Evaluator& evaluator,
                                     const SourceText& source) {
  ReadCollector collector(evaluator, source);
  collector.visit(expr);
  return std::move(collector).take();
}

std::string on_one_line(std::string_view text, std::size_t bytes_max) {
  std::string line;
  for (const char c : text) {
    const bool is_space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (is_space && (line.empty() || line.back() == ' ')) continue;
    line.push_back(is_space ? ' ' : c);
    if (line.size() <= bytes_max) continue;
    line.resize(bytes_max);
    return line.substr(0, codec::valid_utf8_prefix(line)) + "...";
  }
  return line;
}

}  // namespace ward::cedar
