// The wire format is that of protocol buffers: tag = field << 3 | type; type 0 a varint, 1 eight
// bytes, 2 a length and bytes, 5 four bytes. Fields of record.proto by number; others are passed
// over.
#include "evidence/record_scan.h"

#include <algorithm>

namespace ward::evidence {
namespace {

Error damaged() {
  return make_error(ErrorCode::kDataLoss, "the bytes are no evidence record");
}

struct Field {
  std::uint32_t number = 0;
  std::uint8_t type = 0;
  std::uint64_t value = 0;  // of a varint
  ByteView bytes;           // of a length-delimited field

  std::string_view text() const { return as_text(bytes); }
};

class FieldReader {
 public:
  explicit FieldReader(ByteView bytes) : rest_(bytes) {}
  bool is_done() const { return rest_.empty(); }

  // False when the bytes are cut or of a type that proto3 does not write.
  bool next(Field& field) {
    std::uint64_t tag = 0;
    if (!varint(tag) || tag >> 3 == 0 || tag >> 32 != 0) return false;
    field.number = static_cast<std::uint32_t>(tag >> 3);
    field.type = static_cast<std::uint8_t>(tag & 7);
    if (field.type == 0) return varint(field.value);
    std::uint64_t length = field.type == 1 ? 8 : 4;
    if (field.type == 2 && !varint(length)) return false;
    if ((field.type != 1 && field.type != 2 && field.type != 5) || length > rest_.size())
      return false;
    field.bytes = rest_.first(static_cast<std::size_t>(length));
    rest_ = rest_.subspan(static_cast<std::size_t>(length));
    return true;
  }

 private:
  bool varint(std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const std::uint8_t byte = rest_.front();
      rest_ = rest_.subspan(1);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }

  ByteView rest_;
};

// The field numbers of each kind that say whom it is about; 0 where it has none.
struct NameFields {
  std::uint32_t subject, object, credential, session, grants;
};

NameFields name_fields(RecordKind kind) {
  switch (kind) {
    case RecordKind::kAuthentication:
      return {1, 0, 5, 0, 0};
    case RecordKind::kIssuance:
      return {1, 0, 3, 0, 0};
    case RecordKind::kDecision:
      return {1, 3, 8, 9, 10};
    case RecordKind::kSessionStart:
      return {2, 4, 5, 1, 6};
    case RecordKind::kSessionEnd:
      return {2, 0, 0, 1, 0};
    case RecordKind::kCommand:
      return {3, 0, 0, 0, 0};
    case RecordKind::kAcknowledgement:
    case RecordKind::kProcessStart:
    case RecordKind::kProcessStop:
    case RecordKind::kGap:
      return {0, 0, 0, 0, 0};
  }
  WARD_UNREACHABLE();
}

void clear(RecordNames& names) {
  names.grants.clear();
  names.subjects.clear();
  names.subject = names.object = names.credential = names.session = {};
  names.acknowledged_revision = 0;
  names.allowed = false;
}

void take_acknowledgement(const Field& field, RecordNames& names) {
  if (field.number == 1 && field.type == 0) names.acknowledged_revision = field.value;
  if (field.number == 2 && field.type == 2) names.subjects.push_back(field.text());
}

void take_name(const Field& field, const NameFields& numbers, RecordNames& names) {
  if (field.number == numbers.subject) names.subject = field.text();
  if (field.number == numbers.object) names.object = field.text();
  if (field.number == numbers.credential) names.credential = field.text();
  if (field.number == numbers.session) names.session = field.text();
  if (field.number == numbers.grants) names.grants.push_back(field.text());
}

}  // namespace

Result<RecordHead> scan_record(ByteView bytes) {
  RecordHead head;
  FieldReader fields(bytes);
  std::uint64_t format = 0;
  bool has_root = false, has_body = false;
  for (Field field; !fields.is_done();) {
    if (!fields.next(field)) return damaged();
    if (field.type == 0) {
      if (field.number == 1) format = field.value;
      if (field.number == 2) head.time_us = static_cast<std::int64_t>(field.value);
      if (field.number == 3) head.revision = field.value;
    } else if (field.type == 2) {
      if (field.number == 4 && field.bytes.size() == head.journal_root8.size()) {
        std::ranges::copy(field.bytes, head.journal_root8.begin());
        has_root = true;
      }
      if (field.number < 8 || field.number > 17) continue;
      // A writer of Ward writes one body; the wire format would merge or replace, which no verifier
      // should depend on.
      if (has_body) return damaged();
      head.kind = static_cast<RecordKind>(field.number);
      head.body = field.bytes;
      has_body = true;
    }
  }
  if (format != kRecordFormat || !has_root || !has_body) return damaged();
  return head;
}

Result<void> scan_names(const RecordHead& head, RecordNames& names) {
  clear(names);
  const NameFields numbers = name_fields(head.kind);
  FieldReader fields(head.body);
  for (Field field; !fields.is_done();) {
    if (!fields.next(field)) return damaged();
    if (head.kind == RecordKind::kAcknowledgement) take_acknowledgement(field, names);
    if (head.kind == RecordKind::kDecision && field.number == 4 && field.type == 0) {
      names.allowed = field.value != 0;
    }
    if (field.type == 2) take_name(field, numbers, names);
  }
  return {};
}

}  // namespace ward::evidence
