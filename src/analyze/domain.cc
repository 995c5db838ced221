#include "analyze/domain.h"

#include <algorithm>

namespace ward::analyze {
namespace {

using Kind = cedar::CheckedType::Kind;

constexpr std::uint32_t kLongBits = 64;

}  // namespace

std::size_t Domain::find(std::string_view name) const {
  const auto it = std::ranges::find(parts, name, &DomainPart::name);
  return static_cast<std::size_t>(it - parts.begin());
}

Result<const Domain*> Domains::of(const cedar::CheckedTypePtr& type) {
  WARD_CHECK(type != nullptr);
  if (const auto it = by_type_.find(type.get()); it != by_type_.end()) return it->second;
  WARD_TRY(const Domain* made, make(*type));
  by_type_.emplace(type.get(), made);
  kept_.push_back(type);
  return made;
}

Result<const Domain*> Domains::make(const cedar::CheckedType& type) {
  switch (type.kind) {
    case Kind::kTrue:
    case Kind::kFalse:
    case Kind::kBool:
      return plain(Domain::Kind::kBool, "bool");
    case Kind::kLong:
      return plain(Domain::Kind::kLong, "long");
    case Kind::kString:
      return plain(Domain::Kind::kString, "string");
    case Kind::kExtension:
      return extension(type.extension);
    case Kind::kEntity:
      if (type.entities.size() == 1) return &entity(type.entities.front());
      break;
    case Kind::kSet: {
      WARD_TRY(const Domain* element, of(type.element));
      const std::string key = fmt::format("set {}", numbers_.at(element));
      if (const Domain* known = find(key)) return known;
      return keep(
          key, {Domain::Kind::kSet, solver_.mkSetSort(element->sort), {}, {}, {}, {}, {}, element});
    }
    case Kind::kRecord:
      if (!type.is_open) return make_record(type);
      break;
    case Kind::kAnyEntity:
    case Kind::kNever:
      break;
  }
  return make_error(ErrorCode::kUnimplemented, "values of type `{}` cannot be analysed",
                    cedar::to_text(type));
}

const Domain* Domains::extension(cedar::ExtensionType type) {
  switch (type) {
    case cedar::ExtensionType::kDecimal:
      return plain(Domain::Kind::kDecimal, "decimal");
    case cedar::ExtensionType::kDatetime:
      return plain(Domain::Kind::kDatetime, "datetime");
    case cedar::ExtensionType::kDuration:
      return plain(Domain::Kind::kDuration, "duration");
    case cedar::ExtensionType::kIpaddr:
      return ip();
  }
  WARD_UNREACHABLE();
}

const Domain* Domains::plain(Domain::Kind kind, const std::string& key) {
  if (const Domain* known = find(key)) return known;
  if (kind == Domain::Kind::kBool) return keep(key, {kind, solver_.getBooleanSort()});
  if (kind == Domain::Kind::kString) return keep(key, {kind, solver_.getStringSort()});
  return keep(key, {kind, solver_.mkBitVectorSort(kLongBits)});
}

const Domain* Domains::ip() {
  const std::string key = "ip";
  if (const Domain* known = find(key)) return known;
  cvc::DatatypeDecl declaration = solver_.mkDatatypeDecl(key);
  // A prefix that is not the whole width is below 32, or below 128.
  for (const auto& [name, address, prefix] : {std::tuple{"v4", 32u, 0u},
                                              {"v4_range", 32u, 5u},
                                              {"v6", 128u, 0u},
                                              {"v6_range", 128u, 7u}}) {
    cvc::DatatypeConstructorDecl form = solver_.mkDatatypeConstructorDecl(name);
    form.addSelector(fmt::format("{}_address", name), solver_.mkBitVectorSort(address));
    if (prefix != 0) {
      form.addSelector(fmt::format("{}_prefix", name), solver_.mkBitVectorSort(prefix));
    }
    declaration.addConstructor(form);
  }
  return keep(key, {Domain::Kind::kIp, solver_.mkDatatypeSort(declaration)});
}

Result<const Domain*> Domains::make_record(const cedar::CheckedType& type) {
  std::string key = "record";
  std::vector<DomainPart> parts;
  for (const cedar::CheckedAttribute& each : type.attributes) {
    WARD_TRY(const Domain* domain, of(each.type));
    parts.push_back({each.name, domain, each.is_required ? nullptr : &option(*domain)});
    key += fmt::format(" {}:{}{}{}", each.name.size(), each.name, each.is_required ? ' ' : '?',
                       numbers_.at(domain));
  }
  if (const Domain* known = find(key)) return known;
  const std::string name = fmt::format("record{}", by_key_.size());
  cvc::DatatypeDecl declaration = solver_.mkDatatypeDecl(name);
  cvc::DatatypeConstructorDecl make = solver_.mkDatatypeConstructorDecl("make_" + name);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    make.addSelector(fmt::format("{}_{}", name, i),
                     parts[i].option ? parts[i].option->sort : parts[i].domain->sort);
  }
  declaration.addConstructor(make);
  const cvc::Sort sort = solver_.mkDatatypeSort(declaration);
  const cvc::DatatypeConstructor made = sort.getDatatype()[0];
  std::vector<cvc::Term> get;
  for (std::size_t i = 0; i < parts.size(); ++i) get.push_back(made[i].getTerm());
  return keep(key, {Domain::Kind::kRecord,
                    sort,
                    made.getTerm(),
                    std::move(get),
                    {},
                    {},
                    {},
                    nullptr,
                    std::move(parts)});
}

