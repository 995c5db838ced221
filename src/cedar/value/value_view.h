// Values and names that borrow: what a store gives and what the engine computes with, so that
// reading an attribute neither copies nor allocates.
//
// A view is valid as long as what it was made of. Equality and order are those of Value, whatever
// form the two sides have.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/check.h"
#include "cedar/value/value.h"

namespace ward::cedar {

// One entity inside its store; means something to that store only, and as long as it is unchanged.
struct EntityHandle {
  const void* entity = nullptr;

  explicit operator bool() const { return entity != nullptr; }
  bool operator==(const EntityHandle&) const = default;
};

// The name of an entity. The type need not be the name of a type: then no entity has it.
struct EntityName {
  EntityName(std::string_view type_text, std::string_view id_text) : type(type_text), id(id_text) {}
  EntityName(const EntityUid& of) : type(of.type().name()), id(of.id()), uid(&of) {}

  std::string_view type;
  std::string_view id;
  const EntityUid* uid = nullptr;  // when there is one: it knows its hash

  std::size_t hash() const { return uid != nullptr ? uid->hash() : entity_hash(type, id); }
  bool operator==(const EntityName& other) const {
    if (uid != nullptr && other.uid != nullptr) return *uid == *other.uid;
    return id == other.id && type == other.type;
  }
};

// The entity of this name, which is not checked.
EntityUid to_uid(const EntityName& name);

struct FieldView;

// 32 bytes; cheap to copy.
class ValueView {
 public:
  using Kind = Value::Kind;

  ValueView() : ValueView(false) {}
  template <std::same_as<bool> T>
  explicit ValueView(T value) : kind_(Kind::kBool) {
    a_.number = value ? 1 : 0;
  }
  explicit ValueView(std::string_view text) : kind_(Kind::kString), size_(checked(text.size())) {
    a_.text = text.data();
  }
  // SAFETY: the result refers to the value itself, not to a copy of it.
  explicit ValueView(const Value& value);
  static ValueView of_long(std::int64_t value) { return ValueView(Kind::kLong, value); }
  static ValueView of(Decimal value) { return {Kind::kDecimal, value.ten_thousandths()}; }
  static ValueView of(Datetime value) { return {Kind::kDatetime, value.epoch_ms()}; }
  static ValueView of(Duration value) { return {Kind::kDuration, value.ms()}; }
  static ValueView of(const IpAddress& value) {
    ValueView out;
    out.kind_ = Kind::kIp;
    out.a_.ip = &value;
    return out;
  }
  static ValueView of(const EntityUid& uid) {
    ValueView out;
    out.kind_ = Kind::kEntity;
    out.a_.uid = &uid;
    return out;
  }
  // `type` refers to a text that outlives the view.
  static ValueView of(const std::string_view& type, std::string_view id) {
    ValueView out;
    out.kind_ = Kind::kEntity;
    out.form_ = Form::kBorrowed;
    out.size_ = checked(id.size());
    out.a_.text = id.data();
    out.b_ = &type;
    return out;
  }
  static ValueView of(const Record& record) {
    ValueView out;
    out.kind_ = Kind::kRecord;
    out.a_.record = &record;
    return out;
  }
  static ValueView of(const Set& set) {
    ValueView out;
    out.kind_ = Kind::kSet;
    out.a_.set = &set;
    return out;
  }
  // INVARIANT: elements ascending and distinct; fields ascending by distinct names.
  static ValueView of_elements(std::span<const ValueView> elements);
  static ValueView of_fields(std::span<const FieldView> fields);

  // Of an entity: its place in the store is known now (a false handle: it is not there).
  void locate(EntityHandle handle) {
    is_located_ = true;
    handle_ = handle;
  }
  ValueView located(EntityHandle handle) const {
    ValueView out = *this;
    out.locate(handle);
    return out;
  }

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }

  // Of a view of that kind only.
  bool truth() const { return a_.number != 0; }
  std::int64_t number() const { return a_.number; }  // long, decimal, datetime, duration
  std::string_view text() const { return {a_.text, size_}; }
  const IpAddress& ip() const { return *a_.ip; }
  EntityName entity() const {
    return form_ == Form::kOwned ? EntityName(*a_.uid)
                                 : EntityName(*b_, std::string_view(a_.text, size_));
  }
  const EntityUid* uid() const { return form_ == Form::kOwned ? a_.uid : nullptr; }
  std::string_view entity_type() const {
    return form_ == Form::kOwned ? std::string_view(a_.uid->type().name()) : *b_;
  }
  bool is_located() const { return is_located_; }
  EntityHandle handle() const { return handle_; }

  // Elements of a set, fields of a record.
  std::size_t size() const;
  ValueView element(std::size_t index) const;
  FieldView field(std::size_t index) const;
  const Set* set() const { return form_ == Form::kOwned ? a_.set : nullptr; }
  // What of_elements() was given; of a set in another form, nothing.
  std::span<const ValueView> views() const {
    return form_ == Form::kBorrowed ? std::span(a_.elements, size_) : std::span<const ValueView>();
  }
  bool contains(const ValueView& value) const;
  bool find(std::string_view name, ValueView& out) const;  // whether there is such a field

  std::size_t depth() const;  // as Value's
  Value to_value() const;

  bool operator==(const ValueView& other) const {
    if (kind_ != other.kind_) return false;
    if (kind_ != Kind::kEntity) return equals(other);
    // A store gives one handle for one entity.
    if (handle_ && other.handle_) return handle_ == other.handle_;
    return entity() == other.entity();
  }
  std::strong_ordering operator<=>(const ValueView& other) const;

 private:
  enum class Form : std::uint8_t { kOwned, kBorrowed };

  bool equals(const ValueView& other) const;  // of two of one kind

  ValueView(Kind kind, std::int64_t number) : kind_(kind) { a_.number = number; }

  static std::uint32_t checked(std::size_t size) {
    WARD_CHECK(size <= UINT32_MAX);
    return static_cast<std::uint32_t>(size);
  }

  Kind kind_;
  Form form_ = Form::kOwned;  // of entities, sets and records: as in a Value, or of views
  bool is_located_ = false;
  std::uint32_t size_ = 0;  // of a text, an id, elements or fields
  union {
    std::int64_t number;
    const char* text;
    const IpAddress* ip;
    const EntityUid* uid;
    const Set* set;
    const Record* record;
    const ValueView* elements;
    const FieldView* fields;
  } a_ = {};
  const std::string_view* b_ = nullptr;  // the type of a borrowed entity
  EntityHandle handle_;
};

struct FieldView {
  std::string_view name;
  ValueView value;
};

inline ValueView::ValueView(const Value& value) : kind_(value.kind()) {
  switch (kind_) {
    case Kind::kBool:
      a_.number = *value.if_bool() ? 1 : 0;
      return;
    case Kind::kLong:
      a_.number = *value.if_long();
      return;
    case Kind::kString:
      a_.text = value.if_string()->data();
      size_ = checked(value.if_string()->size());
      return;
    case Kind::kEntity:
      a_.uid = value.if_entity();
      return;
    case Kind::kSet:
      a_.set = value.if_set();
      return;
    case Kind::kRecord:
      a_.record = value.if_record();
      return;
    case Kind::kDecimal:
      a_.number = value.if_decimal()->ten_thousandths();
      return;
    case Kind::kIp:
      a_.ip = value.if_ip();
      return;
    case Kind::kDatetime:
      a_.number = value.if_datetime()->epoch_ms();
      return;
    case Kind::kDuration:
      a_.number = value.if_duration()->ms();
      return;
  }
  WARD_UNREACHABLE();
}

}  // namespace ward::cedar
