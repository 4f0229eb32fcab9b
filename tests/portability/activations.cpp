// Value and slope of every activation against formulas in wider arithmetic: scalar calls, and passes at every level of
// the processor. For every compiler and target that tests/portability.sh tries: it needs the standard library alone.
#include "support/activations.hpp"
#include "support/contract.hpp"
#include "support/reference.hpp"
#include "support/ulp.hpp"

#include <satur/observe.hpp>

#include <cmath>
#include <cstdio>
#include <limits>
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

/// As users write one. Functions that are not SATUR_INLINE may stay calls between code for two instruction sets.
struct plain_tanh {
  template <class T> T value(T z) const { return satur::math::tanh(z); }
  template <class T> T derivative(T z) const { return T(1) - satur::math::tanh(z) * satur::math::tanh(z); }
};

/// The passes of a user's activation against its scalar calls, to the rounding errors that the levels may differ by.
template <class T> void check_user() {
  std::vector<T> const z = numbers<T>();
  std::vector<T> y(z.size());
  std::vector<T> dy(z.size());
  auto const same = [](T a, T b) {
    return std::isnan(a) ? std::isnan(b) : std::fabs(a - b) <= 4 * std::numeric_limits<T>::epsilon();
  };
  for (int l = 0; l <= static_cast<int>(satur::math::best_level()); ++l) {
    satur::scoped_level const forced(static_cast<satur::simd_level>(l));
    satur::forward(plain_tanh{}, z, y, dy);
    for (std::size_t i = 0; i < z.size(); ++i) {
      T const value = plain_tanh{}.value(z[i]);
      T const slope = plain_tanh{}.derivative(z[i]);
      compared += 2;
      if ((!same(y[i], value) || !same(dy[i], slope)) && ++wrong < 20) {
        std::printf("an activation of a user, %d bits, at %.17g: %.17g and %.17g instead of %.17g and %.17g\n",
                    static_cast<int>(8 * sizeof(T)), static_cast<double>(z[i]), static_cast<double>(y[i]),
                    static_cast<double>(dy[i]), static_cast<double>(value), static_cast<double>(slope));
      }
    }
  }
}

} // namespace

int main() {
  check_user<float>();
  check_user<double>();
  test::for_each_activation([](auto const& act) {
    check_all<float>(act);
    check_all<double>(act);
  });
  std::printf("%zu compared, %zu wrong\n", compared, wrong);
  return wrong == 0 && compared > 0 ? 0 : 1;
}
