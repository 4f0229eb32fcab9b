// Whether a formula makes subnormal numbers that nobody needs, as the flags of an x86 processor tell: underflow (a
// result is tiny and inexact) and denormal operand. On Intel cores each such number takes a microcode assist. And
// whether every instruction set gives what a call for one number gives.
#pragma once

#include "support/contract.hpp"
#include "support/elementwise.hpp"
#include "support/parameters.hpp"
#include "support/ulp.hpp"

#include "satur/observe.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace test {

/// Why the flags cannot be read here; empty if they can.
inline std::string no_underflow_flags() {
#if !defined(__x86_64__)
  return "not an x86-64 processor";
#elif defined(__FAST_MATH__)
  return "-ffast-math may flush subnormal numbers to zero";
#else
  return (_mm_getcsr() & 0x8040u) != 0 ? "subnormal numbers are flushed to zero" : "";
#endif
}

/// The flags underflow (0x10) and denormal operand (0x02) that `f()` raises, of those two.
template <class F> unsigned underflow_flags([[maybe_unused]] F const& f) {
#if defined(__SSE2__)
  unsigned const before = _mm_getcsr();
  _mm_setcsr(0x1f80u); // round to nearest, all exceptions masked, no flag set
  f();
  unsigned const raised = _mm_getcsr() & 0x12u;
  _mm_setcsr(before);
  return raised;
#else
  return 0;
#endif
}

template <class T> bool is_subnormal(T x) { return std::fpclassify(x) == FP_SUBNORMAL; }

/// A register of z as an array pass loads it, its values and its slopes.
template <class T> struct one_register {
  static constexpr std::size_t room = 64 / sizeof(T);
  std::array<T, room> z;
  std::array<T, room> y;
  std::array<T, room> dy;
};
template <class T, class A> struct one_register_kernel {
  A const& act;
  one_register<T>& r;

  template <class L> SATUR_INLINE void run() {
    satur::math::value_and_slope<L> const f = satur::detail::evaluate(act, satur::math::load<L>(r.z.data()));
    satur::math::store(r.y.data(), f.value);
    satur::math::store(r.dy.data(), f.slope);
  }
};
template <class T, class A> SATUR_NOINLINE void call_for_one(A const& act, T z, T& y, T& dy) {
  y = act.value(z);
  dy = act.derivative(z);
}

/// Numbers of both signs: dense where functions bend and saturate, geometric up to the largest, at random, and the
/// ends. Those around 0 are multiplied by `width`. Not |z| below a thousandth of it, where squares of z may be
/// subnormal.
template <class T> std::vector<T> numbers_to_saturate(double width) {
  using limits = std::numeric_limits<T>;
  double const reach = sizeof(T) == 4 ? 220.0 : 1800.0;
  std::vector<double> sizes;
  for (double v = 0.0; v <= reach; v += 0.023 + v / 500.0) {
    sizes.push_back(v * width);
  }
  for (double v = reach; v < static_cast<double>(limits::max()) / 1.3; v *= 1.27) {
    sizes.push_back(v);
  }
  for (double v = 0.02; v > 0.001; v *= 0.71) {
    sizes.push_back(v * width);
  }
  for (double const v :
       {5.0,    8.66,   9.01,  9.25,  9.42,  10.2,  13.9,   14.2,   16.64, 17.33,  21.5,   22.0,  28.8,
        41.6,   42.3,   43.7,  69.0,  87.34, 88.72, 103.97, 103.98, 104.3, 105.0,  372.5,  708.4, 709.8,
        745.13, 745.14, 746.5, 300.0, 1e3,   1e4,   1e10,   0x1p64, 1e30,  0x1p75, 0x1p126}) {
    sizes.push_back(v);
  }
  std::mt19937_64 random(15);
  std::uniform_real_distribution<double> share(0.0, 1.0);
  for (int i = 0; i < 300; ++i) {
    sizes.push_back(reach * share(random) * width);
    sizes.push_back(30.0 * share(random) * width);
  }
  std::vector<T> z{T(0), T(-0.0), limits::max(), -limits::max(), limits::infinity(), -limits::infinity()};
  for (double const v : sizes) {
    T const x = static_cast<T>(v);
    if (v >= 0.001 * width && v >= static_cast<double>(limits::min()) && x <= limits::max()) {
      z.push_back(x);
      z.push_back(-x);
    }
  }
  std::sort(z.begin(), z.end());
  return z;
}

/// The z of a sorted list at which something was seen, as intervals.
class seen_intervals {
public:
  template <class T> void add(T z, std::size_t place, unsigned flags) {
    if (count_ == 0 || place > last_ + 2) {
      text_ << (count_ == 0 ? "" : to_.str() + "]") << " [" << z << ", ";
    }
    to_.str({});
    to_ << z;
    last_ = place;
    flags_ |= flags;
    ++count_;
  }
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::string text() const {
    std::ostringstream all;
    all << text_.str() << to_.str() << "], " << count_ << " numbers," << ((flags_ & 0x10u) != 0 ? " underflow" : "")
        << ((flags_ & 0x02u) != 0 ? " subnormal operand" : "");
    return all.str();
  }

private:
  std::ostringstream text_;
  std::ostringstream to_;
  std::size_t last_ = 0;
  std::size_t count_ = 0;
  unsigned flags_ = 0;
};

