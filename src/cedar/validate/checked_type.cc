#include "cedar/validate/checked_type.h"

#include <algorithm>
#include <iterator>

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
      for (std::size_t i = 0; i < type.entities.size(); ++i) {
        if (i > 0) out += " | ";
        out += type.entities[i].name();
      }
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
    case Kind::kAnyEntity:
      out += "any entity";
      return;
    case Kind::kNever:
      out += "nothing";
      return;
  }
  WARD_UNREACHABLE();
}

CheckedTypePtr strict_upper_bound(const CheckedTypePtr& a, const CheckedTypePtr& b);

// Strict validation wants the same fields, each required in both or in neither.
CheckedTypePtr bound_of_records(const CheckedType& a, const CheckedType& b) {
  if (a.attributes.size() != b.attributes.size()) return nullptr;
  std::vector<CheckedAttribute> out;
  out.reserve(a.attributes.size());
  for (std::size_t i = 0; i < a.attributes.size(); ++i) {
    const CheckedAttribute& left = a.attributes[i];
    const CheckedAttribute& right = b.attributes[i];
    if (left.name != right.name || left.is_required != right.is_required) return nullptr;
    CheckedTypePtr type = strict_upper_bound(left.type, right.type);
    if (!type) return nullptr;
    out.push_back({left.name, std::move(type), left.is_required});
  }
  return make({.kind = Kind::kRecord, .attributes = std::move(out)});
}

CheckedTypePtr strict_upper_bound(const CheckedTypePtr& a, const CheckedTypePtr& b) {
  if (a == b) return a;
  if (a->is_bool() && b->is_bool()) return a->kind == b->kind ? a : make({.kind = Kind::kBool});
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
      return a->entities == b->entities ? a : nullptr;
    case Kind::kSet: {
      CheckedTypePtr element = strict_upper_bound(a->element, b->element);
      return element ? make({.kind = Kind::kSet, .element = std::move(element)}) : nullptr;
    }
    case Kind::kRecord:
      return bound_of_records(*a, *b);
    case Kind::kAnyEntity:
    case Kind::kNever:
      return a;
  }
  WARD_UNREACHABLE();
}

// --- permissive validation: every value of `a` is one of `b`

bool is_subtype(const CheckedType& a, const CheckedType& b);

bool is_subrecord(const CheckedType& a, const CheckedType& b) {
  if (a.is_open && !b.is_open) return false;
  if (!b.is_open && a.attributes.size() != b.attributes.size()) return false;
  return std::ranges::all_of(b.attributes, [&](const CheckedAttribute& outer) {
    const CheckedAttribute* inner = a.find(outer.name);
    return inner != nullptr && (inner->is_required || !outer.is_required) &&
           is_subtype(*inner->type, *outer.type);
  });
}

bool is_subtype(const CheckedType& a, const CheckedType& b) {
  if (&a == &b || a.kind == Kind::kNever) return true;
  if (a.is_bool() && b.is_bool()) return a.kind == b.kind || b.kind == Kind::kBool;
  if (a.is_entity() && b.kind == Kind::kAnyEntity) return true;
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Kind::kExtension:
      return a.extension == b.extension;
    case Kind::kEntity:
      return std::ranges::includes(b.entities, a.entities);
    case Kind::kSet:
      return is_subtype(*a.element, *b.element);
    case Kind::kRecord:
      return is_subrecord(a, b);
    case Kind::kTrue:
    case Kind::kFalse:
    case Kind::kBool:
    case Kind::kLong:
    case Kind::kString:
    case Kind::kAnyEntity:
    case Kind::kNever:
      return true;
  }
  WARD_UNREACHABLE();
}

CheckedTypePtr permissive_upper_bound(const CheckedTypePtr& a, const CheckedTypePtr& b);

// The attributes that both have and that have a bound; there may be others.
CheckedTypePtr permissive_bound_of_records(const CheckedType& a, const CheckedType& b) {
  CheckedType out{.kind = Kind::kRecord, .is_open = a.is_open || b.is_open};
  for (const CheckedAttribute& left : a.attributes) {
    const CheckedAttribute* right = b.find(left.name);
    CheckedTypePtr type =
        right == nullptr ? nullptr : permissive_upper_bound(left.type, right->type);
    if (type) {
      out.attributes.push_back(
          {left.name, std::move(type), left.is_required && right->is_required});
    }
  }
  const bool has_all =
      out.attributes.size() == a.attributes.size() && out.attributes.size() == b.attributes.size();
  out.is_open = out.is_open || !has_all;
  return make(std::move(out));
}

CheckedTypePtr permissive_bound_of_entities(const CheckedType& a, const CheckedType& b) {
  const auto has_action = [](const CheckedType& type) {
    return type.kind == Kind::kAnyEntity || is_action(type.entities.front());
  };
  // Nothing is known of what may be an action or another entity.
  if (has_action(a) || has_action(b)) return make({.kind = Kind::kAnyEntity});
  CheckedType out{.kind = Kind::kEntity};
  std::ranges::set_union(a.entities, b.entities, std::back_inserter(out.entities));
  return make(std::move(out));
}

CheckedTypePtr permissive_upper_bound(const CheckedTypePtr& a, const CheckedTypePtr& b) {
  if (is_subtype(*a, *b)) return b;
  if (is_subtype(*b, *a)) return a;
  if (a->is_bool() && b->is_bool()) return make({.kind = Kind::kBool});
  if (a->is_entity() && b->is_entity()) return permissive_bound_of_entities(*a, *b);
  if (a->kind != b->kind) return nullptr;
  if (a->kind == Kind::kRecord) return permissive_bound_of_records(*a, *b);
  if (a->kind != Kind::kSet) return nullptr;
  CheckedTypePtr element = permissive_upper_bound(a->element, b->element);
  return element ? make({.kind = Kind::kSet, .element = std::move(element)}) : nullptr;
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
  return make({.kind = Kind::kEntity, .entities = {type}});
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

CheckedTypePtr least_upper_bound(const CheckedTypePtr& a, const CheckedTypePtr& b,
                                 ValidationMode mode) {
  return mode == ValidationMode::kStrict ? strict_upper_bound(a, b) : permissive_upper_bound(a, b);
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
