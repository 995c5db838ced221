#include "cedar/partial/partial_authorizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cedar/entity/entities.h"
#include "cedar/syntax/printer.h"

namespace ward::cedar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kSchema = R"(
  entity Group;
  entity User in Group = { name: String, age: Long, boss?: User } tags String;
  entity Doc in Folder = { owner: User, public: Bool, level?: Long };
  entity Folder;
  action read, write in all appliesTo {
    principal: User, resource: Doc, context: { mfa: Bool, n?: Long } };
  action all;
)";

const Schema& schema() {
  static const Schema schema = Schema::from_text(kSchema).value();
  return schema;
}

EntityUid uid(std::string_view text) {
  return EntityUid::parse(text).value();
}

PolicySet policies(std::string_view text) {
  return parse_policies(text, "p.cedar").value();
}

const EntityUid kAlice = uid(R"(User::"alice")");
const EntityUid kDoc = uid(R"(Doc::"d")");
const EntityUid kRead = uid(R"(Action::"read")");

// Alice reads some document in some context.
PartialRequest some_doc() {
  return {PartialUid::known(kAlice), kRead, PartialUid::any(EntityType::of("Doc"))};
}

PartialEntity alice() {
  return {kAlice, Record{{"name", "alice"}, {"age", INT64_MAX}},
          std::vector{uid(R"(Group::"staff")")}, Record{{"team", "blue"}}};
}

Result<PartialResponse> partial(std::string_view text, const PartialRequest& request,
                                std::vector<PartialEntity> entities = {}) {
  return authorize_partially(request, policies(text),
                             PartialEntities::build(std::move(entities), schema()).value(),
                             schema());
}

// What is left of `permit(principal, action, resource) when { condition };`.
std::string residual(std::string_view condition, const PartialRequest& request = some_doc(),
                     std::vector<PartialEntity> entities = {alice()}) {
  const auto got =
      partial(fmt::format("permit(principal, action, resource) when {{ {} }};", condition), request,
              std::move(entities));
  EXPECT_TRUE(got.ok()) << got.error().text();
  return got.ok() ? to_text(*got->policies().front().condition) : "";
}

TEST(PartialAuthorizer, FoldsWhatIsKnown) {
  EXPECT_EQ(residual(R"(principal == User::"alice")"), "true");
  EXPECT_EQ(residual(R"(principal.name like "al*" && resource.public)"), "resource.public");
  EXPECT_EQ(residual(R"(principal in Group::"staff")"), "true");
  EXPECT_EQ(residual(R"(principal in Group::"other")"), "false");
  EXPECT_EQ(residual(R"(principal in [Group::"other", Group::"staff"])"), "true");
  EXPECT_EQ(residual("principal has boss && principal.boss.age > 3"), "false");
  EXPECT_EQ(residual(R"(principal.hasTag("team") && principal.getTag("team") == "blue")"), "true");
  EXPECT_EQ(residual("resource.owner == principal"), R"(resource.owner == User::"alice")");
  EXPECT_EQ(residual("if principal.age > 3 then context.mfa else resource.public"), "context.mfa");
  EXPECT_EQ(residual("[principal, resource.owner].contains(principal)"),
            R"([User::"alice", resource.owner].contains(User::"alice"))");
}

TEST(PartialAuthorizer, DoesNotTakeTheUnknownForAbsent) {
  EXPECT_EQ(residual("principal.age > 3", some_doc(), {}), R"(User::"alice".age > 3)");
  EXPECT_EQ(residual(R"(principal in Group::"staff")", some_doc(), {}),
            R"(User::"alice" in Group::"staff")");
  EXPECT_EQ(residual(R"(principal in User::"alice")", some_doc(), {}), "true");
  EXPECT_EQ(residual("principal has boss", some_doc(), {{kAlice}}), R"(User::"alice" has boss)");
  EXPECT_EQ(residual(R"(principal.hasTag("x"))", some_doc(), {{kAlice}}),
            R"(User::"alice".hasTag("x"))");
  // Of one that exists an attribute that must be there is there.
  EXPECT_EQ(residual("principal.age > 3 && false", some_doc(), {{kAlice}}), "false");
  EXPECT_EQ(residual("principal.age > 3 && false", some_doc(), {}),
            R"(User::"alice".age > 3 && false)");
}

