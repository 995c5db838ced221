#include "analyze/extension.h"

namespace ward::analyze {
namespace {

using cedar::ExtensionFunction;

constexpr std::int64_t kDayMs = 86'400'000;

cvc::Term count(Logic& logic, std::int64_t value) {
  return logic.solver().mkBitVector(64, static_cast<std::uint64_t>(value));
}

// Rounded toward zero.
cvc::Term quotient(Logic& logic, const cvc::Term& ms, std::int64_t unit_ms) {
  const auto [down, rest] = logic.divide(ms, unit_ms);
  const cvc::Term zero = count(logic, 0);
  const cvc::Term is_below = logic.both(logic.term(cvc::BITVECTOR_SLT, {ms, zero}),
                                        logic.negation(logic.equal(rest, zero)));
  return logic.choice(is_below, logic.term(cvc::BITVECTOR_ADD, {down, count(logic, 1)}), down);
}

// Milliseconds since the last midnight, also before 1970.
cvc::Term ms_of_day(Logic& logic, const cvc::Term& ms) {
  return logic.divide(ms, kDayMs).rest;
}

Encoded difference(Logic& logic, const cvc::Term& a, const cvc::Term& b) {
  return {logic.term(cvc::BITVECTOR_SUB, {a, b}), logic.term(cvc::BITVECTOR_SSUBO, {a, b})};
}

// --- addresses

struct IpTerms {
  Logic& logic;
  cvc::Datatype forms;
  cvc::Term ip;

  IpTerms(Logic& at, Domains& domains, const cvc::Term& term)
      : logic(at),
        forms((*domains.of(cedar::checked_extension(cedar::ExtensionType::kIpaddr)))
                  ->sort.getDatatype()),
        ip(term) {}

  cvc::Term is(IpForm form) const {
    return logic.term(cvc::APPLY_TESTER, {at(form).getTesterTerm(), ip});
  }
  cvc::Term get(IpForm form, std::size_t part) const {
    return logic.term(cvc::APPLY_SELECTOR, {at(form)[part].getTerm(), ip});
  }
  cvc::Term is_v4() const { return logic.either(is(IpForm::kV4), is(IpForm::kV4Range)); }
  cvc::Term is_v6() const { return logic.negation(is_v4()); }

  // Of the family that it is known to be of: address and prefix, both as wide as the address.
  cvc::Term address(bool v4) const {
    return v4 ? logic.choice(is(IpForm::kV4), get(IpForm::kV4, 0), get(IpForm::kV4Range, 0))
              : logic.choice(is(IpForm::kV6), get(IpForm::kV6, 0), get(IpForm::kV6Range, 0));
  }
  cvc::Term prefix(bool v4) const {
    const IpForm range = v4 ? IpForm::kV4Range : IpForm::kV6Range;
    const cvc::Op extend =
        logic.solver().mkOp(cvc::BITVECTOR_ZERO_EXTEND, {v4 ? 32u - 5u : 128u - 7u});
    const cvc::Term short_of = logic.solver().mkTerm(extend, {get(range, 1)});
    return logic.choice(is(range), short_of, constant(v4, v4 ? 32 : 128));
  }
  cvc::Term constant(bool v4, std::uint64_t value) const {
    return logic.solver().mkBitVector(v4 ? 32 : 128, std::to_string(value), 10);
  }
  // The topmost `bits` of the address.
  cvc::Term top(bool v4, std::uint32_t bits) const {
    const std::uint32_t width = v4 ? 32 : 128;
    const cvc::Op extract = logic.solver().mkOp(cvc::BITVECTOR_EXTRACT, {width - 1, width - bits});
    return logic.solver().mkTerm(extract, {address(v4)});
  }
  // Whether the address begins with these bits and the prefix is at least as long as them.
  cvc::Term is_within(bool v4, std::uint32_t bits, std::uint64_t wanted) const {
    const cvc::Term begins = logic.equal(top(v4, bits), logic.solver().mkBitVector(bits, wanted));
    const cvc::Term is_narrow = logic.term(cvc::BITVECTOR_UGE, {prefix(v4), constant(v4, bits)});
    return logic.both(begins, is_narrow);
  }

