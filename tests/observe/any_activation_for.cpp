// An activation chosen at run time: the bits and the record of its type, in every pass.
#include "satur/observe/any_activation_for.hpp"

#include "satur/monitor.hpp"
#include "satur/observe.hpp"
#include "support/activations.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace {

template <class T> bool same_bits(std::vector<T> const& a, std::vector<T> const& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

/// Longer than one block, not a multiple of any register width, with one NaN.
template <class T> std::vector<T> inputs(std::size_t n = 1537) {
  std::vector<T> z(n);
  for (std::size_t i = 0; i < n; ++i) {
    z[i] = static_cast<T>(std::sin(0.7 * static_cast<double>(i)) * 9.0 + 0.3);
  }
  z[1530] = std::numeric_limits<T>::quiet_NaN();
  return z;
}

/// Runs in lanes, has a parameter, states no facts.
struct softer_sign {
  double width = 2.0;
  template <class T> SATUR_INLINE T value(T z) const { return z / below(z); }
  template <class T> SATUR_INLINE T derivative(T z) const { return T(width) / (below(z) * below(z)); }

private:
  template <class T> SATUR_INLINE T below(T z) const { return T(width) + satur::math::select(z < T(0), T(-z), z); }
};
/// Applied by element, with the standard library.
struct sine {
  static constexpr std::string_view name = "sine";
  double frequency = 1.0;
  template <std::floating_point T> T value(T z) const { return std::sin(static_cast<T>(frequency) * z); }
  template <std::floating_point T> T derivative(T z) const {
    return static_cast<T>(frequency) * std::cos(static_cast<T>(frequency) * z);
  }
  [[nodiscard]] double peak_slope() const { return std::fabs(frequency); }
};

template <class T, class A> void same_as_type(A const& act, satur::any_activation_for<T> const& chosen) {
  CAPTURE(chosen.name);
  std::vector<T> z = inputs<T>();
  std::vector<T> y(z.size()), dy(z.size()), y_chosen(z.size()), dy_chosen(z.size());
  satur::saturation const expected = satur::forward(act, z, y, dy);
  CHECK(satur::forward(chosen, z, y_chosen, dy_chosen) == expected);
  CHECK(same_bits(y, y_chosen));
  CHECK(same_bits(dy, dy_chosen));
  CHECK(satur::observe(chosen, z) == expected);
  z[3] = std::numeric_limits<T>::infinity(); // a record of e^inf or sin(inf) holds NaN, so it equals no record
  z[600] = -std::numeric_limits<T>::infinity();
  satur::forward(act, z, y, dy);
  std::vector<T> y_applied(z.size()), dy_applied(z.size());
  satur::apply(chosen, z, y_applied, dy_applied);
  CHECK(same_bits(y, y_applied));
  CHECK(same_bits(dy, dy_applied));
  std::vector<T> in_place = z;
  satur::apply(chosen, in_place, in_place); // the value alone
  CHECK(same_bits(y, in_place));
  in_place = z;
  satur::apply_derivative(chosen, in_place, in_place);
  CHECK(same_bits(dy, in_place));
  CHECK(chosen.value(z[1]) == y[1]);
  CHECK(chosen.derivative(z[1]) == dy[1]);
}

} // namespace

TEST_CASE_TEMPLATE("any_activation_for: every activation by its name", T, float, double) {
  test::for_each_activation([](auto const& act) {
    auto const chosen = satur::activation_named<T>(act.name);
    REQUIRE(chosen.has_value());
    CHECK(chosen->name == act.name);
    same_as_type<T>(act, *chosen);
  });
  CHECK_FALSE(satur::activation_named<T>("tanhh").has_value());
  CHECK_FALSE(satur::activation_named<T>("").has_value());
}

TEST_CASE_TEMPLATE("any_activation_for: parameters and user's activations", T, float, double) {
  same_as_type<T>(satur::leaky_relu{0.5}, satur::leaky_relu{0.5});
  same_as_type<T>(softer_sign{0.7}, softer_sign{0.7});
  same_as_type<T>(sine{1.5}, sine{1.5});
  CHECK_THROWS_AS((satur::any_activation_for<T>(satur::celu{-1.0})), std::invalid_argument);
}

TEST_CASE("any_activation_for: a copy outlives its source and can be reassigned") {
  std::vector<float> const z{-1.0f, 2.0f};
  std::vector<float> y(2);
  satur::any_activation_for<float> act = satur::relu{};
  {
    satur::any_activation_for<float> const leaky = satur::leaky_relu{0.25};
    act = leaky;
  }
  satur::apply(act, z, y);
  CHECK(y == std::vector<float>{-0.25f, 2.0f});
  CHECK(act.name == "leaky_relu");
  satur::any_activation const facts = act; // for diagnose(): only the facts
  CHECK(facts.name == "leaky_relu");
  CHECK(facts.value(-1.0) == -0.25);
  satur::any_activation const unstated = satur::any_activation_for<float>(softer_sign{0.5});
  CHECK(unstated.stated_peak_slope() == 0.0);
}

TEST_CASE("any_activation_for: its record has only stated peak slopes and merges with that of the type") {
  std::vector<float> const z{-1.0f, 2.0f};
  satur::any_activation_for<float> const chosen = softer_sign{0.5};
  satur::saturation record = satur::observe(chosen, z);
  CHECK(record.peak_slope == 0.0);
  CHECK(chosen.peak_slope() == doctest::Approx(2.0));
  record += satur::observe(softer_sign{0.5}, z);
  CHECK(record.count == 4);
}

TEST_CASE("any_activation_for: rules that need facts, and sixteen-bit input") {
  std::vector<float> const z = inputs<float>();
  satur::any_activation_for<float> const chosen = satur::tanh{};
  for (satur::any_rule const& rule :
       {satur::any_rule(satur::slope_below{0.1}), satur::any_rule(satur::output_beyond{0.1, 0.9})}) {
    CHECK(satur::observe(chosen, z, rule) == satur::observe(satur::tanh{}, z, rule));
  }
  std::vector<std::uint16_t> const bits{0x3f80, 0xc000, 0x3e00}; // 1, -2, 0.125
  std::vector<std::uint16_t> y(3), y_chosen(3);
  satur::apply(satur::tanh{}, satur::as_bfloat16(bits), satur::as_bfloat16(y));
  satur::apply(chosen, satur::as_bfloat16(bits), satur::as_bfloat16(y_chosen));
  CHECK(y == y_chosen);
}

TEST_CASE("any_activation_for: a monitor with units and histograms") {
  auto const run = [](auto const& act) {
    satur::monitor mon(satur::monitor_options{.histograms = 1, .units = true});
    std::vector<float> const z = inputs<float>(1600);
    std::vector<float> y(z.size()), dy(z.size());
    mon["fc1"].forward(act, z, y, dy);
    mon["fc1"].forward(act, z, y, satur::unit_layout::of(std::vector<std::size_t>{100, 16}));
    mon["fc1"].observe(act, z);
    mon.end_step();
    return mon;
  };
  satur::monitor const expected = run(satur::gelu{});
  satur::monitor const chosen = run(satur::any_activation_for<float>(satur::gelu{}));
  CHECK(chosen == expected);
}