/// The z whose value and slope are normal or 0, and which raise a flag; in lanes of the level.
template <class T, class A> seen_intervals needless_in_lanes(A const& act, std::vector<T> const& z, simd_level level) {
  seen_intervals seen;
  one_register<T> r{};
  for (std::size_t i = 0; i < z.size(); ++i) {
    r.z.fill(z[i]);
    one_register_kernel<T, A> kernel{act, r};
    unsigned const flags = underflow_flags([&] { satur::math::run<T>(kernel, level); });
    if (flags != 0 && !is_subnormal(r.y[0]) && !is_subnormal(r.dy[0])) {
      seen.add(z[i], i, flags);
    }
  }
  return seen;
}
/// The same by calls for one number.
template <class T, class A> seen_intervals needless_in_calls(A const& act, std::vector<T> const& z) {
  seen_intervals seen;
  for (std::size_t i = 0; i < z.size(); ++i) {
    T y{};
    T dy{};
    unsigned const flags = underflow_flags([&] { call_for_one(act, z[i], y, dy); });
    if (flags != 0 && !is_subnormal(y) && !is_subnormal(dy)) {
      seen.add(z[i], i, flags);
    }
  }
  return seen;
}
/// The same by the passes over an array, the last elements of it included. `apply` alone may not raise a flag either.
template <class T, class A> seen_intervals needless_in_passes(A const& act, std::vector<T> const& z) {
  seen_intervals seen;
  std::vector<T> many(69);
  std::vector<T> y(many.size());
  std::vector<T> dy(many.size());
  for (std::size_t i = 0; i < z.size(); ++i) {
    std::fill(many.begin(), many.end(), z[i]);
    unsigned flags = underflow_flags([&] { satur::apply(act, many, y); });
    flags |= underflow_flags([&] { satur::apply(act, many, y, dy); });
    flags |= underflow_flags([&] { static_cast<void>(satur::forward(act, many, y)); });
    flags |= underflow_flags([&] { static_cast<void>(satur::forward(act, many, y, dy)); });
    if (flags != 0 && !is_subnormal(y[0]) && !is_subnormal(dy[0])) {
      seen.add(z[i], i, flags);
    }
  }
  return seen;
}

/// Every activation in T in lanes of every level and by calls for one number, with default and with other parameters.
template <class T> void check_needless_subnormals() {
  if (std::string const reason = no_underflow_flags(); !reason.empty()) {
    MESSAGE("skipped: " << reason);
    return;
  }
  auto const check = [](auto const& act, std::vector<T> const& z) {
    std::string const name = std::string(act.name) + " (" + parameters_text(act) + ")";
    for (simd_level const level : levels()) {
      seen_intervals const seen = needless_in_lanes<T>(act, z, level);
      CHECK_MESSAGE(seen.count() == 0, name << ", " << satur::math::to_text(level) << ":" << seen.text());
    }
    seen_intervals const seen = needless_in_calls<T>(act, z);
    CHECK_MESSAGE(seen.count() == 0, name << ", one number:" << seen.text());
  };
  std::vector<T> const usual = numbers_to_saturate<T>(1.0);
  std::apply([&](auto const&... act) { (check(act, usual), ...); }, satur::all_activations{});
  for_each_parameter([&](auto const& act) {
    std::vector<T> z = numbers_to_saturate<T>(width_of(act));
    if constexpr (requires { act.b; }) { // squareplus far beyond its bend is as clean with b = 4 alone
      double const last = 0x1p30 * width_of(act);
      std::erase_if(z, [last](T x) { return std::fabs(static_cast<double>(x)) > last; });
    }
    check(act, z);
  });
}

/// Bytes of a register; at least those of the level that the file is compiled for.
inline std::size_t bytes_at(simd_level level) {
  std::size_t const own = level == simd_level::avx512 ? 64 : level == simd_level::avx2 ? 32 : 16;
  return std::max(own, static_cast<std::size_t>(satur::math::native_bytes));
}

/// Every activation in lanes of every level against calls for one number: both are within the contract, so they differ
/// by twice of it at most. The property suite runs for one level.
template <class T> void check_lanes_against_calls() {
  std::vector<T> z = numbers_to_saturate<T>(1.0);
  z.push_back(std::numeric_limits<T>::quiet_NaN());
  std::apply(
      [&](auto const&... act) {
        auto const check = [&](auto const& a) {
          one_register<T> r{};
          for (simd_level const level : levels()) {
            std::size_t wrong = 0;
            for (T const x : z) {
              r.z.fill(x);
              one_register_kernel<T, std::remove_cvref_t<decltype(a)>> kernel{a, r};
              satur::math::run<T>(kernel, level);
              T value{};
              T slope{};
              call_for_one(a, x, value, slope);
              auto const exact_value = static_cast<long double>(value);
              auto const exact_slope = static_cast<long double>(slope);
              double const error = ulp_error(r.dy[0], exact_slope);
              wrong +=
                  !(ulp_error(r.y[0], exact_value) <= 2.0 * allowed_ulp<T>(a)) ||
                  !(slope_error(a, static_cast<double>(x), error, r.dy[0], exact_slope) <= 2.0 * allowed_ulp<T>(a));
              wrong += (r.y[0] == T(0)) != (value == T(0)) || (r.dy[0] == T(0)) != (slope == T(0));
              wrong += value == T(0) && std::signbit(value) != std::signbit(r.y[0]);
              for (std::size_t lane = 1; lane < bytes_at(level) / sizeof(T); ++lane) {
                wrong += !identical(r.y[lane], r.y[0]) || !identical(r.dy[lane], r.dy[0]);
              }
            }
            CHECK_MESSAGE(wrong == 0, a.name << ", " << satur::math::to_text(level));
          }
        };
        (check(act), ...);
      },
      satur::all_activations{});
}

} // namespace test
