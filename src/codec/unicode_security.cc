// The door to ICU; the only file that includes it.
#include "codec/unicode_security.h"

#include <unicode/uset.h>
#include <unicode/uspoof.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <memory>

#include "base/check.h"
#include "codec/utf8.h"

namespace ward::codec {
namespace {

// PERF: nearly all text is ASCII, which needs no data of ICU.
bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_printable_ascii(UChar32 c) {
  return c >= 0x20 && c < 0x7f;
}

struct CloseChecker {
  void operator()(USpoofChecker* checker) const { uspoof_close(checker); }
};
using Checker = std::unique_ptr<USpoofChecker, CloseChecker>;

Checker open_script_checker() {
  UErrorCode status = U_ZERO_ERROR;
  Checker checker(uspoof_open(&status));
  // The data is part of the library; without it there is no telling.
  WARD_CHECK(U_SUCCESS(status));
  uspoof_setChecks(checker.get(), USPOOF_RESTRICTION_LEVEL, &status);
  uspoof_setRestrictionLevel(checker.get(), USPOOF_SINGLE_SCRIPT_RESTRICTIVE);
  WARD_CHECK(U_SUCCESS(status));
  return checker;
}

const USet& allowed_in_identifiers() {
  UErrorCode status = U_ZERO_ERROR;
  const USet* allowed = uspoof_getRecommendedSet(&status);  // ICU's own, for good
  WARD_CHECK(U_SUCCESS(status));
  return *allowed;
}

}  // namespace

bool is_single_script(std::string_view text) {
  if (is_ascii(text)) return true;
  if (text.size() > INT32_MAX || !is_valid_utf8(text)) return false;
  static const Checker checker = open_script_checker();  // any thread may read it
  UErrorCode status = U_ZERO_ERROR;
  const int32_t failed = uspoof_check2UTF8(checker.get(), text.data(),
                                           static_cast<int32_t>(text.size()), nullptr, &status);
  return U_SUCCESS(status) && failed == 0;
}

std::optional<char32_t> first_restricted_character(std::string_view text) {
  constexpr char32_t kReplacement = 0xfffd;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  for (std::size_t at = 0; at < text.size();) {
    UChar32 c = 0;
    U8_NEXT(bytes, at, text.size(), c);
    if (c < 0) return kReplacement;
    if (is_printable_ascii(c)) continue;
    if (c < 0x80 || !uset_contains(&allowed_in_identifiers(), c)) return static_cast<char32_t>(c);
  }
  return std::nullopt;
}

}  // namespace ward::codec
