// One object with one member, whose name says what the expression is.
#include "cedar/policy_json/expression_reader.h"

#include <algorithm>
#include <array>

#include "cedar/value/extension_function.h"
#include "cedar/value/identifier.h"
#include "codec/nearest.h"

namespace ward::cedar {
namespace {

using codec::Json;
using codec::JsonObject;

constexpr std::string_view kEntityEscape = "__entity";
constexpr std::string_view kExtensionEscape = "__extn";

// INVARIANT: in the order of BinaryOp, so that the last is its last.
std::optional<BinaryOp> find_binary(std::string_view name) {
  for (std::size_t i = 0; i <= static_cast<std::size_t>(BinaryOp::kGetTag); ++i) {
    const auto op = static_cast<BinaryOp>(i);
    if (operator_name(op) == name) return op;
  }
  return std::nullopt;
}

std::optional<UnaryOp> find_unary(std::string_view name) {
  if (name == "!") return UnaryOp::kNot;
  if (name == "neg") return UnaryOp::kNegate;
  if (name == "isEmpty") return UnaryOp::kIsEmpty;
  return std::nullopt;
}

std::optional<LogicalOp> find_logical(std::string_view name) {
  if (name == "&&") return LogicalOp::kAnd;
  if (name == "||") return LogicalOp::kOr;
  return std::nullopt;
}

class Reader {
 public:
  explicit Reader(JsonPlace& place) : place_(place) {}

  Result<ExprPtr> expression(const Json& json) {
    if (nesting_ == kExprDepthMax) {
      return place_.at_place(make_error(ErrorCode::kResourceExhausted,
                                        "more than {} expressions are nested here", kExprDepthMax));
    }
    ++nesting_;
    auto out = named(json);
    --nesting_;
    if (out.ok() && (*out)->depth > kExprDepthMax) {
      return place_.at_place(make_error(ErrorCode::kResourceExhausted,
                                        "this expression is more than {} operations deep",
                                        kExprDepthMax));
    }
    return out;
  }

 private:
  Result<ExprPtr> named(const Json& json) {
    WARD_TRY(const JsonObject* object, place_.object(json, "an expression, which is an object"));
    if (object->size() != 1) {
      return place_.fail("an expression has one member, which says what it is; got {}",
                         object->size());
    }
    const auto& [name, body] = *object->begin();
    const auto step = place_.into(name);
    if (name == "Value") return value(body);
    if (name == "Var") return variable(body);
    if (name == "Slot") return place_.fail("slots may stand only in the scope");
    if (name == "Set") return set(body);
    if (name == "Record") return record(body);
    if (const auto op = find_unary(name)) return unary(*op, body);
    if (const auto op = find_logical(name)) return logical(*op, name, body);
    if (const auto op = find_binary(name)) return binary(*op, body);
    if (name == ".") return attribute(body);
    if (name == "has") return has(body);
    if (name == "like") return like(body);
    if (name == "is") return is(body);
    if (name == "if-then-else") return conditional(body);
    if (const ExtensionSignature* function = find_extension_function(name)) {
      return call(*function, body);
    }
    return place_.fail("there is no such expression{}", suggestion(name));
  }

  static std::string suggestion(std::string_view name) {
    std::vector<std::string_view> known = {"Value", "Var",     "Set",  "Record", "neg",
                                           "has",   "isEmpty", "like", "is",     "if-then-else"};
    for (std::size_t i = 0; i <= static_cast<std::size_t>(BinaryOp::kGetTag); ++i) {
      known.push_back(operator_name(static_cast<BinaryOp>(i)));
    }
    for (const ExtensionSignature& each : extension_signatures()) known.push_back(each.name);
    const auto near = codec::nearest_name(name, known);
    return near ? fmt::format("; did you mean `{}`?", *near) : std::string();
  }

  // --- members

  Result<const JsonObject*> members(const Json& body,
                                    std::initializer_list<std::string_view> names) {
    WARD_TRY(const JsonObject* object, place_.object(body, "an object"));
    WARD_RETURN_IF_ERROR(place_.only(*object, names));
    return object;
  }

  Result<ExprPtr> operand(const JsonObject& object, std::string_view name) {
    WARD_TRY(const Json* json, place_.member(object, name));
    const auto step = place_.into(name);
    return expression(*json);
  }

