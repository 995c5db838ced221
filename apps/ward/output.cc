#include "ward/output.h"

#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cstdio>

#include "base/clock.h"
#include "codec/hex.h"
#include "codec/time.h"
#include "codec/utf8.h"

namespace ward::cli {
namespace {

using fact::v1::Entity;

template <typename List>
std::string joined(const List& list) {
  std::string out;
  for (const auto& item : list) {
    if (!out.empty()) out += ' ';
    out += item;
  }
  return out;
}

std::string pairs(const google::protobuf::Map<std::string, std::string>& map) {
  std::vector<std::string> sorted;
  for (const auto& [key, value] : map) sorted.push_back(key + "=" + value);
  std::sort(sorted.begin(), sorted.end());
  return joined(sorted);
}

// `IDENTITY_CLASS_AI_AGENT` without its prefix: `ai-agent`.
std::string short_name(std::string_view name, std::string_view prefix) {
  std::string out(name.starts_with(prefix) ? name.substr(prefix.size()) : name);
  for (char& c : out) c = c == '_' ? '-' : static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return out;
}

std::vector<std::string> head_of(Entity::KindCase kind) {
  switch (kind) {
    case Entity::kIdentity:
      return {"ID", "CLASS", "STATUS", "OWNER", "ENVIRONMENT", "SEGMENT", "LABELS"};
    case Entity::kOwner:
      return {"ID", "KIND", "LIVE", "CONTACT"};
    case Entity::kRegistration:
      return {"ID", "SPIFFE ID", "PARENT", "SELECTORS"};
    case Entity::kNode:
      return {"ID", "ATTESTED BY", "CERTIFICATE UNTIL", "BANNED"};
    case Entity::kResource:
      return {"TYPE", "ID", "OWNER", "ENVIRONMENT", "SEGMENT", "ATTRIBUTES"};
    case Entity::kSegment:
      return {"ID", "DESCRIPTION"};
    case Entity::kFlow:
      return {"FROM", "TO", "ACTION"};
    case Entity::kPolicySet:
      return {"NAME", "VERSION", "FILES", "SHA-256"};
    case Entity::kRevocation:
      return {"KIND", "ID", "SINCE", "STANDS", "REASON"};
    case Entity::kKeySlot:
      return {"ID", "KIND", "STATUS", "KEY ID", "UNTIL"};
    case Entity::kJoinToken:
      return {"SHA-256", "NODE", "UNTIL", "USED"};
    case Entity::KIND_NOT_SET:
      break;
  }
  return {};
}

std::vector<std::string> row_of(const Entity& e) {
  using namespace fact::v1;
  switch (e.kind_case()) {
    case Entity::kIdentity:
      return {e.identity().id(),
              short_name(IdentityClass_Name(e.identity().identity_class()), "IDENTITY_CLASS_"),
              short_name(IdentityStatus_Name(e.identity().status()), "IDENTITY_STATUS_"),
              e.identity().owner(),
              e.identity().environment(),
              e.identity().segment(),
              pairs(e.identity().labels())};
    case Entity::kOwner:
      return {e.owner().id(), short_name(OwnerKind_Name(e.owner().kind()), "OWNER_KIND_"),
              e.owner().live() ? "yes" : "no", e.owner().contact()};
    case Entity::kRegistration:
      return {e.registration().id(), e.registration().spiffe_id(), e.registration().parent(),
              joined(e.registration().selectors())};
    case Entity::kNode:
      return {e.node().id(), e.node().attestation_type(),
              time_text(e.node().certificate_expires_us()), e.node().banned() ? "yes" : "no"};
    case Entity::kResource:
      return {e.resource().type(),        e.resource().id(),      e.resource().owner(),
              e.resource().environment(), e.resource().segment(), pairs(e.resource().attributes())};
    case Entity::kSegment:
      return {e.segment().id(), e.segment().description()};
    case Entity::kFlow:
      return {e.flow().from(), e.flow().to(), e.flow().action()};
    case Entity::kPolicySet: {
      std::vector<std::string> names;
      for (const PolicyFile& file : e.policy_set().files()) names.push_back(file.name());
      return {e.policy_set().name(), std::to_string(e.policy_set().version()), joined(names),
              codec::encode_hex(as_bytes(e.policy_set().sha256()))};
    }
    case Entity::kRevocation:
      return {short_name(RevocationKind_Name(e.revocation().kind()), "REVOCATION_KIND_"),
              e.revocation().id(), time_text(e.revocation().not_before_us()),
              e.revocation().lifted() ? "for older credentials" : "yes", e.revocation().reason()};
    case Entity::kKeySlot:
      return {e.key_slot().id(), short_name(KeyKind_Name(e.key_slot().kind()), "KEY_KIND_"),
              short_name(KeyStatus_Name(e.key_slot().status()), "KEY_STATUS_"),
              e.key_slot().key_id(), time_text(e.key_slot().not_after_us())};
    case Entity::kJoinToken:
      return {codec::encode_hex(as_bytes(e.join_token().sha256())), e.join_token().node(),
              time_text(e.join_token().expires_us()), e.join_token().consumed() ? "yes" : "no"};
    case Entity::KIND_NOT_SET:
      break;
  }
  return {};
}

void append_escaped(std::string& out, char c) {
  out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
}

// How many bytes at the front of UTF-8 are a character that must not reach a terminal or end a line
// for some reader: C0 and C1 controls (U+0000-1F, 7F-9F), U+2028 and U+2029.
std::size_t control_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x20 || byte(0) == 0x7f) return 1;
  if (byte(0) == 0xc2 && byte(1) < 0xa0) return 2;
  if (text.starts_with("\xe2\x80\xa8") || text.starts_with("\xe2\x80\xa9")) return 3;
  return 0;
}

