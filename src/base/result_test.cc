#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace ward {
namespace {

Result<int> parse_digit(std::string_view text) {
  if (text.size() != 1 || text[0] < '0' || text[0] > '9') {
    return invalid_argument("expected one digit, got `{}`", text);
  }
  return text[0] - '0';
}

Result<std::string> doubled(std::string_view text) {
  WARD_TRY(const int digit, parse_digit(text));
  return std::to_string(2 * digit);
}

Result<void> check_digit(std::string_view text) {
  WARD_RETURN_IF_ERROR(parse_digit(text).in("digit"));
  return {};
}

TEST(Result, TryPassesValuesOnAndErrorsUp) {
  EXPECT_EQ(doubled("4").value(), "8");
  EXPECT_EQ(doubled("x").error(),
            Error(ErrorCode::kInvalidArgument, "expected one digit, got `x`"));
}

TEST(Result, InNamesTheOuterContextAndKeepsTheCode) {
  EXPECT_TRUE(check_digit("1").ok());
  EXPECT_EQ(check_digit("?").error().text(),
            "invalid_argument: digit: expected one digit, got `?`");
}

TEST(Result, CarriesValuesThatOnlyMove) {
  Result<std::unique_ptr<int>> made = std::make_unique<int>(3);
  const std::unique_ptr<int> taken = std::move(made).value();
  EXPECT_EQ(*taken, 3);
}

TEST(ResultDeathTest, TheWrongSideIsABug) {
  EXPECT_DEATH((void)parse_digit("x").value(), "check failed");
  EXPECT_DEATH((void)parse_digit("1").error(), "check failed");
}

}  // namespace
}  // namespace ward
