// Values as Cedar expressions; declared in value.h.
#include "cedar/value/identifier.h"
#include "cedar/value/value.h"

namespace ward::cedar {
namespace {

void append_call(std::string& out, std::string_view function, std::string_view argument) {
  out += function;
  out += '(';
  append_quoted(out, argument);
  out += ')';
}

void append_datetime(std::string& out, Datetime value) {
  if (const auto text = value.text()) return append_call(out, "datetime", *text);
  // Years that datetime() cannot spell are an offset from the epoch, as the reference writes them.
  append_call(out, "datetime", "1970-01-01");
  out += ".offset(";
  append_call(out, "duration", Duration::of_ms(value.epoch_ms()).text());
  out += ')';
}

void append_set(std::string& out, const Set& set) {
  out += '[';
  bool first = true;
  for (const Value& element : set.elements()) {
    if (!first) out += ", ";
    first = false;
    append_text(out, element);
  }
  out += ']';
}

void append_record(std::string& out, const Record& record) {
  out += '{';
  bool first = true;
  for (const Field& field : record.fields()) {
    if (!first) out += ", ";
    first = false;
    append_quoted(out, field.name);
    out += ": ";
    append_text(out, field.value);
  }
  out += '}';
}

}  // namespace

void append_text(std::string& out, const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kBool:
      out += *value.if_bool() ? "true" : "false";
      return;
    case Value::Kind::kLong:
      out += std::to_string(*value.if_long());
      return;
    case Value::Kind::kString:
      return append_quoted(out, *value.if_string());
    case Value::Kind::kEntity:
      out += value.if_entity()->text();
      return;
    case Value::Kind::kSet:
      return append_set(out, *value.if_set());
    case Value::Kind::kRecord:
      return append_record(out, *value.if_record());
    case Value::Kind::kDecimal:
      return append_call(out, "decimal", value.if_decimal()->text());
    case Value::Kind::kIp:
      return append_call(out, "ip", value.if_ip()->text());
    case Value::Kind::kDatetime:
      return append_datetime(out, *value.if_datetime());
    case Value::Kind::kDuration:
      return append_call(out, "duration", value.if_duration()->text());
  }
  WARD_UNREACHABLE();
}

std::string to_text(const Value& value) {
  std::string out;
  append_text(out, value);
  return out;
}

}  // namespace ward::cedar
