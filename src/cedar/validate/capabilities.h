// What is known to be there where an expression is evaluated: attributes and tags that a `has` or
// `hasTag` before it was true for. Private to validate/.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "cedar/syntax/expression.h"

namespace ward::cedar {

struct Capability {
  ExprPtr object;
  std::string attribute;
  std::shared_ptr<const Expr> tag = {};  // null for an attribute

  bool is(const Capability& other) const {
    if (attribute != other.attribute || (tag == nullptr) != (other.tag == nullptr)) return false;
    if (tag != nullptr && tag != other.tag && !same_expression(*tag, *other.tag)) return false;
    return object == other.object || same_expression(*object, *other.object);
  }
};

class Capabilities {
 public:
  Capabilities() = default;
  explicit Capabilities(Capability only) { all_.push_back(std::move(only)); }

  bool contains(const Capability& wanted) const {
    return std::ranges::any_of(all_, [&](const Capability& each) { return each.is(wanted); });
  }

  Capabilities united(const Capabilities& other) const {
    Capabilities out = *this;
    for (const Capability& each : other.all_) {
      if (!out.contains(each)) out.all_.push_back(each);
    }
    return out;
  }

  Capabilities shared(const Capabilities& other) const {
    Capabilities out;
    for (const Capability& each : all_) {
      if (other.contains(each)) out.all_.push_back(each);
    }
    return out;
  }

 private:
  std::vector<Capability> all_;
};

}  // namespace ward::cedar
