// Inputs in the form of the benchmarks of the paper "Cedar: A New Language for Expressive, Fast,
// Safe, and Analyzable Authorization" (OOPSLA 2024): policies, entities, template links, requests.
#pragma once

#include "tests/conformance/cedar_case.h"

namespace ward::testing {

struct OopslaInput {
  cedar::PolicySet policies;
  cedar::Entities entities;
  CedarCase test;
  std::size_t links = 0;
};

// Templates are called by their @id, static policies `static0`, `static1`, ... in their order.
inline Result<cedar::PolicySet> name_policies(const std::vector<cedar::PolicyTreePtr>& trees) {
  cedar::PolicySet out;
  std::size_t statics = 0;
  for (const cedar::PolicyTreePtr& tree : trees) {
    std::string id(tree->annotation("id").value_or("template"));
    if (!tree->is_template()) id = fmt::format("static{}", statics++);
    WARD_RETURN_IF_ERROR(out.add(std::move(id), tree));
  }
  return out;
}

// A link is called `TEMPLATE:Type::id:Type::id` for its principal and its resource.
inline Result<void> add_link(cedar::PolicySet& policies, const codec::Json& json) {
  WARD_TRY(codec::JsonReader reader, codec::JsonReader::of(json, "link"));
  WARD_TRY(const std::string_view name, reader.string("template_name"));
  WARD_TRY(const codec::Json* principal, reader.any("principal"));
  WARD_TRY(const codec::Json* resource, reader.any("resource"));
  WARD_TRY(cedar::EntityUid p, cedar::uid_from_json(*principal));
  WARD_TRY(cedar::EntityUid r, cedar::uid_from_json(*resource));
  std::string id =
      fmt::format("{}:{}::{}:{}::{}", name, p.type().name(), p.id(), r.type().name(), r.id());
  return policies.link(name, std::move(id), {.principal = std::move(p), .resource = std::move(r)});
}

inline Result<OopslaInput> read_oopsla(const std::filesystem::path& folder, std::string_view file) {
  OopslaInput out;
  WARD_TRY(out.test, read_case(folder / file));
  codec::JsonReader reader(*out.test.json.if_object(), "");
  WARD_TRY(const std::string_view policies, reader.string("policies"));
  WARD_TRY(const std::string_view entities, reader.string("entities"));
  WARD_TRY(const codec::Json* links, reader.any("links"));
  WARD_TRY(const std::string policies_text, read_text(folder / policies));
  WARD_TRY(const auto trees, cedar::parse_policy_trees(policies_text, std::string(policies)));
  WARD_TRY(out.policies, name_policies(trees));
  WARD_TRY(const std::string entities_text, read_text(folder / entities));
  WARD_TRY(out.entities, cedar::Entities::from_json(entities_text));
  if (links->if_string() == nullptr) return out;
  WARD_TRY(const codec::Json list, read_json(folder / *links->if_string()));
  for (const codec::Json& link : *list.if_array()) {
    WARD_RETURN_IF_ERROR(add_link(out.policies, link));
    ++out.links;
  }
  return out;
}

}  // namespace ward::testing
