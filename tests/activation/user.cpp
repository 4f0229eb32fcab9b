// A user's activations: value and derivative suffice everywhere, in lanes or by element.
// levels: all
#include "satur/diagnostic.hpp"

#include "support/dual.hpp"
#include "support/elementwise.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <list>
#include <random>
#include <vector>

namespace {

/// A template for every type; functions are found by argument-dependent lookup. The second function returns another
/// type.
struct in_lanes {
  template <class T> SATUR_INLINE T value(T z) const {
    using std::exp;
    return T(1) / (T(1) + exp(-z));
  }
  template <class T> SATUR_INLINE T derivative(T z) const {
    using std::exp;
    T const e = exp(-satur::math::select(z < T(0), T(-z), z));
    return e / ((T(1) + e) * (T(1) + e));
  }
};

/// The same without a request to inline.
struct in_lanes_out_of_line {
  template <class T> T value(T z) const { return in_lanes{}.value(z); }
  template <class T> T derivative(T z) const { return in_lanes{}.derivative(z); }
};

/// With a parameter, one `evaluate` for value and slope, and a constant slope.
struct ramp {
  double gain = 1.0;
  template <class T> SATUR_INLINE T value(T z) const { return T(gain) * z; }
  template <class T> SATUR_INLINE double derivative(T const&) const { return gain; }
};

/// For one type only.
struct sine {
  static constexpr std::string_view name = "sine";
  double value(double z) const { return std::sin(z); }
  double derivative(double z) const { return std::cos(z); }
  static constexpr double peak_slope() { return 1.0; }
};
struct sine_in_float {
  float value(float z) const { return std::sin(z); }
  float derivative(float z) const { return std::cos(z); }
};

/// For every scalar type, with std functions and branches, which lanes lack, and with sums of products, which code for
/// another instruction set would contract.
struct bump {
  double width = 1.0;
  template <std::floating_point T> T value(T z) const {
    if (std::fabs(z) < static_cast<T>(width)) {
      return std::pow(rest(z), T(3));
    }
    return std::isnan(z) ? z : T(0);
  }
  template <std::floating_point T> T derivative(T z) const {
    return std::fabs(z) < static_cast<T>(width) ? T(-6) * z * scale<T>() * std::pow(rest(z), T(2))
                                                : (std::isnan(z) ? z : T(0));
  }

private:
  template <class T> T scale() const { return static_cast<T>(1.0 / (width * width)); }
  template <class T> T rest(T z) const { return T(1) - z * z * scale<T>(); }
};

/// Slopes of integer type.
struct step_slope {
  double value(double z) const { return z > 0 ? z : 0.0; }
  int derivative(double z) const { return z > 0; }
};

struct not_const {
  double value(double z) { return z; }
  double derivative(double) const { return 1.0; }
};
struct gives_text {
  char const* value(double) const { return ""; }
  double derivative(double) const { return 1.0; }
};

static_assert(satur::activation<in_lanes> && satur::activation<in_lanes, float>);
static_assert(satur::activation<in_lanes, long double> && satur::activation<in_lanes, test::dual>);
static_assert(satur::activation<ramp> && satur::activation<step_slope>);
static_assert(satur::activation<sine> && satur::activation<sine, float>); // a wider type loses no digits
static_assert(!satur::activation<sine, long double>);
static_assert(satur::activation<sine_in_float, float> && !satur::activation<sine_in_float>);
static_assert(satur::activation<bump, float> && satur::activation<bump, long double>);
static_assert(!satur::activation<not_const> && !satur::activation<gives_text>);

#if SATUR_HAS_LANES
using eight = satur::math::lanes<float, 8>;
static_assert(satur::detail::takes_lanes<in_lanes, eight>);
static_assert(satur::detail::takes_lanes<ramp, satur::math::twin<eight>>);
static_assert(!satur::detail::takes_lanes<sine, eight>);
static_assert(!satur::detail::takes_lanes<bump, satur::math::twin<eight>>);
#endif

template <class T> std::vector<T> some_z(std::size_t n) {
  std::mt19937_64 urbg(11);
  std::normal_distribution<double> normal(0.5, 4.0);
  std::vector<T> z(n);
  for (T& e : z) {
    e = static_cast<T>(normal(urbg));
  }
  if (n > 20) {
    z[3] = std::numeric_limits<T>::quiet_NaN();
    z[17] = -std::numeric_limits<T>::infinity();
  }
  return z;
}

/// All one-line functions against scalar calls. `digits` is the tolerance; 0 requires the bits of the scalar call.
template <class T, class A> void check_joins(A const& act, double digits = 0.0) {
  auto const same = [&](T a, auto truth) {
    T const b = static_cast<T>(truth);
    return test::identical(a, b) || std::fabs(a - b) <= static_cast<T>(digits) * std::fabs(b);
  };
  for (std::size_t const n : {std::size_t{1}, std::size_t{6}, std::size_t{700}}) {
    std::vector<T> const z = some_z<T>(n);
    std::vector<T> y(n);
    std::vector<T> dy(n);
    std::vector<T> mapped(n);
    for (test::simd_level const level : test::levels()) {
      satur::scoped_level const forced(level);
      CAPTURE(n);
      CAPTURE(static_cast<int>(level));
      satur::saturation const s = satur::forward(act, z, y, dy, satur::z_beyond{2.0});
      std::uint64_t low = 0;
      std::size_t wrong = 0;
      double slopes = 0.0;
      for (std::size_t i = 0; i < n; ++i) {
        low += z[i] < T(-2);
        using R = decltype(act.value(z[i]));
        using D = decltype(act.derivative(z[i]));
        wrong += !same(y[i], act.value(static_cast<R>(z[i])));
        wrong += !same(dy[i], act.derivative(static_cast<D>(z[i])));
        slopes += std::isnan(z[i]) || std::isnan(dy[i]) ? 0.0 : static_cast<double>(dy[i]);
      }
      CHECK(wrong == 0);
      CHECK(s.low == low);
      CHECK(s.nan == (n > 20 ? 1 : 0));
      if (!std::isnan(s.mean_derivative())) { // sin and cos of infinity
        CHECK(s.mean_derivative() == doctest::Approx(slopes / static_cast<double>(s.count)).epsilon(1e-9));
      }
      CHECK(satur::observe(act, z, satur::z_beyond{2.0}).low == low);
      satur::apply(act, z, mapped);
      CHECK(test::differing(mapped, y) == 0);
      satur::apply_derivative(act, z, mapped);
      CHECK(test::differing(mapped, dy) == 0);
    }
    std::list<T> const linked(z.begin(), z.end());
    std::vector<T> again(n);
    satur::saturation const best = satur::forward(act, z, y, satur::z_beyond{2.0});
    CHECK(satur::forward(act, linked, again, satur::z_beyond{2.0}).low == best.low);
    CHECK(test::differing(again, y) == 0);
  }
}

} // namespace

