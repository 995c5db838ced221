#include "analyze/constant.h"

#include <algorithm>
#include <array>

#include "analyze/text.h"

namespace ward::analyze {
namespace {

using cedar::Value;

constexpr std::size_t kV6Bytes = 16;

cvc::Term bits(cvc::Solver& solver, std::int64_t value) {
  return solver.mkBitVector(64, std::to_string(static_cast<std::uint64_t>(value)), 10);
}

// Of kDecimal, kDatetime, kDuration and kLong.
std::int64_t count_of(const Value& value) {
  if (const auto* decimal = value.if_decimal()) return decimal->ten_thousandths();
  if (const auto* datetime = value.if_datetime()) return datetime->epoch_ms();
  if (const auto* duration = value.if_duration()) return duration->ms();
  WARD_CHECK(value.if_long() != nullptr);
  return *value.if_long();
}

cedar::IpAddress v4_of(const std::string& binary, std::uint8_t prefix) {
  return cedar::IpAddress::v4(static_cast<std::uint32_t>(std::stoul(binary, nullptr, 2)), prefix);
}

cedar::IpAddress v6_of(const std::string& binary, std::uint8_t prefix) {
  std::array<std::uint8_t, kV6Bytes> bytes{};
  for (std::size_t i = 0; i < kV6Bytes; ++i) {
    bytes.at(i) = static_cast<std::uint8_t>(std::stoul(binary.substr(8 * i, 8), nullptr, 2));
  }
  return cedar::IpAddress::v6(bytes, prefix);
}

// An address keeps its bits to itself, but addresses of one prefix are ordered by them: these are
// the greatest bits whose address is not above it.
std::string bits_of(const cedar::IpAddress& ip) {
  std::string out(ip.is_ipv4() ? 32 : 128, '0');
  for (char& bit : out) {
    bit = '1';
    const bool is_above = (ip.is_ipv4() ? v4_of(out, ip.prefix()) : v6_of(out, ip.prefix())) > ip;
    if (is_above) bit = '0';
  }
  return out;
}

cvc::Term ip_term(cvc::Solver& solver, const Domain& domain, const cedar::IpAddress& ip) {
  const std::string address = bits_of(ip);
  const auto width = static_cast<std::uint32_t>(address.size());
  const bool is_whole = ip.prefix() == width;
  const IpForm form = ip.is_ipv4() ? (is_whole ? IpForm::kV4 : IpForm::kV4Range)
                                   : (is_whole ? IpForm::kV6 : IpForm::kV6Range);
  std::vector<cvc::Term> parts = {
      domain.sort.getDatatype()[static_cast<std::size_t>(form)].getTerm(),
      solver.mkBitVector(width, address, 2)};
  if (!is_whole) parts.push_back(solver.mkBitVector(ip.is_ipv4() ? 5 : 7, ip.prefix()));
  return solver.mkTerm(cvc::APPLY_CONSTRUCTOR, parts);
}

Result<cvc::Term> entity_term(cvc::Solver& solver, const Domain& domain,
                              const cedar::EntityUid& uid) {
  if (domain.kind == Domain::Kind::kEntity) {
    WARD_TRY(const std::wstring id, to_code_points(uid.id()).in(uid.text()));
    return solver.mkTerm(cvc::APPLY_CONSTRUCTOR, {domain.make, solver.mkString(id)});
  }
  const auto it = std::ranges::find(domain.ids, uid.id());
  if (it == domain.ids.end()) return invalid_argument("`{}` does not exist", uid.text());
  return domain.constants[static_cast<std::size_t>(it - domain.ids.begin())];
}

Result<cvc::Term> set_term(cvc::Solver& solver, const Domain& domain, const cedar::Set& set) {
  cvc::Term out = solver.mkEmptySet(domain.sort);
  for (const Value& each : set.elements()) {
    WARD_TRY(const cvc::Term element, to_term(solver, *domain.element, each));
    out = solver.mkTerm(cvc::SET_UNION, {solver.mkTerm(cvc::SET_SINGLETON, {element}), out});
  }
  return out;
}

Result<cvc::Term> record_term(cvc::Solver& solver, const Domain& domain,
                              const cedar::Record& record) {
  std::vector<cvc::Term> out = {domain.make};
  for (const DomainPart& part : domain.parts) {
    const Value* value = record.find(part.name);
    if (value == nullptr) {
      WARD_CHECK(part.option != nullptr);
      out.push_back(part.option->none);
      continue;
    }
    WARD_TRY(cvc::Term term, to_term(solver, *part.domain, *value));
    if (part.option != nullptr) {
      term = solver.mkTerm(cvc::APPLY_CONSTRUCTOR, {part.option->make_some, term});
    }
    out.push_back(std::move(term));
  }
  return solver.mkTerm(cvc::APPLY_CONSTRUCTOR, out);
}

// --- back

Error no_constant(const cvc::Term& term) {
  return make_error(ErrorCode::kInternal,
                    "the solver's model has `{}` where a constant was expected",
                    term.toString().substr(0, 200));
}

bool is_constructed(const cvc::Term& term) {
  return term.getKind() == cvc::APPLY_CONSTRUCTOR;
}

std::int64_t count_of(const cvc::Term& term) {
  return static_cast<std::int64_t>(std::stoull(term.getBitVectorValue(2), nullptr, 2));
}

Result<Value> ip_value(const Domain& domain, const cvc::Term& term) {
  const cvc::Datatype datatype = domain.sort.getDatatype();
  std::size_t form = 0;
  while (form < datatype.getNumConstructors() && datatype[form].getTerm() != term[0]) ++form;
  if (form == datatype.getNumConstructors() || !term[1].isBitVectorValue()) {
    return no_constant(term);
  }
  const bool is_v4 = form <= static_cast<std::size_t>(IpForm::kV4Range);
  std::uint8_t prefix = is_v4 ? 32 : 128;
  if (term.getNumChildren() > 2) {
    prefix = static_cast<std::uint8_t>(std::stoul(term[2].getBitVectorValue(2), nullptr, 2));
  }
  std::string address = term[1].getBitVectorValue(2);
  address.insert(0, (is_v4 ? 32 : 128) - address.size(), '0');
  return Value(is_v4 ? v4_of(address, prefix) : v6_of(address, prefix));
}

Result<Value> entity_value(const Domain& domain, const cvc::Term& term) {
  if (domain.kind == Domain::Kind::kEntity) {
    if (!term[1].isStringValue()) return no_constant(term);
    return Value(cedar::EntityUid(*domain.type, to_utf8(term[1].getStringValue())));
  }
  const auto it = std::ranges::find(domain.constants, term);
  if (it == domain.constants.end()) return no_constant(term);
  const auto at = static_cast<std::size_t>(it - domain.constants.begin());
  return Value(cedar::EntityUid(*domain.type, domain.ids[at]));
}

Result<Value> set_value(const Domain& domain, const cvc::Term& term) {
  if (!term.isSetValue()) return no_constant(term);
  std::vector<Value> elements;
  for (const cvc::Term& each : term.getSetValue()) {
    WARD_TRY(Value element, to_value(*domain.element, each));
    elements.push_back(std::move(element));
  }
  return Value(cedar::Set(std::move(elements)));
}

Result<Value> record_value(const Domain& domain, const cvc::Term& term) {
  std::vector<cedar::Field> fields;
  for (std::size_t i = 0; i < domain.parts.size(); ++i) {
    const DomainPart& part = domain.parts[i];
    cvc::Term field = term[i + 1];
    if (part.option != nullptr) {
      if (field == part.option->none) continue;
      if (!is_constructed(field)) return no_constant(field);
      field = field[1];
    }
    WARD_TRY(Value value, to_value(*part.domain, field));
    fields.push_back({part.name, std::move(value)});
  }
  return Value(cedar::Record(std::move(fields)));
}

Value some_extension_value(cedar::ExtensionType type) {
  switch (type) {
    case cedar::ExtensionType::kDecimal:
      return Value(cedar::Decimal());
    case cedar::ExtensionType::kIpaddr:
      return Value(cedar::IpAddress::v4(0));
    case cedar::ExtensionType::kDatetime:
      return Value(cedar::Datetime());
    case cedar::ExtensionType::kDuration:
      return Value(cedar::Duration());
  }
  WARD_UNREACHABLE();
}

cedar::EntityUid some_entity(const cedar::EntityType& type, const cedar::Schema& schema) {
  if (const cedar::EntityTypeInfo* info = schema.find(type)) {
    return {type, info->is_enum() ? info->enum_ids.front() : ""};
  }
  const auto it = std::ranges::find_if(
      schema.actions(), [&](const cedar::ActionInfo& each) { return each.uid.type() == type; });
  WARD_CHECK(it != schema.actions().end());
  return it->uid;
}

}  // namespace

Result<cvc::Term> to_term(cvc::Solver& solver, const Domain& domain, const Value& value) {
  switch (domain.kind) {
    case Domain::Kind::kBool:
      return solver.mkBoolean(*value.if_bool());
    case Domain::Kind::kLong:
    case Domain::Kind::kDecimal:
    case Domain::Kind::kDatetime:
    case Domain::Kind::kDuration:
      return bits(solver, count_of(value));
    case Domain::Kind::kString: {
      WARD_TRY(const std::wstring text, to_code_points(*value.if_string()));
      return solver.mkString(text);
    }
    case Domain::Kind::kIp:
      return ip_term(solver, domain, *value.if_ip());
    case Domain::Kind::kEntity:
    case Domain::Kind::kEnum:
      return entity_term(solver, domain, *value.if_entity());
    case Domain::Kind::kSet:
      return set_term(solver, domain, *value.if_set());
    case Domain::Kind::kRecord:
      return record_term(solver, domain, *value.if_record());
  }
  WARD_UNREACHABLE();
}

Result<Value> to_value(const Domain& domain, const cvc::Term& term) {
  switch (domain.kind) {
    case Domain::Kind::kBool:
      if (!term.isBooleanValue()) return no_constant(term);
      return Value(term.getBooleanValue());
    case Domain::Kind::kString:
      if (!term.isStringValue()) return no_constant(term);
      return Value(to_utf8(term.getStringValue()));
    case Domain::Kind::kSet:
      return set_value(domain, term);
    case Domain::Kind::kIp:
      return is_constructed(term) ? ip_value(domain, term) : no_constant(term);
    case Domain::Kind::kEntity:
    case Domain::Kind::kEnum:
      return is_constructed(term) ? entity_value(domain, term) : no_constant(term);
    case Domain::Kind::kRecord:
      return is_constructed(term) ? record_value(domain, term) : no_constant(term);
    case Domain::Kind::kLong:
    case Domain::Kind::kDecimal:
    case Domain::Kind::kDatetime:
    case Domain::Kind::kDuration:
      break;
  }
  if (!term.isBitVectorValue()) return no_constant(term);
  const std::int64_t count = count_of(term);
  if (domain.kind == Domain::Kind::kDecimal) {
    return Value(cedar::Decimal::of_ten_thousandths(count));
  }
  if (domain.kind == Domain::Kind::kDatetime) return Value(cedar::Datetime::of_epoch_ms(count));
  if (domain.kind == Domain::Kind::kDuration) return Value(cedar::Duration::of_ms(count));
  return Value(count);
}

Value some_value(const cedar::Type& type, const cedar::Schema& schema) {
  switch (type.kind) {
    case cedar::Type::Kind::kBool:
      return Value(false);
    case cedar::Type::Kind::kLong:
      return Value(0);
    case cedar::Type::Kind::kString:
      return Value("");
    case cedar::Type::Kind::kExtension:
      return some_extension_value(type.extension);
    case cedar::Type::Kind::kEntity:
      return Value(some_entity(*type.entity, schema));
    case cedar::Type::Kind::kSet:
      return Value(cedar::Set());
    case cedar::Type::Kind::kRecord:
      break;
  }
  std::vector<cedar::Field> fields;
  for (const cedar::AttributeType& each : type.attributes) {
    if (each.is_required) fields.push_back({each.name, some_value(*each.type, schema)});
  }
  return Value(cedar::Record(std::move(fields)));
}

}  // namespace ward::analyze
