// What every activation must keep, whatever its formula: one suite for all. Each part returns what it found wrong, so
// that a test can also show that it finds something wrong with a wrong activation.
#pragma once

#include "support/dual.hpp"
#include "support/ulp.hpp"

#include "satur/diagnostic.hpp"

#include <bit>
#include <cfenv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace test {

using complaints = std::vector<std::string>;

template <class... Parts> void complain(complaints& found, Parts const&... parts) {
  std::ostringstream out;
  out.precision(17);
  (out << ... << parts);
  found.push_back(out.str());
}

template <class T> bool same_bits(T a, T b) {
  return (std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, sizeof(float) < sizeof(T) ? 8 : 4) == 0;
}

/// Points where activations bend, their neighbours, and far out.
template <class T> std::vector<T> points() {
  std::vector<T> z;
  for (double const x : {1e-300, 1e-40, 1e-20, 1e-10, 1e-5,  0.01,  0.1, 0.25, 0.3,  0.35, 0.5,  0.7,  1.0,
                         1.5,    2.0,   2.5,   3.0,   4.0,   5.0,   7.0, 9.0,  12.0, 16.6, 20.0, 40.0, 80.0,
                         87.5,   100.0, 103.9, 300.0, 700.0, 745.0, 1e4, 1e10, 1e19, 1e22, 1e30}) {
    z.push_back(static_cast<T>(x));
    z.push_back(static_cast<T>(-x));
  }
  return z;
}

/// Random bit patterns, NaN and infinity among them.
template <class T> std::vector<T> patterns(std::size_t n) {
  std::vector<T> z(n);
  std::uint64_t s = 99;
  for (T& e : z) {
    s = s * 6364136223846793005u + 1442695040888963407u;
    std::uint64_t const x = s ^ (s >> 29);
    if constexpr (sizeof(T) == 4) {
      e = std::bit_cast<float>(static_cast<std::uint32_t>(x >> 13));
    } else {
      e = std::bit_cast<double>(x);
    }
    if ((x & 3u) != 0) { // three in four where it matters
      e = static_cast<T>(static_cast<double>(x >> 11) * 0x1p-53 * 60.0 - 30.0);
    }
  }
  return z;
}

/// Distance from z to the nearest stated kink.
template <class A> double from_kink(A const& act, double z) {
  double nearest = HUGE_VAL;
  if constexpr (satur::has_kinks<A>) {
    for (double const k : act.kinks()) {
      nearest = std::min(nearest, std::fabs(z - k));
    }
  }
  static_cast<void>(act), static_cast<void>(z);
  return nearest;
}

template <class A> complaints derivative_agrees(A const& act) {
  complaints found;
  for (double const z : points<double>()) {
    if (from_kink(act, z) < 1e-4) {
      continue;
    }
    double const slope = act.derivative(z);
    dual const by_rules = act.value(dual::variable(z));
    if (std::fabs(z) < 300.0 && ulp_error(slope, static_cast<long double>(by_rules.d)) > 4.0 &&
        std::fabs(by_rules.d) > 1e-290) {
      complain(found, "derivative(", z, ") = ", slope, ", the dual number says ", by_rules.d);
    }
    if (std::fabs(z) > 0.005 && std::fabs(z) < 9.0) {
      double const h = 1e-5;
      double const difference = (act.value(z + h) - act.value(z - h)) / (2.0 * h);
      if (std::fabs(slope - difference) > 1e-8) {
        complain(found, "derivative(", z, ") = ", slope, ", finite differences say ", difference);
      }
    }
  }
  return found;
}

template <class T, class A> complaints facts_hold(A const& act) {
  complaints found;
  T const infinity = std::numeric_limits<T>::infinity();
  auto const as_stated = [](T limit, double stated) {
    return static_cast<double>(limit) == static_cast<double>(static_cast<T>(stated));
  };
  if (!as_stated(act.value(-infinity), act.lower()) || !as_stated(act.value(infinity), act.upper())) {
    complain(found, "limits are ", act.value(-infinity), " and ", act.value(infinity), ", stated: ", act.lower(),
             " and ", act.upper());
  }
  if (!std::isfinite(act.derivative(-infinity)) || !std::isfinite(act.derivative(infinity))) {
    complain(found, "a slope at infinity is not finite");
  }
  if ((act.derivative(-infinity) == T(0)) != act.flat_left || (act.derivative(infinity) == T(0)) != act.flat_right) {
    complain(found, "flat sides are not as stated");
  }
  T before = act.value(-infinity);
  double steepest = 0.0;
  std::vector<T> ordered = points<T>();
  for (T z = T(-20); z <= T(20); z += T(1) / T(64)) {
    ordered.push_back(z);
  }
  if constexpr (satur::has_kinks<A>) {
    for (double const k : act.kinks()) { // the steepest slope may be just beside one
      for (double const beside : {k - 1e-4, k, k + 1e-4}) {
        ordered.push_back(static_cast<T>(beside));
      }
    }
  }
  std::sort(ordered.begin(), ordered.end());
  for (T const z : ordered) {
    T const y = act.value(z);
    double least = act.lower();
    bool may_fall = false;
    if constexpr (satur::has_minimum<A>) {
      least = act.minimum();
      may_fall = static_cast<double>(z) <= act.minimum_at() + 1.0 / 64.0;
    }
    if (!(y >= before) && !may_fall) {
      complain(found, "value falls at ", z);
    }
    before = y;
    if (static_cast<double>(y) < least - 4e-8 * std::fabs(least) || static_cast<double>(y) > act.upper()) {
      complain(found, "value(", z, ") = ", y, " is outside the limits");
    }
    steepest = std::max(steepest, std::fabs(static_cast<double>(act.derivative(z))));
  }
  if (std::fabs(steepest - act.peak_slope()) > 1e-3 * act.peak_slope()) {
    complain(found, "the steepest slope met is ", steepest, ", stated: ", act.peak_slope());
  }
  return found;
}

