#include "codec/json_document.h"

namespace ward::codec {

std::optional<bool> JsonView::if_bool() const {
  if (kind() != Json::Kind::kBool) return std::nullopt;
  return node_->boolean;
}
std::optional<std::int64_t> JsonView::if_integer() const {
  if (kind() != Json::Kind::kInteger) return std::nullopt;
  return node_->integer;
}
std::optional<std::uint64_t> JsonView::if_unsigned() const {
  if (kind() != Json::Kind::kUnsigned) return std::nullopt;
  return node_->unsigned_integer;
}
std::optional<double> JsonView::if_double() const {
  if (kind() != Json::Kind::kDouble) return std::nullopt;
  return node_->number;
}
std::optional<std::string_view> JsonView::if_string() const {
  if (kind() != Json::Kind::kString) return std::nullopt;
  return node_->text;
}

JsonView::Items JsonView::items() const {
  return {node_ + 1, node_ + node_->span};
}

std::size_t JsonView::item_count() const {
  std::size_t count = 0;
  for (auto at = items().begin(); at != items().end(); ++at) ++count;
  return count;
}

Json JsonView::to_json() const {
  switch (kind()) {
    case Json::Kind::kNull:
      return nullptr;
    case Json::Kind::kBool:
      return node_->boolean;
    case Json::Kind::kInteger:
      return node_->integer;
    case Json::Kind::kUnsigned:
      return node_->unsigned_integer;
    case Json::Kind::kDouble:
      return node_->number;
    case Json::Kind::kString:
      return node_->text;
    case Json::Kind::kArray: {
      JsonArray array;
      array.reserve(item_count());
      for (const JsonView item : items()) array.push_back(item.to_json());
      return array;
    }
    case Json::Kind::kObject: {
      std::vector<JsonMember> members;
      members.reserve(item_count());
      for (const JsonView item : items())
        members.push_back({std::string(item.name()), item.to_json()});
      // No name repeats: the reader refused that.
      return JsonObject::from_members(std::move(members)).value();
    }
  }
  WARD_UNREACHABLE();
}

}  // namespace ward::codec