TEST(PartialAuthorizer, TypesSayWhatIsTrueOfAnyEntity) {
  EXPECT_EQ(residual("resource is Doc"), "true");
  EXPECT_EQ(residual("resource is User"), "false");
  EXPECT_EQ(residual(R"(resource is Doc in Folder::"f")"), R"(resource in Folder::"f")");
  EXPECT_EQ(residual("resource == resource"), "true");
  EXPECT_EQ(residual("resource in principal"), "false");
  EXPECT_EQ(residual("context has mfa"), "true");
  EXPECT_EQ(residual("context has other"), "false");
  // The owner is a user, if there is such a document at all.
  EXPECT_EQ(residual("resource.owner is User"), "resource.owner is User");
  EXPECT_EQ(residual("resource.owner is Doc && context.mfa"), "resource.owner is Doc");
}

TEST(PartialAuthorizer, DropsOnlyWhatCannotFail) {
  EXPECT_EQ(residual("context.mfa && false"), "false");
  EXPECT_EQ(residual("context.mfa || true"), "true");
  EXPECT_EQ(residual("resource.public && false"), "resource.public && false");
  EXPECT_EQ(residual("resource.public || true"), "resource.public || true");
  EXPECT_EQ(residual("resource has level && resource.level > 3 && false"), "false");
  EXPECT_EQ(residual("context has n && context.n + 1 > 3 && false"),
            "context has n && context.n + 1 > 3 && false");
  EXPECT_EQ(residual("resource.public && context.mfa && false"), "resource.public && false");
  EXPECT_EQ(residual("context.mfa && resource.public && false"),
            "context.mfa && resource.public && false");
  EXPECT_EQ(residual("false && resource.public"), "false");
  EXPECT_EQ(residual("if resource.public then true else false"), "resource.public");
  EXPECT_EQ(residual("if resource.public then false else true"), "!resource.public");
  EXPECT_EQ(residual("if context.mfa then true else true"), "true");
  EXPECT_EQ(residual("if resource.public then true else true"),
            "if resource.public then true else true");
}

TEST(PartialAuthorizer, AnErrorStaysAnError) {
  const std::string text = R"(
    permit(principal, action, resource) when { principal.age + 1 > 0 && context.mfa };
    permit(principal, action, resource) when { context.mfa && principal.age + 1 > 0 };
    permit(principal, action, resource) when { context.mfa || principal.age + 1 > 0 };)";
  const auto got = partial(text, some_doc(), {alice()});
  EXPECT_THAT(got->ids(PartialOutcome::kErring), ElementsAre("policy0"));
  EXPECT_THAT(got->ids(PartialOutcome::kResidual), ElementsAre("policy1", "policy2"));
  EXPECT_EQ(to_text(*got->policies()[1].condition), "context.mfa && 9223372036854775807 + 1 > 0");
}

TEST(PartialAuthorizer, DecidesWhenTheRestDoesNotMatter) {
  constexpr std::string_view kYes = "permit(principal, action, resource);";
  constexpr std::string_view kMaybe = "permit(principal, action, resource) when { context.mfa };";
  constexpr std::string_view kForbid = "forbid(principal, action, resource);";
  constexpr std::string_view kMaybeForbid =
      "forbid(principal, action, resource) when { context.mfa };";
  constexpr std::string_view kNever = R"(permit(principal, action == Action::"write", resource);)";
  const auto decision = [&](auto... text) {
    return partial((std::string(text) + ...), some_doc())->decision();
  };
  EXPECT_EQ(decision(kYes), Decision::kAllow);
  EXPECT_EQ(decision(kYes, kMaybe), Decision::kAllow);
  EXPECT_EQ(decision(kYes, kForbid), Decision::kDeny);
  EXPECT_EQ(decision(kMaybe, kForbid), Decision::kDeny);
  EXPECT_EQ(decision(kNever), Decision::kDeny);
  EXPECT_EQ(decision(kNever, kMaybeForbid), Decision::kDeny);
  EXPECT_EQ(decision(kMaybe), std::nullopt);
  EXPECT_EQ(decision(kYes, kMaybeForbid), std::nullopt);
}

TEST(PartialAuthorizer, ResidualsArePoliciesAgain) {
  const auto got = partial(R"(@id("a") forbid(principal is User, action, resource in Folder::"f")
                              unless { resource has level && resource.level < 3 };)",
                           some_doc());
  const ResidualPolicy& only = got->policies().front();
  EXPECT_EQ(to_text(only),
            "@id(\"a\")\nforbid(principal, action, resource)\nwhen { resource in Folder::\"f\" && "
            "!(resource has level && resource.level < 3) };");
  const auto again = parse_policy_trees(to_text(only));
  EXPECT_TRUE(same_expression(*again->front()->conditions[0].body, *only.condition));
}

