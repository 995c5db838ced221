// Static policies, templates and their links, each under an id.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cedar/evaluate/evaluator.h"
#include "cedar/syntax/parser.h"
#include "cedar/syntax/policy.h"

namespace ward::cedar {

// A policy that can be evaluated: static, or a template with its slots filled. Cheap to copy.
class Policy {
 public:
  Policy(std::string id, PolicyTreePtr tree) : id_(std::move(id)), tree_(std::move(tree)) {}
  Policy(std::string id, PolicyTreePtr tree, std::string template_id, SlotValues slots)
      : id_(std::move(id)),
        tree_(std::move(tree)),
        template_id_(std::move(template_id)),
        slots_(std::move(slots)) {}

  const std::string& id() const { return id_; }
  const PolicyTree& tree() const { return *tree_; }
  const PolicyTreePtr& shared_tree() const { return tree_; }
  Effect effect() const { return tree_->effect; }
  std::optional<std::string_view> annotation(std::string_view key) const {
    return tree_->annotation(key);
  }

  // As it was written (of a link: its template), and where that begins: `policy.cedar:3:1`.
  std::string_view text() const { return tree_->text(); }
  std::string place() const { return tree_->source->place(tree_->span.begin); }

  bool is_link() const { return template_id_.has_value(); }
  const std::optional<std::string>& template_id() const { return template_id_; }
  const SlotValues& slots() const { return slots_; }

 private:
  std::string id_;
  PolicyTreePtr tree_;
  std::optional<std::string> template_id_;  // of a link
  SlotValues slots_;
};

struct Template {
  std::string id;
  PolicyTreePtr tree;
  std::size_t links = 0;
};

// A value: copying shares the trees. Policies, links and templates have one space of ids. Every
// function that fails leaves the set as it was. Errors: kAlreadyExists for an id in use, kNotFound,
// kFailedPrecondition, kInvalidArgument for slots that do not fit.
class PolicySet {
 public:
  using Policies = std::map<std::string, Policy, std::less<>>;
  using Templates = std::map<std::string, Template, std::less<>>;

  // A policy, or a template when the tree has slots.
  Result<void> add(std::string id, PolicyTreePtr tree);
  // Exactly the slots that the template has must be given.
  Result<void> link(std::string_view template_id, std::string link_id, SlotValues slots);

  Result<void> unlink(std::string_view link_id);
  Result<void> remove_policy(std::string_view id);    // a static one
  Result<void> remove_template(std::string_view id);  // one without links

  // Takes over what `other` holds. An id that both use for the same thing is taken once; an id that
  // both use for different things is kAlreadyExists, or with `rename` gets a free `policyN`. The
  // result says which ids of `other` were renamed to what.
  Result<std::map<std::string, std::string>> merge(const PolicySet& other, bool rename);

  // The same set under the ids that the annotation `key` gives; who has none keeps its own.
  // Links keep their ids and follow their template. kAlreadyExists when two would be the same.
  Result<PolicySet> renamed_by_annotation(std::string_view key) const;

  const Policy* find(std::string_view id) const;             // static or link; nullptr when absent
  const Template* find_template(std::string_view id) const;  // nullptr when absent

  // In the order of the ids (bytewise).
  const Policies& policies() const { return policies_; }
  const Templates& templates() const { return templates_; }
  std::size_t size() const { return policies_.size(); }

 private:
  Result<void> free(std::string_view id) const;
  bool holds_same(const Policy& policy) const;

  Policies policies_;
  Templates templates_;
};

// A template with its slots filled, as a static policy; spans and source stay those of the
// template, whose text still has the slots. `slots` has a value for each.
PolicyTreePtr fill_slots(const PolicyTree& policy, const SlotValues& slots);

// The policies of a text under the ids `policy0`, `policy1`, ... by position, templates counted in.
Result<PolicySet> parse_policies(std::string_view text, std::string source_name = {},
                                 const PolicyLimits& limits = {});

}  // namespace ward::cedar
