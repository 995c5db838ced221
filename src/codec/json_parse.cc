// Boost.JSON's event parser feeds a builder of JsonDocument. No type of Boost's leaves this file.
//
// Two things are done over again because Boost.JSON 1.81 is not exact enough: its doubles may be
// off by one unit in the last place, and its errors do not say what was expected.
#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>
#include <functional>
#include <new>
#include <optional>

#include "codec/json.h"
#include "codec/json_document.h"
#include "codec/utf8.h"

namespace ward::codec {
namespace {

namespace bj = boost::json;

// What has just been read, which says what may come next.
enum class After : std::uint8_t { kNothing, kArrayStart, kObjectStart, kName, kValue };

// PERF: up to here comparing each name with each is faster than sorting them.
constexpr std::size_t kFewNames = 12;

std::optional<std::string_view> repeated_name(JsonView object, std::size_t count) {
  const JsonView::Items members = object.items();
  if (count <= kFewNames) {
    for (auto one = members.begin(); one != members.end(); ++one) {
      for (auto other = members.begin(); other != one; ++other) {
        if ((*one).name() == (*other).name()) return (*one).name();
      }
    }
    return std::nullopt;
  }
  std::vector<std::string_view> names;
  names.reserve(count);
  for (const JsonView member : members) names.push_back(member.name());
  std::ranges::sort(names);
  const auto repeated = std::ranges::adjacent_find(names);
  if (repeated == names.end()) return std::nullopt;
  return *repeated;
}

}  // namespace

// The handler that basic_parser calls; every function returns false to stop.
class JsonDocumentBuilder {
 public:
  static constexpr std::size_t max_object_size = SIZE_MAX;
  static constexpr std::size_t max_array_size = SIZE_MAX;
  static constexpr std::size_t max_key_size = SIZE_MAX;
  static constexpr std::size_t max_string_size = SIZE_MAX;

  JsonDocumentBuilder(std::string_view source, std::size_t max_values)
      : source_(source), values_left_(max_values), max_values_(max_values) {
    document_.nodes_.reserve(kNodesExpected);
    open_.reserve(kDepthExpected);
  }

  bool on_document_begin(bj::error_code&) { return true; }
  bool on_document_end(bj::error_code&) { return true; }

  bool on_array_begin(bj::error_code& error) {
    return open(Json::Kind::kArray, After::kArrayStart, error);
  }
  bool on_array_end(std::size_t, bj::error_code&) {
    close();
    return true;
  }
  bool on_object_begin(bj::error_code& error) {
    return open(Json::Kind::kObject, After::kObjectStart, error);
  }
  bool on_object_end(std::size_t count, bj::error_code& error) {
    const auto repeated = repeated_name(JsonView(&close()), count);
    if (repeated) return stop(invalid_argument("duplicate name `{}`", *repeated), error);
    return true;
  }

  bool on_key_part(bj::string_view part, std::size_t, bj::error_code&) { return add_part(part); }
  bool on_key(bj::string_view part, std::size_t, bj::error_code&) {
    name_ = take_text(part);
    after_ = After::kName;
    return true;
  }
  bool on_string_part(bj::string_view part, std::size_t, bj::error_code&) { return add_part(part); }
  bool on_string(bj::string_view part, std::size_t, bj::error_code& error) {
    const std::string_view text = take_text(part);
    Node* node = add(Json::Kind::kString, error);
    if (node != nullptr) node->text = text;
    return node != nullptr;
  }

