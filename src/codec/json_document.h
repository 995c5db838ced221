// A JSON text, read as strictly as parse_json() reads it and looked at where it lies: for messages
// that are read once, field by field.
//
//   WARD_TRY(const JsonDocument document, JsonDocument::parse(body));
//   for (const JsonView member : document.root().items())
//     if (member.name() == "id") id = member.if_string();
//
// PERF: one allocation a document. Names and texts are parts of the text itself, unless escapes or
// the end of a buffer cut them. A tree of it (Json) costs three times as much to make.
#pragma once

#include <cstdint>
#include <forward_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/json.h"

namespace ward::codec {

// A value of a document, or none. As cheap as a pointer; valid as long as its document. The kind,
// and what is inside a value, may be asked only where there is one.
class JsonView {
 public:
  class Items;

  JsonView() = default;  // none

  explicit operator bool() const { return node_ != nullptr; }
  Json::Kind kind() const { return node_->kind; }
  bool is_object() const { return kind() == Json::Kind::kObject; }
  bool is_array() const { return kind() == Json::Kind::kArray; }
  // Of a member of an object; empty for other values.
  std::string_view name() const { return node_->name; }

  // Nothing when the value is of another kind.
  std::optional<bool> if_bool() const;
  std::optional<std::int64_t> if_integer() const;
  std::optional<std::uint64_t> if_unsigned() const;
  std::optional<double> if_double() const;
  std::optional<std::string_view> if_string() const;

  // The elements of an array or the members of an object, in the order of the text; else nothing.
  Items items() const;
  std::size_t item_count() const;  // O(items)

  Json to_json() const;  // a copy that stands by itself

 private:
  friend class JsonDocument;
  friend class JsonDocumentBuilder;

  struct Node {
    Json::Kind kind = Json::Kind::kNull;
    std::uint32_t span = 1;  // this node and all that are inside it, which follow it
    std::string_view name = {};
    union {
      std::string_view text = {};
      bool boolean;
      std::int64_t integer;
      std::uint64_t unsigned_integer;
      double number;
    };
  };

  explicit JsonView(const Node* node) : node_(node) {}
  const Node* node_ = nullptr;
};

class JsonView::Items {
 public:
  class Iterator {
   public:
    explicit Iterator(const Node* node) : node_(node) {}
    JsonView operator*() const { return JsonView(node_); }
    Iterator& operator++() { return node_ += node_->span, *this; }
    bool operator==(const Iterator&) const = default;

   private:
    const Node* node_;
  };

  Iterator begin() const { return Iterator(begin_); }
  Iterator end() const { return Iterator(end_); }
  bool empty() const { return begin_ == end_; }

 private:
  friend class JsonView;
  Items(const Node* begin, const Node* end) : begin_(begin), end_(end) {}
  const Node* begin_;
  const Node* end_;
};

class JsonDocument {
 public:
  // The text outlives the document. Errors as of parse_json().
  static Result<JsonDocument> parse(std::string_view text, const JsonLimits& limits = {});

  JsonView root() const { return JsonView(nodes_.data()); }

 private:
  friend class JsonDocumentBuilder;

  JsonDocument() = default;
  std::vector<JsonView::Node> nodes_;         // INVARIANT: not empty once parsed
  std::forward_list<std::string> unescaped_;  // texts that do not stand in the source as they are
};

}  // namespace ward::codec
