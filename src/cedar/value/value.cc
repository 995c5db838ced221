#include "cedar/value/value.h"

#include <algorithm>
#include <numeric>

namespace ward::cedar {

struct Set::Node {
  std::vector<Value> elements;  // INVARIANT: ascending, distinct
  std::size_t depth;
};

struct Record::Node {
  std::vector<Field> fields;  // INVARIANT: names ascending, distinct
  std::size_t depth;
};

namespace {

// Ascending, and of each run of one name the last that was given. Not std::stable_sort: libstdc++
// 12 implements it with a function that C++17 deprecates, which clang reports.
std::vector<Field> sorted_by_name(std::vector<Field> fields) {
  const auto descends = [](const Field& a, const Field& b) { return a.name >= b.name; };
  if (std::ranges::adjacent_find(fields, descends) == fields.end()) return fields;
  std::vector<std::size_t> order(fields.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    const int by_name = fields[a].name.compare(fields[b].name);
    return by_name != 0 ? by_name < 0 : a < b;
  });
  std::vector<Field> out;
  out.reserve(fields.size());
  for (const std::size_t i : order) {
    if (!out.empty() && out.back().name == fields[i].name) out.pop_back();
    out.push_back(std::move(fields[i]));
  }
  return out;
}

}  // namespace

std::size_t depth_of(std::span<const Value> elements) {
  std::size_t deepest = 0;
  for (const Value& element : elements) deepest = std::max(deepest, element.depth());
  return deepest + 1;
}

std::size_t depth_of(std::span<const Field> fields) {
  std::size_t deepest = 0;
  for (const Field& field : fields) deepest = std::max(deepest, field.value.depth());
  return deepest + 1;
}

Set::Set(std::vector<Value> elements) {
  if (elements.empty()) return;
  std::ranges::sort(elements);
  const auto rest = std::ranges::unique(elements);
  elements.erase(rest.begin(), rest.end());
  const std::size_t depth = depth_of(elements);
  WARD_CHECK(depth <= kValueDepthMax);
  node_ = std::make_shared<const Node>(Node{std::move(elements), depth});
}

Set::Set(std::initializer_list<Value> elements) : Set(std::vector<Value>(elements)) {}

std::span<const Value> Set::elements() const {
  if (node_ == nullptr) return {};
  return node_->elements;
}

std::size_t Set::size() const {
  return elements().size();
}

bool Set::contains(const Value& value) const {
  return std::ranges::binary_search(elements(), value);
}

bool Set::contains_all(const Set& other) const {
  return std::ranges::includes(elements(), other.elements());
}

bool Set::contains_any(const Set& other) const {
  const Set& few = size() < other.size() ? *this : other;
  const Set& many = size() < other.size() ? other : *this;
  return std::ranges::any_of(few.elements(),
                             [&](const Value& element) { return many.contains(element); });
}

std::size_t Set::depth() const {
  return node_ == nullptr ? 1 : node_->depth;
}

bool Set::operator==(const Set& other) const {
  return node_ == other.node_ || std::ranges::equal(elements(), other.elements());
}

std::strong_ordering Set::operator<=>(const Set& other) const {
  if (node_ == other.node_) return std::strong_ordering::equal;
  const auto mine = elements();
  const auto theirs = other.elements();
  return std::lexicographical_compare_three_way(mine.begin(), mine.end(), theirs.begin(),
                                                theirs.end());
}

Record::Record(std::vector<Field> fields) {
  if (fields.empty()) return;
  fields = sorted_by_name(std::move(fields));
  const std::size_t depth = depth_of(fields);
  WARD_CHECK(depth <= kValueDepthMax);
  node_ = std::make_shared<const Node>(Node{std::move(fields), depth});
}

Record::Record(std::initializer_list<Field> fields) : Record(std::vector<Field>(fields)) {}

std::span<const Field> Record::fields() const {
  if (node_ == nullptr) return {};
  return node_->fields;
}

std::size_t Record::size() const {
  return fields().size();
}