  bool on_number_part(bj::string_view part, bj::error_code&) { return add_part(part); }
  bool on_int64(std::int64_t value, bj::string_view, bj::error_code& error) {
    parts_.clear();
    Node* node = add(Json::Kind::kInteger, error);
    if (node != nullptr) node->integer = value;
    return node != nullptr;
  }
  bool on_uint64(std::uint64_t value, bj::string_view, bj::error_code& error) {
    if (value <= static_cast<std::uint64_t>(INT64_MAX))
      return on_int64(static_cast<std::int64_t>(value), {}, error);
    parts_.clear();
    Node* node = add(Json::Kind::kUnsigned, error);
    if (node != nullptr) node->unsigned_integer = value;
    return node != nullptr;
  }
  bool on_double(double estimate, bj::string_view part, bj::error_code& error) {
    const std::string_view text = take_text(part);
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec == std::errc::result_out_of_range) {
      if (!(std::abs(estimate) < 1)) {
        return stop(invalid_argument("number `{:.40}` is too large for a double", text), error);
      }
      value = std::copysign(0.0, estimate);
    }
    Node* node = add(Json::Kind::kDouble, error);
    if (node != nullptr) node->number = value;
    return node != nullptr;
  }

  bool on_bool(bool value, bj::error_code& error) {
    Node* node = add(Json::Kind::kBool, error);
    if (node != nullptr) node->boolean = value;
    return node != nullptr;
  }
  bool on_null(bj::error_code& error) { return add(Json::Kind::kNull, error) != nullptr; }
  bool on_comment_part(bj::string_view, bj::error_code&) { return true; }
  bool on_comment(bj::string_view, bj::error_code&) { return true; }

  JsonDocument take() { return std::move(document_); }
  const std::optional<Error>& own_error() const { return own_error_; }

  std::string_view expected() const {
    switch (after_) {
      case After::kNothing:
        return "a value";
      case After::kArrayStart:
        return "a value or `]`";
      case After::kObjectStart:
        return "a name in double quotes or `}`";
      case After::kName:
        return "`:` and a value";
      case After::kValue:
        if (open_.empty()) return "the end of the input";
        return document_.nodes_[open_.back()].kind == Json::Kind::kObject
                   ? "`,` and a name in double quotes, or `}`"
                   : "`,` and a value, or `]`";
    }
    WARD_UNREACHABLE();
  }

 private:
  using Node = JsonView::Node;

  // PERF: what most messages have. A node takes 48 bytes.
  static constexpr std::size_t kNodesExpected = 24;
  static constexpr std::size_t kDepthExpected = 8;

  bool stop(Error own, bj::error_code& error) {
    own_error_ = std::move(own);
    error = bj::error::syntax;
    return false;
  }
  // Null when there are too many.
  Node* add(Json::Kind kind, bj::error_code& error) {
    if (values_left_ == 0) {
      stop(make_error(ErrorCode::kResourceExhausted, "more than {} values", max_values_), error);
      return nullptr;
    }
    --values_left_;
    after_ = After::kValue;
    Node& node = document_.nodes_.emplace_back();
    node.kind = kind;
    node.name = std::exchange(name_, {});
    return &node;
  }
  bool open(Json::Kind kind, After after, bj::error_code& error) {
    const std::size_t at = document_.nodes_.size();
    if (add(kind, error) == nullptr) return false;
    open_.push_back(static_cast<std::uint32_t>(at));
    after_ = after;
    return true;
  }
  const Node& close() {
    Node& node = document_.nodes_[open_.back()];
    node.span = static_cast<std::uint32_t>(document_.nodes_.size()) - open_.back();
    open_.pop_back();
    after_ = After::kValue;
    return node;
  }
  bool add_part(bj::string_view part) {
    parts_.append(part.data(), part.size());
    return true;
  }
  // A view into the source, or into what the document keeps.
  std::string_view take_text(bj::string_view last) {
    const std::less_equal<const char*> is_up_to;
    const bool is_in_source = parts_.empty() && is_up_to(source_.data(), last.data()) &&
                              is_up_to(last.data() + last.size(), source_.data() + source_.size());
    if (is_in_source) return {last.data(), last.size()};
    parts_.append(last.data(), last.size());
    return document_.unescaped_.emplace_front(std::exchange(parts_, {}));
  }

