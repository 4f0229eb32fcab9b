// What tests/portability.sh runs for every compiler and target; needs the standard library alone.
//
//   activations             checks value and slope of every activation against formulas in wider arithmetic: scalar
//                           calls, and passes at every level of the processor; says how many numbers were compared
//   activations --time N    ns an element of apply and forward, the least of N turns: one line for each level and
//                           activation
#include "support/activations.hpp"
#include "support/contract.hpp"
#include "support/reference.hpp"
#include "support/ulp.hpp"

#include <satur/observe.hpp>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string_view>
#include <type_traits>
#include <vector>

namespace {

std::size_t compared = 0;
std::size_t wrong = 0;

/// What double is compared with: long double, or itself, with the rounding errors of those formulas.
constexpr bool has_digits = std::numeric_limits<long double>::digits > 60;
template <class T>
using wide = std::conditional_t<std::is_same_v<T, float>, double, std::conditional_t<has_digits, long double, double>>;
template <class T> constexpr double slack = std::is_same_v<T, double> && !has_digits ? 1000.0 : 0.0; // ulp
/// Whether the formulas in R are right for this number: they need more range than a T has, which long double lacks on
/// some targets.
template <class T, class R> bool has_truth(T z, R exact) {
  constexpr bool has_range = std::numeric_limits<R>::max_exponent > std::numeric_limits<T>::max_exponent;
  return has_range || ((std::isinf(z) || !(std::fabs(z) > static_cast<T>(1e300))) &&
                       !(exact != R(0) && std::fabs(exact) < R(1e-290)));
}

template <class T> std::vector<T> numbers() {
  using limits = std::numeric_limits<T>;
  std::vector<T> z = {T(0),
                      T(-0.0),
                      limits::min(),
                      -limits::min(),
                      limits::infinity(),
                      -limits::infinity(),
                      limits::quiet_NaN(),
                      limits::max(),
                      -limits::max()};
  for (int i = -1000; i <= 1000; ++i) {
    z.push_back(static_cast<T>(i) * T(0.0171)); // up to 17.1
  }
  for (int i = 1; i <= 200; ++i) {
    z.push_back(static_cast<T>(i) * T(0.43));
    z.push_back(static_cast<T>(-i) * T(0.43)); // down to -86
  }
  return z;
}

template <class T, class A> void compare(A const& act, char const* what, T z, T value, T slope) {
  using R = wide<T>;
  test::truth<R> const exact = test::exact(test::as_held<T>(act), static_cast<R>(z));
  auto const check = [&](char const* of, double error, T got, R right) {
    if (!has_truth(z, right)) {
      return;
    }
    ++compared;
    bool const lost = test::false_zero(got, static_cast<long double>(right)) && slack<T> == 0.0;
    if (!(error <= test::allowed_ulp<T>(act) + slack<T>) || lost) {
      if (++wrong < 20) {
        std::printf("%s, %s of %d bits, %s at %.17g: %.17g instead of %.17g, %.3g ulp\n", A::name.data(), of,
                    static_cast<int>(8 * sizeof(T)), what, static_cast<double>(z), static_cast<double>(got),
                    static_cast<double>(right), error);
      }
    }
  };
  auto const truth = static_cast<long double>(exact.slope);
  check("value", test::ulp_error(value, static_cast<long double>(exact.value)), value, exact.value);
  check("slope", test::slope_error(act, static_cast<double>(z), test::ulp_error(slope, truth), slope, truth), slope,
        exact.slope);
}

template <class T, class A> void check_all(A const& act) {
  std::vector<T> const z = numbers<T>();
  std::vector<T> y(z.size());
  std::vector<T> dy(z.size());
  for (T const x : z) {
    compare(act, "a scalar call", x, act.value(x), act.derivative(x));
  }
  for (int l = 0; l <= static_cast<int>(satur::math::best_level()); ++l) {
    satur::scoped_level const forced(static_cast<satur::simd_level>(l));
    satur::saturation const record = satur::forward(act, z, y, dy);
    wrong += record.nan != 1 || record.infinite != 2 || record.count + 1 != z.size();
    for (std::size_t i = 0; i < z.size(); ++i) {
      compare(act, "a pass", z[i], y[i], dy[i]);
    }
  }
}

/// ns an element: the least of `turns`.
template <class F> double least_time(int turns, std::size_t n, F const& run) {
  double least = HUGE_VAL;
  for (int turn = 0; turn < turns; ++turn) {
    auto const start = std::chrono::steady_clock::now();
    for (int i = 0; i < 8; ++i) {
      run();
    }
    std::chrono::duration<double, std::nano> const spent = std::chrono::steady_clock::now() - start;
    least = std::fmin(least, spent.count() / (8.0 * static_cast<double>(n)));
  }
  return least;
}

template <class A> void time_all(A const& act, int turns, satur::simd_level level) {
  satur::scoped_level const forced(level);
  std::vector<float> z(4096);
  for (std::size_t i = 0; i < z.size(); ++i) {
    z[i] = static_cast<float>((i * 2654435761u) % 20000) / 1000.0f - 10.0f;
  }
  std::vector<float> y(z.size());
  satur::saturation record;
  double const apply = least_time(turns, z.size(), [&] { satur::apply(act, z, y); });
  double const forward = least_time(turns, z.size(), [&] { record += satur::forward(act, z, y); });
  std::printf("%s %s %.4f %.4f\n", satur::math::to_text(level).data(), A::name.data(), apply,
              record.count == 0 ? 0.0 : forward);
}

} // namespace

int main(int count, char** arguments) {
  if (count == 3 && std::string_view(arguments[1]) == "--time") {
    int const turns = std::atoi(arguments[2]);
    int const compiled = static_cast<int>(satur::math::compiled_level);
    for (int l = compiled; l <= static_cast<int>(satur::math::best_level()); ++l) {
      auto const level = static_cast<satur::simd_level>(l);
      test::for_each_activation([&](auto const& act) { time_all(act, turns, level); });
    }
    return 0;
  }
  test::for_each_activation([](auto const& act) {
    check_all<float>(act);
    check_all<double>(act);
  });
  std::printf("%zu compared, %zu wrong\n", compared, wrong);
  return wrong == 0 && compared > 0 ? 0 : 1;
}
