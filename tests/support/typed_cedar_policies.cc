// The policies of TypedCedarMaker, apart from what they are about for size.
#include "tests/support/typed_cedar_maker.h"

namespace ward::testing {

std::string TypedCedarMaker::literal(Wanted wanted) {
  switch (wanted.kind) {
    case Kind::kBool:
      return pick({"true", "false"});
    case Kind::kLong:
      return pick({"0", "1", "2", "(-1)", "9223372036854775807"});
    case Kind::kString:
      return pick({R"("")", R"("a")", R"("ab")", R"("b*")"});
    case Kind::kEntity:
      return uid(wanted.type).text();
    case Kind::kSet:
      return fmt::format("[{}, {}]", uid(wanted.type).text(), uid(wanted.type).text());
    case Kind::kRecord: {
      std::string out = "{";
      for (const Attribute& each : record_shape(wanted.type)) {
        out += fmt::format("{}: {}, ", name_of(each.kind), literal({each.kind, each.type}));
      }
      return out + "}";
    }
    case Kind::kDatetime:
      return pick({R"(datetime("1970-01-01"))", R"(datetime("1970-01-02"))"});
    case Kind::kDuration:
      return pick({R"(duration("1h"))", R"(duration("-2h"))"});
    case Kind::kIp:
      return pick({R"(ip("10.0.0.1"))", R"(ip("10.0.0.0/8"))", R"(ip("::1"))"});
    case Kind::kDecimal:
      return pick({R"(decimal("0.5"))", R"(decimal("1.0"))"});
  }
  WARD_UNREACHABLE();
}

TypedCedarMaker::Object TypedCedarMaker::object() {
  const auto of_type = [&](std::string text, int type) {
    return Object{std::move(text), &shapes_.at(static_cast<std::size_t>(type)).attributes, true,
                  type};
  };
  Object out{"context", &context_, false};
  switch (below(5)) {
    case 0:
    case 1:
      out = of_type("principal", principal_);
      break;
    case 2:
      out = of_type("resource", resource_);
      break;
    case 3: {
      const int type = any_type();
      out = of_type(uid(type).text(), type);
      break;
    }
    default:
      break;
  }
  // One step further now and then, over what is required.
  for (const Attribute& each : *out.shape) {
    if (each.is_optional || !one_in(3)) continue;
    const std::string text = fmt::format("{}.{}", out.text, name_of(each.kind));
    if (each.kind == Kind::kEntity) return of_type(text, each.type);
    if (each.kind == Kind::kRecord) return {text, &record_shape(each.type), false};
  }
  return out;
}

// An attribute or tag of what is wanted, guarded where it may be absent.
std::string TypedCedarMaker::access(Wanted wanted, int depth) {
  for (int tries = 0; tries < 4; ++tries) {
    const Object from = object();
    if (from.is_entity && wanted.kind == Kind::kString && one_in(2) &&
        shapes_.at(static_cast<std::size_t>(from.type)).has_tags) {
      const std::string key = pick({R"("t")", R"("u")"});
      return fmt::format("(if {0}.hasTag({1}) then {0}.getTag({1}) else {2})", from.text, key,
                         expression(wanted, depth - 1));
    }
    for (const Attribute& each : *from.shape) {
      const bool is_typed =
          wanted.kind == Kind::kEntity || wanted.kind == Kind::kSet || wanted.kind == Kind::kRecord;
      if (each.kind != wanted.kind || (is_typed && each.type != wanted.type)) continue;
      if (!each.is_optional) return fmt::format("{}.{}", from.text, name_of(each.kind));
      return fmt::format("(if {0} has {1} then {0}.{1} else {2})", from.text, name_of(each.kind),
                         expression(wanted, depth - 1));
    }
  }
  return literal(wanted);
}

std::string TypedCedarMaker::expression(Wanted wanted, int depth) {
  if (wanted.kind == Kind::kEntity && one_in(2)) {
    if (wanted.type == principal_) return "principal";
    if (wanted.type == resource_) return "resource";
  }
  if (depth <= 0) return literal(wanted);
  if (one_in(8)) {
    return fmt::format("(if {} then {} else {})", condition(depth - 1),
                       expression(wanted, depth - 1), expression(wanted, depth - 1));
  }
  return one_in(3) ? operation(wanted, depth) : access(wanted, depth);
}

std::string TypedCedarMaker::operation(Wanted wanted, int depth) {
  const auto of = [&](Wanted one) { return expression(one, depth - 1); };
  switch (wanted.kind) {
    case Kind::kBool:
      return condition(depth);
    case Kind::kLong:
      if (one_in(4)) return fmt::format("(-({}))", of(wanted));
      if (one_in(4)) return fmt::format("({}).toHours()", of({Kind::kDuration}));
      return fmt::format("({} {} {})", of(wanted), pick({"+", "-", "*"}), of(wanted));
    case Kind::kSet:
      return fmt::format("[{}, {}]", of({Kind::kEntity, wanted.type}),
                         of({Kind::kEntity, wanted.type}));
    case Kind::kDatetime:
      return one_in(2) ? fmt::format("({}).offset({})", of(wanted), of({Kind::kDuration}))
                       : fmt::format("({}).toDate()", of(wanted));
    case Kind::kDuration:
      return fmt::format("({}).durationSince({})", of({Kind::kDatetime}), of({Kind::kDatetime}));
    case Kind::kRecord:
    case Kind::kString:
    case Kind::kEntity:
    case Kind::kIp:
    case Kind::kDecimal:
      return literal(wanted);
  }
  WARD_UNREACHABLE();
}

std::string TypedCedarMaker::presence() {
  const Object from = object();
  if (from.is_entity && one_in(3)) return fmt::format("({}.hasTag(\"t\"))", from.text);
  return fmt::format("({} has {})", from.text, name_of(any_kind()));
}

std::string TypedCedarMaker::relation(int depth) {
  const auto of = [&](Wanted one) { return expression(one, depth - 1); };
  const Wanted same{any_kind(), any_type()};
  switch (below(9)) {
    case 0:
      return fmt::format("({} {} {})", of(same), pick({"==", "!="}), of(same));
    case 1:
      return fmt::format("({} {} {})", of({Kind::kLong}), pick({"<", "<=", ">", ">="}),
                         of({Kind::kLong}));
    case 2:
      return fmt::format("({} {} {})", of({Kind::kDatetime}), pick({"<", ">="}),
                         of({Kind::kDatetime}));
    case 3:
    case 4:
      return fmt::format("({} in {})", of({Kind::kEntity, any_type()}),
                         of({one_in(3) ? Kind::kSet : Kind::kEntity, any_type()}));
    case 5:
      return fmt::format("({} like {})", of({Kind::kString}), pick({R"("*")", R"("a*")"}));
    case 6:
      return fmt::format("({} is {}{})", of({Kind::kEntity, any_type()}),
                         kTypes.at(static_cast<std::size_t>(any_type())),
                         one_in(2) ? " in " + of({Kind::kEntity, any_type()}) : "");
    case 7:
      return fmt::format("({}).{}({})", of({Kind::kSet, same.type}),
                         pick({"containsAll", "containsAny"}), of({Kind::kSet, same.type}));
    default:
      if (one_in(3)) {
        return fmt::format("({}).lessThan({})", of({Kind::kDecimal}), of({Kind::kDecimal}));
      }
      if (one_in(2)) return fmt::format("({}).isInRange({})", of({Kind::kIp}), of({Kind::kIp}));
      return fmt::format("({}).contains({})", of({Kind::kSet, same.type}),
                         of({Kind::kEntity, same.type}));
  }
}

std::string TypedCedarMaker::condition(int depth) {
  if (depth <= 0) return one_in(3) ? literal({Kind::kBool}) : presence();
  switch (below(8)) {
    case 0:
      return fmt::format("(!{})", condition(depth - 1));
    case 1:
    case 2:
    case 3: {
      const std::string op = pick({" && ", " || "});
      std::string out = "(" + condition(depth - 1);
      for (int i = below(3); i >= 0; --i) out += op + condition(depth - 1);
      return out + ")";
    }
    case 4: {
      const Object from = object();
      for (const Attribute& each : *from.shape) {
        if (!each.is_optional) continue;
        return fmt::format("({0} has {1} && {0}.{1} == {2})", from.text, name_of(each.kind),
                           expression({each.kind, each.type}, depth - 1));
      }
      return access({Kind::kBool}, depth);
    }
    case 5:
      return access({Kind::kBool}, depth);
    default:
      return relation(depth);
  }
}

std::string TypedCedarMaker::scope(std::string_view variable, int type) {
  switch (below(7)) {
    case 0:
      return fmt::format("{} == {}", variable, uid(type).text());
    case 1:
      return fmt::format("{} in {}", variable, uid(any_type()).text());
    case 2:
      return fmt::format("{} is {}", variable, kTypes.at(static_cast<std::size_t>(type)));
    case 3:
      return fmt::format("{} is {} in {}", variable, kTypes.at(static_cast<std::size_t>(type)),
                         uid(any_type()).text());
    default:
      return std::string(variable);
  }
}

std::string TypedCedarMaker::policy() {
  const std::string action =
      one_in(2) ? "action"
                : fmt::format("action {}", pick({R"(== Action::"r")", R"(in Action::"g")",
                                                 R"(in [Action::"w", Action::"h"])"}));
  std::string out =
      fmt::format("{}({}, {}, {})", one_in(3) ? "forbid" : "permit", scope("principal", principal_),
                  action, scope("resource", resource_));
  for (int i = below(4); i > 0; --i) {
    out += fmt::format(" {} {{ {} }}", one_in(3) ? "unless" : "when", condition(1 + below(3)));
  }
  return out + ";";
}

}  // namespace ward::testing
