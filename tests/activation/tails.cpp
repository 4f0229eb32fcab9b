// Where value and slope round to 0: no zero comes too early, in float against double and in double against long double.
#include "support/activations.hpp"
#include "support/slow.hpp"

#include <satur/activation.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace {

/// Whether `exact`, less an error of its formula, rounds to a T that is not 0, and `got` is 0.
template <class T, class R> bool zero_too_early(T got, R exact) {
  R const least = static_cast<R>(std::numeric_limits<T>::denorm_min()) / R(2);
  return got == T(0) && std::fabs(exact) * (R(1) - R(1e-9)) > least;
}

template <class T, class R, class A> std::size_t zeros_too_early(A const& act, T z) {
  return std::size_t{zero_too_early(act.value(z), act.value(static_cast<R>(z)))} +
         std::size_t{zero_too_early(act.derivative(z), act.derivative(static_cast<R>(z)))};
}

} // namespace

TEST_CASE("activations: no value and no slope of a float is 0 too early") {
  constexpr std::uint32_t step = test::runs_slowly ? 5003 : 211;
  test::for_each_activation([](auto const& act) {
    CAPTURE(act.name);
    std::size_t early = 0;
    for (std::uint32_t b = std::bit_cast<std::uint32_t>(8.0f); b < std::bit_cast<std::uint32_t>(128.0f); b += step) {
      float const z = std::bit_cast<float>(b);
      early += zeros_too_early<float, double>(act, z) + zeros_too_early<float, double>(act, -z);
    }
    CHECK(early == 0);
  });
}

TEST_CASE("activations: no value and no slope of a double is 0 too early") {
  if (std::numeric_limits<long double>::max_exponent <= std::numeric_limits<double>::max_exponent) {
    MESSAGE("skipped: long double has no smaller numbers than double");
    return;
  }
  test::for_each_activation([](auto const& act) {
    CAPTURE(act.name);
    std::size_t early = 0;
    for (double z = 16.0; z < 800.0; z += z < 700.0 ? 0.0137 : 0.00137) {
      early += zeros_too_early<double, long double>(act, z) + zeros_too_early<double, long double>(act, -z);
    }
    CHECK(early == 0);
  });
}
