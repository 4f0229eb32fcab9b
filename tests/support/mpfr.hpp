// The truth for double, from MPFR at 160 bits, by the formulas of reference.hpp.
#pragma once

#include "support/reference.hpp"

#include <bit>
#include <cstdint>

#include <mpfr.h>

namespace test {

/// Random z for double (splitmix64).
struct random_doubles {
  std::uint64_t state;

  std::uint64_t bits() {
    std::uint64_t x = (state += 0x9e3779b97f4a7c15u);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  }
  /// Any finite bit pattern.
  double pattern() {
    for (;;) {
      double const z = std::bit_cast<double>(bits());
      if (std::isfinite(z)) {
        return z;
      }
    }
  }
  /// |z| from 2^-12 to 2^10, each power of two equally often.
  double where_functions_bend() {
    std::uint64_t const exponent = 1023 - 12 + bits() % 22;
    return std::bit_cast<double>((bits() & 0x800fffffffffffffu) | (exponent << 52));
  }
};

/// A number of 160 bits, with the operators and functions of a floating-point type, for the formulas of
/// reference.hpp.
class wide {
public:
  wide() : wide(0.0) {}
  wide(double d) { // NOLINT: a constant
    hold();
    mpfr_set_d(x_, d, MPFR_RNDN);
  }
  wide(wide const& o) {
    hold();
    mpfr_set(x_, o.x_, MPFR_RNDN);
  }
  wide& operator=(wide const& o) {
    mpfr_set(x_, o.x_, MPFR_RNDN);
    return *this;
  }
  /// To 64 bits: an error of 2^-11 ulp of a double.
  explicit operator long double() const { return mpfr_get_ld(x_, MPFR_RNDN); }
  mpfr_srcptr get() const { return x_; }
  mpfr_ptr get() { return x_; }

#define TEST_WIDE_OPERATOR(op, function)                  \
  friend wide operator op(wide const& a, wide const& b) { \
    wide r;                                               \
    function(r.x_, a.x_, b.x_, MPFR_RNDN);                \
    return r;                                             \
  }
  TEST_WIDE_OPERATOR(+, mpfr_add)
  TEST_WIDE_OPERATOR(-, mpfr_sub)
  TEST_WIDE_OPERATOR(*, mpfr_mul)
  TEST_WIDE_OPERATOR(/, mpfr_div)
#undef TEST_WIDE_OPERATOR
  friend wide operator-(wide const& a) { return 0.0 - a; }
  friend bool operator<(wide const& a, wide const& b) { return mpfr_less_p(a.x_, b.x_) != 0; }
  friend bool operator>(wide const& a, wide const& b) { return mpfr_greater_p(a.x_, b.x_) != 0; }
  friend bool operator<=(wide const& a, wide const& b) { return mpfr_lessequal_p(a.x_, b.x_) != 0; }
  friend bool operator>=(wide const& a, wide const& b) { return mpfr_greaterequal_p(a.x_, b.x_) != 0; }
  friend bool operator==(wide const& a, wide const& b) { return mpfr_equal_p(a.x_, b.x_) != 0; }

private:
  static constexpr mpfr_prec_t digits = 160;
  void hold() { // no allocation, because a sweep creates billions of these
    mpfr_custom_init(limbs_, digits);
    mpfr_custom_init_set(x_, MPFR_ZERO_KIND, 0, digits, limbs_);
  }
  mp_limb_t limbs_[(digits + GMP_NUMB_BITS - 1) / GMP_NUMB_BITS];
  mpfr_t x_;
};

#define TEST_WIDE_FUNCTION(name, function) \
  inline wide name(wide const& a) {        \
    wide r;                                \
    function(r.get(), a.get(), MPFR_RNDN); \
    return r;                              \
  }
TEST_WIDE_FUNCTION(exp, mpfr_exp)
TEST_WIDE_FUNCTION(expm1, mpfr_expm1)
TEST_WIDE_FUNCTION(log, mpfr_log)
TEST_WIDE_FUNCTION(log1p, mpfr_log1p)
TEST_WIDE_FUNCTION(tanh, mpfr_tanh)
TEST_WIDE_FUNCTION(atan, mpfr_atan)
TEST_WIDE_FUNCTION(erf, mpfr_erf)
TEST_WIDE_FUNCTION(erfc, mpfr_erfc)
TEST_WIDE_FUNCTION(sqrt, mpfr_sqrt)
TEST_WIDE_FUNCTION(fabs, mpfr_abs)
#undef TEST_WIDE_FUNCTION
inline bool isnan(wide const& a) { return mpfr_nan_p(a.get()) != 0; }
inline bool isinf(wide const& a) { return mpfr_inf_p(a.get()) != 0; }
inline wide copysign(wide const& a, wide const& b) {
  wide r;
  mpfr_copysign(r.get(), a.get(), b.get(), MPFR_RNDN);
  return r;
}

template <class A> truth<long double> mpfr_exact(A const& act, double z) {
  truth<wide> const t = exact(act, wide(z));
  return {static_cast<long double>(t.value), static_cast<long double>(t.slope)};
}

} // namespace test
