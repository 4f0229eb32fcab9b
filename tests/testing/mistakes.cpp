// Common mistakes in activations, one in each struct. The property suite detects and names each.
#include "satur/activation.hpp"
#include "satur/testing.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <concepts>
#include <string>

namespace {

using satur::testing::check_activation;
using satur::testing::check_options;
using satur::testing::report;
using std::floating_point;

check_options const scalar_only{.passes = false};

/// The property is among the failures and in the text.
void finds(report const& r, std::string const& property) {
  CAPTURE(r.text());
  CHECK_FALSE(r.passed());
  CHECK(r.failed(property));
  CHECK(r.text().find(property) != std::string::npos);
}

// 1. The slope from the rounded output.
struct slope_from_output {
  template <floating_point T> T value(T z) const { return T(1) / (T(1) + std::exp(-z)); }
  template <floating_point T> T derivative(T z) const { return value(z) * (T(1) - value(z)); }
};
// 2. The same for tanh.
struct tanh_from_output {
  template <floating_point T> T value(T z) const { return std::tanh(z); }
  template <floating_point T> T derivative(T z) const { return T(1) - value(z) * value(z); }
};
// 3. exp(z) - 1 in place of expm1.
struct elu_by_difference {
  template <floating_point T> T value(T z) const { return z > T(0) ? z : std::exp(z) - T(1); }
  template <floating_point T> T derivative(T z) const { return z > T(0) ? T(1) : std::exp(z); }
};
// 4. log(1 + exp(z)), which overflows, and is 0 on the left.
struct softplus_as_written {
  template <floating_point T> T value(T z) const { return std::log(T(1) + std::exp(z)); }
  template <floating_point T> T derivative(T z) const { return T(1) / (T(1) + std::exp(-z)); }
};
// 5. z/2 (1 + erf(z/sqrt 2)), which is 0 from -5.6 on.
struct gelu_by_erf {
  template <floating_point T> T value(T z) const { return z / T(2) * (T(1) + std::erf(z / std::sqrt(T(2)))); }
  template <floating_point T> T derivative(T z) const { return satur::gelu{}.derivative(z); }
};
// 6. std::max drops NaN.
struct relu_by_max {
  template <floating_point T> T value(T z) const { return std::max(T(0), z); }
  template <floating_point T> T derivative(T z) const { return z > T(0) ? T(1) : T(0); }
};
// 7. inf/inf.
struct softsign_at_infinity {
  template <floating_point T> T value(T z) const { return z / (T(1) + std::fabs(z)); }
  template <floating_point T> T derivative(T z) const {
    T const d = T(1) + std::fabs(z);
    return T(1) / (d * d);
  }
};
// 8. The slope of the wrong branch.
struct leaky_with_lost_slope {
  template <floating_point T> T value(T z) const { return z > T(0) ? z : T(0.01) * z; }
  template <floating_point T> T derivative(T z) const { return z > T(0) ? T(1) : T(0); }
};
// 9. The slope's formula wants y and is given z.
struct slope_of_output_given_z {
  template <floating_point T> T value(T z) const { return std::tanh(z); }
  template <floating_point T> T derivative(T z) const { return T(1) - z * z; }
};
// 10. A constant with a float's digits in a formula for double.
struct float_constant {
  template <class T> T value(T z) const { return T(1.702) * z; }
  template <class T> T derivative(T) const { return T(static_cast<double>(1.702f)); }
};
// 11. The factor of the chain rule is lost.
struct swish_without_beta {
  template <floating_point T> T value(T z) const { return z / (T(1) + std::exp(T(-2) * z)); }
  template <floating_point T> T derivative(T z) const { return satur::silu{}.derivative(z); }
};
// 12. A branch with a wrong constant, so that f is not odd.
struct lopsided {
  template <floating_point T> T value(T z) const { return z >= T(1) ? T(1) : z < T(-1) ? T(-0.99) : z; }
  template <floating_point T> T derivative(T z) const { return z >= T(1) || z < T(-1) ? T(0) : T(1); }
};
// 13. Facts of another formula.
struct wrong_facts {
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = false;
  template <class T> T value(T z) const { return satur::sigmoid{}.value(z); }
  template <class T> T derivative(T z) const { return satur::sigmoid{}.derivative(z); }
  static constexpr double lower() { return 0.0; }
  static constexpr double upper() { return 0.9; }
  static constexpr double peak_slope() { return 0.3; }
};
// 14. Another formula in lanes.
struct by_place {
  template <class T> T value(T z) const { return satur::math::is_lanes_v<T> ? T(z + T(1)) : z; }
  template <class T> T derivative(T) const { return T(1); }
};
// 15. A value that falls.
struct falls {
  template <floating_point T> T value(T z) const { return z < T(3) ? z : T(6) - z; }
  template <floating_point T> T derivative(T z) const { return z < T(3) ? T(1) : T(-1); }
};
// 16. A square that overflows, in a branch that is not taken.
struct hidden_overflow {
  template <floating_point T> T value(T z) const {
    T const volatile square = z * z;
    return std::fabs(z) < T(1) ? T(square) : std::fabs(z);
  }
  template <floating_point T> T derivative(T z) const {
    return std::fabs(z) < T(1) ? T(2) * z : z > T(0) ? T(1) : T(-1);
  }
};

// 17. Value and slope agree, but it is not the sigmoid.
struct steeper {
  template <floating_point T> T value(T z) const { return satur::sigmoid{}.value(T(1.001) * z); }
  template <floating_point T> T derivative(T z) const { return T(1.001) * satur::sigmoid{}.derivative(T(1.001) * z); }
};

// 18. A slope with a small absolute error at its zero, at silu's minimum; and one with a small relative error far out,
// where it is less than an ulp of the steepest slope.
struct off_at_its_zero {
  template <class T> T value(T z) const { return satur::silu{}.value(z); }
  template <class T> T derivative(T z) const {
    return satur::silu{}.derivative(z) + satur::math::select(z > T(-1.4) && z < T(-1.2), T(2e-6), T(0));
  }
};
struct off_beyond_its_zero {
  template <class T> T value(T z) const { return satur::silu{}.value(z); }
  template <class T> T derivative(T z) const {
    return satur::silu{}.derivative(z) * satur::math::select(z > T(-6) && z < T(-4), T(1.00001), T(1));
  }
};

} // namespace

