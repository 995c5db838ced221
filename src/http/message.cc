#include "http/message.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/check.h"

namespace ward::http {
namespace {

constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Of each octet of a token its lower case; 0: no token has it. RFC 9110 5.6.2.
constexpr std::array<char, 256> kTokenOctets = [] {
  std::array<char, 256> octets{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    octets[static_cast<unsigned char>(c)] = to_lower(c);
  }
  return octets;
}();

char token_octet(char c) {
  return kTokenOctets[static_cast<unsigned char>(c)];
}

bool is_field_char(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return c == '\t' || (octet >= 0x20 && octet != 0x7f);
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return token_octet(c) != 0; });
}

bool is_field_value(std::string_view text) {
  return std::ranges::all_of(text, is_field_char);
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, to_lower, to_lower);
}

Headers::Headers(std::initializer_list<Field> fields) {
  for (const auto& [name, value] : fields) add(name, value);
}

// PERF: the least of what most messages have, so that fields do not come to move each other.
constexpr std::size_t kFieldsExpected = 8;
constexpr std::size_t kTextExpected = 256;

void Headers::add(std::string_view name, std::string_view value) {
  WARD_CHECK(text_.size() + name.size() + value.size() < std::numeric_limits<std::uint32_t>::max());
  if (entries_.empty()) {
    entries_.reserve(kFieldsExpected);
    text_.reserve(std::max(kTextExpected, name.size() + value.size()));
  }
  entries_.push_back({static_cast<std::uint32_t>(text_.size()),
                      static_cast<std::uint32_t>(name.size()),
                      static_cast<std::uint32_t>(value.size())});
  const auto start = text_.size();
  text_.append(name).append(value);
  const auto value_start = text_.begin() + static_cast<std::ptrdiff_t>(start + name.size());
  bool is_token = !name.empty();
  for (auto at = text_.begin() + static_cast<std::ptrdiff_t>(start); at != value_start; ++at) {
    *at = token_octet(*at);
    is_token &= *at != 0;
  }
  WARD_CHECK(is_token);
  std::replace_if(value_start, text_.end(), [](char c) { return !is_field_char(c); }, ' ');
}

void Headers::set(std::string_view name, std::string_view value) {
  remove(name);
  add(name, value);
}

void Headers::remove(std::string_view name) {
  if (!contains(name)) return;
  Headers kept;
  for (const auto field : *this) {
    if (!equals_ignoring_case(field.name, name)) kept.add(field.name, field.value);
  }
  *this = std::move(kept);
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const auto field : *this) {
    if (field.name.size() == name.size() && equals_ignoring_case(field.name, name)) {
      return field.value;
    }
  }
  return std::nullopt;
}

bool Headers::list_contains(std::string_view name, std::string_view token) const {
  for (const auto field : *this) {
    if (!equals_ignoring_case(field.name, name)) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const auto comma = std::min(rest.find(','), rest.size());
      if (equals_ignoring_case(trim(rest.substr(0, comma)), token)) return true;
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return false;
}

Headers::Field Headers::operator[](std::size_t index) const {
  const Entry& entry = entries_[index];
  const std::string_view text = text_;
  return {text.substr(entry.offset, entry.name_size),
          text.substr(entry.offset + entry.name_size, entry.value_size)};
}

std::string_view RequestHead::path() const {
  return std::string_view(target).substr(0, target.find('?'));
}

std::string_view RequestHead::query() const {
  const auto mark = target.find('?');
  if (mark == std::string::npos) return {};
  return std::string_view(target).substr(mark + 1);
}

Response Response::of(int status, std::string_view content_type, std::string_view body) {
  return {.head = {.status = status, .headers = {{"content-type", content_type}}},
          .body = to_bytes(body)};
}

Response Response::empty(int status) {
  return {.head = {.status = status, .headers = {}}, .body = {}};
}

std::string_view reason_phrase(int status) {
  struct Reason {
    int status;
    std::string_view phrase;
  };
  // RFC 9110 15, RFC 6585 (428, 429, 431), in order of status.
  static constexpr Reason kReasons[] = {{100, "Continue"},
                                        {101, "Switching Protocols"},
                                        {200, "OK"},
                                        {201, "Created"},
                                        {202, "Accepted"},
                                        {203, "Non-Authoritative Information"},
                                        {204, "No Content"},
                                        {205, "Reset Content"},
                                        {206, "Partial Content"},
                                        {300, "Multiple Choices"},
                                        {301, "Moved Permanently"},
                                        {302, "Found"},
                                        {303, "See Other"},
                                        {304, "Not Modified"},
                                        {307, "Temporary Redirect"},
                                        {308, "Permanent Redirect"},
                                        {400, "Bad Request"},
                                        {401, "Unauthorized"},
                                        {402, "Payment Required"},
                                        {403, "Forbidden"},
                                        {404, "Not Found"},
                                        {405, "Method Not Allowed"},
                                        {406, "Not Acceptable"},
                                        {407, "Proxy Authentication Required"},
                                        {408, "Request Timeout"},
                                        {409, "Conflict"},
                                        {410, "Gone"},
                                        {411, "Length Required"},
                                        {412, "Precondition Failed"},
                                        {413, "Content Too Large"},
                                        {414, "URI Too Long"},
                                        {415, "Unsupported Media Type"},
                                        {416, "Range Not Satisfiable"},
                                        {417, "Expectation Failed"},
                                        {421, "Misdirected Request"},
                                        {422, "Unprocessable Content"},
                                        {426, "Upgrade Required"},
                                        {428, "Precondition Required"},
                                        {429, "Too Many Requests"},
                                        {431, "Request Header Fields Too Large"},
                                        {500, "Internal Server Error"},
                                        {501, "Not Implemented"},
                                        {502, "Bad Gateway"},
                                        {503, "Service Unavailable"},
                                        {504, "Gateway Timeout"},
                                        {505, "HTTP Version Not Supported"}};
  const auto* found = std::ranges::lower_bound(kReasons, status, {}, &Reason::status);
  if (found == std::ranges::end(kReasons) || found->status != status) return "Unknown";
  return found->phrase;
}

}  // namespace ward::http
