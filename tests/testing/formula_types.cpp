// check_activation follows the type in which a formula computes; activations with a periodic part pass with an option.
// Each kind of right activation has wrong ones beside it, which fail at a point that is named.
#include "satur/activation.hpp"
#include "satur/testing.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <string>
#include <string_view>

namespace {

using satur::testing::check_activation;
using satur::testing::check_options;
using satur::testing::report;
using std::floating_point;

check_options const scalar_only{.passes = false};
check_options const periodic{.passes = false, .limits = false};

/// The property fails, and its worst point lies in [low, high].
void fails_within(report const& r, std::string_view property, double low, double high) {
  CAPTURE(r.text());
  auto const f = std::find_if(r.failures.begin(), r.failures.end(),
                              [&](auto const& one) { return one.property.starts_with(property); });
  REQUIRE(f != r.failures.end());
  REQUIRE(f->where.starts_with("z = "));
  double const z = std::stod(f->where.substr(4));
  CHECK(z >= low);
  CHECK(z <= high);
}
void passes(report const& r) { CHECK_MESSAGE(r.passed(), r.text()); }

constexpr char const* by_differences = "slope, by finite differences";

// ---- written for float alone
// -------------------------------------------------------------------------------------------

struct float_relu {
  float value(float z) const { return z < 0.0f ? 0.0f : z; }
  float derivative(float z) const { return z > 0.0f ? 1.0f : z <= 0.0f ? 0.0f : z; }
};
struct float_tanh {
  float value(float z) const { return std::tanh(z); }
  float derivative(float z) const {
    float const e = std::exp(-2.0f * std::fabs(z));
    return 4.0f * e / ((1.0f + e) * (1.0f + e));
  }
};
struct float_softsign {
  float value(float z) const { return std::isinf(z) ? std::copysign(1.0f, z) : z / (1.0f + std::fabs(z)); }
  float derivative(float z) const {
    float const d = 1.0f + std::fabs(z);
    return 1.0f / d / d;
  }
};
/// 10^5 times as steep as tanh, and away from 0: narrower than any difference.
struct float_steep {
  float value(float z) const { return float_tanh{}.value(within(z)); }
  float derivative(float z) const { return 1e5f * float_tanh{}.derivative(within(z)); }

private:
  static float within(float z) { return 1e5f * (z > 3.0f ? 3.0f : z < -3.0f ? -3.0f : z - 1.2345f); }
};
/// As a template for float alone, without a conversion from double.
struct float_template {
  template <std::same_as<float> T> T value(T z) const { return float_tanh{}.value(z); }
  template <std::same_as<float> T> T derivative(T z) const { return float_tanh{}.derivative(z); }
};

struct float_step : float_tanh { // 64 ulp of 1 too high above 1.2345
  float value(float z) const { return float_tanh{}.value(z) + (z > 1.2345f ? 64.0f * 0x1p-24f : 0.0f); }
};
struct float_wrong_sign : float_tanh {
  float derivative(float z) const {
    return z > 0.5f && z < 0.75f ? -float_tanh::derivative(z) : float_tanh::derivative(z);
  }
};
struct float_slope_of_neighbor : float_tanh {
  float derivative(float z) const { return float_tanh::derivative(z + 0x1p-9f); }
};
struct float_lost_factor : float_tanh {
  float derivative(float z) const { return 0.999f * float_tanh::derivative(z); }
};
struct float_template_wrong : float_template {
  template <std::same_as<float> T> T derivative(T z) const { return 1.001f * float_tanh{}.derivative(z); }
};
struct float_relu_wrong : float_relu { // the other side's slope
  float derivative(float z) const { return 1.0f - float_relu::derivative(z); }
};

// ---- with a step of the value between the points -------------------------------------------------------------------

struct with_step {
  double at;
  double height;
  template <floating_point T> T value(T z) const {
    return satur::tanh{}.value(z) + (z > static_cast<T>(at) ? static_cast<T>(height) : T(0));
  }
  template <floating_point T> T derivative(T z) const { return satur::tanh{}.derivative(z); }
};

// ---- periodic ------------------------------------------------------------------------------------------------------

struct sine {
  static constexpr bool flat_left = false;
  static constexpr bool flat_right = false;
  template <floating_point T> T value(T z) const { return std::sin(z); }
  template <floating_point T> T derivative(T z) const { return std::cos(z); }
  static constexpr double lower() { return -1.0; }
  static constexpr double upper() { return 1.0; }
  static constexpr double peak_slope() { return 1.0; }
};
struct float_sine {
  float value(float z) const { return std::sin(z); }
  float derivative(float z) const { return std::cos(z); }
};
/// z + sin(a z)^2 / a; its slope, 1 + sin(2 a z), touches 0.
struct snake {
  double a = 1.0;
  template <floating_point T> T value(T z) const {
    T const s = std::sin(static_cast<T>(a) * z);
    return z + s * s / static_cast<T>(a);
  }
  template <floating_point T> T derivative(T z) const { return T(1) + std::sin(T(2) * static_cast<T>(a) * z); }
};

struct sine_with_its_own_slope : sine {
  template <floating_point T> T derivative(T z) const { return std::sin(z); }
};
struct sine_too_large : sine { // beyond its limits at the crests
  template <floating_point T> T value(T z) const { return T(1.001) * std::sin(z); }
  template <floating_point T> T derivative(T z) const { return T(1.001) * std::cos(z); }
};
struct sine_in_degrees : sine {
  template <floating_point T> T derivative(T z) const { return std::cos(z * T(0.017453292519943295)); }
};
struct snake_off_at_its_zero : snake { // by 1e-5 between two points where the slope touches 0
  template <floating_point T> T derivative(T z) const {
    return snake::derivative(z) + (z > T(-1.0) && z < T(-0.6) ? T(1e-5) : T(0));
  }
};
/// The slope of tanh_shrink, tanh(z)^2, touches 0 at z = 0, where its digits can be kept.
struct off_at_zero {
  template <floating_point T> T value(T z) const { return satur::tanh_shrink{}.value(z); }
  template <floating_point T> T derivative(T z) const {
    return satur::tanh_shrink{}.derivative(z) * (std::fabs(z) < T(0.02) ? T(1.00001) : T(1));
  }
};

} // namespace

