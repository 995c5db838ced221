// Every schema that came with the Cedar project's tests: the text form of the corpus against the
// reference implementation's JSON of the same schema, and round trips of all of them, which
// resolve.
#include <gtest/gtest.h>

#include <algorithm>

#include "cedar/schema/schema.h"
#include "cedar/schema/schema_json.h"
#include "cedar/schema/schema_text.h"
#include "tests/conformance/cedar_case.h"
#include "tests/support/conformance.h"
#include "tests/support/unpack.h"

namespace ward::testing {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_in(const fs::path& root, std::string_view ending) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().filename().string().ends_with(ending)) out.push_back(entry.path());
  }
  std::ranges::sort(out);
  return out;
}

// Empty, or what went wrong on the way text -> JSON -> text -> JSON. `*json` is the first JSON.
std::string round_trip(const std::string& text, codec::Json* json) {
  const auto fragment = cedar::parse_schema_text(text, "schema");
  if (!fragment.ok()) return fragment.error().text();
  const auto first = cedar::schema_to_json(*fragment);
  if (!first.ok()) return first.error().text();
  *json = *first;
  const auto reread = cedar::schema_from_json(*first);
  if (!reread.ok()) return reread.error().text();
  const auto printed = cedar::schema_to_text(*reread);
  if (!printed.ok()) return printed.error().text();
  if (cedar::schema_to_text(*fragment).value() != *printed) return "the text changed over JSON";
  const auto again = cedar::parse_schema_text(*printed);
  if (!again.ok()) return again.error().text() + "\n" + *printed;
  if (!(cedar::schema_to_json(*again).value() == *first)) return "the JSON changed over text";
  for (const auto* each : {&*fragment, &*reread, &*again}) {
    const auto schema = cedar::Schema::resolve({each, 1});
    if (!schema.ok()) return schema.error().text();
  }
  return "";
}

TEST(CedarSchemas, CorpusBecomesTheReferencesJson) {
  WARD_CONFORMANCE_DATA(const fs::path texts, "cedar/integration-tests/corpus-tests.tar.gz");
  WARD_CONFORMANCE_DATA(const fs::path jsons, "cedar/validation/corpus-tests-json-schemas.tar.gz");
  const fs::path json_root = unpack(jsons, "cedar-schemas") / "corpus-tests-json-schemas";
  std::size_t equal = 0;
  std::size_t without = 0;
  for (const fs::path& file : files_in(unpack(texts, "cedar-corpus"), ".cedarschema")) {
    const auto text = read_text(file);
    ASSERT_TRUE(text.ok()) << text.error().text();
    codec::Json json;
    const std::string fault = round_trip(*text, &json);
    ASSERT_EQ(fault, "") << file;
    const auto expected = read_json(json_root / (file.filename().string() + ".json"));
    if (!expected.ok()) {
      ++without;
      continue;
    }
    ASSERT_TRUE(json == *expected)
        << file << "\n"
        << codec::write_json_pretty(json) << codec::write_json_pretty(*expected);
    ++equal;
  }
  fmt::print("corpus: {} schemas equal to the reference's JSON, {} more read\n", equal, without);
  EXPECT_EQ(equal, 7'750u);
  EXPECT_EQ(without, 59u);
}

TEST(CedarSchemas, OthersReadAndGoRound) {
  WARD_CONFORMANCE_DATA(const fs::path root, "cedar");
  std::size_t texts = 0;
  for (const fs::path& file : files_in(root, ".cedarschema")) {
    const auto text = read_text(file);
    ASSERT_TRUE(text.ok()) << text.error().text();
    codec::Json json;
    EXPECT_EQ(round_trip(*text, &json), "") << file;
    ++texts;
  }
  std::size_t jsons = 0;
  for (const fs::path& file : files_in(root / "oopsla", "schema.json")) {
    const auto json = read_json(file);
    ASSERT_TRUE(json.ok()) << json.error().text();
    const auto fragment = cedar::schema_from_json(*json, file.filename().string());
    ASSERT_TRUE(fragment.ok()) << fragment.error().text();
    const auto written = cedar::schema_to_json(*fragment);
    ASSERT_TRUE(written.ok()) << written.error().text();
    const auto reread = cedar::schema_from_json(*written);
    ASSERT_TRUE(reread.ok()) << reread.error().text();
    EXPECT_TRUE(cedar::schema_to_json(*reread).value() == *written) << file;
    const auto printed = cedar::schema_to_text(*fragment);
    ASSERT_TRUE(printed.ok()) << printed.error().text();
    EXPECT_TRUE(cedar::Schema::from_text(*printed).ok()) << *printed;
    ++jsons;
  }
  fmt::print("{} more schemas in text and {} in JSON\n", texts, jsons);
  EXPECT_EQ(texts, 130u);
  EXPECT_EQ(jsons, 2u);
}

}  // namespace
}  // namespace ward::testing