 private:
  cvc::DatatypeConstructor at(IpForm form) const { return forms[static_cast<std::size_t>(form)]; }
};

cvc::Term is_loopback(Logic& logic, const IpTerms& ip) {
  const cvc::Term is_one =
      logic.both(ip.is(IpForm::kV6), logic.equal(ip.address(false), ip.constant(false, 1)));
  return logic.choice(ip.is_v4(), ip.is_within(true, 8, 127), is_one);
}

cvc::Term is_multicast(Logic& logic, const IpTerms& ip) {
  return logic.choice(ip.is_v4(), ip.is_within(true, 4, 0xe), ip.is_within(false, 8, 0xff));
}

cvc::Term is_in_range(Logic& logic, const IpTerms& ip, const IpTerms& range, bool v4) {
  const cvc::Term ones = logic.term(cvc::BITVECTOR_NOT, {ip.constant(v4, 0)});
  // A shift by the whole width leaves nothing, and then all bits are fixed.
  const cvc::Term host = logic.term(cvc::BITVECTOR_LSHR, {ones, range.prefix(v4)});
  const cvc::Term fixed = logic.term(cvc::BITVECTOR_NOT, {host});
  const cvc::Term differs = logic.term(cvc::BITVECTOR_XOR, {ip.address(v4), range.address(v4)});
  const cvc::Term is_same =
      logic.equal(logic.term(cvc::BITVECTOR_AND, {differs, fixed}), ip.constant(v4, 0));
  return logic.both(logic.term(cvc::BITVECTOR_UGE, {ip.prefix(v4), range.prefix(v4)}), is_same);
}

cvc::Term encode_ip(Logic& logic, Domains& domains, ExtensionFunction method,
                    const std::vector<cvc::Term>& arguments) {
  const IpTerms ip(logic, domains, arguments[0]);
  if (method == ExtensionFunction::kIsIpv4) return ip.is_v4();
  if (method == ExtensionFunction::kIsIpv6) return ip.is_v6();
  if (method == ExtensionFunction::kIsLoopback) return is_loopback(logic, ip);
  if (method == ExtensionFunction::kIsMulticast) return is_multicast(logic, ip);
  const IpTerms range(logic, domains, arguments[1]);
  const cvc::Term both_v4 = logic.both(ip.is_v4(), range.is_v4());
  const cvc::Term both_v6 = logic.both(ip.is_v6(), range.is_v6());
  return logic.either(logic.both(both_v4, is_in_range(logic, ip, range, true)),
                      logic.both(both_v6, is_in_range(logic, ip, range, false)));
}

}  // namespace

Encoded encode_method(Logic& logic, Domains& domains, ExtensionFunction method,
                      const std::vector<cvc::Term>& arguments) {
  const auto compared = [&](cvc::Kind kind) {
    return Encoded{logic.term(kind, arguments), logic.no()};
  };
  const auto divided = [&](std::int64_t unit_ms) {
    return Encoded{quotient(logic, arguments[0], unit_ms), logic.no()};
  };
  switch (method) {
    case ExtensionFunction::kDecimal:
    case ExtensionFunction::kIp:
    case ExtensionFunction::kDatetime:
    case ExtensionFunction::kDuration:
      break;
    case ExtensionFunction::kLessThan:
      return compared(cvc::BITVECTOR_SLT);
    case ExtensionFunction::kLessThanOrEqual:
      return compared(cvc::BITVECTOR_SLE);
    case ExtensionFunction::kGreaterThan:
      return compared(cvc::BITVECTOR_SGT);
    case ExtensionFunction::kGreaterThanOrEqual:
      return compared(cvc::BITVECTOR_SGE);
    case ExtensionFunction::kIsIpv4:
    case ExtensionFunction::kIsIpv6:
    case ExtensionFunction::kIsLoopback:
    case ExtensionFunction::kIsMulticast:
    case ExtensionFunction::kIsInRange:
      return {encode_ip(logic, domains, method, arguments), logic.no()};
    case ExtensionFunction::kOffset:
      return {logic.term(cvc::BITVECTOR_ADD, arguments),
              logic.term(cvc::BITVECTOR_SADDO, arguments)};
    case ExtensionFunction::kDurationSince:
      return difference(logic, arguments[0], arguments[1]);
    case ExtensionFunction::kToDate:
      return difference(logic, arguments[0], ms_of_day(logic, arguments[0]));
    case ExtensionFunction::kToTime:
      return {ms_of_day(logic, arguments[0]), logic.no()};
    case ExtensionFunction::kToMilliseconds:
      return {arguments[0], logic.no()};
    case ExtensionFunction::kToSeconds:
      return divided(1000);
    case ExtensionFunction::kToMinutes:
      return divided(60'000);
    case ExtensionFunction::kToHours:
      return divided(3'600'000);
    case ExtensionFunction::kToDays:
      return divided(kDayMs);
  }
  WARD_UNREACHABLE();
}

}  // namespace ward::analyze
