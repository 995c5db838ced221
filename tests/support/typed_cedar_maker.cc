#include "tests/support/typed_cedar_maker.h"

namespace ward::testing {

using cedar::Value;

const std::array<std::string, 3> TypedCedarMaker::kTypes = {"A", "B", "N::C"};

TypedCedarMaker::TypedCedarMaker(std::uint64_t seed)
    : Seeded(seed), action_(*cedar::EntityUid::of("Action", one_in(2) ? "r" : "w")) {
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    shapes_[i].attributes = shape();
    shapes_[i].has_tags = !one_in(3);
    for (std::size_t j = i; j < kTypes.size(); ++j) {
      if (one_in(2)) shapes_[i].parents.push_back(static_cast<int>(j));
    }
    records_[i] = {{Kind::kBool, one_in(2), 0},
                   {Kind::kLong, one_in(2), 0},
                   {Kind::kEntity, one_in(2), static_cast<int>(i)}};
  }
  context_ = shape();
  principal_ = any_type();
  resource_ = any_type();
}

std::string_view TypedCedarMaker::name_of(Kind kind) {
  constexpr std::string_view kNames[] = {"b", "n", "s", "e", "es", "r", "d", "u", "i", "c"};
  return kNames[static_cast<int>(kind)];
}

TypedCedarMaker::Shape TypedCedarMaker::shape() {
  Shape out;
  for (int i = 0; i < kKinds; ++i) {
    if (!one_in(4)) out.push_back({static_cast<Kind>(i), one_in(3), any_type()});
  }
  return out;
}

std::string TypedCedarMaker::type_text(const Attribute& attribute) {
  const std::string& type = kTypes.at(static_cast<std::size_t>(attribute.type));
  switch (attribute.kind) {
    case Kind::kBool:
      return "Bool";
    case Kind::kLong:
      return "Long";
    case Kind::kString:
      return "String";
    case Kind::kEntity:
      return type;
    case Kind::kSet:
      return fmt::format("Set<{}>", type);
    case Kind::kRecord:
      return fmt::format("R{}", attribute.type);
    case Kind::kDatetime:
      return "datetime";
    case Kind::kDuration:
      return "duration";
    case Kind::kIp:
      return "ipaddr";
    case Kind::kDecimal:
      return "decimal";
  }
  WARD_UNREACHABLE();
}

std::string TypedCedarMaker::shape_text(const Shape& shape) {
  std::string out = "{";
  for (const Attribute& each : shape) {
    out +=
        fmt::format("{}{}: {}, ", name_of(each.kind), each.is_optional ? "?" : "", type_text(each));
  }
  return out + "}";
}

std::string TypedCedarMaker::schema() const {
  std::string out;
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    out += fmt::format("type R{} = {};\n", i, shape_text(records_[i]));
  }
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    std::string parents;
    for (const int each : shapes_[i].parents) {
      parents += (parents.empty() ? "" : ", ") + kTypes.at(static_cast<std::size_t>(each));
    }
    const std::string name = i == 2 ? "C" : kTypes[i];
    const std::string declaration = fmt::format(
        "entity {}{} = {}{};", name, parents.empty() ? "" : fmt::format(" in [{}]", parents),
        shape_text(shapes_[i].attributes), shapes_[i].has_tags ? " tags String" : "");
    out += i == 2 ? fmt::format("namespace N {{ {} }}\n", declaration) : declaration + "\n";
  }
  const std::string applies =
      fmt::format("appliesTo {{ principal: [A, B, N::C], resource: [A, B, N::C], context: {} }};\n",
                  shape_text(context_));
  return out + "action g, h;\naction r in g " + applies + "action w in [g, h] " + applies;
}

cedar::EntityUid TypedCedarMaker::uid(int type) {
  return *cedar::EntityUid::of(kTypes.at(static_cast<std::size_t>(type)), id());
}

Value TypedCedarMaker::value(Wanted wanted) {
  switch (wanted.kind) {
    case Kind::kBool:
      return Value(one_in(2));
    case Kind::kLong:
      return one_in(10) ? Value(INT64_MAX) : Value(static_cast<std::int64_t>(below(5) - 2));
    case Kind::kString:
      return Value(pick({"", "a", "ab", "b*"}));
    case Kind::kEntity:
      return Value(uid(wanted.type));
    case Kind::kSet: {
      std::vector<Value> elements;
      for (int i = one_in(20) ? 40 : below(4); i > 0; --i) elements.emplace_back(uid(wanted.type));
      return Value(cedar::Set(std::move(elements)));
    }
    case Kind::kRecord:
      return Value(record(record_shape(wanted.type)));
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

cedar::Record TypedCedarMaker::record(const Shape& shape) {
  std::vector<cedar::Field> fields;
  for (const Attribute& each : shape) {
    if (each.is_optional && one_in(2)) continue;
    fields.push_back({std::string(name_of(each.kind)), value({each.kind, each.type})});
  }
  return cedar::Record(std::move(fields));
}

// Parents have a later name, so that there is no cycle.
cedar::Entity TypedCedarMaker::entity(const cedar::EntityUid& uid) {
  std::size_t type = 0;
  while (kTypes.at(type) != uid.type().name()) ++type;
  const EntityShape& shape = shapes_.at(type);
  cedar::Entity out{uid, record(shape.attributes), {}, {}};
  for (const int each : shape.parents) {
    const cedar::EntityUid parent = this->uid(each);
    if (one_in(2) && uid < parent) out.parents.push_back(parent);
  }
  if (shape.has_tags && one_in(2)) out.tags = cedar::Record{{pick({"t", "u"}), pick({"a", "ab"})}};
  return out;
}

std::vector<cedar::Entity> TypedCedarMaker::entities() {
  std::vector<cedar::Entity> out;
  for (const std::string& type : kTypes) {
    for (const std::string& each : ids()) {
      if (!one_in(5)) out.push_back(entity(*cedar::EntityUid::of(type, each)));
    }
  }
  return out;
}

cedar::Request TypedCedarMaker::request() {
  return {uid(principal_), action_, uid(resource_), record(context_)};
}

}  // namespace ward::testing
