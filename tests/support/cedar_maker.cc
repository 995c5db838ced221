#include "tests/support/cedar_maker.h"

#include <array>

namespace ward::testing {

using cedar::Value;

Value CedarMaker::value(Kind kind, int depth) {
  if (one_in(12)) kind = any_kind();
  switch (kind) {
    case Kind::kBool:
      return Value(one_in(2));
    case Kind::kLong:
      if (one_in(10)) return Value(one_in(2) ? INT64_MAX : INT64_MIN);
      return Value(static_cast<std::int64_t>(below(5) - 2));
    case Kind::kString:
      return Value(pick({"", "a", "ab", "b*", "10.0.0.1", "1.5", "2d", "abababababc"}));
    case Kind::kEntity:
      return Value(entity());
    case Kind::kSet: {
      std::vector<Value> elements;
      const Kind of = one_in(3) ? any_kind() : Kind::kEntity;
      const int size = one_in(8) ? 12 : below(4);
      for (int i = 0; i < size && depth > 0; ++i) elements.push_back(value(of, depth - 1));
      return Value(cedar::Set(std::move(elements)));
    }
    case Kind::kRecord:
      return depth > 0 ? Value(record(depth - 1)) : Value(cedar::Record());
    case Kind::kDatetime:
      return Value(cedar::Datetime::of_epoch_ms(one_in(8) ? INT64_MIN : below(3) * 86'400'000));
    case Kind::kDuration:
      return Value(cedar::Duration::of_ms(one_in(8) ? INT64_MAX : (below(5) - 2) * 3'600'000));
    case Kind::kIp:
      return Value(cedar::IpAddress::v4(0x0a000000u + static_cast<std::uint32_t>(below(3)),
                                        one_in(2) ? 32 : 8));
    case Kind::kDecimal:
      return Value(cedar::Decimal::of_ten_thousandths(below(4) * 5000));
  }
  WARD_UNREACHABLE();
}

cedar::Record CedarMaker::record(int depth) {
  std::vector<cedar::Field> fields;
  for (int i = 0; i < kKinds; ++i) {
    const auto kind = static_cast<Kind>(i);
    if (!one_in(4)) fields.push_back({std::string(attribute(kind)), value(kind, depth)});
  }
  return cedar::Record(std::move(fields));
}

cedar::Entities CedarMaker::entities() {
  std::vector<cedar::Entity> all;
  // Parents among those that come later, so that there is no cycle, and some that are not there.
  constexpr std::array kTypes = {"A", "B", "N::C"};
  constexpr std::array kIds = {"x", "y", "z", "w", ""};
  for (const char* type : kTypes) {
    for (const char* id : kIds) {
      if (one_in(4)) continue;
      cedar::Entity entity{*cedar::EntityUid::of(type, id), record(2), {}, {}};
      if (one_in(3)) entity.tags = record(1);
      all.push_back(std::move(entity));
    }
  }
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    for (int j = below(3); j > 0; --j) {
      const std::size_t left = all.size() - i - 1;
      const std::size_t parent = i + 1 + static_cast<std::size_t>(below(static_cast<int>(left)));
      all[i].parents.push_back(all[parent].uid);
    }
    if (one_in(5)) all[i].parents.push_back(*cedar::EntityUid::of("B", "gone"));
  }
  const auto group = [&](const char* id, std::vector<cedar::EntityUid> parents) {
    if (one_in(4)) return;
    all.push_back({*cedar::EntityUid::of("Action", id), {}, std::move(parents), {}});
  };
  const auto g = *cedar::EntityUid::of("Action", "g");
  const auto h = *cedar::EntityUid::of("Action", "h");
  group("r", {g});
  group("w", {g, h});
  group("g", {h});
  return cedar::Entities::build(std::move(all)).value();
}

cedar::Request CedarMaker::request() {
  return {entity(), action(), entity(), record(2)};
}

std::string CedarMaker::scope(std::string_view variable, bool& has_slot) {
  const bool may_have_slot = one_in(5);
  const auto reference = [&] {
    has_slot = may_have_slot;
    return has_slot ? fmt::format("?{}", variable) : entity_text();
  };
  switch (below(6)) {
    case 0:
    case 1:
      return std::string(variable);
    case 2:
      return fmt::format("{} == {}", variable, reference());
    case 3:
      return fmt::format("{} in {}", variable, reference());
    case 4:
      return fmt::format("{} is {}", variable, pick({"A", "B", "N::C", "Gone"}));
    default:
      return fmt::format("{} is {} in {}", variable, pick({"A", "B", "N::C"}), reference());
  }
}