template <class T, class A> complaints specials_hold(A const& act) {
  complaints found;
  T const nan = std::numeric_limits<T>::quiet_NaN();
  if (!std::isnan(act.value(nan)) || !std::isnan(act.derivative(nan))) {
    complain(found, "NaN is lost");
  }
  for (T const z : {T(0), std::numeric_limits<T>::denorm_min(), std::numeric_limits<T>::min()}) {
    if (!std::isfinite(act.value(z)) || !std::isfinite(act.value(-z)) || !std::isfinite(act.derivative(-z))) {
      complain(found, "not finite at ", z);
    }
  }
  std::feclearexcept(FE_ALL_EXCEPT);
  for (T const z : points<T>()) {
    T const y = act.value(z);
    T const d = act.derivative(z);
    if (!std::isfinite(y) || !std::isfinite(d)) {
      complain(found, "not finite at ", z);
    }
    // The tail: no zero where the truth is a number (numerics contract; below e^-87 a float slope is subnormal).
    if (act.flat_left && act.flat_right && !satur::has_kinks<A> && std::fabs(z) <= T(40) && d == T(0)) {
      complain(found, "slope 0 at ", z);
    }
  }
  if (std::fetestexcept(FE_INVALID | FE_OVERFLOW) != 0) {
    complain(found, "a finite z raised FE_INVALID or FE_OVERFLOW");
  }
  return found;
}

/// The array pass: every level close to the compiled one, scalars equal to the lanes of the same instruction set, and
/// an element's bits independent of its place.
template <class T, class A> complaints places_agree(A const& act) {
  complaints found;
  std::vector<T> const z = patterns<T>(700);
  std::vector<T> y(z.size());
  std::vector<T> dy(z.size());
  std::vector<T> alone(z.size());
  satur::forward(act, z, y, dy, satur::z_beyond{}, satur::math::compiled_level);
  for (std::size_t i = 0; i < z.size(); ++i) {
    if (!same_bits(act.value(z[i]), y[i]) || !same_bits(act.derivative(z[i]), dy[i])) {
      complain(found, "a scalar call differs from the lanes at ", z[i]);
      break;
    }
  }
  satur::apply(act, z, alone, satur::math::compiled_level);
  for (std::size_t i = 0; i < z.size(); ++i) {
    if (!same_bits(alone[i], y[i])) {
      complain(found, "apply differs from forward at ", z[i]);
      break;
    }
  }
  using satur::math::simd_level;
  std::vector<T> wide_y;
  for (int l = 0; l <= static_cast<int>(satur::math::best_level()); ++l) {
    auto const level = static_cast<simd_level>(l);
    satur::forward(act, z, y, dy, satur::z_beyond{}, level);
    for (std::size_t const length : std::initializer_list<std::size_t>{1, 2, 7, 15, 16, 17, 63, 128, 129, 300}) {
      for (std::size_t const offset : std::initializer_list<std::size_t>{0, 1, 3, 8, 21}) {
        std::vector<T> part(length);
        std::vector<T> slope(length);
        std::span<T const> const from(z.data() + offset, length);
        satur::forward(act, from, part, slope, satur::z_beyond{}, level);
        for (std::size_t i = 0; i < length; ++i) {
          if (!same_bits(part[i], y[offset + i]) || !same_bits(slope[i], dy[offset + i])) {
            complain(found, "the place of ", z[offset + i], " changes its result");
            return found;
          }
        }
      }
    }
    if (level == simd_level::avx512 && !wide_y.empty()) {
      for (std::size_t i = 0; i < z.size(); ++i) {
        if (!same_bits(wide_y[i], y[i])) {
          complain(found, "AVX2 and AVX-512 differ at ", z[i]);
          break;
        }
      }
    }
    if (level == simd_level::avx2) {
      wide_y = y;
    }
  }
  return found;
}

} // namespace test
