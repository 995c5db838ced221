#include "cedar/value/entity_uid.h"

#include "cedar/value/identifier.h"
#include "cedar/value/unescape.h"

namespace ward::cedar {

Result<EntityType> EntityType::parse(std::string_view name) {
  if (!is_type_name(name)) {
    return invalid_argument(
        "`{}` is no entity type name: expected identifiers joined by `::`, none of them reserved, "
        "and no spaces",
        name);
  }
  return EntityType(name);
}

EntityType EntityType::of(std::string_view name) {
  WARD_CHECK(is_type_name(name));
  return EntityType(name);
}

std::string_view EntityType::basename() const {
  const std::string_view name = *name_;
  const std::size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

EntityUid::EntityUid(EntityType type, std::string id) {
  const std::size_t hash = entity_hash(type.name(), id);
  data_ = std::make_shared<const Data>(Data{std::move(type), std::move(id), hash});
}

Result<EntityUid> EntityUid::of(std::string_view type, std::string_view id) {
  WARD_TRY(EntityType parsed, EntityType::parse(type));
  return EntityUid(std::move(parsed), std::string(id));
}

Result<EntityUid> EntityUid::parse(std::string_view text) {
  const std::size_t quote = text.find('"');
  const bool well_formed = quote != std::string_view::npos && quote >= 3 &&
                           text.size() >= quote + 2 && text.substr(quote - 2, 2) == "::" &&
                           text.back() == '"';
  if (!well_formed) {
    return invalid_argument("`{}` is no entity: expected the form `Type::\"id\"`", text);
  }
  const std::string_view body = text.substr(quote + 1, text.size() - quote - 2);
  if (has_bare_quote(body)) {
    return invalid_argument("`{}` is no entity: expected the end after the closing quote", text);
  }
  WARD_TRY(EntityType type, EntityType::parse(text.substr(0, quote - 2)));
  auto id = unescape_string(body);
  if (!id.ok()) return invalid_argument("`{}` is no entity: {}", text, id.error().message());
  return EntityUid(std::move(type), std::move(id).value());
}

std::string EntityUid::text() const {
  std::string out = type().name();
  out += "::";
  append_quoted(out, id());
  return out;
}

std::strong_ordering EntityUid::operator<=>(const EntityUid& other) const {
  if (data_ == other.data_) return std::strong_ordering::equal;
  if (const auto order = data_->type <=> other.data_->type; order != 0) return order;
  return data_->id <=> other.data_->id;
}

}  // namespace ward::cedar
