#include "cedar/engine/extension_call.h"

#include <functional>

namespace ward::cedar::engine {
namespace {

using Function = ExtensionFunction;
using Kind = Value::Kind;
using Arguments = std::span<const ValueView>;

template <typename T>
bool construct(const ValueView& argument, ValueView& out) {
  if (!argument.is(Kind::kString)) return false;
  const auto parsed = T::parse(argument.text());
  if (parsed.ok()) out = ValueView::of(*parsed);
  return parsed.ok();
}

bool construct_ip(const ValueView& argument, Arena& arena, ValueView& out) {
  if (!argument.is(Kind::kString)) return false;
  const auto parsed = IpAddress::parse(argument.text());
  if (!parsed.ok()) return false;
  IpAddress* made = arena.make<IpAddress>(1, *parsed);
  out = ValueView::of(*made);
  return true;
}

template <typename Compare>
bool on_decimals(Arguments arguments, ValueView& out, Compare compare) {
  if (!arguments[0].is(Kind::kDecimal) || !arguments[1].is(Kind::kDecimal)) return false;
  out = ValueView(static_cast<bool>(compare(arguments[0].number(), arguments[1].number())));
  return true;
}

template <typename Test>
bool on_ip(Arguments arguments, ValueView& out, Test test) {
  if (!arguments[0].is(Kind::kIp)) return false;
  out = ValueView(static_cast<bool>(test(arguments[0].ip())));
  return true;
}

template <typename Get>
bool on_datetime(Arguments arguments, Get get) {
  return arguments[0].is(Kind::kDatetime) && get(Datetime::of_epoch_ms(arguments[0].number()));
}

template <typename Get>
bool on_duration(Arguments arguments, ValueView& out, Get get) {
  if (!arguments[0].is(Kind::kDuration)) return false;
  out = ValueView::of_long(get(Duration::of_ms(arguments[0].number())));
  return true;
}

template <typename T>
bool put(const std::optional<T>& value, ValueView& out) {
  if (value) out = ValueView::of(*value);
  return value.has_value();
}

}  // namespace

bool call(Function function, Arguments arguments, Arena& arena, ValueView& out) {
  if (arguments.size() != extension_signature(function).arity) return false;
  switch (function) {
    case Function::kDecimal:
      return construct<Decimal>(arguments[0], out);
    case Function::kIp:
      return construct_ip(arguments[0], arena, out);
    case Function::kDatetime:
      return construct<Datetime>(arguments[0], out);
    case Function::kDuration:
      return construct<Duration>(arguments[0], out);
    case Function::kLessThan:
      return on_decimals(arguments, out, std::less<>());
    case Function::kLessThanOrEqual:
      return on_decimals(arguments, out, std::less_equal<>());
    case Function::kGreaterThan:
      return on_decimals(arguments, out, std::greater<>());
    case Function::kGreaterThanOrEqual:
      return on_decimals(arguments, out, std::greater_equal<>());
    case Function::kIsIpv4:
      return on_ip(arguments, out, std::mem_fn(&IpAddress::is_ipv4));
    case Function::kIsIpv6:
      return on_ip(arguments, out, std::mem_fn(&IpAddress::is_ipv6));
    case Function::kIsLoopback:
      return on_ip(arguments, out, std::mem_fn(&IpAddress::is_loopback));
    case Function::kIsMulticast:
      return on_ip(arguments, out, std::mem_fn(&IpAddress::is_multicast));
    case Function::kIsInRange:
      return arguments[1].is(Kind::kIp) && on_ip(arguments, out, [&](const IpAddress& ip) {
               return ip.is_in_range(arguments[1].ip());
             });
    case Function::kOffset:
      return arguments[1].is(Kind::kDuration) && on_datetime(arguments, [&](Datetime at) {
               return put(at.offset(Duration::of_ms(arguments[1].number())), out);
             });
    case Function::kDurationSince:
      return arguments[1].is(Kind::kDatetime) && on_datetime(arguments, [&](Datetime at) {
               return put(at.since(Datetime::of_epoch_ms(arguments[1].number())), out);
             });
    case Function::kToDate:
      return on_datetime(arguments, [&](Datetime at) { return put(at.date(), out); });
    case Function::kToTime:
      return on_datetime(arguments,
                         [&](Datetime at) { return put(std::optional(at.time_of_day()), out); });
    case Function::kToMilliseconds:
      return on_duration(arguments, out, std::mem_fn(&Duration::ms));
    case Function::kToSeconds:
      return on_duration(arguments, out, std::mem_fn(&Duration::seconds));
    case Function::kToMinutes:
      return on_duration(arguments, out, std::mem_fn(&Duration::minutes));
    case Function::kToHours:
      return on_duration(arguments, out, std::mem_fn(&Duration::hours));
    case Function::kToDays:
      return on_duration(arguments, out, std::mem_fn(&Duration::days));
  }
  WARD_UNREACHABLE();
}

}  // namespace ward::cedar::engine
