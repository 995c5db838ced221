#include "cedar/validate/checked_type.h"

#include <algorithm>

#include "base/check.h"
#include "cedar/schema/type_text.h"

namespace ward::cedar {
namespace {

using Kind = CheckedType::Kind;

CheckedTypePtr make(CheckedType type) {
  return std::make_shared<const CheckedType>(std::move(type));
}

void append(std::string& out, const CheckedType& type) {
  switch (type.kind) {
    case Kind::kTrue:
    case Kind::kFalse:
    case Kind::kBool:
      out += "Bool";
      return;
    case Kind::kLong:
      out += "Long";
      return;
    case Kind::kString:
      out += "String";
      return;
    case Kind::kExtension:
      out += extension_type_name(type.extension);
      return;
    case Kind::kEntity:
      out += type.entity->name();
      return;
    case Kind::kSet:
      out += "Set<";
      append(out, *type.element);
      out += '>';
      return;
    case Kind::kRecord:
      append_record_text(out, type.attributes,
                         [](std::string& to, const auto& attribute) { append(to, attribute); });
      return;
  }
  WARD_UNREACHABLE();
}

// Strict validation wants the same fields, each required in both or in neither.
CheckedTypePtr bound_of_records(const CheckedType& a, const CheckedType& b) {
  if (a.attributes.size() != b.attributes.size()) return nullptr;
  std::vector<CheckedAttribute> out;
  out.reserve(a.attributes.size());
  for (std::size_t i = 0; i < a.attributes.size(); ++i) {
    const CheckedAttribute& left = a.attributes[i];
    const CheckedAttribute& right = b.attributes[i];
    if (left.name != right.name || left.is_required != right.is_required) return nullptr;
    CheckedTypePtr type = least_upper_bound(left.type, right.type);
    if (!type) return nullptr;
    out.push_back({left.name, std::move(type), left.is_required});
  }
  return make({.kind = Kind::kRecord, .attributes = std::move(out)});
}

}  // namespace

const CheckedAttribute* CheckedType::find(std::string_view name) const {
  const auto it = std::ranges::lower_bound(attributes, name, {}, [](const CheckedAttribute& each) {
    return std::string_view(each.name);
  });
  return it == attributes.end() || it->name != name ? nullptr : &*it;
}

CheckedTypePtr checked(Kind kind) {
  return make({.kind = kind});
}

CheckedTypePtr checked_bool(bool value) {
  return checked(value ? Kind::kTrue : Kind::kFalse);
}

CheckedTypePtr checked_extension(ExtensionType type) {
  return make({.kind = Kind::kExtension, .extension = type});
}

CheckedTypePtr checked_entity(const EntityType& type) {
  return make({.kind = Kind::kEntity, .entity = type});
}

CheckedTypePtr checked_set(CheckedTypePtr element) {
  return make({.kind = Kind::kSet, .element = std::move(element)});
}

CheckedTypePtr checked_record(std::vector<CheckedAttribute> attributes) {
  std::ranges::sort(attributes, {}, &CheckedAttribute::name);
  return make({.kind = Kind::kRecord, .attributes = std::move(attributes)});
}

std::string to_text(const CheckedType& type) {
  std::string out;
  append(out, type);
  return out;
}

CheckedTypePtr least_upper_bound(const CheckedTypePtr& a, const CheckedTypePtr& b) {
  if (a == b) return a;
  if (a->is_bool() && b->is_bool()) return a->kind == b->kind ? a : checked(Kind::kBool);
  if (a->kind != b->kind) return nullptr;
  switch (a->kind) {
    case Kind::kTrue:
    case Kind::kFalse:
    case Kind::kBool:
    case Kind::kLong:
    case Kind::kString:
      return a;
    case Kind::kExtension:
      return a->extension == b->extension ? a : nullptr;
    case Kind::kEntity:
      return *a->entity == *b->entity ? a : nullptr;
    case Kind::kSet: {
      CheckedTypePtr element = least_upper_bound(a->element, b->element);
      return element ? checked_set(std::move(element)) : nullptr;
    }
    case Kind::kRecord:
      return bound_of_records(*a, *b);
  }
  WARD_UNREACHABLE();
}

CheckedTypePtr CheckedTypes::of(const Type& type) {
  if (const auto it = made_.find(&type); it != made_.end()) return it->second;
  CheckedTypePtr out;
  switch (type.kind) {
    case Type::Kind::kBool:
      out = checked(Kind::kBool);
      break;
    case Type::Kind::kLong:
      out = checked(Kind::kLong);
      break;
    case Type::Kind::kString:
      out = checked(Kind::kString);
      break;
    case Type::Kind::kExtension:
      out = checked_extension(type.extension);
      break;
    case Type::Kind::kEntity:
      out = checked_entity(*type.entity);
      break;
    case Type::Kind::kSet:
      out = checked_set(of(*type.element));
      break;
    case Type::Kind::kRecord: {
      std::vector<CheckedAttribute> attributes;
      for (const AttributeType& each : type.attributes) {
        attributes.push_back({each.name, of(*each.type), each.is_required});
      }
      out = checked_record(std::move(attributes));
      break;
    }
  }
  made_.emplace(&type, out);
  return out;
}

}  // namespace ward::cedar