  Result<std::vector<ExprPtr>> expressions(const Json& body) {
    WARD_TRY(const codec::JsonArray* items, place_.array(body));
    std::vector<ExprPtr> out;
    out.reserve(items->size());
    for (const Json& item : *items) {
      const auto step = place_.into(out.size());
      WARD_TRY(ExprPtr next, expression(item));
      out.push_back(std::move(next));
    }
    return out;
  }

  // --- expressions

  Result<ExprPtr> variable(const Json& body) {
    WARD_TRY(const std::string* name, place_.string(body));
    const auto variable = find_variable(*name);
    if (!variable) {
      return place_.fail("expected `principal`, `action`, `resource` or `context`, got `{}`",
                         *name);
    }
    return make_expr(VariableExpr{*variable});
  }

  Result<ExprPtr> set(const Json& body) {
    WARD_TRY(std::vector<ExprPtr> elements, expressions(body));
    return make_expr(SetExpr{std::move(elements)});
  }

  Result<ExprPtr> record(const Json& body) {
    WARD_TRY(const JsonObject* object, place_.object(body, "an object"));
    RecordExpr out;
    out.fields.reserve(object->size());
    for (const auto& [name, field] : *object) {
      const auto step = place_.into(name);
      WARD_TRY(ExprPtr value, expression(field));
      out.fields.emplace_back(name, std::move(value));
    }
    return make_expr(std::move(out));
  }

  Result<ExprPtr> unary(UnaryOp op, const Json& body) {
    WARD_TRY(const JsonObject* object, members(body, {"arg"}));
    WARD_TRY(ExprPtr argument, operand(*object, "arg"));
    return make_expr(UnaryExpr{op, std::move(argument)});
  }

  Result<ExprPtr> binary(BinaryOp op, const Json& body) {
    WARD_TRY(const JsonObject* object, members(body, {"left", "right"}));
    WARD_TRY(ExprPtr left, operand(*object, "left"));
    WARD_TRY(ExprPtr right, operand(*object, "right"));
    return make_expr(BinaryExpr{op, std::move(left), std::move(right)});
  }

  // A chain nests on its left; it is walked down without recursion and read on the way back.
  Result<ExprPtr> logical(LogicalOp op, std::string_view name, const Json& body) {
    struct Link {
      const JsonObject* object;
      std::size_t depth;
    };
    std::vector<Link> links;
    const Json* at = &body;
    while (true) {
      WARD_TRY(const JsonObject* object, members(*at, {"left", "right"}));
      links.push_back({object, place_.depth()});
      WARD_TRY(const Json* left, place_.member(*object, "left"));
      const JsonObject* inner = left->if_object();
      if (inner == nullptr || inner->size() != 1 || inner->begin()->name != name) break;
      at = &inner->begin()->value;
      place_.go("left");
      place_.go(name);
    }
    std::vector<ExprPtr> operands;
    operands.reserve(links.size() + 1);
    WARD_TRY(ExprPtr first, operand(*links.back().object, "left"));
    operands.push_back(std::move(first));
    for (auto link = links.rbegin(); link != links.rend(); ++link) {
      place_.return_to(link->depth);
      WARD_TRY(ExprPtr next, operand(*link->object, "right"));
      operands.push_back(std::move(next));
    }
    return make_logical(op, std::move(operands));
  }

  Result<ExprPtr> attribute(const Json& body) {
    WARD_TRY(const JsonObject* object, members(body, {"left", "attr"}));
    WARD_TRY(ExprPtr left, operand(*object, "left"));
    WARD_TRY(const Json* json, place_.member(*object, "attr"));
    const auto step = place_.into("attr");
    WARD_TRY(const std::string* name, place_.string(*json));
    return make_expr(AttributeExpr{std::move(left), *name});
  }

  // One name, or the names of `has a.b.c`.
  Result<std::vector<std::string>> path(const Json& json) {
    if (const std::string* name = json.if_string()) return std::vector{*name};
    const codec::JsonArray* names = json.if_array();
    if (names == nullptr) return place_.expected("a string or an array of strings", json);
    if (names->empty()) return place_.fail("expected at least one name");
    std::vector<std::string> out;
    for (const Json& each : *names) {
      const auto step = place_.into(out.size());
      WARD_TRY(const std::string* name, place_.string(each));
      out.push_back(*name);
    }
    return out;
  }