std::vector<std::string> Domains::ids_of(const cedar::EntityType& type) const {
  if (const cedar::EntityTypeInfo* info = schema_.find(type)) return info->enum_ids;
  std::vector<std::string> out;
  for (const cedar::ActionInfo& each : schema_.actions()) {
    if (each.uid.type() == type) out.push_back(each.uid.id());
  }
  WARD_CHECK(!out.empty());
  return out;
}

const Domain& Domains::entity(const cedar::EntityType& type) {
  const std::string key = "entity " + type.name();
  if (const Domain* known = find(key)) return *known;
  std::vector<std::string> ids = ids_of(type);
  return *keep(key, ids.empty() ? any_id(type) : enumerated(type, std::move(ids)));
}

Domain Domains::any_id(const cedar::EntityType& type) {
  cvc::DatatypeDecl declaration = solver_.mkDatatypeDecl(type.name());
  cvc::DatatypeConstructorDecl make = solver_.mkDatatypeConstructorDecl("make_" + type.name());
  make.addSelector("id_of_" + type.name(), solver_.getStringSort());
  declaration.addConstructor(make);
  const cvc::Sort sort = solver_.mkDatatypeSort(declaration);
  const cvc::DatatypeConstructor made = sort.getDatatype()[0];
  return {Domain::Kind::kEntity, sort, made.getTerm(), {made[0].getTerm()}, {}, {}, type};
}

Domain Domains::enumerated(const cedar::EntityType& type, std::vector<std::string> ids) {
  cvc::DatatypeDecl declaration = solver_.mkDatatypeDecl(type.name());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    declaration.addConstructor(
        solver_.mkDatatypeConstructorDecl(fmt::format("{}_{}", type.name(), i)));
  }
  const cvc::Sort sort = solver_.mkDatatypeSort(declaration);
  const cvc::Datatype datatype = sort.getDatatype();
  std::vector<cvc::Term> constants;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    constants.push_back(solver_.mkTerm(cvc::APPLY_CONSTRUCTOR, {datatype[i].getTerm()}));
  }
  return {Domain::Kind::kEnum, sort, {}, {}, std::move(ids), std::move(constants), type};
}

const Option& Domains::option(const Domain& domain) {
  std::unique_ptr<const Option>& kept = options_[&domain];
  if (kept) return *kept;
  const std::string name = fmt::format("option{}", numbers_.at(&domain));
  cvc::DatatypeDecl declaration = solver_.mkDatatypeDecl(name);
  declaration.addConstructor(solver_.mkDatatypeConstructorDecl("no_" + name));
  cvc::DatatypeConstructorDecl some = solver_.mkDatatypeConstructorDecl("some_" + name);
  some.addSelector("value_" + name, domain.sort);
  declaration.addConstructor(some);
  const cvc::Sort sort = solver_.mkDatatypeSort(declaration);
  const cvc::Datatype datatype = sort.getDatatype();
  kept = std::make_unique<const Option>(
      Option{sort, solver_.mkTerm(cvc::APPLY_CONSTRUCTOR, {datatype[0].getTerm()}),
             datatype[1].getTerm(), datatype[1].getTesterTerm(), datatype[1][0].getTerm()});
  return *kept;
}

const Domain* Domains::keep(std::string key, Domain domain) {
  const std::size_t number = by_key_.size();
  const auto it =
      by_key_.emplace(std::move(key), std::make_unique<const Domain>(std::move(domain))).first;
  numbers_.emplace(it->second.get(), number);
  return it->second.get();
}

const Domain* Domains::find(const std::string& key) const {
  const auto it = by_key_.find(key);
  return it == by_key_.end() ? nullptr : it->second.get();
}

}  // namespace ward::analyze
