// The truth for double, from MPFR at 200 bits by the textbook formulas.
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
  /// Any finite bit pattern at all.
  double pattern() {
    for (;;) {
      double const z = std::bit_cast<double>(bits());
      if (std::isfinite(z)) {
        return z;
      }
    }
  }
  /// |z| from 2^-12 to 2^10, each power of two as often.
  double where_functions_bend() {
    std::uint64_t const exponent = 1023 - 12 + bits() % 22;
    return std::bit_cast<double>((bits() & 0x800fffffffffffffu) | (exponent << 52));
  }
};

/// A number of 200 bits.
class wide {
public:
  wide() { mpfr_init2(x_, 200); }
  explicit wide(double d) : wide() { mpfr_set_d(x_, d, MPFR_RNDN); }
  ~wide() { mpfr_clear(x_); }
  wide(wide const&) = delete;
  wide& operator=(wide const&) = delete;
  mpfr_ptr get() { return x_; }
  /// To 64 bits: an error of 2^-11 ulp of a double.
  [[nodiscard]] long double rounded() const { return mpfr_get_ld(x_, MPFR_RNDN); }

private:
  mpfr_t x_;
};

/// e^-|k z| and 1 + e^-|k z|.
struct exponential {
  wide e;
  wide d;
  exponential(double z, int k) {
    wide x(z < 0 ? z : -z);
    mpfr_mul_si(x.get(), x.get(), k, MPFR_RNDN);
    mpfr_exp(e.get(), x.get(), MPFR_RNDN);
    mpfr_add_ui(d.get(), e.get(), 1, MPFR_RNDN);
  }
  long double slope(int factor) { // factor e / d^2
    wide s;
    mpfr_div(s.get(), e.get(), d.get(), MPFR_RNDN);
    mpfr_div(s.get(), s.get(), d.get(), MPFR_RNDN);
    mpfr_mul_si(s.get(), s.get(), factor, MPFR_RNDN);
    return s.rounded();
  }
};

template <class A> truth<long double> mpfr_exact(A const& act, double z) { // exact in long double already
  return exact(act, static_cast<long double>(z));
}
inline truth<long double> mpfr_exact(satur::sigmoid const& act, double z) {
  if (!std::isfinite(z)) {
    return exact(act, static_cast<long double>(z));
  }
  exponential x(z, 1);
  wide y;
  z < 0 ? mpfr_div(y.get(), x.e.get(), x.d.get(), MPFR_RNDN) : mpfr_ui_div(y.get(), 1, x.d.get(), MPFR_RNDN);
  return {y.rounded(), x.slope(1)};
}
inline truth<long double> mpfr_exact(satur::tanh const& act, double z) {
  if (!std::isfinite(z)) {
    return exact(act, static_cast<long double>(z));
  }
  wide y(z);
  mpfr_tanh(y.get(), y.get(), MPFR_RNDN);
  return {y.rounded(), exponential(z, 2).slope(4)};
}
inline truth<long double> mpfr_exact(satur::centered_sigmoid const& act, double z) {
  if (!std::isfinite(z)) {
    return exact(act, static_cast<long double>(z));
  }
  wide y(z);
  mpfr_div_2ui(y.get(), y.get(), 1, MPFR_RNDN);
  mpfr_tanh(y.get(), y.get(), MPFR_RNDN);
  mpfr_div_2ui(y.get(), y.get(), 1, MPFR_RNDN);
  return {y.rounded(), exponential(z, 1).slope(1)};
}
inline truth<long double> mpfr_exact(satur::softsign const& act, double z) {
  if (!std::isfinite(z)) {
    return exact(act, static_cast<long double>(z));
  }
  wide d(std::fabs(z));
  mpfr_add_ui(d.get(), d.get(), 1, MPFR_RNDN);
  wide y(z);
  mpfr_div(y.get(), y.get(), d.get(), MPFR_RNDN);
  wide s;
  mpfr_sqr(s.get(), d.get(), MPFR_RNDN);
  mpfr_ui_div(s.get(), 1, s.get(), MPFR_RNDN);
  return {y.rounded(), s.rounded()};
}

} // namespace test
