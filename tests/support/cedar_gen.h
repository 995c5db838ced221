// RapidCheck generators of Cedar values and expressions.
//
// Small alphabets, so that names meet: an attribute that is asked for is often there, elements of
// sets are often equal.
#pragma once

#include <rapidcheck.h>

#include <string>
#include <vector>

#include "cedar/syntax/expression.h"
#include "cedar/value/value.h"

namespace rc {

template <>
struct Arbitrary<ward::cedar::EntityUid> {
  static Gen<ward::cedar::EntityUid> arbitrary() {
    return gen::apply(
        [](std::string type, std::string id) { return *ward::cedar::EntityUid::of(type, id); },
        gen::element<std::string>("A", "B", "N::C"), gen::element<std::string>("x", "y", "\"", ""));
  }
};

}  // namespace rc

namespace ward::testing {

inline rc::Gen<std::string> gen_text() {
  return rc::gen::weightedOneOf<std::string>(
      {{3, rc::gen::element<std::string>("", "a", "b", "if", "a b", "*", "\\", "é\n")},
       {1, rc::gen::container<std::string>(rc::gen::inRange<char>(0, 127))}});
}

inline rc::Gen<std::int64_t> gen_long() {
  return rc::gen::weightedOneOf<std::int64_t>(
      {{3, rc::gen::inRange<std::int64_t>(-3, 4)},
       {1, rc::gen::element<std::int64_t>(INT64_MIN, INT64_MIN + 1, INT64_MAX)},
       {1, rc::gen::arbitrary<std::int64_t>()}});
}

// Neither sets nor records.
inline rc::Gen<cedar::Value> gen_scalar() {
  using cedar::Value;
  return rc::gen::oneOf(
      rc::gen::map(rc::gen::arbitrary<bool>(), [](bool v) { return Value(v); }),
      rc::gen::map(gen_long(), [](std::int64_t v) { return Value(v); }),
      rc::gen::map(gen_text(), [](std::string v) { return Value(std::move(v)); }),
      rc::gen::map(rc::gen::arbitrary<cedar::EntityUid>(),
                   [](cedar::EntityUid v) { return Value(std::move(v)); }),
      rc::gen::map(gen_long(),
                   [](std::int64_t v) { return Value(cedar::Decimal::of_ten_thousandths(v)); }),
      rc::gen::map(gen_long(),
                   [](std::int64_t v) { return Value(cedar::Datetime::of_epoch_ms(v)); }),
      rc::gen::map(gen_long(), [](std::int64_t v) { return Value(cedar::Duration::of_ms(v)); }),
      rc::gen::map(rc::gen::inRange<std::uint32_t>(0, 4),
                   [](std::uint32_t v) { return Value(cedar::IpAddress::v4(v)); }));
}

inline rc::Gen<cedar::Value> gen_value(int depth = 2) {
  if (depth == 0) return gen_scalar();
  const auto set = rc::gen::map(
      rc::gen::resize(4, rc::gen::container<std::vector<cedar::Value>>(gen_value(depth - 1))),
      [](std::vector<cedar::Value> v) { return cedar::Value(cedar::Set(std::move(v))); });
  const auto field = rc::gen::apply(
      [](std::string name, cedar::Value value) {
        return cedar::Field{std::move(name), std::move(value)};
      },
      gen_text(), gen_value(depth - 1));
  const auto record = rc::gen::map(
      rc::gen::resize(4, rc::gen::container<std::vector<cedar::Field>>(field)),
      [](std::vector<cedar::Field> v) { return cedar::Value(cedar::Record(std::move(v))); });
  return rc::gen::weightedOneOf<cedar::Value>({{3, gen_scalar()}, {1, set}, {1, record}});
}

inline rc::Gen<cedar::ExprPtr> gen_expr(int depth = 3);

inline rc::Gen<cedar::ExprPtr> gen_leaf() {
  using cedar::make_expr;
  const auto literal = rc::gen::oneOf(
      rc::gen::map(rc::gen::arbitrary<bool>(), [](bool v) { return cedar::Value(v); }),
      rc::gen::map(gen_long(), [](std::int64_t v) { return cedar::Value(v); }),
      rc::gen::map(gen_text(), [](std::string v) { return cedar::Value(std::move(v)); }),
      rc::gen::map(rc::gen::arbitrary<cedar::EntityUid>(),
                   [](cedar::EntityUid v) { return cedar::Value(std::move(v)); }));
  return rc::gen::oneOf(
      rc::gen::map(literal, [](cedar::Value v) { return make_expr(cedar::LiteralExpr{v}); }),
      rc::gen::map(rc::gen::inRange(0, 4), [](int v) {
        return make_expr(cedar::VariableExpr{static_cast<cedar::Variable>(v)});
      }));
}

inline rc::Gen<std::vector<cedar::ExprPtr>> gen_exprs(int depth, std::size_t least) {
  return rc::gen::mapcat(rc::gen::inRange(least, least + 3), [=](std::size_t count) {
    return rc::gen::container<std::vector<cedar::ExprPtr>>(count, gen_expr(depth));
  });
}

inline rc::Gen<cedar::ExprPtr> gen_operation(int depth) {
  using cedar::ExprPtr;
  using cedar::make_expr;
  const auto below = gen_expr(depth);
  const auto unary = rc::gen::apply(
      [](int op, ExprPtr e) {
        return make_expr(cedar::UnaryExpr{static_cast<cedar::UnaryOp>(op), std::move(e)});
      },
      rc::gen::inRange(0, 3), below);
  const auto binary = rc::gen::apply(
      [](int op, ExprPtr a, ExprPtr b) {
        return make_expr(
            cedar::BinaryExpr{static_cast<cedar::BinaryOp>(op), std::move(a), std::move(b)});
      },
      rc::gen::inRange(0, 15), below, below);
  const auto logical = rc::gen::apply(
      [](bool is_or, std::vector<ExprPtr> all) {
        const auto op = is_or ? cedar::LogicalOp::kOr : cedar::LogicalOp::kAnd;
        return make_logical(op, std::move(all));
      },
      rc::gen::arbitrary<bool>(), gen_exprs(depth, 2));
  const auto conditional = rc::gen::apply(
      [](ExprPtr a, ExprPtr b, ExprPtr c) {
        return make_expr(cedar::IfExpr{std::move(a), std::move(b), std::move(c)});
      },
      below, below, below);
  const auto attribute = rc::gen::apply(
      [](ExprPtr e, std::string name) {
        return make_expr(cedar::AttributeExpr{std::move(e), std::move(name)});
      },
      below, gen_text());
  const auto path = rc::gen::oneOf(
      rc::gen::map(gen_text(), [](std::string name) { return std::vector<std::string>{name}; }),
      rc::gen::element(std::vector<std::string>{"a", "b"},
                       std::vector<std::string>{"b", "a", "b"}));
  const auto has = rc::gen::apply(
      [](ExprPtr e, std::vector<std::string> names) {
        return make_expr(cedar::HasExpr{std::move(e), std::move(names)});
      },
      below, path);
  const auto like = rc::gen::apply(
      [](ExprPtr e, std::string first, std::string last) {
        return make_expr(cedar::LikeExpr{std::move(e), cedar::Pattern({first, last})});
      },
      below, gen_text(), gen_text());
  const auto is = rc::gen::apply(
      [](ExprPtr e, bool has_in, ExprPtr in) {
        return make_expr(cedar::IsExpr{std::move(e), cedar::EntityType::of("N::C"),
                                       has_in ? std::move(in) : nullptr});
      },
      below, rc::gen::arbitrary<bool>(), below);
  const auto set = rc::gen::map(gen_exprs(depth, 0), [](std::vector<ExprPtr> all) {
    return make_expr(cedar::SetExpr{std::move(all)});
  });
  const auto record = rc::gen::apply(
      [](ExprPtr a, ExprPtr b, std::string name) {
        std::vector<std::pair<std::string, ExprPtr>> fields = {{"a", std::move(a)}};
        if (name != "a") fields.emplace_back(std::move(name), std::move(b));
        return make_expr(cedar::RecordExpr{std::move(fields)});
      },
      below, below, gen_text());
  const auto call = rc::gen::apply(
      [](int function, std::vector<ExprPtr> arguments) {
        return make_expr(
            cedar::CallExpr{static_cast<cedar::ExtensionFunction>(function), std::move(arguments)});
      },
      rc::gen::inRange(0, 22), gen_exprs(depth, 1));
  return rc::gen::oneOf(unary, binary, logical, conditional, attribute, has, like, is, set, record,
                        call);
}

// Trees that the parser could have made, of every kind of node.
inline rc::Gen<cedar::ExprPtr> gen_expr(int depth) {
  if (depth == 0) return gen_leaf();
  return rc::gen::weightedOneOf<cedar::ExprPtr>({{1, gen_leaf()}, {3, gen_operation(depth - 1)}});
}

}  // namespace ward::testing

namespace rc {

inline void showValue(const ward::cedar::Value& value, std::ostream& out) {
  out << ward::cedar::to_text(value);
}

}  // namespace rc
