// Inputs of the Cedar benchmark that it makes itself, from fixed seeds: larger draws of the paper's
// gdrive-templates, and two synthetic sets of which each request is matched by exactly one policy.
#pragma once

#include <string>
#include <vector>

#include "cedar/authorize/policy_set.h"
#include "cedar/entity/entities.h"
#include "cedar/evaluate/request.h"

namespace ward::bench {

struct CedarInput {
  cedar::PolicySet policies;
  std::vector<cedar::Entity> given;  // what `entities` was built of, when it was made here
  cedar::Entities entities;
  std::vector<cedar::Request> requests;
  std::string text;  // of the policies, when loading them is measured
};

// As the paper draws it for n users, groups, documents and folders: every membership, ownership and
// link with probability 1/20. About n * n / 5 links; n = 200 gives some 8,000.
CedarInput draw_gdrive_templates(int n);

// permit (principal == User::"u<i>", action == one of 20, resource == Doc::"d<i>")
CedarInput make_synth_eq(int policies);
// permit (principal, action == one of 20, resource in Group::"g<i>")
CedarInput make_synth_in(int policies);

}  // namespace ward::bench
