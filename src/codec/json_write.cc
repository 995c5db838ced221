#include <charconv>
#include <cmath>

#include "codec/json.h"
#include "codec/utf8.h"

namespace ward::codec {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

template <typename Number>
void append_number(std::string& out, Number value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value);
  out.append(buffer, end.ptr);
}

void append_double(std::string& out, double value) {
  const std::size_t start = out.size();
  append_number(out, value);
  if (out.find_first_of(".e", start) == std::string::npos) out += ".0";
}

// RFC 8259 7: "quotation mark, reverse solidus, and the control characters" are escaped.
void append_escape(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default: {
      const auto byte = static_cast<unsigned char>(c);
      out += "\\u00";
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    }
  }
}

bool needs_escape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

// Text that is UTF-8.
void append_escaped(std::string& out, std::string_view text) {
  std::size_t run = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!needs_escape(text[i])) continue;
    out.append(text, run, i - run);
    append_escape(out, text[i]);
    run = i + 1;
  }
  out.append(text, run);
}

class Writer {
 public:
  Writer(std::string& out, bool is_pretty) : out_(out), is_pretty_(is_pretty) {}

  void write(const Json& value) {
    switch (value.kind()) {
      case Json::Kind::kNull:
        out_ += "null";
        return;
      case Json::Kind::kBool:
        out_ += *value.if_bool() ? "true" : "false";
        return;
      case Json::Kind::kInteger:
        return append_number(out_, *value.if_integer());
      case Json::Kind::kUnsigned:
        return append_number(out_, *value.if_unsigned());
      case Json::Kind::kDouble:
        return append_double(out_, *value.if_double());
      case Json::Kind::kString:
        return append_json_string(out_, *value.if_string());
      case Json::Kind::kArray:
        return write_array(*value.if_array());
      case Json::Kind::kObject:
        return write_object(*value.if_object());
    }
    WARD_UNREACHABLE();
  }

 private:
  void write_array(const JsonArray& items) {
    out_ += '[';
    ++depth_;
    for (std::size_t i = 0; i < items.size(); ++i) {
      separate(i);
      write(items[i]);
    }
    --depth_;
    if (!items.empty()) break_line();
    out_ += ']';
  }

  void write_object(const JsonObject& object) {
    out_ += '{';
    ++depth_;
    for (std::size_t i = 0; i < object.size(); ++i) {
      separate(i);
      append_json_string(out_, object.members()[i].name);
      out_ += is_pretty_ ? ": " : ":";
      write(object.members()[i].value);
    }
    --depth_;
    if (!object.empty()) break_line();
    out_ += '}';
  }

  void separate(std::size_t i) {
    if (i != 0) out_ += ',';
    break_line();
  }

  void break_line() {
    if (!is_pretty_) return;
    out_ += '\n';
    out_.append(2 * depth_, ' ');
  }

  std::string& out_;
  bool is_pretty_;
  std::size_t depth_ = 0;
};

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (true) {
    const std::size_t valid = valid_utf8_prefix(text);
    append_escaped(out, text.substr(0, valid));
    if (valid == text.size()) break;
    out += kReplacement;
    text.remove_prefix(valid + 1);
  }
  out += '"';
}

void append_json(std::string& out, const Json& value) {
  Writer(out, false).write(value);
}

std::string write_json(const Json& value) {
  std::string out;
  append_json(out, value);
  return out;
}

std::string write_json_pretty(const Json& value) {
  std::string out;
  Writer(out, true).write(value);
  return out;
}

}  // namespace ward::codec
