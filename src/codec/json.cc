#include "codec/json.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ward::codec {
namespace {

// PERF: up to here a walk over the members is as fast as a search in the index, and needs none.
constexpr std::size_t kLinearMax = 12;

}  // namespace

JsonObject::JsonObject() = default;
JsonObject::~JsonObject() = default;
JsonObject::JsonObject(JsonObject&& other) noexcept = default;
JsonObject& JsonObject::operator=(JsonObject&& other) noexcept = default;

JsonObject::JsonObject(const JsonObject& other)
    : members_(other.members_),
      index_(other.index_ ? std::make_unique<Index>(*other.index_) : nullptr) {}

JsonObject& JsonObject::operator=(const JsonObject& other) {
  if (this != &other) *this = JsonObject(other);
  return *this;
}

JsonObject::JsonObject(std::initializer_list<JsonMember> members) {
  for (const JsonMember& member : members) set(member.name, member.value);
}

Result<JsonObject> JsonObject::from_members(std::vector<JsonMember> members) {
  const auto repeated = [](std::string_view name) {
    return invalid_argument("duplicate name `{}`", name);
  };
  JsonObject object;
  object.members_ = std::move(members);
  const auto& all = object.members_;
  if (all.size() <= kLinearMax) {
    for (std::size_t i = 1; i < all.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) {
        if (all[i].name == all[k].name) return repeated(all[i].name);
      }
    }
    return object;
  }
  object.rebuild_index();
  const Index& index = *object.index_;
  for (std::size_t i = 1; i < index.size(); ++i) {
    if (all[index[i]].name == all[index[i - 1]].name) return repeated(all[index[i]].name);
  }
  return object;
}

void JsonObject::rebuild_index() {
  if (members_.size() <= kLinearMax) {
    index_.reset();
    return;
  }
  index_ = std::make_unique<Index>(members_.size());
  std::iota(index_->begin(), index_->end(), 0U);
  std::sort(index_->begin(), index_->end(), [this](std::uint32_t a, std::uint32_t b) {
    return members_[a].name < members_[b].name;
  });
}

std::size_t JsonObject::position_of(std::string_view name) const {
  if (index_ == nullptr) {
    const auto at = std::ranges::find(members_, name, &JsonMember::name);
    return static_cast<std::size_t>(at - members_.begin());
  }
  const auto at = std::lower_bound(index_->begin(), index_->end(), name,
                                   [this](std::uint32_t position, std::string_view key) {
                                     return members_[position].name < key;
                                   });
  if (at == index_->end() || members_[*at].name != name) return members_.size();
  return *at;
}

const Json* JsonObject::find(std::string_view name) const {
  const std::size_t position = position_of(name);
  return position == members_.size() ? nullptr : &members_[position].value;
}

Json* JsonObject::find(std::string_view name) {
  const std::size_t position = position_of(name);
  return position == members_.size() ? nullptr : &members_[position].value;
}

Json& JsonObject::set(std::string name, Json value) {
  if (Json* present = find(name)) return *present = std::move(value);
  const auto position = static_cast<std::uint32_t>(members_.size());
  members_.push_back({std::move(name), std::move(value)});
  if (index_ == nullptr) {
    rebuild_index();
  } else {
    const auto at = std::lower_bound(
        index_->begin(), index_->end(), position,
        [this](std::uint32_t a, std::uint32_t b) { return members_[a].name < members_[b].name; });
    index_->insert(at, position);
  }
  return members_.back().value;
}

bool JsonObject::erase(std::string_view name) {
  const std::size_t position = position_of(name);
  if (position == members_.size()) return false;
  members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(position));
  rebuild_index();
  return true;
}

bool JsonObject::operator==(const JsonObject& other) const {
  if (size() != other.size()) return false;
  return std::ranges::all_of(members_, [&other](const JsonMember& member) {
    const Json* theirs = other.find(member.name);
    return theirs != nullptr && *theirs == member.value;
  });
}

Json::Json(double value) : value_(value) {
  WARD_CHECK(std::isfinite(value));  // JSON has no spelling for the others (RFC 8259 6)
}

bool Json::operator==(const Json& other) const {
  return value_ == other.value_;
}

std::string_view json_kind_name(Json::Kind kind) {
  switch (kind) {
    case Json::Kind::kNull:
      return "null";
    case Json::Kind::kBool:
      return "a boolean";
    case Json::Kind::kInteger:
      return "an integer";
    case Json::Kind::kUnsigned:
      return "an integer beyond 64 signed bits";
    case Json::Kind::kDouble:
      return "a number with fraction, exponent or more than 64 bits";
    case Json::Kind::kString:
      return "a string";
    case Json::Kind::kArray:
      return "an array";
    case Json::Kind::kObject:
      return "an object";
  }
  WARD_UNREACHABLE();
}

}  // namespace ward::codec
