#include "cedar/engine/bound_policies.h"

#include <string_view>
#include <unordered_map>

#include "base/check.h"

namespace ward::cedar {

BoundPolicies::BoundPolicies(const CompiledPolicies& policies, const Entities& entities)
    : policies_(&policies),
      entities_(&entities),
      literals_(entities.names(), engine::kNone),
      constants_(policies.code().constant_views) {
  const std::span<const EntityUid> literals = policies.index().literals();
  for (std::uint32_t i = 0; i < literals.size(); ++i) {
    const Entities::Number number = entities.number(literals[i]);
    if (number != Entities::kNoNumber) literals_[number] = i;
  }
  for (ValueView& constant : constants_) {
    if (!constant.is(Value::Kind::kEntity)) continue;
    constant = constant.located(entities.find(constant.entity()));
  }
  bind_attributes();
}

void BoundPolicies::bind_attributes() {
  std::unordered_map<std::string_view, std::uint32_t> names;
  for (const std::string& name : policies_->code().names) {
    names.emplace(name, static_cast<std::uint32_t>(names.size()));
  }
  attribute_begins_.reserve(entities_->size() + 1);
  attribute_begins_.push_back(0);
  for (Entities::Number number = 0; number < entities_->size(); ++number) {
    for (const Field& field : entities_->entity(number).attributes.fields()) {
      const auto name = names.find(field.name);
      if (name == names.end()) continue;
      attribute_names_.push_back(name->second);
      attributes_.push_back(bound(field.value));
    }
    WARD_CHECK(attributes_.size() < engine::kNone);
    attribute_begins_.push_back(static_cast<std::uint32_t>(attributes_.size()));
  }
}

ValueView BoundPolicies::bound(const Value& value) {
  const ValueView view(value);
  if (view.is(Value::Kind::kEntity)) return view.located(entities_->find(view.entity()));
  if (!view.is(Value::Kind::kSet) || view.size() == 0) return view;
  if (!view.element(0).is(Value::Kind::kEntity)) return view;
  std::vector<ValueView>& elements = sets_.emplace_back();
  elements.reserve(view.size());
  for (const Value& element : value.if_set()->elements()) elements.push_back(bound(element));
  return ValueView::of_elements(elements);
}

}  // namespace ward::cedar
