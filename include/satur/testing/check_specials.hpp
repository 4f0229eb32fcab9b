/// \file testing/check_specials.hpp  Checks NaN, infinity, zeros, overflow and floating-point flags.
#pragma once

#include "satur/testing/examined.hpp"

#include <cfenv>
#include <cmath>
#include <limits>

namespace satur::inline SATUR_ABI::testing::detail {

template <class T, class A> void check_specials(examined<T, A>& e) {
  T const nan = unseen(std::numeric_limits<T>::quiet_NaN());
  char const* const lost =
      "(std::max)(z, 0), a clamp, or z > 0 ? z : 0 drops NaN: choose so that z comes back where z != z";
  e.found.require(satur::detail::is_nan(e.value(nan)), "NaN goes through the value", nan, e.value(nan), nan, 0.0, "",
                  lost);
  e.found.require(satur::detail::is_nan(e.slope(nan)), "NaN goes through the slope", nan, e.slope(nan), nan, 0.0, "",
                  lost);
  T const infinity = unseen(std::numeric_limits<T>::infinity());
  for (T const z : {-infinity, infinity}) {
    if (!e.options.limits) {
      break;
    }
    char const* const why = "inf/inf, inf - inf or 0*inf: take e^-|z|, and choose the limit where z is infinite. A "
                            "periodic activation has none: check_options{.limits = false}";
    e.found.require(!satur::detail::is_nan(e.value(z)), "a limit at infinity, of the value", z, e.value(z), "a limit",
                    why);
    e.found.require(!satur::detail::is_nan(e.slope(z)) &&
                        (satur::detail::is_finite_number(e.slope(z)) || e.options.may_overflow),
                    "a limit at infinity, of the slope", z, e.slope(z), "a finite limit", why);
  }
  // One number at a time: the flags must be those of this number.
  for (T const z : e.points) {
    std::feclearexcept(FE_ALL_EXCEPT);
    T const y = e.value(z);
    T const d = e.slope(z);
    bool const overflow = std::fetestexcept(FE_OVERFLOW) != 0;
    bool const invalid = std::fetestexcept(FE_INVALID) != 0;
    bool const excused = e.options.may_overflow && (satur::detail::is_infinite(y) || satur::detail::is_infinite(d));
    char const* const why = "an intermediate is too large, such as e^z, z^2 or 1 + e^z: take e^-|z|, or divide first";
    e.found.require(satur::detail::is_finite_number(y) || excused, "a finite z has a finite value", z, y, "a number",
                    why);
    e.found.require(satur::detail::is_finite_number(d) || excused, "a finite z has a finite slope", z, d, "a number",
                    why);
    if (satur::detail::is_finite_number(y) && satur::detail::is_finite_number(d)) {
      e.found.require(!invalid && !overflow, "a finite z raises no FE_OVERFLOW or FE_INVALID", z, y, "no flag",
                      "a branch that is not chosen is computed all the same: choose its argument first");
    }
  }
  std::feclearexcept(FE_ALL_EXCEPT);
  T const left = e.value(T(-0.0));
  T const right = e.value(T(0));
  e.found.require(left == right, "f(-0) = f(0)", T(0), left, right, 0.0, "", "1/z, or the sign bit decides");
}

} // namespace satur::inline SATUR_ABI::testing::detail
