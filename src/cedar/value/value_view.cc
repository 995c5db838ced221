#include "cedar/value/value_view.h"

#include <algorithm>

namespace ward::cedar {

EntityUid to_uid(const EntityName& name) {
  if (name.uid != nullptr) return *name.uid;
  return {EntityType::unchecked(name.type), std::string(name.id)};
}

ValueView ValueView::of_elements(std::span<const ValueView> elements) {
  ValueView out;
  out.kind_ = Kind::kSet;
  out.form_ = Form::kBorrowed;
  out.size_ = checked(elements.size());
  out.a_.elements = elements.data();
  return out;
}

ValueView ValueView::of_fields(std::span<const FieldView> fields) {
  ValueView out;
  out.kind_ = Kind::kRecord;
  out.form_ = Form::kBorrowed;
  out.size_ = checked(fields.size());
  out.a_.fields = fields.data();
  return out;
}

std::size_t ValueView::size() const {
  if (form_ == Form::kBorrowed) return size_;
  return is(Kind::kSet) ? a_.set->size() : a_.record->size();
}

ValueView ValueView::element(std::size_t index) const {
  return form_ == Form::kOwned ? ValueView(a_.set->elements()[index]) : a_.elements[index];
}

FieldView ValueView::field(std::size_t index) const {
  if (form_ == Form::kBorrowed) return a_.fields[index];
  const Field& field = a_.record->fields()[index];
  return {field.name, ValueView(field.value)};
}

bool ValueView::contains(const ValueView& value) const {
  std::size_t low = 0;
  std::size_t high = size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    const auto order = element(middle) <=> value;
    if (order == 0) return true;
    (order < 0 ? low : high) = order < 0 ? middle + 1 : middle;
  }
  return false;
}

bool ValueView::find(std::string_view name, ValueView& out) const {
  if (form_ == Form::kOwned) {
    const Value* value = a_.record->find(name);
    if (value == nullptr) return false;
    out = ValueView(*value);
    return true;
  }
  const std::span<const FieldView> all(a_.fields, size_);
  const auto it = std::ranges::lower_bound(all, name, {}, &FieldView::name);
  if (it == all.end() || it->name != name) return false;
  out = it->value;
  return true;
}

std::size_t ValueView::depth() const {
  if (!is(Kind::kSet) && !is(Kind::kRecord)) return 0;
  if (form_ == Form::kOwned) return is(Kind::kSet) ? a_.set->depth() : a_.record->depth();
  std::size_t deepest = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    deepest =
        std::max(deepest, is(Kind::kSet) ? a_.elements[i].depth() : a_.fields[i].value.depth());
  }
  return deepest + 1;
}

Value ValueView::to_value() const {
  switch (kind_) {
    case Kind::kBool:
      return Value(truth());
    case Kind::kLong:
      return Value(number());
    case Kind::kString:
      return Value(text());
    case Kind::kEntity:
      return Value(to_uid(entity()));
    case Kind::kSet: {
      if (form_ == Form::kOwned) return Value(*a_.set);
      std::vector<Value> elements;
      for (std::size_t i = 0; i < size_; ++i) elements.push_back(a_.elements[i].to_value());
      return Value(Set(std::move(elements)));
    }
    case Kind::kRecord: {
      if (form_ == Form::kOwned) return Value(*a_.record);
      std::vector<Field> fields;
      for (std::size_t i = 0; i < size_; ++i) {
        fields.push_back({std::string(a_.fields[i].name), a_.fields[i].value.to_value()});
      }
      return Value(Record(std::move(fields)));
    }
    case Kind::kDecimal:
      return Value(Decimal::of_ten_thousandths(number()));
    case Kind::kIp:
      return Value(ip());
    case Kind::kDatetime:
      return Value(Datetime::of_epoch_ms(number()));
    case Kind::kDuration:
      return Value(Duration::of_ms(number()));
  }
  WARD_UNREACHABLE();
}

bool ValueView::equals(const ValueView& other) const {
  switch (kind_) {
    case Kind::kBool:
    case Kind::kLong:
    case Kind::kDecimal:
    case Kind::kDatetime:
    case Kind::kDuration:
      return a_.number == other.a_.number;
    case Kind::kString:
      return text() == other.text();
    case Kind::kEntity:
      return *this == other;
    case Kind::kIp:
      return ip() == other.ip();
    case Kind::kSet:
    case Kind::kRecord:
      return size() == other.size() && (*this <=> other) == 0;
  }
  WARD_UNREACHABLE();
}

std::strong_ordering ValueView::operator<=>(const ValueView& other) const {
  if (const auto order = kind_ <=> other.kind_; order != 0) return order;
  switch (kind_) {
    case Kind::kBool:
    case Kind::kLong:
    case Kind::kDecimal:
    case Kind::kDatetime:
    case Kind::kDuration:
      return a_.number <=> other.a_.number;
    case Kind::kString:
      return text() <=> other.text();
    case Kind::kEntity: {
      const EntityName mine = entity();
      const EntityName theirs = other.entity();
      if (mine.uid != nullptr && theirs.uid != nullptr) return *mine.uid <=> *theirs.uid;
      const auto by_type = mine.type <=> theirs.type;
      return by_type != 0 ? by_type : mine.id <=> theirs.id;
    }
    case Kind::kIp:
      return ip() <=> other.ip();
    case Kind::kSet:
      for (std::size_t i = 0; i < std::min(size(), other.size()); ++i) {
        const auto order = element(i) <=> other.element(i);
        if (order != 0) return order;
      }
      return size() <=> other.size();
    case Kind::kRecord:
      for (std::size_t i = 0; i < std::min(size(), other.size()); ++i) {
        const FieldView mine = field(i);
        const FieldView theirs = other.field(i);
        const auto by_name = mine.name <=> theirs.name;
        if (by_name != 0) return by_name;
        const auto by_value = mine.value <=> theirs.value;
        if (by_value != 0) return by_value;
      }
      return size() <=> other.size();
  }
  WARD_UNREACHABLE();
}

}  // namespace ward::cedar
