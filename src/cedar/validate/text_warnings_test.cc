#include "cedar/validate/text_warnings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cedar/syntax/parser.h"

namespace ward::cedar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// `Kind @ text` of each warning.
std::vector<std::string> warnings(std::string_view text) {
  const auto trees = parse_policy_trees(text);
  EXPECT_TRUE(trees.ok()) << trees.error().text();
  std::vector<std::string> out;
  for (const TextWarning& each : text_warnings(*trees->front())) {
    out.push_back(fmt::format("{} @ {}", text_warning_kind_name(each.kind),
                              trees->front()->source->slice(each.span)));
  }
  return out;
}

TEST(CedarTextWarnings, StringsAndIdentifiersThatChangeDirection) {
  EXPECT_THAT(warnings("permit(principal == U::\"a\\u{202e}b\", action, resource);"),
              ElementsAre("BidiCharsInIdentifier @ principal == U::\"a\\u{202e}b\""));
  EXPECT_THAT(
      warnings("permit(principal, action, resource) when { context.level != \"user\\u{2066}\" && "
               "context[\"is\\u{202a}Admin\"] && context.n like \"\\u{2069}*\" && "
               "{\"k\\u{202c}\": 1} == {} && principal == U::\"\\u{202b}\" };"),
      ElementsAre("BidiCharsInString @ \"user\\u{2066}\"",
                  "BidiCharsInIdentifier @ context[\"is\\u{202a}Admin\"]",
                  "BidiCharsInString @ context.n like \"\\u{2069}*\"",
                  "BidiCharsInIdentifier @ {\"k\\u{202c}\": 1}",
                  "BidiCharsInIdentifier @ U::\"\\u{202b}\""));
}

TEST(CedarTextWarnings, MixedScripts) {
  EXPECT_THAT(warnings("permit(principal == T::\"say_\u04bbello\", action, resource);"),
              ElementsAre("MixedScriptIdentifier @ principal == T::\"say_\u04bbello\""));
  EXPECT_THAT(warnings("permit(principal, action, resource) when { principal.name like "
                       "\"*_\u04bb*llo\" && context[\"p\\u{430}y\"] == \"\\u{3b1}b\" };"),
              ElementsAre("MixedScriptString @ principal.name like \"*_\u04bb*llo\"",
                          "MixedScriptIdentifier @ context[\"p\\u{430}y\"]",
                          "MixedScriptString @ \"\\u{3b1}b\""));
}

TEST(CedarTextWarnings, CharactersOutsideTheSecurityProfile) {
  EXPECT_THAT(warnings("permit(principal, action == Action::\"new\\nline\", resource) when { "
                       "principal[\"is\\u{200b}Admin\"] == \"is\\u{200b}Admin\" && "
                       "{\"\U0001f34c\": 1} == {} };"),
              ElementsAre("ConfusableIdentifier @ action == Action::\"new\\nline\"",
                          "ConfusableIdentifier @ principal[\"is\\u{200b}Admin\"]",
                          "ConfusableIdentifier @ {\"\U0001f34c\": 1}"));
}

TEST(CedarTextWarnings, OneTextHasOneWarning) {
  EXPECT_THAT(warnings("permit(principal == T::\"a\\u{202e}\\u{200b}\u04bb\", action, resource);"),
              ElementsAre("BidiCharsInIdentifier @ "
                          "principal == T::\"a\\u{202e}\\u{200b}\u04bb\""));
}

TEST(CedarTextWarnings, OtherLanguagesAreNone) {
  EXPECT_THAT(warnings("permit(principal == U::\"\u05d0\u05d1\", action, resource) when { "
                       "context.name == \"\u0645\u0631\u062d\u0628\u0627\" };"),
              IsEmpty());
}

}  // namespace
}  // namespace ward::cedar
