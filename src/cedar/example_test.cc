// The example of docs/rooms/cedar.md, compiled and run; the page must show exactly this.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "tests/support/paths.h"

// example begins
#include "cedar/authorize/authorizer.h"
#include "cedar/entity/entities.h"

namespace cedar = ward::cedar;

ward::Result<std::string> ask(std::string_view policy_text) {
  WARD_TRY(const cedar::PolicySet policies, cedar::parse_policies(policy_text, "deploy.cedar"));

  const auto workload = cedar::EntityType::of("Workload");
  const cedar::EntityUid builder(workload, "builder");
  WARD_TRY(const cedar::EntityUid deploy, cedar::EntityUid::parse(R"(Action::"deploy")"));
  WARD_TRY(const cedar::EntityUid prod, cedar::EntityUid::of("Segment", "prod"));
  WARD_TRY(const cedar::EntityUid ci, cedar::EntityUid::of("Group", "ci"));
  WARD_TRY(const cedar::Entities entities,
           cedar::Entities::build({{builder, cedar::Record{{"owner", "team-build"}}, {ci}, {}}}));

  const cedar::Request request{builder, deploy, prod, cedar::Record{{"attested", true}}};
  const cedar::Response response = cedar::authorize(request, policies, entities);

  std::string out(decision_name(response.decision));
  for (const std::string& id : response.reasons) out += " because of " + policies.find(id)->place();
  for (const cedar::PolicyError& error : response.errors) out += "; " + error.error.message;
  return out;
}
// example ends

namespace ward::cedar {
namespace {

std::string between(const std::string& text, std::string_view begin, std::string_view end) {
  const std::size_t from = text.find(begin);
  if (from == std::string::npos) return "";
  const std::size_t to = text.find(end, from + begin.size());
  return text.substr(from + begin.size(), to - from - begin.size());
}

std::string read(const std::string& path) {
  std::ifstream in(testing::source_dir() / path);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

TEST(Example, DecidesAsThePageSays) {
  EXPECT_EQ(*ask(R"(permit(principal in Group::"ci", action == Action::"deploy", resource)
                    when { context.attested };)"),
            "allow because of deploy.cedar:1:1");
  EXPECT_EQ(*ask(R"(permit(principal, action, resource) when { context.mfa };)"),
            "deny; the record has no attribute `mfa`");
  EXPECT_EQ(ask("permit(principal, action);").error().message(),
            "deploy.cedar:1:25: unexpected `)`: expected `,` and then `resource`");
}

TEST(Example, ThePageShowsThisCode) {
  const std::string shown = between(read("docs/rooms/cedar.md"), "```cpp\n", "```");
  const std::string here =
      between(read("src/cedar/example_test.cc"), "// example begins\n", "// example ends");
  EXPECT_FALSE(shown.empty());
  EXPECT_EQ(shown, here);
}

}  // namespace
}  // namespace ward::cedar
