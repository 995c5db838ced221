// Policies and templates as trees.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cedar/syntax/annotation.h"
#include "cedar/syntax/expression.h"
#include "cedar/syntax/source.h"
#include "cedar/value/entity_uid.h"

namespace ward::cedar {

enum class Effect : std::uint8_t { kPermit, kForbid };

// The place in a template's scope that a link fills: `?principal`, `?resource`.
struct SlotReference {
  bool operator==(const SlotReference&) const = default;
};
using EntityReference = std::variant<EntityUid, SlotReference>;

// What the scope asks of the principal or the resource.
struct ScopeConstraint {
  enum class Kind : std::uint8_t { kAny, kEqual, kIn, kIs, kIsIn };

  Kind kind = Kind::kAny;
  std::optional<EntityType> type;         // of kIs, kIsIn
  std::optional<EntityReference> entity;  // of kEqual, kIn, kIsIn
  Span span;

  bool has_slot() const { return entity && std::holds_alternative<SlotReference>(*entity); }
};

// What the scope asks of the action. Entities are of a type whose last identifier is `Action`.
struct ActionConstraint {
  enum class Kind : std::uint8_t { kAny, kEqual, kIn, kInSet };

  Kind kind = Kind::kAny;
  std::vector<EntityUid> entities;  // one for kEqual and kIn; any number for kInSet
  Span span;
};

struct Condition {
  bool is_unless = false;
  ExprPtr body;
  Span span;  // with its `when` or `unless`
};

// One policy or, when its scope has slots, one template. Immutable and shared.
struct PolicyTree {
  Effect effect = Effect::kPermit;
  std::vector<Annotation> annotations;  // keys distinct, in the order written
  ScopeConstraint principal;
  ActionConstraint action;
  ScopeConstraint resource;
  std::vector<Condition> conditions;
  SourcePtr source;  // never null
  Span span;         // from the first annotation to the semicolon

  bool is_template() const { return principal.has_slot() || resource.has_slot(); }
  std::string_view text() const { return source->slice(span); }
  // The value of `@key("value")`, "" for `@key`; nothing when there is no such annotation.
  std::optional<std::string_view> annotation(std::string_view key) const;
};

using PolicyTreePtr = std::shared_ptr<const PolicyTree>;  // never null

std::string_view effect_name(Effect effect);  // `permit`, `forbid`

// Equal but for spans and source.
bool same_policy(const PolicyTree& a, const PolicyTree& b);

}  // namespace ward::cedar
