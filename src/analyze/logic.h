// Formulas with the obvious taken out, so that what is known without the solver is known early.
// Private to analyze/.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "analyze/domain.h"

namespace ward::analyze {

// Of 64 bits, signed: dividend = quotient * divisor + rest.
struct Division {
  cvc::Term quotient;  // rounded down
  cvc::Term rest;      // 0 <= rest < divisor
};

class Logic {
 public:
  explicit Logic(cvc::Solver& solver)
      : solver_(solver), yes_(solver.mkTrue()), no_(solver.mkFalse()) {}

  cvc::Solver& solver() { return solver_; }
  const cvc::Term& yes() const { return yes_; }
  const cvc::Term& no() const { return no_; }
  const cvc::Term& constant(bool value) const { return value ? yes_ : no_; }
  bool is_yes(const cvc::Term& term) const { return term == yes_; }
  bool is_no(const cvc::Term& term) const { return term == no_; }

  cvc::Term term(cvc::Kind kind, const std::vector<cvc::Term>& parts) {
    return solver_.mkTerm(kind, parts);
  }

  cvc::Term negation(const cvc::Term& a) {
    if (a == yes_) return no_;
    if (a == no_) return yes_;
    return a.getKind() == cvc::NOT ? a[0] : term(cvc::NOT, {a});
  }
  cvc::Term both(const cvc::Term& a, const cvc::Term& b) {
    if (a == no_ || b == no_) return no_;
    if (a == yes_ || a == b) return b;
    return b == yes_ ? a : term(cvc::AND, {a, b});
  }
  cvc::Term either(const cvc::Term& a, const cvc::Term& b) {
    if (a == yes_ || b == yes_) return yes_;
    if (a == no_ || a == b) return b;
    return b == no_ ? a : term(cvc::OR, {a, b});
  }
  cvc::Term implies(const cvc::Term& a, const cvc::Term& b) { return either(negation(a), b); }
  // Of any sort, the same for both.
  cvc::Term choice(const cvc::Term& test, const cvc::Term& a, const cvc::Term& b) {
    if (test == yes_ || a == b) return a;
    return test == no_ ? b : term(cvc::ITE, {test, a, b});
  }
  cvc::Term equal(const cvc::Term& a, const cvc::Term& b) {
    return a == b ? yes_ : term(cvc::EQUAL, {a, b});
  }

  // Terms of their own, which facts() define.
  // PERF: as BITVECTOR_SREM and BITVECTOR_SDIV, which become circuits that divide, the questions of
  // extension_test.cc about times took 20 s instead of 0.8 s.
  Division divide(const cvc::Term& dividend, std::int64_t divisor);
  // True of every request; to be asserted with what was made here.
  const std::vector<cvc::Term>& facts() const { return facts_; }

 private:
  cvc::Term extended(cvc::Kind kind, const cvc::Term& term, std::uint32_t width);

  cvc::Solver& solver_;
  cvc::Term yes_;
  cvc::Term no_;
  std::map<std::pair<cvc::Term, std::int64_t>, Division> divisions_;
  std::vector<cvc::Term> facts_;
};

}  // namespace ward::analyze
