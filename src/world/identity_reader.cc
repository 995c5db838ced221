#include "world/identity_reader.h"

#include <google/protobuf/io/coded_stream.h>

#include <limits>

#include "world/entity_proto.h"

namespace ward::world {
namespace {

using Input = google::protobuf::io::CodedInputStream;
using Field = wire::Identity;

// Tag = field << 3 | type: 0 a varint, 2 a length and bytes.
constexpr std::uint32_t number_tag(int field) {
  return static_cast<std::uint32_t>(field) << 3;
}
constexpr std::uint32_t text_tag(int field) {
  return number_tag(field) | 2;
}

// The bytes of a length-delimited field, where they lie; false when they are cut.
bool read_text(Input& input, std::string_view& text) {
  std::uint32_t size = 0;
  if (!input.ReadVarint32(&size)) return false;
  const void* data = nullptr;
  int left = 0;
  input.GetDirectBufferPointerInline(&data, &left);
  if (size > static_cast<std::uint32_t>(left)) return false;
  text = {static_cast<const char*>(data), size};
  return input.Skip(static_cast<int>(size));
}

bool read_number(Input& input, std::uint32_t& number) {
  std::uint64_t value = 0;
  if (!input.ReadVarint64(&value) || value > std::numeric_limits<std::uint32_t>::max())
    return false;
  number = static_cast<std::uint32_t>(value);
  return true;
}

template <typename Enum>
bool read_enum(Input& input, Enum last, std::optional<Enum>& to) {
  std::uint32_t number = 0;
  if (!read_number(input, number) || number < 1 || number > static_cast<std::uint32_t>(last))
    return false;
  to = static_cast<Enum>(number);
  return true;
}

// A map's entry: key, then value.
bool read_pair(std::string_view entry, TextMap::Pair& pair) {
  const ByteView bytes = as_bytes(entry);
  Input input(bytes.data(), static_cast<int>(bytes.size()));
  return input.ReadTag() == text_tag(1) && read_text(input, pair.first) &&
         input.ReadTag() == text_tag(2) && read_text(input, pair.second) && input.ReadTag() == 0 &&
         input.ConsumedEntireMessage() && pair.first.size() <= TextMap::kKeyBytesMax &&
         pair.second.size() <= TextMap::kValueBytesMax;
}

// What the fields say, before any of it is copied.
struct Fields {
  std::string_view id, status_reason, owner, environment, segment;
  std::optional<IdentityClass> identity_class;
  std::optional<IdentityStatus> status;
  std::uint32_t credential_age_max_s = 0, x509_ttl_s = 0, jwt_ttl_s = 0;
};

bool read_label(Input& input, std::vector<TextMap::Pair>& labels) {
  std::string_view entry;
  return read_text(input, entry) && read_pair(entry, labels.emplace_back());
}

bool read_field(Input& input, std::uint32_t tag, Fields& to, std::vector<TextMap::Pair>& labels) {
  switch (tag) {
    case text_tag(Field::kIdFieldNumber):
      return read_text(input, to.id);
    case number_tag(Field::kIdentityClassFieldNumber):
      return read_enum(input, IdentityClass::kAiAgent, to.identity_class);
    case number_tag(Field::kStatusFieldNumber):
      return read_enum(input, IdentityStatus::kRetired, to.status);
    case text_tag(Field::kStatusReasonFieldNumber):
      return read_text(input, to.status_reason);
    case text_tag(Field::kOwnerFieldNumber):
      return read_text(input, to.owner);
    case text_tag(Field::kEnvironmentFieldNumber):
      return read_text(input, to.environment);
    case text_tag(Field::kSegmentFieldNumber):
      return read_text(input, to.segment);
    case text_tag(Field::kLabelsFieldNumber):
      return read_label(input, labels);
    case number_tag(Field::kCredentialAgeMaxSFieldNumber):
      return read_number(input, to.credential_age_max_s);
    case number_tag(Field::kX509TtlSFieldNumber):
      return read_number(input, to.x509_ttl_s);
    case number_tag(Field::kJwtTtlSFieldNumber):
      return read_number(input, to.jwt_ttl_s);
    default:
      return false;
  }
}

// The identity within an Entity, and nothing beside it.
bool read_body(ByteView record, std::string_view& body) {
  Input input(record.data(), static_cast<int>(record.size()));
  return input.ReadTag() == text_tag(wire::Entity::kIdentityFieldNumber) &&
         read_text(input, body) && input.ReadTag() == 0 && input.ConsumedEntireMessage();
}

bool read_fields(std::string_view body, Fields& to, std::vector<TextMap::Pair>& labels) {
  const ByteView bytes = as_bytes(body);
  Input input(bytes.data(), static_cast<int>(bytes.size()));
  std::uint32_t last = 0;
  while (const std::uint32_t tag = input.ReadTag()) {
    const bool is_in_order =
        tag > last || (tag == last && tag == text_tag(Field::kLabelsFieldNumber));
    if (!is_in_order || !read_field(input, tag, to, labels)) return false;
    last = tag;
  }
  return input.ConsumedEntireMessage() && to.identity_class && to.status;
}

}  // namespace

Text IdentityReader::shared(std::string_view text, Text& last) {
  if (text != last.view()) last = Text(text);
  return last;
}

std::optional<Identity> IdentityReader::read(ByteView record) {
  std::string_view body;
  Fields fields;
  labels_.clear();
  if (!read_body(record, body) || !read_fields(body, fields, labels_)) return std::nullopt;
  return Identity{.id = fields.id,
                  .identity_class = *fields.identity_class,
                  .status = *fields.status,
                  .status_reason = fields.status_reason,
                  .owner = shared(fields.owner, last_owner_),
                  .environment = shared(fields.environment, last_environment_),
                  .segment = shared(fields.segment, last_segment_),
                  .labels = TextMap(labels_),
                  .credential_age_max_s = fields.credential_age_max_s,
                  .x509_ttl_s = fields.x509_ttl_s,
                  .jwt_ttl_s = fields.jwt_ttl_s};
}

}  // namespace ward::world
