#include "analyze/entity_theory.h"

#include <algorithm>

namespace ward::analyze {

void EntityTheory::add(std::vector<Asked>& to, const Domain& of, const cvc::Term& entity) {
  const auto same = [&](const Asked& each) { return each.entity == entity; };
  if (std::ranges::none_of(to, same)) to.push_back({&of, entity});
}

cvc::Term EntityTheory::exists(const Domain& of, const cvc::Term& entity) {
  // Actions are in every store.
  const bool is_declared = schema_.find(*of.type) == nullptr;
  if (!entities_may_be_missing_ || is_declared) return logic_.yes();
  const auto [it, is_new] = existence_.try_emplace(&of);
  if (is_new) {
    cvc::Solver& solver = logic_.solver();
    it->second = solver.mkConst(solver.mkFunctionSort({of.sort}, solver.getBooleanSort()),
                                "exists " + of.type->name());
  }
  return logic_.term(cvc::APPLY_UF, {it->second, entity});
}

MaybeTerm EntityTheory::applied(const Domain& of, const cvc::Term& entity, const Function& function,
                                const std::vector<cvc::Term>& arguments) {
  add(asked_, of, entity);
  std::vector<cvc::Term> parts = {function.symbol};
  parts.insert(parts.end(), arguments.begin(), arguments.end());
  const cvc::Term result = logic_.term(cvc::APPLY_UF, parts);
  if (function.option == nullptr) return {function.result, result, exists(of, entity)};
  const cvc::Term is_some = logic_.term(cvc::APPLY_TESTER, {function.option->is_some, result});
  return {function.result, logic_.term(cvc::APPLY_SELECTOR, {function.option->get, result}),
          logic_.both(exists(of, entity), is_some)};
}

Result<MaybeTerm> EntityTheory::attribute(const Domain& of, const cvc::Term& entity,
                                          const cedar::AttributeType& attribute) {
  const Place place{&of, attribute.name};
  auto it = attributes_.find(place);
  if (it == attributes_.end()) {
    WARD_TRY(const Domain* result, domains_.of(*attribute.type));
    const Option* option = attribute.is_required ? nullptr : &domains_.option(*result);
    cvc::Solver& solver = logic_.solver();
    const cvc::Sort sort =
        solver.mkFunctionSort({of.sort}, option == nullptr ? result->sort : option->sort);
    const cvc::Term symbol =
        solver.mkConst(sort, fmt::format("attribute {} {}", of.type->name(), attribute.name));
    it = attributes_.emplace(place, Function{symbol, result, option}).first;
  }
  return applied(of, entity, it->second, {entity});
}

Result<MaybeTerm> EntityTheory::tag(const Domain& of, const cvc::Term& entity,
                                    const cvc::Term& key) {
  auto it = tags_.find(&of);
  if (it == tags_.end()) {
    const cedar::EntityTypeInfo* info = schema_.find(*of.type);
    WARD_CHECK(info != nullptr && info->tags != nullptr);
    WARD_TRY(const Domain* result, domains_.of(*info->tags));
    const Option& option = domains_.option(*result);
    cvc::Solver& solver = logic_.solver();
    const cvc::Sort sort = solver.mkFunctionSort({of.sort, solver.getStringSort()}, option.sort);
    const cvc::Term symbol = solver.mkConst(sort, "tag " + of.type->name());
    it = tags_.emplace(&of, Function{symbol, result, &option}).first;
  }
  asked_tags_.push_back({&of, entity, key});
  return applied(of, entity, it->second, {entity, key});
}

bool EntityTheory::may_be_in(const Domain& of, const Domain& in) const {
  const cedar::EntityTypeInfo* inner = schema_.find(*of.type);
  const cedar::EntityTypeInfo* outer = schema_.find(*in.type);
  return inner != nullptr && outer != nullptr &&
         std::ranges::binary_search(inner->ancestors, schema_.index_of(*outer));
}

const cvc::Term& EntityTheory::ancestor_symbol(const Domain& of, const Domain& in) {
  const auto [it, is_new] = ancestors_.try_emplace({&of, &in});
  if (is_new) {
    cvc::Solver& solver = logic_.solver();
    it->second = solver.mkConst(solver.mkFunctionSort({of.sort}, solver.mkSetSort(in.sort)),
                                fmt::format("ancestors {} {}", of.type->name(), in.type->name()));
  }
  return it->second;
}

// The schema has them all.
cvc::Term EntityTheory::action_ancestors(const Domain& of, const cvc::Term& action,
                                         const Domain& in) {
  cvc::Solver& solver = logic_.solver();
  cvc::Term out = solver.mkEmptySet(solver.mkSetSort(in.sort));
  const cvc::Term none = out;
  for (std::size_t i = 0; i < of.ids.size(); ++i) {
    const cedar::ActionInfo* info = schema_.find_action({*of.type, of.ids[i]});
    WARD_CHECK(info != nullptr);
    cvc::Term groups = none;
    for (const std::uint32_t each : info->ancestors) {
      const cedar::EntityUid& uid = schema_.actions()[each].uid;
      if (uid.type() != *in.type) continue;
      const auto at = std::ranges::find(in.ids, uid.id()) - in.ids.begin();
      const cvc::Term& group = in.constants[static_cast<std::size_t>(at)];
      groups = logic_.term(cvc::SET_UNION, {logic_.term(cvc::SET_SINGLETON, {group}), groups});
    }
    // Most are in nothing, and of a known action one remains.
    if (groups == none) continue;
    if (action == of.constants[i]) return groups;
    out = logic_.choice(logic_.equal(action, of.constants[i]), groups, out);
  }
  const bool is_known = std::ranges::find(of.constants, action) != of.constants.end();
  return is_known ? none : out;
}

cvc::Term EntityTheory::ancestors(const Domain& of, const cvc::Term& entity, const Domain& in) {
  add(climbed_, of, entity);
  add(asked_, of, entity);
  if (std::ranges::find(groups_, &in) == groups_.end()) groups_.push_back(&in);
  return logic_.term(cvc::APPLY_UF, {ancestor_symbol(of, in), entity});
}

cvc::Term EntityTheory::is_in(const Domain& of, const cvc::Term& entity, const Domain& in,
                              const cvc::Term& group) {
  const bool are_actions = schema_.find(*of.type) == nullptr && schema_.find(*in.type) == nullptr;
  cvc::Term out = &of == &in ? logic_.equal(entity, group) : logic_.no();
  if (are_actions || may_be_in(of, in)) {
    const cvc::Term all =
        are_actions ? action_ancestors(of, entity, in) : ancestors(of, entity, in);
    out = logic_.either(out, logic_.term(cvc::SET_MEMBER, {group, all}));
  }
  return out;
}

cvc::Term EntityTheory::is_in_any(const Domain& of, const cvc::Term& entity, const Domain& in,
                                  const cvc::Term& groups) {
  const bool are_actions = schema_.find(*of.type) == nullptr && schema_.find(*in.type) == nullptr;
  cvc::Term out = &of == &in ? logic_.term(cvc::SET_MEMBER, {entity, groups}) : logic_.no();
  if (are_actions || may_be_in(of, in)) {
    const cvc::Term all =
        are_actions ? action_ancestors(of, entity, in) : ancestors(of, entity, in);
    const cvc::Term none = logic_.solver().mkEmptySet(groups.getSort());
    const cvc::Term shared = logic_.term(cvc::SET_INTER, {groups, all});
    out = logic_.either(out, logic_.negation(logic_.equal(shared, none)));
  }
  return out;
}

// `inner` may be in `outer`, and both are climbed.
void EntityTheory::add_laws(std::vector<cvc::Term>& out, const Asked& inner, const Asked& outer,
                            const std::vector<const Domain*>& tops) {
  const auto all = [&](const Asked& of, const Domain& in) {
    return logic_.term(cvc::APPLY_UF, {ancestor_symbol(*of.domain, in), of.entity});
  };
  const cvc::Term is_in = logic_.term(cvc::SET_MEMBER, {outer.entity, all(inner, *outer.domain)});
  if (inner.entity == outer.entity) {
    out.push_back(logic_.negation(is_in));
    return;
  }
  for (const Domain* top : tops) {
    if (!may_be_in(*outer.domain, *top)) continue;
    out.push_back(
        logic_.implies(is_in, logic_.term(cvc::SET_SUBSET, {all(outer, *top), all(inner, *top)})));
  }
}

std::vector<cvc::Term> EntityTheory::laws() {
  std::vector<const Domain*> tops = groups_;
  for (const Asked& each : climbed_) {
    if (std::ranges::find(tops, each.domain) == tops.end()) tops.push_back(each.domain);
  }
  std::vector<cvc::Term> out;
  for (const Asked& inner : climbed_) {
    for (const Asked& outer : climbed_) {
      if (may_be_in(*inner.domain, *outer.domain)) add_laws(out, inner, outer, tops);
    }
    if (!entities_may_be_missing_) continue;
    for (const Domain* top : tops) {
      if (!may_be_in(*inner.domain, *top)) continue;
      const cvc::Term all =
          logic_.term(cvc::APPLY_UF, {ancestor_symbol(*inner.domain, *top), inner.entity});
      out.push_back(logic_.either(exists(*inner.domain, inner.entity),
                                  logic_.equal(all, logic_.solver().mkEmptySet(all.getSort()))));
    }
  }
  return out;
}

const EntityTheory::Function* EntityTheory::attribute_function(const Domain& of,
                                                               const std::string& name) const {
  const auto it = attributes_.find({&of, name});
  return it == attributes_.end() ? nullptr : &it->second;
}

const EntityTheory::Function* EntityTheory::tag_function(const Domain& of) const {
  const auto it = tags_.find(&of);
  return it == tags_.end() ? nullptr : &it->second;
}

const cvc::Term* EntityTheory::ancestor_function(const Domain& of, const Domain& in) const {
  const auto it = ancestors_.find({&of, &in});
  return it == ancestors_.end() ? nullptr : &it->second;
}

const cvc::Term* EntityTheory::existence_function(const Domain& of) const {
  const auto it = existence_.find(&of);
  return it == existence_.end() ? nullptr : &it->second;
}

}  // namespace ward::analyze