std::string CedarMaker::action_scope() {
  switch (below(5)) {
    case 0:
    case 1:
      return "action";
    case 2:
      return fmt::format("action == {}", action_text());
    case 3:
      return fmt::format("action in {}", action_text());
    default: {
      std::string out = "action in [";
      for (int i = below(4); i > 0; --i) out += action_text() + ",";
      return out + "]";
    }
  }
}

std::string CedarMaker::literal(Kind kind) {
  switch (kind) {
    case Kind::kBool:
      return pick({"true", "false"});
    case Kind::kLong:
      return pick({"0", "1", "2", "(-1)", "9223372036854775807", "(-9223372036854775808)"});
    case Kind::kString:
      return pick({R"("")", R"("a")", R"("ab")", R"("b*")", R"("10.0.0.1")", R"("1.5")"});
    case Kind::kEntity:
      return entity_text();
    case Kind::kSet:
      return pick({"[]", "[1, 2]", R"([A::"x", B::"y"])", R"([A::"x", 1])"});
    case Kind::kRecord:
      return pick({"{}", "{b: true}", R"({e: A::"x", n: 1})", "{r: {b: false}}"});
    case Kind::kDatetime:
      return pick({R"(datetime("1970-01-01"))", R"(datetime("1970-01-02"))", R"(datetime("x"))"});
    case Kind::kDuration:
      return pick({R"(duration("1h"))", R"(duration("-2h"))", R"(duration(""))"});
    case Kind::kIp:
      return pick({R"(ip("10.0.0.1"))", R"(ip("10.0.0.0/8"))", R"(ip("::1"))", R"(ip("10"))"});
    case Kind::kDecimal:
      return pick({R"(decimal("0.5"))", R"(decimal("1.0"))", R"(decimal("1"))"});
  }
  WARD_UNREACHABLE();
}

std::string CedarMaker::expression(Kind kind, int depth) {
  if (one_in(25)) kind = any_kind();
  if (kind == Kind::kEntity && one_in(2)) return pick({"principal", "resource", "action"});
  if (kind == Kind::kRecord && one_in(4)) return "context";
  if (depth <= 0) return literal(kind);
  const auto of = [&](Kind one) { return expression(one, depth - 1); };
  if (one_in(8))
    return fmt::format("(if {} then {} else {})", condition(depth - 1), of(kind), of(kind));
  if (one_in(2)) {
    const std::string object = one_in(2)   ? "context"
                               : one_in(3) ? of(Kind::kRecord)
                                           : of(Kind::kEntity);
    if (one_in(6)) return fmt::format("{}.getTag(\"{}\")", of(Kind::kEntity), attribute(kind));
    return fmt::format("({}).{}", object, attribute(kind));
  }
  switch (kind) {
    case Kind::kBool:
      return condition(depth);
    case Kind::kLong:
      if (one_in(4)) return fmt::format("(-({}))", of(Kind::kLong));
      if (one_in(4)) return fmt::format("({}).toHours()", of(Kind::kDuration));
      return fmt::format("({} {} {})", of(kind), pick({"+", "-", "*"}), of(kind));
    case Kind::kSet:
      return fmt::format("[{}, {}, {}]", of(Kind::kEntity), of(Kind::kEntity), any(depth - 1));
    case Kind::kRecord:
      return fmt::format("{{b: {}, e: {}, r: {}}}", of(Kind::kBool), of(Kind::kEntity),
                         of(Kind::kRecord));
    case Kind::kDatetime:
      return one_in(2) ? fmt::format("({}).offset({})", of(kind), of(Kind::kDuration))
                       : fmt::format("({}).toDate()", of(kind));
    case Kind::kDuration:
      return fmt::format("({}).durationSince({})", of(Kind::kDatetime), of(Kind::kDatetime));
    case Kind::kIp:
      return fmt::format("ip({})", of(Kind::kString));
    case Kind::kDecimal:
      return fmt::format("decimal({})", of(Kind::kString));
    case Kind::kString:
    case Kind::kEntity:
      return literal(kind);
  }
  WARD_UNREACHABLE();
}

