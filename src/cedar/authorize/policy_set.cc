#include "cedar/authorize/policy_set.h"

namespace ward::cedar {
namespace {

Error already_exists(std::string_view id) {
  return make_error(ErrorCode::kAlreadyExists, "there is already a policy or template `{}`", id);
}

Result<void> check_slot(std::string_view name, bool has_slot, bool has_value) {
  if (has_slot && !has_value) return invalid_argument("no value is given for `?{}`", name);
  if (!has_slot && has_value) return invalid_argument("the template has no slot `?{}`", name);
  return {};
}

}  // namespace

Result<void> PolicySet::free(std::string_view id) const {
  if (policies_.contains(id) || templates_.contains(id)) return already_exists(id);
  return {};
}

Result<void> PolicySet::add(std::string id, PolicyTreePtr tree) {
  WARD_RETURN_IF_ERROR(free(id));
  if (tree->is_template()) {
    templates_.emplace(id, Template{id, std::move(tree)});
  } else {
    policies_.emplace(id, Policy(id, std::move(tree)));
  }
  return {};
}

Result<void> PolicySet::link(std::string_view template_id, std::string link_id, SlotValues slots) {
  const auto it = templates_.find(template_id);
  if (it == templates_.end()) {
    return make_error(ErrorCode::kNotFound, "there is no template `{}`", template_id);
  }
  const PolicyTree& tree = *it->second.tree;
  WARD_RETURN_IF_ERROR(
      check_slot("principal", tree.principal.has_slot(), slots.principal.has_value()).in(link_id));
  WARD_RETURN_IF_ERROR(
      check_slot("resource", tree.resource.has_slot(), slots.resource.has_value()).in(link_id));
  WARD_RETURN_IF_ERROR(free(link_id));
  policies_.emplace(link_id,
                    Policy(link_id, it->second.tree, std::string(template_id), std::move(slots)));
  ++it->second.links;
  return {};
}

Result<void> PolicySet::unlink(std::string_view link_id) {
  const auto it = policies_.find(link_id);
  if (it == policies_.end() || !it->second.is_link()) {
    return make_error(ErrorCode::kNotFound, "there is no link `{}`", link_id);
  }
  --templates_.find(*it->second.template_id())->second.links;
  policies_.erase(it);
  return {};
}

Result<void> PolicySet::remove_policy(std::string_view id) {
  const auto it = policies_.find(id);
  if (it == policies_.end() || it->second.is_link()) {
    return make_error(ErrorCode::kNotFound, "there is no static policy `{}`", id);
  }
  policies_.erase(it);
  return {};
}

Result<void> PolicySet::remove_template(std::string_view id) {
  const auto it = templates_.find(id);
  if (it == templates_.end()) {
    return make_error(ErrorCode::kNotFound, "there is no template `{}`", id);
  }
  if (it->second.links > 0) {
    return make_error(ErrorCode::kFailedPrecondition, "template `{}` still has {} link{}", id,
                      it->second.links, it->second.links == 1 ? "" : "s");
  }
  templates_.erase(it);
  return {};
}

// Whether the id of `policy` stands for the very same policy here.
bool PolicySet::holds_same(const Policy& policy) const {
  const Policy* mine = find(policy.id());
  return mine != nullptr && mine->template_id() == policy.template_id() &&
         mine->slots() == policy.slots() && same_policy(mine->tree(), policy.tree());
}

Result<std::map<std::string, std::string>> PolicySet::merge(const PolicySet& other, bool rename) {
  PolicySet merged = *this;
  std::map<std::string, std::string> renamed;
  std::size_t next = 0;
  // A free id for what `other` calls `id`, or the error that there is none.
  const auto new_id = [&](const std::string& id) -> Result<std::string> {
    if (merged.free(id).ok()) return id;
    if (!rename) return already_exists(id);
    std::string candidate;
    do {
      candidate = fmt::format("policy{}", next++);
    } while (!merged.free(candidate).ok() || !other.free(candidate).ok());
    renamed.emplace(id, candidate);
    return candidate;
  };
  for (const auto& [id, theirs] : other.templates_) {
    const Template* mine = find_template(id);
    if (mine != nullptr && same_policy(*mine->tree, *theirs.tree)) continue;
    WARD_TRY(std::string free_id, new_id(id));
    WARD_RETURN_IF_ERROR(merged.add(std::move(free_id), theirs.tree));
  }
  for (const auto& [id, theirs] : other.policies_) {
    const bool moved = theirs.is_link() && renamed.contains(*theirs.template_id());
    if (!moved && holds_same(theirs)) continue;
    WARD_TRY(std::string free_id, new_id(id));
    if (theirs.is_link()) {
      const std::string& of = moved ? renamed.at(*theirs.template_id()) : *theirs.template_id();
      WARD_RETURN_IF_ERROR(merged.link(of, std::move(free_id), theirs.slots()));
    } else {
      WARD_RETURN_IF_ERROR(merged.add(std::move(free_id), theirs.shared_tree()));
    }
  }
  *this = std::move(merged);
  return renamed;
}

Result<PolicySet> PolicySet::renamed_by_annotation(std::string_view key) const {
  PolicySet out;
  std::map<std::string, std::string> template_ids;
  for (const auto& [id, each] : templates_) {
    std::string name(each.tree->annotation(key).value_or(id));
    WARD_RETURN_IF_ERROR(out.add(name, each.tree));
    template_ids.emplace(id, std::move(name));
  }
  for (const auto& [id, policy] : policies_) {
    if (policy.is_link()) {
      WARD_RETURN_IF_ERROR(
          out.link(template_ids.at(*policy.template_id()), policy.id(), policy.slots()));
    } else {
      WARD_RETURN_IF_ERROR(
          out.add(std::string(policy.annotation(key).value_or(id)), policy.shared_tree()));
    }
  }
  return out;
}

const Policy* PolicySet::find(std::string_view id) const {
  const auto it = policies_.find(id);
  return it == policies_.end() ? nullptr : &it->second;
}

const Template* PolicySet::find_template(std::string_view id) const {
  const auto it = templates_.find(id);
  return it == templates_.end() ? nullptr : &it->second;
}

PolicyTreePtr fill_slots(const PolicyTree& policy, const SlotValues& slots) {
  const auto filled = std::make_shared<PolicyTree>(policy);
  const auto fill = [](ScopeConstraint& scope, const std::optional<EntityUid>& value) {
    if (!scope.has_slot()) return;
    WARD_CHECK(value.has_value());
    scope.entity = *value;
  };
  fill(filled->principal, slots.principal);
  fill(filled->resource, slots.resource);
  return filled;
}

Result<PolicySet> parse_policies(std::string_view text, std::string source_name,
                                 const PolicyLimits& limits) {
  WARD_TRY(auto trees, parse_policy_trees(text, std::move(source_name), limits));
  PolicySet out;
  for (std::size_t i = 0; i < trees.size(); ++i) {
    WARD_RETURN_IF_ERROR(out.add(fmt::format("policy{}", i), std::move(trees[i])));
  }
  return out;
}

}  // namespace ward::cedar
