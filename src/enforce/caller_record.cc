#include "enforce/caller_record.h"

#include <utility>
#include <vector>

#include "base/check.h"

namespace ward::enforce {
namespace {

using codec::Json;
using codec::JsonView;

Result<cedar::Value> caller_value(JsonView json) {
  switch (json.kind()) {
    case Json::Kind::kNull:
      return invalid_argument("expected a value, got null");
    case Json::Kind::kBool:
      return cedar::Value(*json.if_bool());
    case Json::Kind::kInteger:
      return cedar::Value(*json.if_integer());
    case Json::Kind::kUnsigned:
      return invalid_argument("expected an integer of 64 bits, got `{}`", *json.if_unsigned());
    case Json::Kind::kDouble: {
      WARD_TRY(const cedar::Decimal decimal,
               cedar::Decimal::parse(codec::write_json(*json.if_double())));
      return cedar::Value(decimal);
    }
    case Json::Kind::kString:
      return cedar::Value(*json.if_string());
    case Json::Kind::kArray: {
      std::vector<cedar::Value> elements;
      for (const JsonView item : json.items()) {
        WARD_TRY(cedar::Value element, caller_value(item));
        elements.push_back(std::move(element));
      }
      return cedar::Value(cedar::Set(std::move(elements)));
    }
    case Json::Kind::kObject: {
      WARD_TRY(cedar::Record record, caller_record(json));
      return cedar::Value(std::move(record));
    }
  }
  WARD_UNREACHABLE();
}

}  // namespace

Result<cedar::Record> caller_record(JsonView object) {
  std::vector<cedar::Field> fields;
  for (const JsonView member : object.items()) {
    if (member.kind() == Json::Kind::kNull) continue;
    Result<cedar::Value> value = caller_value(member);
    if (!value.ok()) return value.error().in(fmt::format("`{}`", member.name()));
    fields.push_back({.name = std::string(member.name()), .value = std::move(value).value()});
  }
  return cedar::Record(std::move(fields));
}

}  // namespace ward::enforce
