// What a layer with several z says of each by its name.
#include "satur/layer/named_readings.hpp"

#include "satur/activation/hard_sigmoid.hpp"
#include "satur/activation/sigmoid.hpp"
#include "satur/activation/tanh.hpp"
#include "satur/array/array_view.hpp"
#include "satur/monitor.hpp"
#include "support/refusal.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string_view>
#include <vector>

namespace {

using satur::sample_mask;

/// Two gates and a candidate, (samples, 2) each.
struct gates : satur::named_z_readings<gates> {
  std::vector<double> input, forget, candidate;

  [[nodiscard]] static satur::array_view<double const> matrix(std::vector<double> const& z) {
    return {z.data(), {z.size() / 2, 2}};
  }
  template <class F> void each_z(F&& f) const {
    f(std::string_view("input"), satur::sigmoid{}, matrix(input));
    f(std::string_view("forget"), satur::sigmoid{}, matrix(forget));
    f(std::string_view("candidate"), satur::tanh{}, matrix(candidate));
  }
  template <class F, class M, class V> void each_z_law(F&& f, M const& mean, V const& variance) const {
    f(std::string_view("input"), satur::sigmoid{}, satur::theory::unit_laws{{mean}, {variance}});
    f(std::string_view("candidate"), satur::tanh{}, satur::theory::unit_laws{{mean, mean}, {9.0, 4.0 * variance}});
  }
};
/// Other gates.
struct two_gates : satur::named_z_readings<two_gates> {
  std::vector<double> z{1.0, 2.0};
  template <class F> void each_z(F&& f) const {
    f(std::string_view("input"), satur::sigmoid{}, gates::matrix(z));
    f(std::string_view("update"), satur::hard_sigmoid{}, gates::matrix(z));
  }
};

gates some_gates() {
  gates layer;
  layer.input = {6.0, -7.0, 0.5, 1.0, 8.0, 2.0};
  layer.forget = {1.0, 2.0, std::numeric_limits<double>::quiet_NaN(), 0.0, 5.5, -1.0};
  layer.candidate = {0.25, -6.0, 1.5, 0.0, -5.0, 3.0};
  return layer;
}

} // namespace

TEST_CASE("each z by its name, with its activation") {
  gates const layer = some_gates();
  std::vector<satur::named_saturation> const found = layer.observe();
  REQUIRE(found.size() == 3);
  CHECK(found[0].name == "input");
  CHECK(found[1].name == "forget");
  CHECK(found[2].name == "candidate");
  CHECK(found[0].record == satur::observe(satur::sigmoid{}, layer.input));
  CHECK(found[1].record == satur::observe(satur::sigmoid{}, layer.forget));
  CHECK(found[2].record == satur::observe(satur::tanh{}, layer.candidate));
  CHECK(layer.observe(satur::z_beyond{1.75})[2].record ==
        satur::observe(satur::tanh{}, layer.candidate, satur::z_beyond{1.75}));
}

TEST_CASE("the two numbers over all z, NaN left out") {
  gates const layer = some_gates();
  CHECK(layer.saturated_fraction() == 5.0 / 17.0); // 6, -7, 8; 5.5; -6
  CHECK(layer.saturated_fraction(7.0) == 1.0 / 17.0);
  long double sum = 0.0L;
  for (double const z : layer.input) {
    sum += 1.0L / (4.0L * std::cosh(z / 2.0L) * std::cosh(z / 2.0L));
  }
  for (double const z : layer.forget) {
    sum += std::isnan(z) ? 0.0L : 1.0L / (4.0L * std::cosh(z / 2.0L) * std::cosh(z / 2.0L));
  }
  for (double const z : layer.candidate) {
    sum += 1.0L / (std::cosh(static_cast<long double>(z)) * std::cosh(static_cast<long double>(z)));
  }
  CHECK(layer.mean_derivative() == doctest::Approx(static_cast<double>(sum / 17.0L)).epsilon(1e-14));
}

TEST_CASE("before the first forward nothing was seen") {
  gates const layer;
  CHECK(std::isnan(layer.saturated_fraction()));
  CHECK(std::isnan(layer.mean_derivative()));
  CHECK(layer.observe().size() == 3);
  CHECK(layer.observe()[1].record.count == 0);
  CHECK_THROWS_AS(static_cast<void>(layer.saturated_fraction(-1.0)), std::invalid_argument);
}

