// Sums, extremes and counts over the lanes of a register, at every level.
// levels: all
#include "satur/simd/reduce.hpp"
#include "satur/simd/run.hpp"
#include "satur/simd/special_values.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>

namespace {

/// Runs over lanes of double with values whose sum depends on the order.
struct two_sums_kernel {
  bool same = true;
  template <class L> SATUR_INLINE void run() {
    constexpr std::size_t width = static_cast<std::size_t>(satur::math::lane_count<L>);
    for (int round = 0; round < 100; ++round) {
      double a[width];
      double b[width];
      for (std::size_t i = 0; i < width; ++i) {
        a[i] = std::sin(static_cast<double>(round) + 1.3 * static_cast<double>(i)) * (i % 2 == 0 ? 1e16 : 1.0);
        b[i] = std::cos(static_cast<double>(round) + 0.7 * static_cast<double>(i));
      }
      double in_order_a = 0.0;
      double in_order_b = 0.0;
      for (std::size_t i = 0; i < width; ++i) {
        in_order_a += a[i];
        in_order_b += b[i];
      }
      L const x = satur::math::load<L>(a);
      L const y = satur::math::load<L>(b);
      auto const both = satur::detail::sums_of(x, y);
      same = same && both.first == in_order_a && both.second == in_order_b && satur::detail::sum_of(x) == in_order_a;
    }
  }
};

/// Of equal numbers the first: which zero it is shows by its sign.
template <class T> struct least_kernel {
  bool right = true;
  template <class L> SATUR_INLINE void run() {
    constexpr std::size_t width = static_cast<std::size_t>(satur::math::lane_count<L>);
    for (std::size_t first = 0; first < width; ++first) {
      for (std::size_t second = 0; second < width; ++second) {
        T all[width];
        for (std::size_t i = 0; i < width; ++i) {
          all[i] = T(3) + static_cast<T>(i);
        }
        all[second] = T(0);
        all[first] = -T(0);
        double const least = satur::detail::least_of(satur::math::load<L>(all));
        right = right && least == 0.0 && std::signbit(least) == (first <= second);
        L const x = satur::math::load<L>(all);
        auto const [a, b] = satur::detail::least_of_both(x, L(x + L(T(1))));
        right = right && a == 0.0 && std::signbit(a) == (first <= second) && b == 1.0;
        auto const [c, d] = satur::detail::least_of_both(L(x + L(T(1))), x);
        right = right && c == 1.0 && d == 0.0 && std::signbit(d) == (first <= second);
      }
    }
  }
};

/// One number that is not finite makes the sum so, in whatever lane.
struct any_order_kernel {
  bool right = true;
  template <class L> SATUR_INLINE void run() {
    constexpr std::size_t width = static_cast<std::size_t>(satur::math::lane_count<L>);
    for (std::size_t place = 0; place < width; ++place) {
      float all[width];
      for (std::size_t i = 0; i < width; ++i) {
        all[i] = static_cast<float>(i + 1);
      }
      right = right &&
              satur::detail::sum_in_any_order(satur::math::load<L>(all)) == static_cast<float>(width * (width + 1) / 2);
      all[place] = std::numeric_limits<float>::infinity();
      right = right && !satur::detail::is_finite_number(satur::detail::sum_in_any_order(satur::math::load<L>(all)));
    }
  }
};

template <class T, class Kernel> Kernel at(satur::simd_level level) {
  Kernel kernel;
  satur::math::run<T>(kernel, level);
  return kernel;
}

} // namespace

TEST_CASE("reduce: two sums at a time in the order of the lanes, the first of equal least ones, sums in any order") {
  for (auto const level : {satur::simd_level::baseline, satur::simd_level::avx2, satur::simd_level::avx512}) {
    if (level <= satur::math::best_level()) {
      CAPTURE(satur::math::to_text(level));
      CHECK(at<double, two_sums_kernel>(level).same);
      CHECK(at<float, least_kernel<float>>(level).right);
      CHECK(at<double, least_kernel<double>>(level).right);
      CHECK(at<float, any_order_kernel>(level).right);
    }
  }
}
