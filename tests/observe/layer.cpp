// observe, saturated_fraction, mean_derivative and observe_units of any type with a member z().
#include "satur/observe/layer.hpp"

#include "satur/activation/sigmoid.hpp"
#include "satur/activation/tanh.hpp"
#include "satur/array/array_view.hpp"
#include "satur/array/half_span.hpp"
#include "satur/observe/layer_units.hpp"
#include "satur/rule/slope_below.hpp"
#include "support/refusal.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

std::vector<float> const some{-9.0f, -1.0f, 0.25f, 3.0f, 6.0f, 7.5f};

/// z as std::vector.
struct plain_layer {
  std::vector<float> kept = some;
  [[nodiscard]] std::vector<float> const& z() const { return kept; }
};
/// z as a temporary of shape (2, 3).
struct shaped_layer {
  std::vector<float> kept = some;
  [[nodiscard]] satur::array_view<float const> z() const { return {kept.data(), {2, 3}}; }
};
/// z as rows that are made anew.
struct rows_layer {
  [[nodiscard]] std::vector<std::vector<float>> z() const {
    return {{some[0], some[1], some[2]}, {some[3], some[4], some[5]}};
  }
};
/// z without a shape; says how its units lie: three channels of two pixels.
struct channels_layer : plain_layer {
  [[nodiscard]] satur::unit_layout z_layout() const { return satur::unit_layout::nchw(1, 3, 1, 2); }
};
/// Numbers with a member z() of their own.
struct point {
  std::array<double, 3> numbers{9.0, 9.0, 0.0};
  [[nodiscard]] double z() const { return numbers[2]; }
  [[nodiscard]] double const* data() const { return numbers.data(); }
  [[nodiscard]] std::size_t size() const { return 3; }
  [[nodiscard]] auto begin() const { return numbers.begin(); }
  [[nodiscard]] auto end() const { return numbers.end(); }
};

template <class L> void check_layer(L const& layer) {
  CHECK(satur::saturated_fraction(layer) == 0.5);
  CHECK(satur::saturated_fraction(layer, 2.0) == 4.0 / 6.0);
  CHECK(satur::mean_derivative(satur::sigmoid{}, layer) == satur::mean_derivative(satur::sigmoid{}, some));
  CHECK(satur::observe(satur::sigmoid{}, layer) == satur::observe(satur::sigmoid{}, some));
  CHECK(satur::observe(satur::tanh{}, layer, satur::slope_below{0.1}) ==
        satur::observe(satur::tanh{}, some, satur::slope_below{0.1}));
  std::vector<char> const keep{1, 0, 0, 1, 1, 0};
  CHECK(satur::observe(satur::tanh{}, layer, satur::sample_mask{keep}) ==
        satur::observe(satur::tanh{}, std::vector<float>{some[0], some[3], some[4]}));
}

} // namespace

TEST_CASE("any type with z() is observed") {
  check_layer(plain_layer{});
  check_layer(shaped_layer{});
  check_layer(rows_layer{});
}

TEST_CASE("numbers with a member z() are read as numbers") {
  CHECK(satur::saturated_fraction(point{}) == 2.0 / 3.0);
  CHECK(satur::observe(satur::sigmoid{}, point{}).count == 3);
}

TEST_CASE("16-bit z") {
  struct half_layer {
    std::vector<std::uint16_t> bits{0x40c0u, 0x3f80u}; // 6, 1
    [[nodiscard]] auto z() const { return satur::as_bfloat16(bits); }
  };
  CHECK(satur::saturated_fraction(half_layer{}) == 0.5);
  CHECK(satur::observe(satur::sigmoid{}, half_layer{}).max_z() == 6.0);
}

TEST_CASE("observe_units of a layer: the units of its z") {
  satur::unit_records expected;
  satur::observe_units(expected, satur::sigmoid{}, shaped_layer{}.z(), satur::z_beyond{2.0});
  satur::unit_records found;
  satur::observe_units(found, satur::sigmoid{}, shaped_layer{}, satur::z_beyond{2.0});
  CHECK(found == expected);
  CHECK(found.size() == 3);
  satur::unit_records of_rows;
  satur::observe_units(of_rows, satur::sigmoid{}, rows_layer{}, satur::z_beyond{2.0});
  CHECK(of_rows == expected);

  std::vector<char> const second{0, 1};
  satur::unit_records masked;
  satur::observe_units(masked, satur::sigmoid{}, shaped_layer{}, satur::sample_mask{second});
  CHECK(masked.samples() == 1);
  CHECK(masked[0].mean_z() == 3.0);

  satur::unit_records channels;
  satur::observe_units(channels, satur::sigmoid{}, channels_layer{});
  CHECK(channels.size() == 3);
  CHECK(channels.samples() == 2);
  CHECK(channels[0].mean_z() == -5.0);
  CHECK(channels[2].mean_z() == 6.75);
}

TEST_CASE("a layer that has seen nothing, and masks that do not fit") {
  CHECK(std::isnan(satur::saturated_fraction(plain_layer{{}})));
  CHECK(std::isnan(satur::mean_derivative(satur::sigmoid{}, plain_layer{{}})));
  CHECK(satur::observe(satur::sigmoid{}, plain_layer{{}}).count == 0);
  std::vector<char> const four(4, 1);
  CHECK_THROWS_AS(static_cast<void>(satur::observe(satur::sigmoid{}, shaped_layer{}, satur::sample_mask{four})),
                  satur::shape_error);
}
