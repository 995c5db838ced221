// Makes a Cedar schema out of a seed, and entities, requests and policies that keep to it: policies
// are strictly valid in one request environment, most of the time.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cedar/entity/entities.h"
#include "cedar/evaluate/request.h"
#include "tests/support/seeded.h"

namespace ward::testing {

class TypedCedarMaker : private Seeded {
 public:
  explicit TypedCedarMaker(std::uint64_t seed);

  std::string schema() const;

  // Types of principal and resource, and an action that applies to them: of the requests and
  // policies that are made.
  const std::string& principal_type() const {
    return kTypes.at(static_cast<std::size_t>(principal_));
  }
  const std::string& resource_type() const {
    return kTypes.at(static_cast<std::size_t>(resource_));
  }
  const cedar::EntityUid& action() const { return action_; }

  // Of every type some, parents among them; the actions too.
  std::vector<cedar::Entity> entities();
  cedar::Entity entity(const cedar::EntityUid& uid);
  cedar::Request request();
  std::string policy();
  std::vector<std::string> ids() const { return {"x", "y", "z"}; }

  bool chance(int n) { return one_in(n); }

 private:
  enum class Kind {
    kBool,
    kLong,
    kString,
    kEntity,
    kSet,
    kRecord,
    kDatetime,
    kDuration,
    kIp,
    kDecimal
  };
  static constexpr int kKinds = 10;
  static const std::array<std::string, 3> kTypes;

  // Of one name for each kind; what is made of entities is made of those of `type`.
  struct Attribute {
    Kind kind;
    bool is_optional;
    int type;
  };
  using Shape = std::vector<Attribute>;
  struct EntityShape {
    Shape attributes;
    std::vector<int> parents;  // types
    bool has_tags = false;     // of strings
  };
  struct Wanted {
    Kind kind;
    int type = 0;  // of kEntity, kSet and kRecord
    bool operator==(const Wanted&) const = default;
  };
  // An expression that has attributes.
  struct Object {
    std::string text;
    const Shape* shape;
    bool is_entity;
    int type = 0;
  };

  static std::string_view name_of(Kind kind);
  static std::string type_text(const Attribute& attribute);
  static std::string shape_text(const Shape& shape);

  Shape shape();
  Kind any_kind() { return static_cast<Kind>(below(kKinds)); }
  int any_type() { return below(3); }
  std::string id() { return pick({"x", "y", "z"}); }
  cedar::EntityUid uid(int type);

  cedar::Value value(Wanted wanted);
  cedar::Record record(const Shape& shape);
  const Shape& record_shape(int type) const { return records_.at(static_cast<std::size_t>(type)); }

  std::string literal(Wanted wanted);
  std::string expression(Wanted wanted, int depth);
  std::string operation(Wanted wanted, int depth);
  std::string access(Wanted wanted, int depth);
  std::string condition(int depth);
  std::string relation(int depth);
  std::string presence();
  Object object();
  std::string scope(std::string_view variable, int type);

  std::array<EntityShape, 3> shapes_;
  std::array<Shape, 3> records_;
  Shape context_;
  int principal_ = 0;
  int resource_ = 0;
  cedar::EntityUid action_;
};

}  // namespace ward::testing