TEST_CASE("a mask, for every z") {
  gates const layer = some_gates();
  std::vector<char> const keep{0, 1, 1};
  gates tokens = layer;
  for (std::vector<double>* const z : {&tokens.input, &tokens.forget, &tokens.candidate}) {
    z->erase(z->begin(), z->begin() + 2);
  }
  auto const found = layer.observe(sample_mask{keep});
  auto const narrow = layer.observe(sample_mask{keep}, satur::z_beyond{1.75});
  REQUIRE(found.size() == 3);
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(found[k].name == tokens.observe()[k].name);
    CHECK(found[k].record == tokens.observe()[k].record);
    CHECK(narrow[k].record == tokens.observe(satur::z_beyond{1.75})[k].record);
  }
  std::vector<satur::named_units> units;
  layer.observe_units(units, sample_mask{keep});
  std::vector<satur::named_units> expected;
  tokens.observe_units(expected);
  REQUIRE(units.size() == 3);
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(units[k].units == expected[k].units);
  }
  satur::monitor mon({.units = true});
  layer.record_in(mon, "lstm", sample_mask{keep});
  satur::monitor of_tokens({.units = true});
  tokens.record_in(of_tokens, "lstm");
  CHECK(mon == of_tokens);
  CHECK_THROWS_AS(static_cast<void>(layer.observe(sample_mask{std::vector<char>(4, 1)})), satur::shape_error);
}

TEST_CASE("units of each z, added up over steps") {
  gates const layer = some_gates();
  std::vector<satur::named_units> units;
  layer.observe_units(units, satur::z_beyond{1.75});
  layer.observe_units(units, satur::z_beyond{1.75});
  REQUIRE(units.size() == 3);
  CHECK(units[2].name == "candidate");
  satur::unit_records expected;
  satur::observe_units(expected, satur::tanh{}, gates::matrix(layer.candidate), satur::z_beyond{1.75});
  satur::observe_units(expected, satur::tanh{}, gates::matrix(layer.candidate), satur::z_beyond{1.75});
  CHECK(units[2].units == expected);
  CHECK(units[0].units.samples() == 6);

  two_gates const other;
  CHECK(satur_test::refusal([&] { other.observe_units(units); }) ==
        "satur::observe_units: entry 1 of the list is forget, and of the layer it is update; give each layer a list of "
        "its own");
  units.pop_back();
  CHECK(satur_test::refusal([&] { layer.observe_units(units); }) ==
        "satur::observe_units: entry 2 of the list is none, and of the layer it is candidate; give each layer a list "
        "of its own");
  std::vector<satur::named_units> longer;
  other.observe_units(longer);
  longer.push_back({"more", {}});
  CHECK(satur_test::refusal([&] {
          other.observe_units(longer);
        }).starts_with("satur::observe_units: entry 2 of the list is more, and of the layer it is none"));
  CHECK(units[0].units.samples() == 6); // nothing was recorded
}

TEST_CASE("a monitor knows each z as a layer of its own") {
  gates const layer = some_gates();
  satur::monitor mon;
  layer.record_in(mon, "lstm");
  CHECK(mon["lstm.input"].current().saturation ==
        satur::observe(satur::sigmoid{}, layer.input, mon["lstm.input"].rule()));
  CHECK(mon["lstm.candidate"].current().saturation.activation == satur::label("tanh"));
  CHECK(mon["lstm.forget"].current().saturation.nan == 1);
}

TEST_CASE("predicted: each z from its law") {
  gates const layer;
  auto const found = layer.predicted(0.0, 25.0);
  REQUIRE(found.size() == 2);
  CHECK(found[0].name == "input");
  CHECK(found[0].prediction.fraction() == doctest::Approx(std::erfc(1.0 / std::sqrt(2.0))).epsilon(1e-12));
  CHECK(found[1].name == "candidate");
  CHECK(found[1].prediction.z.units() == 2);
  CHECK(layer.predicted(0.0, 25.0, 10.0)[0].prediction.fraction() ==
        doctest::Approx(std::erfc(2.0 / std::sqrt(2.0))).epsilon(1e-12));
}