void append_printable(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = control_size(text);
    for (std::size_t i = 0; i < size; ++i) append_escaped(out, text[i]);
    if (size == 0) out += text.front();
    text.remove_prefix(size == 0 ? 1 : size);
  }
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view valid = text.substr(0, codec::valid_utf8_prefix(text));
    append_printable(out, valid);
    text.remove_prefix(valid.size());
    if (text.empty()) break;
    append_escaped(out, text.front());
    text.remove_prefix(1);
  }
  return out;
}

std::string Table::text() const {
  std::vector<std::size_t> widths(rows_.front().size());
  std::vector<std::vector<std::string>> cells;
  for (const auto& row : rows_) {
    cells.emplace_back();
    for (std::size_t i = 0; i < widths.size(); ++i) {
      cells.back().push_back(i < row.size() && !row[i].empty() ? printable(row[i]) : "-");
      widths[i] = std::max(widths[i], cells.back()[i].size());
    }
  }
  std::string out;
  for (const auto& row : cells) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += i + 1 == row.size() ? row[i] : fmt::format("{:<{}}  ", row[i], widths[i]);
    }
    out += line + "\n";
  }
  out.pop_back();
  return out;
}

Result<std::string> to_json(const google::protobuf::MessageLite& message) {
  const auto* full = dynamic_cast<const google::protobuf::Message*>(&message);
  if (full == nullptr) return make_error(ErrorCode::kInternal, "the message has no description");
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string out;
  const auto status = google::protobuf::util::MessageToJsonString(*full, &out, options);
  if (!status.ok()) return make_error(ErrorCode::kInternal, "{}", std::string(status.message()));
  return out;
}

Table entity_table(const std::vector<Entity>& entities) {
  if (entities.empty()) return Table({"none"});
  Table table(head_of(entities.front().kind_case()));
  for (const Entity& entity : entities) table.add(row_of(entity));
  return table;
}

std::string time_text(std::int64_t time_us) {
  if (time_us == 0) return "-";
  return codec::format_rfc3339(WallTime(std::chrono::microseconds(time_us)));
}

void print_line(std::string_view text) {
  (void)std::fwrite(text.data(), 1, text.size(), stdout);
  (void)std::fputc('\n', stdout);
}

}  // namespace ward::cli