TEST_CASE("user's activation: a template for every type runs in lanes") {
  check_joins<float>(in_lanes{}, 1e-6);
  check_joins<double>(in_lanes_out_of_line{}, 1e-15);
  // uses the library's exponential, so the slopes agree in the tail
  std::vector<float> const far(100, 60.0f);
  CHECK(satur::mean_derivative(in_lanes{}, far) ==
        doctest::Approx(satur::mean_derivative(satur::sigmoid{}, far)).epsilon(1e-6));
}

TEST_CASE("user's activation: parameters are kept, constant slopes may be plain numbers") {
  check_joins<float>(ramp{0.3}, 1e-7);
  std::vector<double> const z{1.0, -2.0};
  std::vector<double> y(2);
  satur::saturation const s = satur::forward(ramp{3.0}, z, y);
  CHECK(y[1] == -6.0);
  CHECK(s.mean_derivative() == 3.0);
}

TEST_CASE_TEMPLATE("user's activation: double value(double) is applied by element, with the bits of a scalar call", T,
                   float, double) {
  check_joins<T>(sine{});
}

TEST_CASE("user's activation: float value(float) is accepted for float only") {
  check_joins<float>(sine_in_float{});
  CHECK(satur::peak_slope_of(sine_in_float{}) == doctest::Approx(1.0));
}

TEST_CASE("user's activation: a constrained template with std functions and branches is applied by element") {
  check_joins<float>(bump{3.0});
  check_joins<double>(bump{});
  check_joins<long double>(bump{2.0});
}

TEST_CASE("user's activation: slopes of integer type") {
  std::vector<float> const z{-1.0f, 2.0f, 3.0f};
  CHECK(satur::mean_derivative(step_slope{}, z) == doctest::Approx(2.0 / 3.0));
}

TEST_CASE("user's activation: unstated facts are searched for or NaN") {
  std::vector<double> const z = some_z<double>(5);
  CHECK(satur::observe(sine{}, z).activation == "sine");
  CHECK(satur::observe(sine{}, z).slope_share() <= 1.0);
  CHECK(satur::observe(bump{}, z).activation == "activation");
  CHECK(std::isnan(satur::observe(bump{}, z).slope_share()));
  CHECK(satur::peak_slope_of(bump{}) == doctest::Approx(96.0 / (25.0 * std::sqrt(5.0))).epsilon(1e-7));
  CHECK(satur::peak_slope_of(ramp{0.7}) == 0.7);
}

TEST_CASE("user's activation: in a monitor") {
  satur::monitor monitor;
  std::vector<float> const z = some_z<float>(100);
  std::vector<float> y(z.size());
  std::vector<float> dy(z.size());
  monitor["lanes"].forward(in_lanes{}, z, y);
  monitor["sine"].forward(sine{}, z, y, dy);
  monitor.end_step();
  CHECK(monitor.at("lanes").last().saturation.low == satur::observe(in_lanes{}, z).low);
  CHECK(monitor.at("sine").last().saturation.activation == "sine");
  CHECK(test::identical(y[40], static_cast<float>(std::sin(static_cast<double>(z[40])))));
}

TEST_CASE("user's activation: its exceptions propagate") {
  struct refuses {
    double value(double z) const { return z < 0 ? throw std::domain_error("negative") : z; }
    double derivative(double) const { return 1.0; }
  };
  CHECK_THROWS_AS(static_cast<void>(satur::observe(refuses{}, std::vector<double>{1.0, -1.0})), std::domain_error);
}
