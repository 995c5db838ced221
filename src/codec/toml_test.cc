#include "codec/toml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ward::codec {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TomlDocument parsed(std::string_view text) {
  auto document = TomlDocument::parse(text, "ward.toml");
  WARD_CHECK(document.ok());
  return std::move(*document);
}

template <typename T>
std::string message(const Result<T>& result) {
  return result.ok() ? "no error" : result.error().message();
}

constexpr std::string_view kWhole = R"(name = "x"
[server]
listen = "127.0.0.1:8443"
workers = 4
tls = true
stale_after = "5s"
max_body = "16KiB"
mode = "strict"
hosts = ["a", "b"]

[server.limits]
depth = 3

[[node]]
id = "one"
[[node]]
id = "two"
)";

TEST(Toml, ReadsEveryTypeAndKnowsWhenAllWasRead) {
  TomlDocument document = parsed(kWhole);
  TomlReader root = document.root();
  EXPECT_EQ(root.string("name").value(), "x");
  TomlReader server = root.table("server").value();
  EXPECT_EQ(server.string("listen").value(), "127.0.0.1:8443");
  EXPECT_EQ(server.integer("workers", {.min = 1, .max = 64}).value(), 4);
  EXPECT_TRUE(server.boolean("tls").value());
  EXPECT_EQ(server.duration("stale_after").value(), 5s);
  EXPECT_EQ(server.size("max_body").value(), 16'384U);
  constexpr std::string_view kModes[] = {"lax", "strict"};
  EXPECT_EQ(server.choice("mode", kModes).value(), 1U);
  EXPECT_THAT(server.strings("hosts").value(), ElementsAre("a", "b"));
  EXPECT_EQ(server.table("limits").value().integer("depth").value(), 3);
  std::vector<TomlReader> nodes = root.optional_tables("node").value();
  ASSERT_EQ(nodes.size(), 2U);
  EXPECT_EQ(nodes[0].string("id").value(), "one");
  EXPECT_EQ(message(document.no_other_keys()), "ward.toml:17:1: unknown key `id` in [node[1]]");
  EXPECT_EQ(nodes[1].string("id").value(), "two");
  EXPECT_TRUE(document.no_other_keys().ok());
}

TEST(Toml, UnknownKeysAreErrorsWithAGuess) {
  TomlDocument document = parsed("[server]\nlisten = \"x\"\nlistne = \"y\"\n[extra]\na = 1\n");
  TomlReader root = document.root();
  TomlReader server = root.table("server").value();
  ASSERT_TRUE(server.string("listen").ok());
  ASSERT_TRUE(server.optional_integer("workers").ok());
  EXPECT_EQ(message(document.no_other_keys()),
            "ward.toml:3:1: unknown key `listne` in [server], did you mean `listen`?");
  ASSERT_TRUE(server.optional_string("listne").ok());
  EXPECT_EQ(message(document.no_other_keys()),
            "ward.toml:4:2: unknown key `extra`, expected `server`");
}

TEST(Toml, AbsentIsNothingOrTheFallbackOrAnError) {
  TomlDocument document = parsed("[server]\n");
  TomlReader server = document.root().table("server").value();
  EXPECT_EQ(server.optional_string("a").value(), std::nullopt);
  EXPECT_EQ(server.string_or("a", "b").value(), "b");
  EXPECT_EQ(server.integer_or("a", 7).value(), 7);
  EXPECT_TRUE(server.boolean_or("a", true).value());
  EXPECT_EQ(server.duration_or("a", 5s).value(), 5s);
  EXPECT_EQ(server.size_or("a", 9).value(), 9U);
  EXPECT_TRUE(server.optional_strings("a").value().empty());
  EXPECT_TRUE(server.optional_tables("a").value().empty());
  EXPECT_FALSE(server.optional_table("a").value().has_value());
  const std::string missing = "ward.toml:1:1: `server.a` is missing";
  EXPECT_EQ(message(server.string("a")), missing);
  EXPECT_EQ(message(server.integer("a")), missing);
  EXPECT_EQ(message(server.boolean("a")), missing);
  EXPECT_EQ(message(server.duration("a")), missing);
  EXPECT_EQ(message(server.size("a")), missing);
  EXPECT_EQ(message(server.strings("a")), missing);
  EXPECT_EQ(message(server.table("a")), missing);
  EXPECT_EQ(message(server.choice("a", {})), missing);
}

TEST(Toml, TheWrongTypeNamesKeyPlaceExpectedAndGot) {
  TomlDocument document = parsed(kWhole);
  TomlReader root = document.root();
  TomlReader server = root.table("server").value();
  EXPECT_EQ(message(server.string("workers")),
            "ward.toml:4:11: `server.workers`: expected a string, got an integer");
  EXPECT_EQ(message(server.integer_or("listen", 1, {.min = 1, .max = 9})),
            "ward.toml:3:10: `server.listen`: expected an integer from 1 to 9, got a string");
  EXPECT_EQ(message(server.boolean("workers")),
            "ward.toml:4:11: `server.workers`: expected a boolean, got an integer");
  EXPECT_EQ(message(server.duration("workers")),
            "ward.toml:4:11: `server.workers`: expected a duration such as \"250ms\" or \"1h30m\", "
            "got an integer");
  EXPECT_EQ(message(server.strings("listen")),
            "ward.toml:3:10: `server.listen`: expected an array of strings, got a string");
  EXPECT_EQ(message(root.table("name")), "ward.toml:1:8: `name`: expected a table, got a string");
  EXPECT_EQ(message(root.optional_tables("server")),
            "ward.toml:2:1: `server`: expected tables [[server]], got a table");
  EXPECT_EQ(message(root.string("node")),
            "ward.toml:14:1: `node`: expected a string, got an array");
  TomlDocument mixed = parsed("a = [\"x\", 1]\nb = 2026-01-01\n");
  EXPECT_EQ(message(mixed.root().strings("a")),
            "ward.toml:1:11: `a[1]`: expected a string, got an integer");
  EXPECT_EQ(message(mixed.root().integer("b")),
            "ward.toml:2:5: `b`: expected an integer, got a date");
}

TEST(Toml, ValuesOutsideTheRangeNameTheRange) {
  TomlDocument document =
      parsed("port = 70000\nwait = \"9h\"\nsize = \"1GiB\"\nmode = \"x\"\nbad = \"5 s\"\n");
  TomlReader root = document.root();
  EXPECT_EQ(message(root.integer("port", {.min = 1, .max = 65535})),
            "ward.toml:1:8: `port`: expected an integer from 1 to 65535, got `70000`");
  EXPECT_EQ(message(root.duration("wait", {.min = 100ms, .max = 1h})),
            "ward.toml:2:8: `wait`: expected a duration from 100ms to 1h, got `9h`");
  EXPECT_EQ(message(root.duration("wait", {.min = 10h})),
            "ward.toml:2:8: `wait`: expected a duration of at least 10h, got `9h`");
  EXPECT_EQ(message(root.size("size", {.min = 1, .max = 1 << 20})),
            "ward.toml:3:8: `size`: expected a size from 1B to 1MiB, got `1GiB`");
  constexpr std::string_view kModes[] = {"lax", "strict"};
  EXPECT_EQ(message(root.choice("mode", kModes)),
            "ward.toml:4:8: `mode`: expected `lax` or `strict`, got `x`");
  EXPECT_THAT(message(root.duration("bad")),
              StartsWith("ward.toml:5:7: `bad`: expected a duration"));
  EXPECT_EQ(root.error_at("port", "is taken").message(), "ward.toml:1:8: `port`: is taken");
}

TEST(Toml, SyntaxErrorsSayWhere) {
  EXPECT_THAT(message(TomlDocument::parse("a = 1\nb = \n", "ward.toml")),
              StartsWith("ward.toml:2:"));
  EXPECT_THAT(message(TomlDocument::parse("a = 1\na = 2\n", "ward.toml")),
              StartsWith("ward.toml:2:"));
  EXPECT_THAT(message(TomlDocument::parse("[a\n", "ward.toml")), StartsWith("ward.toml:1:"));
  EXPECT_THAT(message(TomlDocument::parse("a = \"\xff\"\n", "ward.toml")),
              HasSubstr("ward.toml:1:"));
  for (const std::string_view bad :
       {"a", "= 1", "a = 01", "a = 9223372036854775808", "a = 'x", "a = {", "[a]\n[a]\n",
        "a = \"\\q\"", "a b = 1", "a = 1 b = 2"}) {
    EXPECT_FALSE(TomlDocument::parse(bad, "t").ok()) << bad;
  }
}

TEST(Toml, StopsAtEachLimit) {
  EXPECT_EQ(TomlDocument::parse("a = 1", "t", {.max_bytes = 4}).error().code(),
            ErrorCode::kResourceExhausted);
  const auto nested = [](std::size_t depth) {
    return "a = " + std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(TomlDocument::parse(nested(30), "t").ok());
  EXPECT_EQ(TomlDocument::parse(nested(40), "t").error().code(), ErrorCode::kResourceExhausted);
  EXPECT_FALSE(TomlDocument::parse(nested(100'000), "t").ok());
  std::string dotted = "a";
  for (int i = 0; i < 100'000; ++i) dotted += ".a";
  EXPECT_FALSE(TomlDocument::parse(dotted + " = 1", "t").ok());
  EXPECT_FALSE(TomlDocument::parse("[" + dotted + "]", "t").ok());
  EXPECT_FALSE(
      TomlDocument::parse("b = '''\n'\n''' # x\nc = \"\\\"\"\n" + dotted + " = 1", "t").ok());
  for (const std::string_view three : {"'''", "\"\"\""}) {
    const auto text = fmt::format("c = [{0}x{0}{1}, {{{2} = 1}}]", three, three[0], dotted);
    EXPECT_FALSE(TomlDocument::parse(text, "t").ok());
  }
  const std::string dots(1000, '.');
  EXPECT_TRUE(
      TomlDocument::parse("a = '" + dots + "'\nb = \"\"\"" + dots + "\n\"\"\" #" + dots, "t").ok());
}

TEST(Toml, KeysComeInTheOrderOfTheFile) {
  TomlDocument document = parsed("[map]\nz = 1\na = 2\n\"q r\" = 3\n");
  EXPECT_THAT(document.root().table("map").value().keys(), ElementsAre("z", "a", "q r"));
}

}  // namespace
}  // namespace ward::codec
