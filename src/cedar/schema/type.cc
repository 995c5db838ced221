#include "cedar/schema/type.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "cedar/schema/type_text.h"

namespace ward::cedar {
namespace {

constexpr std::array<std::string_view, 4> kExtensionNames = {"decimal", "ipaddr", "datetime",
                                                             "duration"};

void append(std::string& out, const Type& type) {
  switch (type.kind) {
    case Type::Kind::kBool:
      out += "Bool";
      return;
    case Type::Kind::kLong:
      out += "Long";
      return;
    case Type::Kind::kString:
      out += "String";
      return;
    case Type::Kind::kExtension:
      out += extension_type_name(type.extension);
      return;
    case Type::Kind::kEntity:
      out += type.entity->name();
      return;
    case Type::Kind::kSet:
      out += "Set<";
      append(out, *type.element);
      out += '>';
      return;
    case Type::Kind::kRecord:
      append_record_text(out, type.attributes,
                         [](std::string& to, const auto& attribute) { append(to, attribute); });
      return;
  }
  WARD_UNREACHABLE();
}

}  // namespace

std::string_view extension_type_name(ExtensionType type) {
  return kExtensionNames.at(static_cast<std::size_t>(type));
}

std::optional<ExtensionType> find_extension_type(std::string_view name) {
  const auto it = std::ranges::find(kExtensionNames, name);
  if (it == kExtensionNames.end()) return std::nullopt;
  return static_cast<ExtensionType>(it - kExtensionNames.begin());
}

const AttributeType* Type::find(std::string_view name) const {
  const auto it = std::ranges::lower_bound(
      attributes, name, {}, [](const AttributeType& each) { return std::string_view(each.name); });
  return it == attributes.end() || it->name != name ? nullptr : &*it;
}

std::string to_text(const Type& type) {
  std::string out;
  append(out, type);
  return out;
}

const Type* TypeTable::intern(std::string key, Type type) {
  const auto [it, is_new] = by_key_.try_emplace(std::move(key), nullptr);
  if (is_new) {
    type.id = static_cast<std::uint32_t>(types_.size());
    types_.push_back(std::move(type));
    it->second = &types_.back();
  }
  return it->second;
}

const Type* TypeTable::boolean() {
  return intern("b", {.kind = Type::Kind::kBool});
}

const Type* TypeTable::long_integer() {
  return intern("l", {.kind = Type::Kind::kLong});
}

const Type* TypeTable::string() {
  return intern("s", {.kind = Type::Kind::kString});
}

const Type* TypeTable::extension(ExtensionType type) {
  return intern(fmt::format("x{}", extension_type_name(type)),
                {.kind = Type::Kind::kExtension, .extension = type});
}

const Type* TypeTable::entity(const EntityType& type) {
  return intern("e" + type.name(), {.kind = Type::Kind::kEntity, .entity = type});
}

const Type* TypeTable::set(const Type* element) {
  return intern(fmt::format("S{}", element->id),
                {.kind = Type::Kind::kSet, .element = element, .depth = element->depth + 1});
}

const Type* TypeTable::record(std::vector<AttributeType> attributes) {
  std::ranges::sort(attributes, {}, &AttributeType::name);
  std::string key = "R";
  std::size_t depth = 0;
  for (const AttributeType& each : attributes) {
    key += fmt::format("{}:{}{}{}", each.name.size(), each.name, each.is_required ? '!' : '?',
                       each.type->id);
    depth = std::max(depth, each.type->depth);
  }
  return intern(
      std::move(key),
      {.kind = Type::Kind::kRecord, .attributes = std::move(attributes), .depth = depth + 1});
}

}  // namespace ward::cedar
