#include "base/secret_bytes.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace ward {
namespace {

static_assert(!std::is_copy_constructible_v<SecretBytes>);
static_assert(!std::equality_comparable<SecretBytes>);

TEST(SecretBytes, MoveLeavesNothingBehind) {
  SecretBytes a(to_bytes("key"));
  const SecretBytes b = std::move(a);
  EXPECT_TRUE(
      a.empty());  // NOLINT(bugprone-use-after-move): the moved-from state is what is tested
  EXPECT_EQ(as_text(b.view()), "key");
}

TEST(SecretBytes, WipeOverwrites) {
  Bytes memory = to_bytes("secret");
  wipe_memory(memory);
  EXPECT_EQ(memory, Bytes(6, 0));
}

TEST(EqualConstantTime, ComparesContentAndSize) {
  EXPECT_TRUE(equal_constant_time(as_bytes("abc"), as_bytes("abc")));
  EXPECT_FALSE(equal_constant_time(as_bytes("abc"), as_bytes("abd")));
  EXPECT_FALSE(equal_constant_time(as_bytes("abc"), as_bytes("ab")));
  EXPECT_TRUE(equal_constant_time({}, {}));
}

}  // namespace
}  // namespace ward
