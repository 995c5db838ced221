#include "analyze/text.h"

#include "codec/utf8.h"

namespace ward::analyze {
namespace {

constexpr char32_t kAlphabetEnd = 0x30000;
constexpr char32_t kSurrogatesBegin = 0xD800;
constexpr char32_t kSurrogatesEnd = 0xE000;
constexpr char32_t kPrivateUse = 0xF0000;  // beyond the alphabet

// The code point that begins at `at`, which moves behind it.
char32_t take(std::string_view utf8, std::size_t& at) {
  const auto first = static_cast<unsigned char>(utf8[at++]);
  if (first < 0x80) return first;
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
  char32_t out = first & (0x3Fu >> more);
  for (int i = 0; i < more; ++i) {
    out = out << 6 | (static_cast<unsigned char>(utf8[at++]) & 0x3Fu);
  }
  return out;
}

}  // namespace

Result<std::wstring> to_code_points(std::string_view utf8) {
  static_assert(sizeof(wchar_t) == sizeof(char32_t));
  if (!codec::is_valid_utf8(utf8)) return invalid_argument("a string is not valid UTF-8");
  std::wstring out;
  for (std::size_t at = 0; at < utf8.size();) {
    const char32_t next = take(utf8, at);
    if (next >= kAlphabetEnd) {
      return make_error(ErrorCode::kUnimplemented,
                        "a string with the character U+{:X} cannot be analysed: the solver knows "
                        "those up to U+2FFFF",
                        static_cast<std::uint32_t>(next));
    }
    out += static_cast<wchar_t>(next);
  }
  return out;
}

std::string to_utf8(std::wstring_view code_points) {
  std::string out;
  for (const wchar_t each : code_points) {
    auto next = static_cast<char32_t>(each);
    if (next >= kSurrogatesBegin && next < kSurrogatesEnd) next += kPrivateUse - kSurrogatesBegin;
    codec::append_utf8(out, next);
  }
  return out;
}

}  // namespace ward::analyze
