// Heads and whole messages, the same for HTTP/1.1 and HTTP/2 (RFC 9110).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace ward::http {

// Fields in the order they came. Names compare without case and are kept in lower case, as HTTP/2
// writes them. One allocation for all text: a gRPC request has about ten fields.
//
// What a field holds can always be sent: names are tokens (a bug otherwise), and a control octet
// in a value is replaced by a space (RFC 9110 5.5), so input put into a header cannot split it.
// Readers of outside bytes refuse such values before they come here.
class Headers {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
  };

  Headers() = default;
  Headers(std::initializer_list<Field> fields);

  void add(std::string_view name, std::string_view value);
  void set(std::string_view name, std::string_view value);  // removes others of the name
  void remove(std::string_view name);

  std::optional<std::string_view> find(std::string_view name) const;  // the first of the name
  bool contains(std::string_view name) const { return find(name).has_value(); }
  // Whether a comma list (Connection, Transfer-Encoding, ...) names `token`, without case.
  bool list_contains(std::string_view name, std::string_view token) const;

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  Field operator[](std::size_t index) const;
  // RFC 9113 6.5.2: octets of names and values, and 32 for each field.
  std::size_t bytes() const { return text_.size() + 32 * entries_.size(); }

  class Iterator {
   public:
    Iterator(const Headers* headers, std::size_t index) : headers_(headers), index_(index) {}
    Field operator*() const { return (*headers_)[index_]; }
    Iterator& operator++() { return ++index_, *this; }
    bool operator==(const Iterator&) const = default;

   private:
    const Headers* headers_;
    std::size_t index_;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size()}; }

 private:
  struct Entry {
    std::uint32_t offset;
    std::uint32_t name_size;
    std::uint32_t value_size;
  };

  std::string text_;
  std::vector<Entry> entries_;
};

bool is_token(std::string_view text);        // RFC 9110 5.6.2
bool is_field_value(std::string_view text);  // RFC 9110 5.5: no control octets but tab
bool equals_ignoring_case(std::string_view a, std::string_view b);  // ASCII

enum class Version : std::uint8_t { kHttp11, kHttp2 };

struct RequestHead {
  std::string method = "GET";
  std::string scheme = {};     // `http`, `https`
  std::string authority = {};  // Host or :authority, as sent
  std::string target = "/";    // path and query, or `*`
  Headers headers = {};        // without Host and pseudo-header fields
  Version version = Version::kHttp11;

  std::string_view path() const;   // the target up to `?`, not decoded
  std::string_view query() const;  // after `?`, not decoded
};

struct ResponseHead {
  int status = 200;
  Headers headers = {};
};

struct Request {
  RequestHead head = {};
  Bytes body = {};
};

struct Response {
  ResponseHead head = {};
  Bytes body = {};

  // With Content-Type; for answers of a handler.
  static Response of(int status, std::string_view content_type, std::string_view body);
  static Response empty(int status);
};

// The words of RFC 9110 15 for a status, or "Unknown".
std::string_view reason_phrase(int status);

}  // namespace ward::http
