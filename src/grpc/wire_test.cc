#include "grpc/wire.h"

#include <gtest/gtest.h>

#include "grpc/limits.h"
#include "grpc/metadata.h"
#include "grpc/status.h"

namespace ward::grpc {
namespace {

using namespace std::chrono_literals;

Bytes frame(std::string_view message, std::uint8_t flag = 0) {
  Bytes out{flag, 0, 0, static_cast<std::uint8_t>(message.size() >> 8),
            static_cast<std::uint8_t>(message.size())};
  append(out, message);
  return out;
}

TEST(DeframerTest, MessagesAreTheSameHoweverTheyAreCut) {
  Bytes stream;
  const std::vector<std::string> sent{"", "a", std::string(300, 'b'), "", "last"};
  for (const auto& message : sent) append(stream, frame(message));
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    Deframer deframer(1000);
    std::vector<std::string> got;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      const Bytes part(
          stream.begin() + static_cast<std::ptrdiff_t>(at),
          stream.begin() + static_cast<std::ptrdiff_t>(std::min(at + piece, stream.size())));
      deframer.feed(part);
      for (;;) {
        const auto next = deframer.next();
        ASSERT_TRUE(next.ok());
        if (!*next) break;
        got.emplace_back(as_text(**next));
      }
    }
    EXPECT_EQ(got, sent) << piece;
    EXPECT_EQ(deframer.pending(), 0U);
  }
}

TEST(DeframerTest, ALengthOverTheBoundIsRefusedBeforeTheMessageComes) {
  Deframer deframer(10);
  const Bytes bytes{0, 0xff, 0xff, 0xff, 0xff};
  deframer.feed(bytes);
  EXPECT_EQ(deframer.next().error().code(), ErrorCode::kResourceExhausted);
}

TEST(DeframerTest, CompressedAndUnknownFlagsAreRefused) {
  Deframer one(10), two(10);
  const Bytes compressed = frame("x", 1), unknown = frame("x", 2);
  one.feed(compressed);
  EXPECT_EQ(one.next().error().code(), ErrorCode::kUnimplemented);
  two.feed(unknown);
  EXPECT_EQ(two.next().error().code(), ErrorCode::kInternal);
}

TEST(DeframerTest, AMessageCutShortIsPending) {
  Deframer deframer(10);
  const Bytes bytes = frame("abc");
  deframer.feed(ByteView(bytes).first(6));
  EXPECT_FALSE(deframer.next()->has_value());
  EXPECT_EQ(deframer.pending(), 6U);
}

TEST(TimeoutTest, EveryUnitIsRead) {
  EXPECT_EQ(*parse_timeout("1H"), 1h);
  EXPECT_EQ(*parse_timeout("2M"), 2min);
  EXPECT_EQ(*parse_timeout("3S"), 3s);
  EXPECT_EQ(*parse_timeout("4m"), 4ms);
  EXPECT_EQ(*parse_timeout("5u"), 5us);
  EXPECT_EQ(*parse_timeout("00000006n"), 6ns);
  EXPECT_EQ(*parse_timeout("99999999H"), std::chrono::nanoseconds(kTimeoutMax));
}

TEST(TimeoutTest, OtherFormsAreRefused) {
  for (const char* text : {"", "S", "1", "1s", "-1S", "+1S", "1.5S", "123456789S", " 1S", "1S "}) {
    EXPECT_FALSE(parse_timeout(text).ok()) << text;
  }
}

TEST(TimeoutTest, WrittenTimeoutsAreReadBackAndNeverShorter) {
  for (const auto timeout : {0ns, 1ns, 99'999'999ns, 100'000'000ns, 123'456'789'123ns,
                             std::chrono::nanoseconds(1000h)}) {
    const auto back = parse_timeout(format_timeout(timeout));
    ASSERT_TRUE(back.ok());
    EXPECT_GE(*back, timeout);
    EXPECT_LE(*back - timeout, timeout / 100'000 + 1us);
  }
  EXPECT_EQ(format_timeout(-5s), "0n");
}

TEST(StatusTest, AMessageSurvivesAndIsPrintableOnTheWay) {
  std::string all;
  for (int octet = 0; octet < 256; ++octet) all += static_cast<char>(octet);
  const auto text = encode_status_message(all);
  for (const char c : text) EXPECT_TRUE(c >= ' ' && c <= '~');
  EXPECT_EQ(decode_status_message(text), all);
}

TEST(StatusTest, WhatIsNotAnEscapeIsKept) {
  EXPECT_EQ(decode_status_message("100%"), "100%");
  EXPECT_EQ(decode_status_message("%4"), "%4");
  EXPECT_EQ(decode_status_message("%zz%41"), "%zzA");
}

TEST(StatusTest, UnknownCodesAreUnknown) {
  EXPECT_EQ(error_of(16, "").code(), ErrorCode::kUnauthenticated);
  EXPECT_EQ(error_of(17, "").code(), ErrorCode::kUnknown);
  EXPECT_EQ(error_of(0, "").code(), ErrorCode::kUnknown);
  EXPECT_EQ(error_of_http_status(404).code(), ErrorCode::kUnimplemented);
  EXPECT_EQ(error_of_reset(7).code(), ErrorCode::kUnavailable);
  EXPECT_EQ(error_of_reset(8).code(), ErrorCode::kCancelled);
  EXPECT_EQ(error_of_reset(8, true).code(), ErrorCode::kDeadlineExceeded);
}

TEST(MetadataTest, ABinaryValueMayHoldSeveralAndBadOnesAreLeftOut) {
  const http::Headers headers{
      {"x-bin", "AQ, AgM=,*"}, {"content-type", "application/grpc"}, {"x-a", "1"}};
  const Metadata metadata = Metadata::from_headers(headers);
  const std::vector<std::pair<std::string, std::string>> wanted{
      {"x-bin", "\x01"}, {"x-bin", "\x02\x03"}, {"x-a", "1"}};
  EXPECT_EQ(std::vector(metadata.begin(), metadata.end()), wanted);
}

TEST(ContentTypeTest, OnlyGrpcWithProtobufIsTaken) {
  for (const char* type : {"application/grpc", "application/grpc+proto", "Application/GRPC",
                           "application/grpc;charset=utf-8", "application/grpc+proto;x=y"}) {
    EXPECT_TRUE(is_grpc_content_type(type)) << type;
  }
  for (const char* type : {"", "application/json", "application/grpc-web", "application/grpc+json",
                           "application/grp"}) {
    EXPECT_FALSE(is_grpc_content_type(type)) << type;
  }
}

}  // namespace
}  // namespace ward::grpc
