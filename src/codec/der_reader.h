// A reader of DER (X.690 section 10): definite lengths, each in its shortest form, one spelling for
// each value.
//
//   DerReader outer(bytes);
//   WARD_TRY(DerReader certificate, outer.sequence());
//   WARD_TRY(const ByteView serial, certificate.integer());
//   ...
//   WARD_RETURN_IF_ERROR(outer.finish());
//
// Walks over the elements of one level; nothing is copied, and the bytes outlive the reader and all
// it gave out. Nested readers are bounded by `max_depth`. Errors are kInvalidArgument and name the
// offset from the outermost start, what was expected and what was got. After an error the reader
// stands where it was.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "codec/der_tag.h"

namespace ward::codec {

struct DerElement {
  DerTag tag;
  ByteView content;
  ByteView whole;  // with tag and length
};

struct DerBits {
  ByteView bytes;
  unsigned unused_bits = 0;  // of the last byte; they are zero
};

class DerReader {
 public:
  explicit DerReader(ByteView bytes, unsigned max_depth = 16)
      : rest_(bytes), depth_left_(max_depth) {}

  bool is_at_end() const { return rest_.empty(); }
  Result<void> finish() const;  // an error when something is left

  Result<DerElement> next();
  Result<DerElement> next(const DerTag& expected);
  // Nothing, and no step, when the next element has another tag or there is none.
  Result<std::optional<DerElement>> next_if(const DerTag& expected);
  Result<DerTag> peek() const;

  Result<DerReader> sequence() { return enter(kDerSequence); }
  Result<DerReader> set() { return enter(kDerSet); }
  Result<DerReader> explicit_context(std::uint32_t number) {
    return enter(der_context(number, true));
  }
  Result<DerReader> enter(const DerTag& constructed);
  // A reader of DER inside an OCTET STRING or other content of this level; counts as a level.
  Result<DerReader> inside(ByteView content) const;

  Result<bool> boolean();      // 0x00 or 0xff only
  Result<ByteView> integer();  // two's complement, shortest
  Result<std::int64_t> small_integer();
  Result<DerBits> bit_string();
  Result<ByteView> octet_string();
  Result<void> null();
  Result<ByteView> oid();  // content octets; compare with Oid::content()
  // UTF8String (valid), PrintableString and IA5String (of their characters).
  Result<std::string_view> text();
  // UTCTime or GeneralizedTime as RFC 5280 4.1.2.5 has them: to the second, `Z`, no fraction.
  Result<WallTime> time();

 private:
  DerReader(ByteView bytes, std::size_t offset, unsigned depth_left)
      : rest_(bytes), offset_(offset), depth_left_(depth_left) {}
  Result<DerElement> read() const;
  void step(const DerElement& element);
  template <typename... Args>
  Error wrong(fmt::format_string<Args...> format, Args&&... args) const {
    return invalid_argument("DER at byte {}: {}", offset_,
                            fmt::format(format, std::forward<Args>(args)...));
  }

  ByteView rest_;
  std::size_t offset_ = 0;
  unsigned depth_left_;
};

}  // namespace ward::codec