const Value* Record::find(std::string_view name) const {
  const auto all = fields();
  // PERF: of few names the sizes mostly tell.
  constexpr std::size_t kScanMax = 8;
  if (all.size() <= kScanMax) {
    for (const Field& field : all) {
      if (field.name == name) return &field.value;
    }
    return nullptr;
  }
  const auto it = std::ranges::lower_bound(
      all, name, {}, [](const Field& field) { return std::string_view(field.name); });
  return it != all.end() && it->name == name ? &it->value : nullptr;
}

std::size_t Record::depth() const {
  return node_ == nullptr ? 1 : node_->depth;
}

Record Record::with(std::string name, Value value) const {
  std::vector<Field> all(fields().begin(), fields().end());
  all.push_back({std::move(name), std::move(value)});
  return Record(std::move(all));
}

bool Record::operator==(const Record& other) const {
  return node_ == other.node_ || std::ranges::equal(fields(), other.fields());
}

std::strong_ordering Record::operator<=>(const Record& other) const {
  if (node_ == other.node_) return std::strong_ordering::equal;
  const auto mine = fields();
  const auto theirs = other.fields();
  return std::lexicographical_compare_three_way(mine.begin(), mine.end(), theirs.begin(),
                                                theirs.end());
}

std::size_t Value::depth() const {
  if (const Set* set = if_set()) return set->depth();
  if (const Record* record = if_record()) return record->depth();
  return 0;
}

bool Value::operator==(const Value& other) const {
  if (data_.index() != other.data_.index()) return false;
  switch (kind()) {
    case Kind::kBool:
      return *if_bool() == *other.if_bool();
    case Kind::kLong:
      return *if_long() == *other.if_long();
    case Kind::kString:
      return *if_string() == *other.if_string();
    case Kind::kEntity:
      return *if_entity() == *other.if_entity();
    case Kind::kSet:
      return *if_set() == *other.if_set();
    case Kind::kRecord:
      return *if_record() == *other.if_record();
    case Kind::kDecimal:
      return *if_decimal() == *other.if_decimal();
    case Kind::kIp:
      return *if_ip() == *other.if_ip();
    case Kind::kDatetime:
      return *if_datetime() == *other.if_datetime();
    case Kind::kDuration:
      return *if_duration() == *other.if_duration();
  }
  WARD_UNREACHABLE();
}

std::strong_ordering Value::operator<=>(const Value& other) const {
  if (const auto order = data_.index() <=> other.data_.index(); order != 0) return order;
  switch (kind()) {
    case Kind::kBool:
      return *if_bool() <=> *other.if_bool();
    case Kind::kLong:
      return *if_long() <=> *other.if_long();
    case Kind::kString:
      return *if_string() <=> *other.if_string();
    case Kind::kEntity:
      return *if_entity() <=> *other.if_entity();
    case Kind::kSet:
      return *if_set() <=> *other.if_set();
    case Kind::kRecord:
      return *if_record() <=> *other.if_record();
    case Kind::kDecimal:
      return *if_decimal() <=> *other.if_decimal();
    case Kind::kIp:
      return *if_ip() <=> *other.if_ip();
    case Kind::kDatetime:
      return *if_datetime() <=> *other.if_datetime();
    case Kind::kDuration:
      return *if_duration() <=> *other.if_duration();
  }
  WARD_UNREACHABLE();
}

std::string_view value_kind_name(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::kBool:
      return "bool";
    case Value::Kind::kLong:
      return "long";
    case Value::Kind::kString:
      return "string";
    case Value::Kind::kEntity:
      return "entity";
    case Value::Kind::kSet:
      return "set";
    case Value::Kind::kRecord:
      return "record";
    case Value::Kind::kDecimal:
      return "decimal";
    case Value::Kind::kIp:
      return "ipaddr";
    case Value::Kind::kDatetime:
      return "datetime";
    case Value::Kind::kDuration:
      return "duration";
  }
  WARD_UNREACHABLE();
}

}  // namespace ward::cedar