  Result<ExprPtr> has(const Json& body) {
    WARD_TRY(const JsonObject* object, members(body, {"left", "attr"}));
    WARD_TRY(ExprPtr left, operand(*object, "left"));
    WARD_TRY(const Json* json, place_.member(*object, "attr"));
    const auto step = place_.into("attr");
    WARD_TRY(std::vector<std::string> names, path(*json));
    const auto is_plain = [](const std::string& name) {
      return is_identifier(name) && !is_reserved_word(name);
    };
    if (names.size() == 1 || std::ranges::all_of(names, is_plain)) {
      return make_expr(HasExpr{std::move(left), std::move(names)});
    }
    // Text has no path of quoted names; this is what one means.
    std::vector<ExprPtr> all;
    for (std::string& name : names) {
      if (left->depth >= kExprDepthMax) break;  // refused with the whole
      all.push_back(make_expr(HasExpr{left, {name}}));
      left = make_expr(AttributeExpr{left, std::move(name)});
    }
    return make_logical(LogicalOp::kAnd, std::move(all));
  }

  Result<ExprPtr> like(const Json& body) {
    WARD_TRY(const JsonObject* object, members(body, {"left", "pattern"}));
    WARD_TRY(ExprPtr left, operand(*object, "left"));
    WARD_TRY(const Json* json, place_.member(*object, "pattern"));
    const auto step = place_.into("pattern");
    WARD_TRY(const codec::JsonArray* elements, place_.array(*json));
    std::vector<std::string> pieces(1);
    for (std::size_t i = 0; i < elements->size(); ++i) {
      const Json& element = (*elements)[i];
      const Json* literal = element.find("Literal");
      const std::string* word = element.if_string();
      if (word != nullptr && *word == "Wildcard") {
        pieces.emplace_back();
      } else if (literal != nullptr && literal->if_string() != nullptr &&
                 element.if_object()->size() == 1) {
        pieces.back() += *literal->if_string();
      } else {
        const auto at = place_.into(i);
        return place_.fail("expected \"Wildcard\" or {{\"Literal\": \"text\"}}");
      }
    }
    return make_expr(LikeExpr{std::move(left), Pattern(std::move(pieces))});
  }

  Result<ExprPtr> is(const Json& body) {
    WARD_TRY(const JsonObject* object, members(body, {"left", "entity_type", "in"}));
    WARD_TRY(ExprPtr left, operand(*object, "left"));
    WARD_TRY(EntityType type, entity_type_member(*object, "entity_type", place_));
    ExprPtr in;
    if (object->contains("in")) {
      WARD_TRY(in, operand(*object, "in"));
    }
    return make_expr(IsExpr{std::move(left), std::move(type), std::move(in)});
  }

  Result<ExprPtr> conditional(const Json& body) {
    WARD_TRY(const JsonObject* object, members(body, {"if", "then", "else"}));
    WARD_TRY(ExprPtr condition, operand(*object, "if"));
    WARD_TRY(ExprPtr then_branch, operand(*object, "then"));
    WARD_TRY(ExprPtr else_branch, operand(*object, "else"));
    return make_expr(IfExpr{std::move(condition), std::move(then_branch), std::move(else_branch)});
  }

  Result<ExprPtr> call(const ExtensionSignature& function, const Json& body) {
    WARD_TRY(std::vector<ExprPtr> arguments, expressions(body));
    return called(function, std::move(arguments));
  }

  Result<ExprPtr> called(const ExtensionSignature& function, std::vector<ExprPtr> arguments) {
    // Text can say any number of arguments, but no method without what it is called on.
    if (function.is_method && arguments.empty()) {
      return place_.fail("`{}` is a method: its first argument is what it is called on",
                         function.name);
    }
    return make_expr(CallExpr{function.function, std::move(arguments)});
  }

  // --- values, which are expressions without operators

  Result<ExprPtr> value(const Json& json) {
    if (nesting_ == kExprDepthMax) {
      return place_.at_place(make_error(ErrorCode::kResourceExhausted,
                                        "more than {} values are nested here", kExprDepthMax));
    }
    ++nesting_;
    auto out = value_of_kind(json);
    --nesting_;
    return out;
  }

