// A writer of DER (X.690 section 10) into a buffer that the caller keeps, and may use again.
//
//   Bytes out;
//   DerWriter der(out);
//   der.sequence([&] {
//     der.integer(2);
//     der.oid(kEcPublicKey);
//     der.context(0, [&] { der.octet_string(bytes); });
//   });
//
// PERF: nothing is allocated but what `out` grows by. An element's length is put in when it is
// complete; content of 128 bytes and more is then moved by one to three bytes. One thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "codec/der_tag.h"

namespace ward::codec {

class DerWriter {
 public:
  explicit DerWriter(Bytes& out) : out_(out) {}  // appends

  template <typename Body>
  void constructed(const DerTag& tag, Body&& body) {
    const std::size_t start = open(tag);
    body();
    close(start);
  }
  template <typename Body>
  void sequence(Body&& body) {
    constructed(kDerSequence, body);
  }
  // DER wants the elements of a SET OF sorted by their encoding: the caller writes one, or sorts.
  template <typename Body>
  void set(Body&& body) {
    constructed(kDerSet, body);
  }
  // [number] EXPLICIT, or IMPLICIT of a constructed type.
  template <typename Body>
  void context(std::uint32_t number, Body&& body) {
    constructed(der_context(number, true), body);
  }
  // OCTET STRING and BIT STRING with DER inside.
  template <typename Body>
  void octet_string_of(Body&& body) {
    constructed(kDerOctetString, body);
  }
  template <typename Body>
  void bit_string_of(Body&& body) {
    constructed(kDerBitString, [&] {
      out_.push_back(0);
      body();
    });
  }

  void boolean(bool value);
  void integer(std::int64_t value);
  // A number >= 0 from big-endian bytes; leading zeros are dropped. Empty is 0.
  void unsigned_integer(ByteView magnitude);
  void bit_string(ByteView bytes);  // whole bytes
  // X.680 22.7 NamedBitList: bit 0 is the highest of `bits`; trailing zeros are not written.
  void named_bits(std::uint16_t bits);
  void octet_string(ByteView bytes);
  void null();
  void oid(const Oid& oid);
  void oid(ByteView content);  // content octets that are valid
  void utf8_string(std::string_view text);
  void printable_string(std::string_view text);
  void ia5_string(std::string_view text);
  // RFC 5280 4.1.2.5: UTCTime from 1950 through 2049, else GeneralizedTime; seconds, cut off
  // downward. Years 0 to 9999.
  void time(WallTime time);
  void context_primitive(std::uint32_t number, ByteView content);  // [number] IMPLICIT
  void primitive(const DerTag& tag, ByteView content);
  void raw(ByteView element);  // already encoded

 private:
  std::size_t open(const DerTag& tag);  // where the content starts
  void close(std::size_t start);
  void append_tag(const DerTag& tag);

  Bytes& out_;
};

}  // namespace ward::codec