TEST(PartialAuthorizer, ValuesThatAreTooLargeToBeWrittenStayAsTheyWere) {
  PartialRequest request = some_doc();
  PartialEntity known = alice();
  known.attributes = known.attributes->with("name", std::string(4096, 'x'));
  EXPECT_EQ(residual("principal.name == resource.owner.name", request, {known}),
            "principal.name == resource.owner.name");
  EXPECT_EQ(residual(R"(principal.name == "alice")", request, {known}), "false");
}

TEST(PartialAuthorizer, ReauthorizesAsThePoliciesDecide) {
  const std::string text = R"(
    permit(principal, action, resource) when { resource.owner == principal };
    forbid(principal, action, resource) unless { context.mfa };
    permit(principal, action, resource) when { principal.age + 1 > resource.owner.age };)";
  const Entities entities = Entities::from_json(R"([
    {"uid": {"type": "User", "id": "alice"}, "attrs": {"name": "alice", "age": 9223372036854775807},
     "parents": [{"type": "Group", "id": "staff"}], "tags": {"team": "blue"}},
    {"uid": {"type": "Doc", "id": "d"}, "parents": [],
     "attrs": {"owner": {"type": "User", "id": "alice"}, "public": false}}])",
                                                schema())
                                .value();
  const auto got = partial(text, some_doc(), {alice()});
  ASSERT_TRUE(got.ok()) << got.error().text();
  const Request request{kAlice, kRead, kDoc, Record{{"mfa", true}}};
  const Response response = got->reauthorize(request, entities).value();
  EXPECT_EQ(response.decision, Decision::kAllow);
  EXPECT_THAT(response.reasons, ElementsAre("policy0"));
  ASSERT_EQ(response.errors.size(), 1u);
  EXPECT_EQ(response.errors[0].error.message, "9223372036854775807 + 1 overflows a long");
  const Request forbidden{kAlice, kRead, kDoc, Record{{"mfa", false}}};
  EXPECT_THAT(got->reauthorize(forbidden, entities)->reasons, ElementsAre("policy1"));

  const auto message = [&](const Request& wrong, const EntityStore& store) {
    return got->reauthorize(wrong, store).error().message();
  };
  EXPECT_EQ(message({uid(R"(User::"bob")"), kRead, kDoc, request.context}, entities),
            R"(principal: expected `User::"alice"`, got `User::"bob"`)");
  EXPECT_THAT(message({kAlice, kRead, kDoc, {}}, entities), HasSubstr("`mfa` is missing"));
  EXPECT_THAT(message({kAlice, uid(R"(Action::"write")"), kDoc, request.context}, entities),
              HasSubstr(R"(expected `Action::"read"`)"));
  EXPECT_THAT(message(request, Entities()), HasSubstr("was known and is not there"));
}

TEST(PartialAuthorizer, EntitiesMustBeWhatWasKnownOfThem) {
  const auto message = [&](const PartialEntity& known) {
    const auto got = partial("", some_doc(), {known});
    Entity real{kAlice, Record{{"name", "alice"}, {"age", 3}}, {}, Record{{"team", "blue"}}};
    std::vector<Entity> all{real};
    for (const std::string_view each : {"read", "write", "all"}) {
      const bool is_group = each == "all";
      all.push_back({EntityUid(kRead.type(), std::string(each)),
                     {},
                     is_group ? std::vector<EntityUid>() : std::vector{uid(R"(Action::"all")")},
                     {}});
    }
    const auto response = got->reauthorize({kAlice, kRead, kDoc, Record{{"mfa", true}}},
                                           Entities::build(std::move(all)).value());
    return response.ok() ? "" : response.error().message();
  };
  EXPECT_EQ(message({kAlice}), "");
  EXPECT_EQ(message({kAlice, Record{{"name", "alice"}, {"age", 3}}}), "");
  EXPECT_THAT(message({kAlice, Record{{"name", "alice"}, {"age", 4}}}), HasSubstr("`age`"));
  EXPECT_THAT(message({kAlice, Record{{"name", "alice"}, {"age", 3}, {"boss", kAlice}}}),
              HasSubstr("`boss`"));
  EXPECT_THAT(message({kAlice, {}, std::vector{uid(R"(Group::"g")")}}), HasSubstr("ancestors"));
  EXPECT_THAT(message({kAlice, {}, {}, Record{{"team", "red"}}}), HasSubstr("tag `team`"));
}

