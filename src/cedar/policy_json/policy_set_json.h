// Policy sets as JSON: {"staticPolicies", "templates", "templateLinks"}.
//
// Source: Cedar documentation, "JSON policy format", policy sets; est::PolicySet of SDK 4.12, where
// all three members are required. Errors as in policy_json.h.
#pragma once

#include <string>
#include <string_view>

#include "cedar/authorize/policy_set.h"
#include "cedar/policy_json/policy_json.h"

namespace ward::cedar {

// Static policies and templates by id, links as {"templateId", "newId", "values": {"?principal":
// entity, "?resource": entity}}. A template without slots, a static policy with some, and a link
// whose values do not fit its template are refused. The source of a policy is called
// `p.json#/staticPolicies/policy0`.
Result<PolicySet> policy_set_from_json(const codec::Json& json, std::string source_name = {});
Result<PolicySet> parse_policy_set_json(std::string_view text, std::string source_name = {},
                                        const PolicyJsonLimits& limits = {});

// What policy_set_from_json reads back as the same set; in the order of the ids.
Result<codec::Json> policy_set_to_json(const PolicySet& policies);

}  // namespace ward::cedar
