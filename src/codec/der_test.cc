#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "codec/der_reader.h"
#include "codec/der_writer.h"
#include "codec/hex.h"
#include "codec/time.h"

namespace ward::codec {
namespace {

using ::testing::HasSubstr;

Bytes hex(std::string_view digits) {
  return decode_hex(digits).value();
}

template <typename Body>
std::string written(const Body& body) {
  Bytes out;
  DerWriter der(out);
  body(der);
  return encode_hex(out);
}

TEST(DerWriter, WritesIntegersInTheirShortestForm) {
  const std::pair<std::int64_t, std::string_view> cases[] = {
      {0, "020100"},
      {127, "02017f"},
      {128, "02020080"},
      {256, "02020100"},
      {-1, "0201ff"},
      {-128, "020180"},
      {-129, "0202ff7f"},
      {INT64_MAX, "02087fffffffffffffff"},
      {INT64_MIN, "02088000000000000000"},
  };
  for (const auto& [value, encoded] : cases) {
    EXPECT_EQ(written([&](DerWriter& der) { der.integer(value); }), encoded);
  }
  EXPECT_EQ(written([](DerWriter& der) { der.unsigned_integer(hex("0000ff")); }), "020200ff");
  EXPECT_EQ(written([](DerWriter& der) { der.unsigned_integer(hex("7f")); }), "02017f");
  EXPECT_EQ(written([](DerWriter& der) { der.unsigned_integer({}); }), "020100");
}

TEST(DerWriter, WritesTheTypesThatCertificatesNeed) {
  EXPECT_EQ(written([](DerWriter& der) { der.oid(Oid("1.2.840.10045.2.1")); }),
            "06072a8648ce3d0201");
  EXPECT_EQ(written([](DerWriter& der) { der.oid(Oid("2.5.29.17")); }), "0603551d11");
  EXPECT_EQ(written([](DerWriter& der) { der.oid(Oid("2.999.3")); }), "0603883703");
  EXPECT_EQ(written([](DerWriter& der) { der.boolean(true); }), "0101ff");
  EXPECT_EQ(written([](DerWriter& der) { der.null(); }), "0500");
  EXPECT_EQ(written([](DerWriter& der) { der.bit_string(hex("a0ff")); }), "030300a0ff");
  EXPECT_EQ(written([](DerWriter& der) { der.named_bits(0x8000); }), "03020780");
  EXPECT_EQ(written([](DerWriter& der) { der.named_bits(0x0600); }), "03020106");
  EXPECT_EQ(written([](DerWriter& der) { der.named_bits(0x0080); }), "0303070080");
  EXPECT_EQ(written([](DerWriter& der) { der.named_bits(0); }), "030100");
  EXPECT_EQ(written([](DerWriter& der) { der.utf8_string("é"); }), "0c02c3a9");
  EXPECT_EQ(written([](DerWriter& der) { der.context_primitive(6, as_bytes("a")); }), "860161");
  EXPECT_EQ(written([](DerWriter& der) { der.context(3, [&] { der.null(); }); }), "a3020500");
  EXPECT_EQ(written([](DerWriter& der) { der.primitive({DerClass::kPrivate, false, 701}, {}); }),
            "df853d00");
}

TEST(DerWriter, LengthsTakeTheFewestOctets) {
  for (const std::size_t size : {0U, 1U, 127U, 128U, 255U, 256U, 65535U, 65536U}) {
    Bytes out = {0xee};  // what is there before stays
    DerWriter der(out);
    der.sequence([&] { der.sequence([&] { append(out, Bytes(size, 0x11)); }); });
    DerReader reader(ByteView(out).subspan(1));
    auto outer = reader.sequence();
    ASSERT_TRUE(outer.ok()) << size << outer.error().message();
    const auto inner = outer->next(kDerSequence);
    ASSERT_TRUE(inner.ok()) << size;
    EXPECT_EQ(to_bytes(inner->content), Bytes(size, 0x11));
    EXPECT_TRUE(outer->finish().ok());
    EXPECT_TRUE(reader.finish().ok());
  }
}

TEST(DerTime, IsUtcTimeUntil2049AndGeneralizedTimeAfter) {
  const auto at = [](std::string_view text) { return parse_rfc3339(text).value(); };
  const auto text_of = [](WallTime time) {
    Bytes out;
    DerWriter(out).time(time);
    return std::string(as_text(ByteView(out).subspan(2)));
  };
  EXPECT_EQ(text_of(at("2026-11-24T05:39:16.999Z")), "261124053916Z");
  EXPECT_EQ(text_of(at("2049-12-31T23:59:59Z")), "491231235959Z");
  EXPECT_EQ(text_of(at("2050-01-01T00:00:00Z")), "20500101000000Z");
  EXPECT_EQ(text_of(at("1950-01-01T00:00:00Z")), "500101000000Z");
  EXPECT_EQ(text_of(at("1949-12-31T23:59:59Z")), "19491231235959Z");
  EXPECT_EQ(text_of(at("9999-12-31T23:59:59Z")), "99991231235959Z");
}

TEST(DerTime, RoundTripsToTheSecond) {
  EXPECT_TRUE(rc::check("time", [] {
    const auto seconds = *rc::gen::inRange<std::int64_t>(-62'000'000'000, 250'000'000'000);
    const WallTime time{std::chrono::seconds(seconds)};
    Bytes out;
    DerWriter(out).time(time);
    RC_ASSERT(DerReader(out).time().value() == time);
  }));
}

TEST(DerTime, RefusesOtherForms) {
  for (const std::string_view bad :
       {"261124053916", "2611240539Z", "261124053916+0000", "261324053916Z", "260230000000Z",
        "261124053960Z", "26112405391xZ", ""}) {
    Bytes out;
    DerWriter(out).primitive(kDerUtcTime, as_bytes(bad));
    EXPECT_FALSE(DerReader(out).time().ok()) << bad;
  }
  Bytes out;
  DerWriter(out).primitive(kDerGeneralizedTime, as_bytes("20500101000000.5Z"));
  EXPECT_FALSE(DerReader(out).time().ok());
}

TEST(DerReader, RefusesIndefiniteAndNeedlesslyLongHeaders) {
  for (const std::string_view bad : {"", "30", "3080", "30800000",
                                     "308101"
                                     "00",
                                     "30820001"
                                     "00",
                                     "0281"
                                     "7f",
                                     "3085"
                                     "0100000000",
                                     "30ff",
                                     "3003"
                                     "0101",
                                     "1f"
                                     "1e"
                                     "00",
                                     "1f"
                                     "801f"
                                     "00",
                                     "1f"
                                     "ffffffff7f"
                                     "00",
                                     "1f",
                                     "3084"
                                     "ffffffff"}) {
    EXPECT_FALSE(DerReader(hex(bad)).next().ok()) << bad;
  }
}

TEST(DerReader, RefusesValuesWithASecondSpelling) {
  EXPECT_FALSE(DerReader(hex("0200")).integer().ok());
  EXPECT_FALSE(DerReader(hex("02020001")).integer().ok());
  EXPECT_FALSE(DerReader(hex("0202ff80")).integer().ok());
  EXPECT_FALSE(DerReader(hex("010101")).boolean().ok());
  EXPECT_FALSE(DerReader(hex("0102ffff")).boolean().ok());
  EXPECT_FALSE(DerReader(hex("050100")).null().ok());
  EXPECT_FALSE(DerReader(hex("0300")).bit_string().ok());
  EXPECT_FALSE(DerReader(hex("030108")).bit_string().ok());
  EXPECT_FALSE(DerReader(hex("030101")).bit_string().ok());
  EXPECT_FALSE(DerReader(hex("03020101")).bit_string().ok());
  EXPECT_FALSE(DerReader(hex("0600")).oid().ok());
  EXPECT_FALSE(DerReader(hex("06028001")).oid().ok());
  EXPECT_FALSE(DerReader(hex("0602"
                             "2a86"))
                   .oid()
                   .ok());
  EXPECT_FALSE(DerReader(hex("0c01ff")).text().ok());
  EXPECT_FALSE(DerReader(hex("13012a")).text().ok());
  EXPECT_FALSE(DerReader(hex("160180")).text().ok());
  EXPECT_FALSE(DerReader(hex("0209"
                             "010000000000000000"))
                   .small_integer()
                   .ok());
}

TEST(DerReader, SaysWhereAndStaysWhereItWas) {
  const Bytes bytes =
      hex("3006"
          "020105"
          "0101ff");
  DerReader outer(bytes);
  DerReader inner = outer.sequence().value();
  ASSERT_TRUE(inner.next_if(kDerBoolean).ok());
  EXPECT_EQ(inner.small_integer().value(), 5);
  EXPECT_EQ(inner.octet_string().error(),
            invalid_argument("DER at byte 5: expected OCTET STRING, got BOOLEAN"));
  EXPECT_EQ(inner.finish().error(),
            invalid_argument("DER at byte 5: expected the end, got 3 more bytes"));
  EXPECT_TRUE(inner.boolean().value());
  EXPECT_TRUE(inner.finish().ok());
  EXPECT_TRUE(inner.is_at_end());
  EXPECT_EQ(inner.next_if(kDerNull).value().has_value(), false);
}

TEST(DerReader, BoundsTheDepth) {
  Bytes nested = hex("0500");
  for (int i = 0; i < 5; ++i) {
    Bytes out;
    DerWriter(out).primitive(kDerSequence, nested);
    nested = out;
  }
  DerReader reader(nested, 4);
  for (int i = 0; i < 4; ++i) reader = reader.sequence().value();
  const auto fifth = reader.sequence();
  ASSERT_FALSE(fifth.ok());
  EXPECT_THAT(fifth.error().message(), HasSubstr("nested too deep"));
}

TEST(DerReader, ReadsBackIntegersAndStrings) {
  EXPECT_TRUE(rc::check("integers", [](std::int64_t number, const Bytes& bytes) {
    Bytes out;
    DerWriter der(out);
    der.sequence([&] {
      der.integer(number);
      der.octet_string_of([&] { der.bit_string(bytes); });
      der.unsigned_integer(bytes);
    });
    DerReader outer(out);
    DerReader reader = outer.sequence().value();
    RC_ASSERT(reader.small_integer().value() == number);
    DerReader wrapped = reader.inside(reader.octet_string().value()).value();
    RC_ASSERT(to_bytes(wrapped.bit_string().value().bytes) == bytes);
    Bytes magnitude = to_bytes(reader.integer().value());
    RC_ASSERT((magnitude[0] & 0x80) == 0);
    RC_ASSERT(reader.finish().ok() && outer.finish().ok() && wrapped.finish().ok());
  }));
}

TEST(OidText, ReadsArcsAndRefusesHalves) {
  EXPECT_EQ(oid_text(Oid("1.2.840.10045.2.1").content()), "1.2.840.10045.2.1");
  EXPECT_EQ(oid_text(Oid("2.999.3").content()), "2.999.3");
  EXPECT_EQ(oid_text(hex("2a86")), "?");
  EXPECT_EQ(oid_text({}), "?");
  EXPECT_EQ(oid_text(hex("2affffffffffffffffff7f")), "?");
}

}  // namespace
}  // namespace ward::codec