  Result<ExprPtr> value_of_kind(const Json& json) {
    switch (json.kind()) {
      case Json::Kind::kBool:
        return make_expr(LiteralExpr{*json.if_bool()});
      case Json::Kind::kInteger:
        return make_expr(LiteralExpr{*json.if_integer()});
      case Json::Kind::kString:
        return make_expr(LiteralExpr{*json.if_string()});
      case Json::Kind::kArray: {
        WARD_TRY(std::vector<ExprPtr> elements, values(*json.if_array()));
        return make_expr(SetExpr{std::move(elements)});
      }
      case Json::Kind::kObject:
        return object_value(json);
      case Json::Kind::kUnsigned:
        return place_.fail("{} does not fit a long", *json.if_unsigned());
      case Json::Kind::kDouble:
        return place_.fail("expected an integer that fits a long");
      case Json::Kind::kNull:
        return place_.fail("Cedar has no null");
    }
    WARD_UNREACHABLE();
  }

  Result<std::vector<ExprPtr>> values(const codec::JsonArray& items) {
    std::vector<ExprPtr> out;
    out.reserve(items.size());
    for (const Json& item : items) {
      const auto step = place_.into(out.size());
      WARD_TRY(ExprPtr next, value(item));
      out.push_back(std::move(next));
    }
    return out;
  }

  Result<ExprPtr> object_value(const Json& json) {
    const JsonObject& object = *json.if_object();
    for (const std::string_view escape : {kEntityEscape, kExtensionEscape}) {
      if (object.contains(escape)) WARD_RETURN_IF_ERROR(place_.only(object, {escape}));
    }
    if (object.contains(kEntityEscape)) {
      WARD_TRY(EntityUid uid, entity_from_json(json, place_));
      return make_expr(LiteralExpr{std::move(uid)});
    }
    if (const Json* call = object.find(kExtensionEscape)) return extension_value(*call);
    if (object.contains("__expr")) {
      return place_.fail("the escape `__expr` is no longer part of Cedar");
    }
    RecordExpr out;
    out.fields.reserve(object.size());
    for (const auto& [name, member] : object) {
      const auto step = place_.into(name);
      WARD_TRY(ExprPtr field, value(member));
      out.fields.emplace_back(name, std::move(field));
    }
    return make_expr(std::move(out));
  }

  Result<ExprPtr> extension_value(const Json& json) {
    const auto step = place_.into(kExtensionEscape);
    WARD_TRY(const JsonObject* call, members(json, {"fn", "arg", "args"}));
    WARD_TRY(const Json* name_json, place_.member(*call, "fn"));
    std::vector<ExprPtr> arguments;
    if (const Json* argument = call->find("arg")) {
      const auto at = place_.into("arg");
      WARD_TRY(ExprPtr only, value(*argument));
      arguments.push_back(std::move(only));
    } else {
      WARD_TRY(const Json* list, place_.member(*call, "args"));
      const auto at = place_.into("args");
      WARD_TRY(const codec::JsonArray* items, place_.array(*list));
      WARD_TRY(arguments, values(*items));
    }
    const auto at = place_.into("fn");
    WARD_TRY(const std::string* name, place_.string(*name_json));
    const ExtensionSignature* function = find_extension_function(*name);
    if (function == nullptr) return place_.fail("there is no extension function `{}`", *name);
    return called(*function, std::move(arguments));
  }

  JsonPlace& place_;
  std::size_t nesting_ = 0;
};

}  // namespace

Result<ExprPtr> expression_from_json(const Json& json, JsonPlace& place) {
  return Reader(place).expression(json);
}

Result<EntityUid> entity_from_json(const Json& json, JsonPlace& place) {
  WARD_TRY(const JsonObject* object, place.object(json, "an entity, which is an object"));
  if (const Json* escaped = object->find(kEntityEscape)) {
    WARD_RETURN_IF_ERROR(place.only(*object, {kEntityEscape}));
    const auto step = place.into(kEntityEscape);
    if (escaped->find(kEntityEscape) != nullptr) return place.fail("an escape in an escape");
    return entity_from_json(*escaped, place);
  }
  WARD_RETURN_IF_ERROR(place.only(*object, {"type", "id"}));
  WARD_TRY(EntityType type, entity_type_member(*object, "type", place));
  WARD_TRY(const Json* id_json, place.member(*object, "id"));
  const auto step = place.into("id");
  WARD_TRY(const std::string* id, place.string(*id_json));
  return EntityUid(std::move(type), *id);
}

Result<EntityType> entity_type_member(const JsonObject& object, std::string_view name,
                                      JsonPlace& place) {
  WARD_TRY(const Json* json, place.member(object, name));
  const auto step = place.into(name);
  WARD_TRY(const std::string* text, place.string(*json));
  auto type = EntityType::parse(*text);
  if (!type.ok()) return place.at_place(type.error());
  return type;
}

}  // namespace ward::cedar
