// The second example of docs/rooms/cedar.md, compiled and run; the page must show exactly this.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "tests/support/paths.h"

// example begins
#include "cedar/entity/entities.h"
#include "cedar/partial/partial_authorizer.h"

namespace cedar = ward::cedar;

// What must hold of a document so that ann may read it.
ward::Result<std::string> left_of(std::string_view policy_text) {
  WARD_TRY(const cedar::Schema schema, cedar::Schema::from_text(R"(
    entity User;
    entity Doc = { owner: User, draft: Bool };
    action read appliesTo { principal: User, resource: Doc };)"));
  WARD_TRY(const cedar::PolicySet policies, cedar::parse_policies(policy_text));
  WARD_TRY(const cedar::EntityUid ann, cedar::EntityUid::of("User", "ann"));
  WARD_TRY(const cedar::EntityUid read, cedar::EntityUid::of("Action", "read"));
  WARD_TRY(const cedar::PartialEntities known, cedar::PartialEntities::build({}, schema));

  const auto any_doc = cedar::PartialUid::any(cedar::EntityType::of("Doc"));
  WARD_TRY(const cedar::PartialResponse partial,
           cedar::authorize_partially({cedar::PartialUid::known(ann), read, any_doc}, policies,
                                      known, schema));
  if (partial.decision()) return std::string(decision_name(*partial.decision()));
  return to_text(partial.policies().front());
}
// example ends

namespace ward::cedar {
namespace {

std::string read_source(const std::string& path) {
  std::ifstream in(testing::source_dir() / path);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

TEST(PartialExample, SaysWhatThePageSays) {
  EXPECT_EQ(*left_of("permit(principal, action, resource) when { resource.owner == principal };"),
            "permit(principal, action, resource)\nwhen { resource.owner == User::\"ann\" };");
  EXPECT_EQ(*left_of("permit(principal == User::\"bob\", action, resource);"), "deny");
  EXPECT_EQ(
      left_of("permit(principal, action, resource) when { resource.ownr };").error().message(),
      "policy `policy0`: 1:44: UnsafeAttributeAccess: `Doc` has no attribute `ownr`; did you "
      "mean `owner`?");
}

TEST(PartialExample, ThePageShowsThisCode) {
  const std::string here = read_source("src/cedar/partial/partial_example_test.cc");
  const std::string begins = "// example begins\n";
  const std::size_t from = here.find(begins) + begins.size();
  const std::string code = here.substr(from, here.find("// example ends", from) - from);
  EXPECT_FALSE(code.empty());
  EXPECT_NE(read_source("docs/rooms/cedar.md").find("```cpp\n" + code + "```"), std::string::npos);
}

}  // namespace
}  // namespace ward::cedar
