// Names of entities: a type (`Ward::Workload`) and an id, which is any text.
//
// Both are immutable and cheap to copy (a reference count); any thread may use them. Equality is by
// content; a hash is kept with the name, so that stores need not compute it at every look-up.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ward::cedar {

class EntityType {
 public:
  // kInvalidArgument unless `name` is a path of identifiers joined by `::`, none of them reserved
  // and without any space (Cedar RFC 9).
  static Result<EntityType> parse(std::string_view name);

  // For names written in the program; one that does not parse is a bug.
  static EntityType of(std::string_view name);

  // What may be no name of a type and then names nothing: a request may say anything.
  static EntityType unchecked(std::string_view name) { return EntityType(name); }

  const std::string& name() const { return *name_; }
  // The last identifier: `Action` of `Ward::Action`.
  std::string_view basename() const;

  bool operator==(const EntityType& other) const {
    return name_ == other.name_ || *name_ == *other.name_;
  }
  std::strong_ordering operator<=>(const EntityType& other) const {
    return *name_ <=> *other.name_;
  }

 private:
  explicit EntityType(std::string_view name) : name_(std::make_shared<const std::string>(name)) {}

  std::shared_ptr<const std::string> name_;  // never null
};

// The hash of a uid of these parts; inline, since each look-up by name takes one.
// Not keyed: who can name entities at will can make names that collide.
inline std::size_t entity_hash(std::string_view type, std::string_view id) {
  __extension__ using Wide = unsigned __int128;
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15u;
  const auto mix = [](std::uint64_t a, std::uint64_t b) {
    const Wide product = Wide{a} * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  };
  const auto load = [](const char* at, std::size_t bytes) {
    std::uint64_t out = 0;
    std::memcpy(&out, at, bytes);
    return out;
  };
  const auto add = [&](std::uint64_t hash, std::string_view text) {
    hash ^= text.size() * kOdd;
    const char* at = text.data();
    std::size_t left = text.size();
    for (; left > 8; left -= 8, at += 8) hash = mix(hash ^ load(at, 8), kOdd);
    std::uint64_t tail = 0;
    if (left == 8) {
      tail = load(at, 8);
    } else if (left >= 4) {
      tail = load(at, 4) << 32 | load(at + left - 4, 4);
    } else {
      for (; left > 0; --left, ++at) tail = tail << 8 | static_cast<unsigned char>(*at);
    }
    return mix(hash ^ tail, 0xd6e8feb86659fd93u);
  };
  return add(add(kOdd, type), id);
}

class EntityUid {
 public:
  EntityUid(EntityType type, std::string id);

  static Result<EntityUid> of(std::string_view type, std::string_view id);

  // Reads `Type::"id"`, with the escapes of a string literal and no space outside the quotes.
  static Result<EntityUid> parse(std::string_view text);

  const EntityType& type() const { return data_->type; }
  const std::string& id() const { return data_->id; }
  std::size_t hash() const { return data_->hash; }

  // `Type::"id"`, which parse() reads.
  std::string text() const;

  bool operator==(const EntityUid& other) const {
    return data_ == other.data_ ||
           (data_->hash == other.data_->hash && data_->type == other.data_->type &&
            data_->id == other.data_->id);
  }
  std::strong_ordering operator<=>(const EntityUid& other) const;

 private:
  struct Data {
    EntityType type;
    std::string id;
    std::size_t hash;
  };

  std::shared_ptr<const Data> data_;  // never null
};

}  // namespace ward::cedar

template <>
struct std::hash<ward::cedar::EntityUid> {
  std::size_t operator()(const ward::cedar::EntityUid& uid) const { return uid.hash(); }
};
