#include "tests/bench/cedar_inputs.h"

#include <fmt/format.h>

#include <cstdint>

#include "base/check.h"

namespace ward::bench {
namespace {

using cedar::EntityType;
using cedar::EntityUid;
using cedar::Value;

// Linear congruential; the draw is the same everywhere.
class Draw {
 public:
  std::size_t below(std::size_t bound) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>(state_ >> 33) % bound;
  }
  bool one_in_twenty() { return below(20) == 0; }

 private:
  std::uint64_t state_ = 42;
};

constexpr std::string_view kGdrive = R"(
@id("template") permit (principal in ?principal, action == Action::"read", resource in ?resource);
permit (principal, action == Action::"read", resource) when { resource.isPublic };
permit (principal, action in [Action::"read", Action::"write", Action::"share"], resource)
when { resource in principal.ownedDocuments || resource in principal.ownedFolders };
permit (principal, action == Action::"changeOwner", resource)
when { principal.ownedDocuments.contains(resource) };
permit (principal, action == Action::"createDocument", resource)
when { principal.ownedFolders.contains(resource) };
)";

std::vector<EntityUid> names(const char* type, const char* prefix, int n) {
  std::vector<EntityUid> out;
  const auto entity_type = EntityType::of(type);
  for (int i = 0; i < n; ++i) out.emplace_back(entity_type, fmt::format("{}_{}", prefix, i));
  return out;
}

std::vector<EntityUid> some_of(Draw& draw, const std::vector<EntityUid>& all, std::size_t before) {
  std::vector<EntityUid> out;
  for (std::size_t i = 0; i < before; ++i) {
    if (draw.one_in_twenty()) out.push_back(all[i]);
  }
  return out;
}

cedar::Set set_of(const std::vector<EntityUid>& uids) {
  return cedar::Set(std::vector<Value>(uids.begin(), uids.end()));
}

void build(CedarInput& input) {
  input.entities = cedar::Entities::build(input.given).value();
}

// Distinct names that are spread, so that neighbours in the set are no neighbours in the requests.
std::size_t spread(std::size_t i, std::size_t count) {
  return i * 7919 % count;
}

}  // namespace

CedarInput draw_gdrive_templates(int n) {
  Draw draw;
  CedarInput out;
  out.policies = cedar::parse_policies(kGdrive, "gdrive.cedar").value();
  const auto users = names("User", "user", n);
  const auto groups = names("Group", "group", n);
  const auto documents = names("Document", "doc", n);
  const auto folders = names("Folder", "folder", n);
  const auto all = static_cast<std::size_t>(n);
  for (const EntityUid& user : users) {
    cedar::Record attributes{{"ownedDocuments", set_of(some_of(draw, documents, all))},
                             {"ownedFolders", set_of(some_of(draw, folders, all))}};
    out.given.push_back({user, std::move(attributes), some_of(draw, groups, all), {}});
  }
  for (const EntityUid& group : groups) out.given.push_back({group, {}, {}, {}});
  for (const EntityUid& document : documents) {
    cedar::Record attributes{{"isPublic", draw.one_in_twenty()}};
    out.given.push_back({document, std::move(attributes), some_of(draw, folders, all), {}});
  }
  for (std::size_t i = 0; i < all; ++i) {
    out.given.push_back({folders[i], {}, some_of(draw, folders, i), {}});
  }
  for (const auto* principals : {&users, &groups}) {
    for (const auto* resources : {&documents, &folders}) {
      for (const EntityUid& principal : *principals) {
        for (const EntityUid& resource : some_of(draw, *resources, all)) {
          auto id = fmt::format("template:{}:{}", principal.text(), resource.text());
          WARD_CHECK(
              out.policies
                  .link("policy0", std::move(id), {.principal = principal, .resource = resource})
                  .ok());
        }
      }
    }
  }
  build(out);
  for (int i = 0; i < 200; ++i) {
    constexpr const char* kActions[] = {"read", "write", "share", "changeOwner", "createDocument"};
    const char* action = kActions[draw.below(5)];
    const auto& resources = std::string_view(action) == "createDocument" ? folders : documents;
    out.requests.push_back(
        {users[draw.below(all)], *EntityUid::of("Action", action), resources[draw.below(all)], {}});
  }
  return out;
}

CedarInput make_synth_eq(int policies) {
  CedarInput out;
  const auto count = static_cast<std::size_t>(policies);
  const auto users = names("User", "u", policies);
  const auto documents = names("Doc", "d", policies);
  const auto actions = names("Action", "a", 20);
  for (std::size_t i = 0; i < count; ++i) {
    out.text += fmt::format("permit (principal == {}, action == {}, resource == {});\n",
                            users[i].text(), actions[i % 20].text(), documents[i].text());
    out.given.push_back({users[i], {}, {}, {}});
    out.given.push_back({documents[i], {}, {}, {}});
  }
  for (const EntityUid& action : actions) out.given.push_back({action, {}, {}, {}});
  out.policies = cedar::parse_policies(out.text).value();
  build(out);
  for (std::size_t i = 0; i < std::min<std::size_t>(count, 1000); ++i) {
    const std::size_t at = spread(i, count);
    out.requests.push_back({users[at], actions[at % 20], documents[at], {}});
  }
  return out;
}

CedarInput make_synth_in(int policies) {
  CedarInput out;
  const auto count = static_cast<std::size_t>(policies);
  const auto users = names("User", "u", policies);
  const auto groups = names("Group", "g", policies);
  const auto documents = names("Doc", "d", policies);
  const auto actions = names("Action", "a", 20);
  for (std::size_t i = 0; i < count; ++i) {
    out.text += fmt::format("permit (principal, action == {}, resource in {});\n",
                            actions[i % 20].text(), groups[i].text());
    out.given.push_back({users[i], {}, {}, {}});
    out.given.push_back({groups[i], {}, {}, {}});
    out.given.push_back({documents[i], {}, {groups[i]}, {}});
  }
  for (const EntityUid& action : actions) out.given.push_back({action, {}, {}, {}});
  out.policies = cedar::parse_policies(out.text).value();
  build(out);
  for (std::size_t i = 0; i < std::min<std::size_t>(count, 1000); ++i) {
    const std::size_t at = spread(i, count);
    out.requests.push_back({users[spread(at, count)], actions[at % 20], documents[at], {}});
  }
  return out;
}

}  // namespace ward::bench
