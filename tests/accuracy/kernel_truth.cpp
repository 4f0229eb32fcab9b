// The truth with which kernels are compared (testing/kernel/truth.hpp), against MPFR: its errors are far below one ulp
// of the kernel's type.
#include "support/mpfr.hpp"

#include "satur/activation.hpp"
#include "satur/testing.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace {

/// f(act) for activations whose formulas differ; kinks and straight lines are exact.
template <class F> void for_each_hard_one(F const& f) {
  f(satur::sigmoid{});
  f(satur::tanh{});
  f(satur::softplus{});
  f(satur::elu{});
  f(satur::erf{});
  f(satur::arctan{});
  f(satur::gelu{});
  f(satur::gelu_tanh{});
  f(satur::silu{});
  f(satur::mish{});
}

using satur::testing::detail::exact_activation;
using satur::testing::detail::exact_type;

/// Numbers of T: where kernels are tried, each fifth of them.
template <class T> std::vector<T> points() {
  satur::testing::detail::numbers<T> const of({}, 1.0);
  auto const inputs = satur::testing::detail::inputs_of<T>({.inputs = 2000, .specials = false}, of, {});
  std::vector<T> z;
  for (std::size_t i = 0; i < inputs.listed.size(); i += 5) {
    z.push_back(inputs.listed[i]);
  }
  return z;
}

/// The largest errors of value and slope, in ulp of T; the slope beside its zeros in ulp of the peak slope.
struct largest_errors {
  double value = 0.0;
  double slope = 0.0;
};
template <class T, class A> largest_errors errors_of(exact_activation<T> const& truth, A const& act) {
  using exact = exact_type<T>;
  satur::testing::detail::probed const known = satur::testing::detail::probe(truth);
  satur::testing::detail::numbers<T> const of({}, 1.0);
  auto const difference = [&](exact got, long double expected) {
    if (!(std::fabs(expected) <= static_cast<long double>(std::numeric_limits<T>::max()))) {
      return 0.0L; // tested as special values elsewhere
    }
    return std::fabs(static_cast<long double>(got) - expected);
  };
  largest_errors worst;
  std::size_t compared = 0;
  for (T const at : points<T>()) {
    auto const expected = test::mpfr_exact(act, static_cast<double>(at));
    exact const z = static_cast<exact>(at);
    auto const unit = [&](long double x) { return static_cast<long double>(of.unit(static_cast<exact>(x))); };
    long double const value = difference(truth.value(z), expected.value) / unit(expected.value);
    long double const off = difference(truth.slope(z), expected.slope);
    bool const beside = known.is_beside_zero(static_cast<double>(at));
    worst.value = std::max(worst.value, static_cast<double>(value));
    worst.slope = std::max(
        worst.slope, static_cast<double>(off / unit(beside ? static_cast<long double>(known.peak) : expected.slope)));
    ++compared;
  }
  CHECK(compared > 600);
  return worst;
}

} // namespace

TEST_CASE("the truth for float and codes is right to a millionth of an ulp") {
  for_each_hard_one([](auto const& act) {
    CAPTURE(act.name);
    largest_errors const e = errors_of<float>(exact_activation<float>(act), act);
    CHECK(e.value < 1e-6);
    CHECK(e.slope < 1e-6);
  });
}

TEST_CASE("the truth for double is right to a hundredth of an ulp") {
  if (std::numeric_limits<long double>::digits <= std::numeric_limits<double>::digits) {
    MESSAGE("skipped: long double has no more digits than double");
    return;
  }
  for_each_hard_one([](auto const& act) {
    CAPTURE(act.name);
    largest_errors const e = errors_of<double>(exact_activation<double>(act), act);
    CHECK(e.value < 0.01);
    CHECK(e.slope < 0.01);
  });
}

TEST_CASE("self-test: a truth that has the digits of float alone is detected") {
  satur::testing::truth const in_float(
      "sigmoid", [](double z) { return static_cast<double>(satur::sigmoid{}.value(static_cast<float>(z))); },
      [](double z) { return static_cast<double>(satur::sigmoid{}.derivative(static_cast<float>(z))); });
  largest_errors const e = errors_of<float>(exact_activation<float>(in_float), satur::sigmoid{});
  CHECK(e.value > 0.1);
  CHECK(e.slope > 0.1);
}