TEST(PartialAuthorizer, LinksStandForTheirSlots) {
  PolicySet set = policies("permit(principal == ?principal, action, resource in ?resource);");
  ASSERT_TRUE(set.link("policy0", "mine", {kAlice, uid(R"(Folder::"f")")}).ok());
  ASSERT_TRUE(set.link("policy0", "his", {uid(R"(User::"bob")"), uid(R"(Folder::"f")")}).ok());
  const auto known = PartialEntities::build({}, schema()).value();
  const auto got = authorize_partially(some_doc(), set, known, schema());
  EXPECT_THAT(got->ids(PartialOutcome::kUnsatisfied), ElementsAre("his"));
  EXPECT_EQ(to_text(*got->policies()[1].condition), R"(resource in Folder::"f")");

  ASSERT_TRUE(set.link("policy0", "wrong", {uid(R"(Ghost::"x")"), kDoc}).ok());
  EXPECT_EQ(
      authorize_partially(some_doc(), set, known, schema()).error().message(),
      R"(policy `wrong`: `?principal` is `Ghost::"x"`, of an entity type that is not declared)");
}

TEST(PartialAuthorizer, RefusesWhatIsNotValid) {
  const auto message = [](std::string_view text, const PartialRequest& request) {
    return partial(text, request).error().message();
  };
  EXPECT_EQ(
      message("permit(principal, action, resource) when { principal.nam == \"\" };", some_doc()),
      "policy `policy0`: p.cedar:1:44: UnsafeAttributeAccess: `User` has no attribute `nam`; "
      "did you mean `name`?");
  EXPECT_THAT(message(R"(permit(principal == Ghost::"x", action, resource);)", some_doc()),
              HasSubstr("UnrecognizedEntityType"));
  PartialRequest request = some_doc();
  request.context = Record{{"mfa", 1}};
  EXPECT_THAT(message("", request), HasSubstr("context of action"));
  request = some_doc();
  request.resource = PartialUid::any(EntityType::of("Group"));
  EXPECT_THAT(message("", request), HasSubstr("does not apply to `Group`"));
  request.resource = {EntityType::of("Doc"), kAlice};
  EXPECT_EQ(message("", request), R"(resource: `User::"alice"` is no `Doc`)");
}

TEST(PartialAuthorizer, RefusesEntitiesThatDoNotConform) {
  const auto message = [](std::vector<PartialEntity> entities) {
    return PartialEntities::build(std::move(entities), schema()).error().message();
  };
  EXPECT_THAT(message({{kAlice, Record{{"name", "a"}}}}), HasSubstr("`age` is missing"));
  EXPECT_THAT(message({{kAlice, {}, std::vector{kDoc}}}), HasSubstr("may not be in"));
  EXPECT_THAT(message({{kDoc, {}, {}, Record{{"t", "x"}}}}), HasSubstr("has no tags"));
  EXPECT_THAT(message({{kAlice}, {kAlice}}), HasSubstr("given twice"));
  EXPECT_THAT(message({{kRead}}), HasSubstr("not declared"));
}

TEST(PartialAuthorizer, WhoIsNotAmongAllEntitiesDoesNotExist) {
  const Entities entities = Entities::from_json("[]", schema()).value();
  const auto got = authorize_partially(
      some_doc(),
      policies(R"(permit(principal, action in Action::"all", resource) when { principal has boss };
                  permit(principal, action, resource) when { principal.age > 3 };
                  permit(principal in Group::"staff", action, resource);)"),
      PartialEntities::complete(entities), schema());
  EXPECT_THAT(got->ids(PartialOutcome::kUnsatisfied), ElementsAre("policy0", "policy2"));
  EXPECT_THAT(got->ids(PartialOutcome::kErring), ElementsAre("policy1"));
  EXPECT_THAT(got->ids(PartialOutcome::kResidual), IsEmpty());
  EXPECT_EQ(got->decision(), Decision::kDeny);
}

TEST(PartialAuthorizer, TooDeepConditionsAreRefused) {
  std::string text = "true";
  for (int i = 0; i < 90; ++i) text = "if context.mfa then (" + text + ") else false";
  const auto fits =
      partial("permit(principal, action, resource) when { " + text + " };", some_doc());
  EXPECT_TRUE(fits.ok()) << fits.error().text();
  ExprPtr deep = make_expr(VariableExpr{Variable::kContext});
  deep = make_expr(AttributeExpr{deep, "mfa"});
  while (deep->depth < kExprDepthMax) deep = make_expr(UnaryExpr{UnaryOp::kNot, deep});
  PolicyTree tree = policies("permit(principal, action, resource);").find("policy0")->tree();
  tree.conditions.push_back({.is_unless = true, .body = deep, .span = {}});
  PolicySet set;
  ASSERT_TRUE(set.add("deep", std::make_shared<const PolicyTree>(tree)).ok());
  const auto got =
      authorize_partially(some_doc(), set, PartialEntities::build({}, schema()).value(), schema());
  EXPECT_EQ(got.error().code(), ErrorCode::kResourceExhausted);
}

}  // namespace
}  // namespace ward::cedar
