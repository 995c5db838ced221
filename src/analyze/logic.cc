#include "analyze/logic.h"

#include <bit>

namespace ward::analyze {

cvc::Term Logic::extended(cvc::Kind kind, const cvc::Term& term, std::uint32_t width) {
  const std::uint32_t more = width - term.getSort().getBitVectorSize();
  return solver_.mkTerm(solver_.mkOp(kind, {more}), {term});
}

Division Logic::divide(const cvc::Term& dividend, std::int64_t divisor) {
  constexpr std::uint32_t kWidth = 64;
  // Wide enough for every quotient times the divisor, so that one pair alone fits.
  constexpr std::uint32_t kWide = 68;
  const auto [it, is_new] = divisions_.try_emplace({dividend, divisor});
  if (!is_new) return it->second;
  const auto bits = static_cast<std::uint32_t>(std::bit_width(static_cast<std::uint64_t>(divisor)));
  const cvc::Term quotient =
      solver_.mkConst(solver_.mkBitVectorSort(kWidth + 2 - bits), "quotient");
  const cvc::Term rest = solver_.mkConst(solver_.mkBitVectorSort(bits), "rest");
  const cvc::Term whole =
      term(cvc::BITVECTOR_MULT, {extended(cvc::BITVECTOR_SIGN_EXTEND, quotient, kWide),
                                 solver_.mkBitVector(kWide, static_cast<std::uint64_t>(divisor))});
  const cvc::Term sum =
      term(cvc::BITVECTOR_ADD, {whole, extended(cvc::BITVECTOR_ZERO_EXTEND, rest, kWide)});
  facts_.push_back(equal(extended(cvc::BITVECTOR_SIGN_EXTEND, dividend, kWide), sum));
  facts_.push_back(term(cvc::BITVECTOR_ULT,
                        {rest, solver_.mkBitVector(bits, static_cast<std::uint64_t>(divisor))}));
  it->second = {extended(cvc::BITVECTOR_SIGN_EXTEND, quotient, kWidth),
                extended(cvc::BITVECTOR_ZERO_EXTEND, rest, kWidth)};
  return it->second;
}

}  // namespace ward::analyze
