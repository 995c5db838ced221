#include "codec/pem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace ward::codec {
namespace {

using ::testing::HasSubstr;

TEST(Pem, WritesLinesOf64AndReadsThemBack) {
  const Bytes bytes(100, 0x5a);
  const std::string text = write_pem("CERTIFICATE", bytes);
  EXPECT_EQ(text,
            "-----BEGIN CERTIFICATE-----\n"
            "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpa\n"
            "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpa\n"
            "WlpaWg==\n"
            "-----END CERTIFICATE-----\n");
  EXPECT_EQ(parse_one_pem(text, "CERTIFICATE").value(), bytes);
}

TEST(Pem, ReadsSeveralBlocksWithTextBetweenAndCrLf) {
  const auto blocks =
      parse_pem("subject=CN = x\n" + write_pem("CERTIFICATE", Bytes{1}) +
                "\r\nnote\r\n"
                "-----BEGIN EC PRIVATE KEY-----\r\nAgM=\r\n-----END EC PRIVATE KEY-----");
  ASSERT_TRUE(blocks.ok()) << blocks.error().message();
  ASSERT_EQ(blocks->size(), 2U);
  EXPECT_EQ((*blocks)[0].label, "CERTIFICATE");
  EXPECT_EQ((*blocks)[1].label, "EC PRIVATE KEY");
  EXPECT_EQ((*blocks)[1].bytes, (Bytes{2, 3}));
}

TEST(Pem, RefusesWhatIsNotStrict) {
  const std::string full(64, 'A');
  const std::string bodies[] = {
      "",              // nothing
      "\n",            // empty line
      "AQ\n",          // no padding
      "AQ==\nAQ==\n",  // short line before the last
      full + "A\n",    // long line
      " AQ==\n",
      "AQ== \n",                           // white space
      "Proc-Type: 4,ENCRYPTED\n\nAQ==\n",  // header fields
      "AQ==\n-----BEGIN X-----\n",         // nested
      "AR==\n",                            // trailing bits
      full + "\n\n",                       // empty last line
  };
  for (const std::string& body : bodies) {
    EXPECT_FALSE(parse_pem("-----BEGIN X-----\n" + body + "-----END X-----\n").ok()) << body;
  }
  for (const std::string_view text :
       {"", "nothing here", "-----BEGIN X-----", "-----BEGIN X-----\nAQ==\n",
        "-----BEGIN X-----\nAQ==\n-----END Y-----\n", "-----BEGIN X----\nAQ==\n-----END X-----\n",
        "-----END X-----\n", "-----BEGIN  X-----\nAQ==\n-----END  X-----\n",
        "-----BEGIN X -----\nAQ==\n-----END X -----\n",
        "-----BEGIN X\x7f-----\nAQ==\n-----END X\x7f-----\n", "-----BEGIN ----\n"}) {
    EXPECT_FALSE(parse_pem(text).ok()) << text;
  }
}

TEST(Pem, ErrorsNameTheLineAndNotTheContent) {
  const auto blocks =
      parse_pem("x\n-----BEGIN PRIVATE KEY-----\nc2Vjc!V0\n-----END PRIVATE KEY-----\n");
  ASSERT_FALSE(blocks.ok());
  EXPECT_EQ(blocks.error().message(),
            "PEM line 4: base64: character outside the alphabet at offset 5");
}

TEST(Pem, StopsAtEachLimit) {
  const std::string two = write_pem("X", Bytes{1}) + write_pem("X", Bytes{2});
  EXPECT_EQ(parse_pem(two, {.max_blocks = 1}).error().code(), ErrorCode::kResourceExhausted);
  EXPECT_TRUE(parse_pem(two, {.max_bytes = two.size(), .max_blocks = 2}).ok());
  EXPECT_EQ(parse_pem(two, {.max_bytes = two.size() - 1}).error().code(),
            ErrorCode::kResourceExhausted);
  EXPECT_FALSE(parse_pem(write_pem("LABEL", Bytes{1}), {.max_label = 4}).ok());
}

TEST(Pem, OneMeansOneOfThatLabel) {
  const std::string one = write_pem("A", Bytes{1});
  EXPECT_THAT(parse_one_pem(one, "B").error().message(), HasSubstr("expected `B`, got `A`"));
  EXPECT_THAT(parse_one_pem(one + one, "A").error().message(),
              HasSubstr("expected one block, got 2"));
}

TEST(Pem, RoundTripsAnyBytes) {
  EXPECT_TRUE(rc::check("pem", [](const Bytes& bytes) {
    RC_PRE(!bytes.empty());
    RC_ASSERT(parse_one_pem(write_pem("ANY DATA", bytes), "ANY DATA").value() == bytes);
  }));
}

}  // namespace
}  // namespace ward::codec
