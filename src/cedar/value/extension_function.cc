#include "cedar/value/extension_function.h"

#include <algorithm>
#include <array>
#include <functional>

namespace ward::cedar {
namespace {

using Function = ExtensionFunction;
using Outcome = std::variant<Value, ExtensionError>;
using Arguments = std::span<const Value>;

// INVARIANT: in the order of ExtensionFunction.
constexpr std::array<ExtensionSignature, 22> kSignatures = {{
    {Function::kDecimal, "decimal", false, 1},
    {Function::kIp, "ip", false, 1},
    {Function::kDatetime, "datetime", false, 1},
    {Function::kDuration, "duration", false, 1},
    {Function::kLessThan, "lessThan", true, 2},
    {Function::kLessThanOrEqual, "lessThanOrEqual", true, 2},
    {Function::kGreaterThan, "greaterThan", true, 2},
    {Function::kGreaterThanOrEqual, "greaterThanOrEqual", true, 2},
    {Function::kIsIpv4, "isIpv4", true, 1},
    {Function::kIsIpv6, "isIpv6", true, 1},
    {Function::kIsLoopback, "isLoopback", true, 1},
    {Function::kIsMulticast, "isMulticast", true, 1},
    {Function::kIsInRange, "isInRange", true, 2},
    {Function::kOffset, "offset", true, 2},
    {Function::kDurationSince, "durationSince", true, 2},
    {Function::kToDate, "toDate", true, 1},
    {Function::kToTime, "toTime", true, 1},
    {Function::kToMilliseconds, "toMilliseconds", true, 1},
    {Function::kToSeconds, "toSeconds", true, 1},
    {Function::kToMinutes, "toMinutes", true, 1},
    {Function::kToHours, "toHours", true, 1},
    {Function::kToDays, "toDays", true, 1},
}};

constexpr bool in_enum_order() {
  for (std::size_t i = 0; i < kSignatures.size(); ++i) {
    if (static_cast<std::size_t>(kSignatures[i].function) != i) return false;
  }
  return true;
}
static_assert(in_enum_order());

ExtensionError failed(std::string message) {
  return {ExtensionError::Kind::kFailed, std::move(message)};
}

// `constructor` is what makes a value of the type out of a string, for the advice.
ExtensionError type_error(std::string_view expected, std::string_view constructor,
                          const Value& got) {
  std::string message = fmt::format("expected {}, got {}", expected, value_kind_name(got.kind()));
  if (got.if_string() != nullptr && !constructor.empty()) {
    message += fmt::format(" (did you forget to apply `{}`?)", constructor);
  }
  return {ExtensionError::Kind::kTypeError, std::move(message)};
}

template <typename T>
Outcome construct(const Value& argument) {
  const std::string* text = argument.if_string();
  if (text == nullptr) return type_error("string", "", argument);
  auto parsed = T::parse(*text);
  if (!parsed.ok()) return failed(parsed.error().message());
  return Value(std::move(parsed).value());
}

// Takes the arguments apart as decimals and hands them on.
template <typename F>
Outcome on_decimals(Arguments arguments, F compare) {
  const Decimal* left = arguments[0].if_decimal();
  if (left == nullptr) return type_error("decimal", "decimal", arguments[0]);
  const Decimal* right = arguments[1].if_decimal();
  if (right == nullptr) return type_error("decimal", "decimal", arguments[1]);
  return Value(static_cast<bool>(compare(*left, *right)));
}

template <typename F>
Outcome on_ip(Arguments arguments, F test) {
  const IpAddress* ip = arguments[0].if_ip();
  if (ip == nullptr) return type_error("ipaddr", "ip", arguments[0]);
  return Value(static_cast<bool>(test(*ip)));
}

template <typename F>
Outcome on_datetime(Arguments arguments, F get) {
  const Datetime* datetime = arguments[0].if_datetime();
  if (datetime == nullptr) return type_error("datetime", "datetime", arguments[0]);
  return get(*datetime);
}

template <typename F>
Outcome on_duration(Arguments arguments, F get) {
  const Duration* duration = arguments[0].if_duration();
  if (duration == nullptr) return type_error("duration", "duration", arguments[0]);
  return Value(get(*duration));
}

Outcome is_in_range(Arguments arguments) {
  const IpAddress* range = arguments[1].if_ip();
  // The receiver's type is looked at first, as everywhere.
  if (range == nullptr && arguments[0].if_ip() != nullptr) {
    return type_error("ipaddr", "ip", arguments[1]);
  }
  return on_ip(arguments, [&](const IpAddress& ip) { return ip.is_in_range(*range); });
}

Outcome offset(Datetime datetime, const Value& by) {
  const Duration* duration = by.if_duration();
  if (duration == nullptr) return type_error("duration", "duration", by);
  if (const auto moved = datetime.offset(*duration)) return Value(*moved);
  return failed(fmt::format("overflow when adding {} to a datetime of {} ms since the epoch",
                            duration->text(), datetime.epoch_ms()));
}

Outcome duration_since(Datetime datetime, const Value& earlier) {
  const Datetime* other = earlier.if_datetime();
  if (other == nullptr) return type_error("datetime", "datetime", earlier);
  if (const auto difference = datetime.since(*other)) return Value(*difference);
  return failed(fmt::format("overflow in the time between datetimes of {} ms and {} ms",
                            datetime.epoch_ms(), other->epoch_ms()));
}

Outcome to_date(Datetime datetime) {
  if (const auto date = datetime.date()) return Value(*date);
  return failed(fmt::format("overflow in the date of a datetime of {} ms since the epoch",
                            datetime.epoch_ms()));
}

Outcome call_checked(Function function, Arguments arguments) {
  switch (function) {
    case Function::kDecimal:
      return construct<Decimal>(arguments[0]);
    case Function::kIp:
      return construct<IpAddress>(arguments[0]);
    case Function::kDatetime:
      return construct<Datetime>(arguments[0]);
    case Function::kDuration:
      return construct<Duration>(arguments[0]);
    case Function::kLessThan:
      return on_decimals(arguments, std::less<>());
    case Function::kLessThanOrEqual:
      return on_decimals(arguments, std::less_equal<>());
    case Function::kGreaterThan:
      return on_decimals(arguments, std::greater<>());
    case Function::kGreaterThanOrEqual:
      return on_decimals(arguments, std::greater_equal<>());
    case Function::kIsIpv4:
      return on_ip(arguments, std::mem_fn(&IpAddress::is_ipv4));
    case Function::kIsIpv6:
      return on_ip(arguments, std::mem_fn(&IpAddress::is_ipv6));
    case Function::kIsLoopback:
      return on_ip(arguments, std::mem_fn(&IpAddress::is_loopback));
    case Function::kIsMulticast:
      return on_ip(arguments, std::mem_fn(&IpAddress::is_multicast));
    case Function::kIsInRange:
      return is_in_range(arguments);
    case Function::kOffset:
      return on_datetime(arguments, [&](Datetime at) { return offset(at, arguments[1]); });
    case Function::kDurationSince:
      return on_datetime(arguments, [&](Datetime at) { return duration_since(at, arguments[1]); });
    case Function::kToDate:
      return on_datetime(arguments, to_date);
    case Function::kToTime:
      return on_datetime(arguments, [](Datetime at) -> Outcome { return Value(at.time_of_day()); });
    case Function::kToMilliseconds:
      return on_duration(arguments, std::mem_fn(&Duration::ms));
    case Function::kToSeconds:
      return on_duration(arguments, std::mem_fn(&Duration::seconds));
    case Function::kToMinutes:
      return on_duration(arguments, std::mem_fn(&Duration::minutes));
    case Function::kToHours:
      return on_duration(arguments, std::mem_fn(&Duration::hours));
    case Function::kToDays:
      return on_duration(arguments, std::mem_fn(&Duration::days));
  }
  WARD_UNREACHABLE();
}

}  // namespace

std::span<const ExtensionSignature> extension_signatures() {
  return kSignatures;
}

const ExtensionSignature& extension_signature(ExtensionFunction function) {
  return kSignatures[static_cast<std::size_t>(function)];
}

const ExtensionSignature* find_extension_function(std::string_view name) {
  const auto it = std::ranges::find(kSignatures, name, &ExtensionSignature::name);
  return it == kSignatures.end() ? nullptr : &*it;
}

std::variant<Value, ExtensionError> call_extension(ExtensionFunction function,
                                                   std::span<const Value> arguments) {
  const ExtensionSignature& signature = extension_signature(function);
  if (arguments.size() != signature.arity) {
    // A method's receiver is not what its caller counts.
    const std::size_t hidden = signature.is_method ? 1 : 0;
    return ExtensionError{
        ExtensionError::Kind::kWrongNumArguments,
        fmt::format("`{}` takes {} argument{}, got {}", signature.name, signature.arity - hidden,
                    signature.arity - hidden == 1 ? "" : "s", arguments.size() - hidden)};
  }
  return call_checked(function, arguments);
}

}  // namespace ward::cedar