TEST_CASE("check_activation: right activations in float alone pass") {
  passes(check_activation<float>(float_relu{}));
  passes(check_activation<float>(float_tanh{}, check_options{.about = satur::testing::symmetry::odd}));
  passes(check_activation<float>(float_softsign{}));
  passes(check_activation<float>(float_template{}, scalar_only));
  passes(check_activation<float>(float_steep{}, check_options{.ulp = 16.0, .passes = false}));
  report const r = check_activation<float>(
      float_tanh{}, [](long double z) { return satur::tanh{}.evaluate(z); }, scalar_only);
  passes(r);
  CHECK(r.text().find("finite differences") == std::string::npos); // nothing is skipped for being float
}

TEST_CASE("check_activation: wrong activations in float alone fail, at the point that is wrong") {
  fails_within(check_activation<float>(float_step{}, scalar_only), by_differences, 1.2345 - 0x1p-6, 1.2345 + 0x1p-6);
  fails_within(check_activation<float>(float_wrong_sign{}, scalar_only), by_differences, 0.49, 0.76);
  fails_within(check_activation<float>(float_slope_of_neighbor{}, scalar_only), by_differences, -2.0, 2.0);
  fails_within(check_activation<float>(float_lost_factor{}, scalar_only), by_differences, -1.0, 1.0);
  fails_within(check_activation<float>(float_template_wrong{}, scalar_only), by_differences, -1.0, 1.0);
  fails_within(check_activation<float>(float_relu_wrong{}, scalar_only), by_differences, -30.0, 30.0);
  fails_within(check_activation<float>(
                   float_step{}, [](long double z) { return satur::tanh{}.evaluate(z); }, scalar_only),
               "value, by the reference", 1.2345, 1e38);
}

TEST_CASE_TEMPLATE("check_activation: a step of the value between two points fails", T, float, double) {
  for (double const at : {1.2345, -3.0071, 20.0123}) {
    fails_within(check_activation<T>(with_step{at, 1e-4}, scalar_only), by_differences, at - 0x1p-6, at + 0x1p-6);
  }
  passes(check_activation<T>(with_step{1.2345, 0.0}, scalar_only));
}

TEST_CASE_TEMPLATE("check_activation: sine and snake pass without limits at infinity", T, float, double) {
  passes(check_activation<T>(sine{}, check_options{.about = satur::testing::symmetry::odd, .limits = false}));
  passes(check_activation<T>(snake{}, check_options{.ulp = 6.0, .limits = false}));
  passes(
      check_activation<T>(snake{0.25}, check_options{.ulp = 6.0, .monotone = true, .passes = false, .limits = false}));
  passes(check_activation<T>(snake{0.5}, check_options{.ulp = 6.0, .passes = false, .limits = false}));
  report const limited = check_activation<T>(sine{}, scalar_only);
  CHECK(limited.failed("a limit at infinity, of the value"));
  CHECK(limited.text().find(".limits = false") != std::string::npos); // the failure says what to do
}

TEST_CASE("check_activation: a sine in float alone passes") { passes(check_activation<float>(float_sine{}, periodic)); }

TEST_CASE_TEMPLATE("check_activation: wrong sines and snakes fail", T, float, double) {
  fails_within(check_activation<T>(sine_with_its_own_slope{}, periodic), by_differences, -30.0, 30.0);
  fails_within(check_activation<T>(sine_in_degrees{}, periodic), by_differences, -30.0, 30.0);
  fails_within(check_activation<T>(sine_too_large{}, periodic), "the value stays within its limits", -HUGE_VAL,
               HUGE_VAL);
  auto const truth = [](long double z) {
    struct {
      long double value, slope;
    } const t{z + std::sin(z) * std::sin(z), 1.0L + std::sin(2.0L * z)};
    return t;
  };
  check_options const o{.ulp = 6.0, .passes = false, .limits = false};
  passes(check_activation<T>(snake{}, truth, o));
  fails_within(check_activation<T>(snake_off_at_its_zero{}, truth, o), "slope, by the reference", -1.0, -0.6);
}

TEST_CASE_TEMPLATE("check_activation: a slope that is 0 at z = 0 keeps its digits there", T, float, double) {
  auto const truth = [](long double z) { return satur::tanh_shrink{}.evaluate(z); };
  fails_within(check_activation<T>(off_at_zero{}, truth, scalar_only), "slope, by the reference", -0.02, 0.02);
}