std::string CedarMaker::condition(int depth) {
  if (depth <= 0) return one_in(3) ? literal(Kind::kBool) : "context.b";
  const auto of = [&](Kind one) { return expression(one, depth - 1); };
  const auto again = [&] { return condition(depth - 1); };
  const Kind same = any_kind();
  switch (below(16)) {
    case 0:
      return fmt::format("({} {} {})", of(same), pick({"==", "!="}), of(same));
    case 1:
      return fmt::format("({} {} {})", of(Kind::kLong), pick({"<", "<=", ">", ">="}),
                         of(Kind::kLong));
    case 2:
      return fmt::format("({} {} {})", of(Kind::kDatetime), pick({"<", ">="}), of(Kind::kDatetime));
    case 3:
      return fmt::format("({} in {})", of(Kind::kEntity),
                         of(one_in(3) ? Kind::kSet : Kind::kEntity));
    case 4:
      return fmt::format("({} has {})", of(one_in(2) ? Kind::kEntity : Kind::kRecord),
                         attribute(same));
    case 5:
      return fmt::format("({} has r.e.{})", one_in(2) ? "context" : of(Kind::kEntity),
                         attribute(same));
    case 6:
      return fmt::format(
          "({} like {})", of(Kind::kString),
          pick({R"("*")", R"("a*")", R"("*b\*")", R"("*abababc")", R"("*ababababc*")"}));
    case 7:
      return fmt::format("({} is {}{})", of(Kind::kEntity), pick({"A", "B", "N::C"}),
                         one_in(2) ? " in " + of(one_in(3) ? Kind::kSet : Kind::kEntity) : "");
    case 8:
      return fmt::format("({}).{}({})", of(Kind::kSet), pick({"containsAll", "containsAny"}),
                         of(Kind::kSet));
    case 9:
      return fmt::format("({}).contains({})", of(Kind::kSet),
                         one_in(3) ? any(depth - 1) : of(Kind::kEntity));
    case 10:
      return one_in(2) ? fmt::format("({}).isEmpty()", of(Kind::kSet))
                       : fmt::format("({}).hasTag({})", of(Kind::kEntity), of(Kind::kString));
    case 11:
      return fmt::format("({}).{}({})", of(Kind::kDecimal),
                         pick({"lessThan", "greaterThanOrEqual"}), of(Kind::kDecimal));
    case 12:
      return one_in(2) ? fmt::format("({}).isInRange({})", of(Kind::kIp), of(Kind::kIp))
                       : fmt::format("({}).{}()", of(Kind::kIp), pick({"isIpv4", "isLoopback"}));
    case 13:
      return fmt::format("(!{})", again());
    default: {
      const std::string op = pick({" && ", " || "});
      std::string out = "(" + again();
      for (int i = below(3); i >= 0; --i) out += op + again();
      return out + ")";
    }
  }
}

std::string CedarMaker::policy(bool& has_principal_slot, bool& has_resource_slot) {
  std::string out = fmt::format("{}({}, {}, {})", one_in(3) ? "forbid" : "permit",
                                scope("principal", has_principal_slot), action_scope(),
                                scope("resource", has_resource_slot));
  for (int i = below(3); i > 0; --i) {
    out += fmt::format(" {} {{ {} }}", one_in(3) ? "unless" : "when", condition(1 + below(3)));
  }
  return out + ";";
}

cedar::PolicySet CedarMaker::policies() {
  cedar::PolicySet out;
  const int count = 1 + below(one_in(4) ? 24 : 6);
  for (int i = 0; i < count; ++i) {
    bool has_principal = false;
    bool has_resource = false;
    const std::string text = policy(has_principal, has_resource);
    const auto trees = cedar::parse_policy_trees(text, "made.cedar");
    // What is wrong by itself, as a second relation, does not parse and says nothing of engines.
    if (!trees.ok()) continue;
    const std::string id = fmt::format("p{}", i);
    WARD_CHECK(out.add(id, trees->front()).ok());
    if (!has_principal && !has_resource) continue;
    for (int link = below(5); link > 0; --link) {
      cedar::SlotValues slots;
      if (has_principal) slots.principal = entity();
      if (has_resource) slots.resource = entity();
      WARD_CHECK(out.link(id, fmt::format("{}-{}", id, link), std::move(slots)).ok());
    }
  }
  return out;
}

}  // namespace ward::testing