TEST_CASE("check_activation: detects a slope wrong near its zero or where it is small") {
  auto const truth = [](long double z) { return satur::silu{}.evaluate(z); };
  for (char const* const property : {"slope, by dual numbers", "slope, by the reference"}) {
    finds(check_activation<float>(off_at_its_zero{}, truth, scalar_only), property);
    finds(check_activation<float>(off_beyond_its_zero{}, truth, scalar_only), property);
  }
  CHECK(check_activation<float>(satur::silu{}, truth, scalar_only).passed());
}

TEST_CASE("check_activation: detects the false zeros of a slope computed from the output") {
  finds(check_activation<float>(slope_from_output{}, scalar_only), "no zero where the slope is a number");
  finds(check_activation<float>(slope_from_output{}, scalar_only), "digits of the slope");
  finds(check_activation<double>(tanh_from_output{}, scalar_only), "digits of the slope");
}

TEST_CASE("check_activation: detects cancellation") {
  finds(check_activation<float>(elu_by_difference{}, scalar_only), "digits of the value");
  finds(check_activation<double>(elu_by_difference{}, scalar_only), "digits of the value");
  finds(check_activation<float>(softplus_as_written{}, scalar_only), "no zero where the value is a number");
  finds(check_activation<float>(gelu_by_erf{}, scalar_only), "no zero where the value is a number");
}

TEST_CASE("check_activation: detects overflow and lost NaN and infinity") {
  finds(check_activation<double>(softplus_as_written{}, scalar_only), "a finite z has a finite value");
  finds(check_activation<double>(relu_by_max{}, scalar_only), "NaN goes through the value");
  finds(check_activation<double>(relu_by_max{}, scalar_only), "NaN goes through the slope");
  finds(check_activation<double>(softsign_at_infinity{}, scalar_only), "a limit at infinity, of the value");
  finds(check_activation<float>(hidden_overflow{}, scalar_only), "a finite z raises no FE_OVERFLOW");
}

TEST_CASE("check_activation: detects a slope of another function") {
  finds(check_activation<double>(leaky_with_lost_slope{}, scalar_only), "slope, by finite differences");
  finds(check_activation<double>(slope_of_output_given_z{}, scalar_only), "slope, by finite differences");
  finds(check_activation<float>(swish_without_beta{}, scalar_only), "slope, by finite differences");
  finds(check_activation<double>(float_constant{}, scalar_only), "slope, by dual numbers");
}

TEST_CASE("check_activation: detects wrong stated facts") {
  finds(check_activation<double>(lopsided{}, check_options{.about = satur::testing::symmetry::odd, .passes = false}),
        "the symmetry that is stated");
  finds(check_activation<double>(falls{}, check_options{.monotone = true, .passes = false}), "the value never falls");
  report const r = check_activation<double>(wrong_facts{}, scalar_only);
  finds(r, "upper() is the limit at inf");
  finds(r, "peak_slope() is the steepest slope");
  finds(r, "flat_right is so");
  finds(r, "the value stays within its limits");
}

TEST_CASE("check_activation: detects lanes that differ from scalars") {
  if (satur::math::native_bytes > 0) {
    finds(check_activation<float>(by_place{}), "a scalar call gives the bits of an array pass");
  }
}

TEST_CASE("check_activation: a reference detects a consistent wrong formula") {
  steeper const steep;
  auto const truth = [](long double z) { return satur::sigmoid{}.evaluate(z); };
  CHECK(check_activation<double>(steep, check_options{.ulp = 4000.0, .passes = false}).passed());
  report const r = check_activation<double>(steep, truth, check_options{.ulp = 4000.0, .passes = false});
  finds(r, "value, by the reference");
  finds(r, "slope, by the reference");
  CHECK(check_activation<double>(satur::sigmoid{}, truth, scalar_only).passed());
  CHECK(check_activation<float>(
            satur::sigmoid{}, [](long double z) { return 1.0L / (1.0L + std::exp(-z)); }, scalar_only)
            .passed());
}