  JsonDocument document_;
  std::vector<std::uint32_t> open_;  // objects and arrays that are not closed: places in nodes_
  std::string_view source_;
  std::string_view name_;  // of the member whose value comes next
  std::string parts_;
  std::size_t values_left_;
  std::size_t max_values_;
  After after_ = After::kNothing;
  std::optional<Error> own_error_;
};

namespace {

using Builder = JsonDocumentBuilder;

std::string position_text(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  std::size_t line = 1;
  std::size_t line_start = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] == '\n') {
      ++line;
      line_start = i + 1;
    }
  }
  return fmt::format("line {}, column {} (byte {})", line, at - line_start + 1, at);
}

std::string got_text(std::string_view text, std::size_t at) {
  if (at >= text.size()) return "the end of the input";
  const auto byte = static_cast<std::uint8_t>(text[at]);
  if (byte < 0x20 || byte >= 0x7f) return fmt::format("byte 0x{:02x}", byte);
  return fmt::format("`{}`", text[at]);
}

// Whether `at` is inside a string; all before it was read without error, so quotes pair up.
bool is_in_string(std::string_view text, std::size_t at) {
  bool inside = false;
  for (std::size_t i = 0; i < at && i < text.size(); ++i) {
    if (inside && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      inside = !inside;
    }
  }
  return inside;
}

// Whether the parser stopped at, or one after, the place where \uDC00-\uDFFF had to stand.
bool follows_high_surrogate(std::string_view text, std::size_t at) {
  for (const std::size_t back : {6U, 7U}) {
    if (at < back) return false;
    const std::string_view escape = text.substr(at - back, 4);
    if ((escape.starts_with("\\ud") || escape.starts_with("\\uD")) &&
        std::string_view("89abAB").find(escape[3]) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

Error describe(bj::error_code error, const Builder& builder, std::string_view text, std::size_t at,
               const JsonLimits& limits) {
  if (builder.own_error()) return builder.own_error()->in(position_text(text, at));
  const auto wrong = [&](std::string_view what) {
    return invalid_argument("{}: {}, got {}", position_text(text, at), what, got_text(text, at));
  };
  if (error == bj::error::too_deep) {
    return make_error(ErrorCode::kResourceExhausted,
                      "{}: more than {} levels of arrays and objects", position_text(text, at),
                      limits.max_depth);
  }
  if (error == bj::error::illegal_leading_surrogate ||
      error == bj::error::illegal_trailing_surrogate || error == bj::error::expected_utf16_escape) {
    return wrong("expected surrogate escapes in pairs");
  }
  if (error == bj::error::expected_hex_digit) return wrong("expected four hexadecimal digits");
  if (error == bj::error::exponent_overflow) return wrong("expected a smaller exponent");
  if (const std::size_t valid = valid_utf8_prefix(text); valid < text.size() && valid <= at)
    return wrong("expected UTF-8");
  if (is_in_string(text, at)) {
    if (follows_high_surrogate(text, at)) return wrong("expected the second of a surrogate pair");
    return wrong("expected a character, an escape or the closing quote of a string");
  }
  return wrong(fmt::format("expected {}", builder.expected()));
}

}  // namespace

Result<JsonDocument> JsonDocument::parse(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return make_error(ErrorCode::kResourceExhausted, "JSON of {} bytes, expected at most {}",
                      text.size(), limits.max_bytes);
  }
  bj::parse_options options;
  options.max_depth = limits.max_depth;
  bj::error_code error;
  bj::basic_parser<Builder> parser(options, text, limits.max_values);
  std::size_t at = parser.write_some(false, text.data(), text.size(), error);
  if (!error) {
    at = std::min(text.find_first_not_of(" \t\r\n", at), text.size());
    if (at == text.size()) return parser.handler().take();
    error = bj::error::extra_data;
  }
  return describe(error, parser.handler(), text, at, limits);
}

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
  WARD_TRY(const JsonDocument document, JsonDocument::parse(text, limits));
  return document.root().to_json();
}

}  // namespace ward::codec
