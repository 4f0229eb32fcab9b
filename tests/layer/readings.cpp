// What a layer of one z says of itself: readings, masks, units, and what its weights let expect.
#include "satur/layer/readings.hpp"

#include "satur/activation/leaky_relu.hpp"
#include "satur/activation/relu.hpp"
#include "satur/activation/sigmoid.hpp"
#include "satur/activation/tanh.hpp"
#include "satur/initializer/box_muller.hpp"
#include "satur/initializer/normal.hpp"
#include "satur/initializer/zeros.hpp"
#include "satur/layer/dense.hpp"
#include "satur/rule/slope_below.hpp"
#include "support/refusal.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <random>
#include <vector>

namespace {

using tensor = xt::xtensor<double, 2>;

satur::dense<double> three_to_two() {
  std::mt19937 urbg{1};
  satur::dense<double> fc{3, 2, satur::zeros{}, urbg};
  fc.w = {{1.0, -4.0}, {2.0, 3.0}, {-2.0, 0.0}};
  fc.b = {0.5, -6.0};
  return fc;
}

/// P(z > t) of a normal z.
double above(double t, double mean, double variance) { return 0.5 * std::erfc((t - mean) / std::sqrt(2.0 * variance)); }
/// The mean slope of a sigmoid over a normal z: a sum over a fine grid.
double mean_slope(double mean, double variance) {
  double const deviation = std::sqrt(variance);
  double sum = 0.0;
  double weights = 0.0;
  for (int i = -8000; i <= 8000; ++i) {
    double const x = i * 0.001;
    double const weight = std::exp(-0.5 * x * x);
    double const e = std::exp(-std::fabs(mean + deviation * x));
    sum += weight * e / ((1.0 + e) * (1.0 + e));
    weights += weight;
  }
  return sum / weights;
}

/// A layer whose z is not x w + b: an elementwise product, units along axis 0.
struct scale_layer : satur::z_readings<scale_layer> {
  std::vector<double> factor{2.0, -10.0};
  std::vector<double> kept{1.0, 8.0, 2.0, -9.0}; // two units, two samples each
  [[nodiscard]] std::vector<double> const& z() const { return kept; }
  [[nodiscard]] satur::unit_layout z_layout() const { return {1, 2, 2}; }
  template <class M, class V> [[nodiscard]] satur::theory::unit_laws z_laws(M const& mean, V const& variance) const {
    satur::theory::unit_laws laws;
    for (double const f : factor) {
      laws.mean.push_back(f * mean);
      laws.variance.push_back(f * f * variance);
    }
    return laws;
  }
};

} // namespace

TEST_CASE("a layer reads the samples that a mask keeps") {
  satur::dense<double> fc = three_to_two();
  tensor const x{{1.0, 0.0, 0.0}, {9.0, 9.0, -9.0}, {0.0, 1.0, 0.0}};
  fc.forward(x);
  std::vector<char> const keep{1, 0, 1}; // the second row is padding
  satur::dense<double> of_tokens = three_to_two();
  tensor const tokens{{1.0, 0.0, 0.0}, {0.0, 1.0, 0.0}};
  of_tokens.forward(tokens);
  CHECK(fc.observe(satur::sigmoid{}, satur::sample_mask{keep}) == of_tokens.observe(satur::sigmoid{}));
  CHECK(fc.observe(satur::tanh{}, satur::sample_mask{keep}, satur::slope_below{0.5}) ==
        of_tokens.observe(satur::tanh{}, satur::slope_below{0.5}));
  CHECK(fc.observe(satur::sigmoid{}, satur::sample_mask{keep}).fraction() == 0.25); // z = 1.5, -10; 2.5, -3

  satur::unit_records expected;
  of_tokens.observe_units(expected, satur::tanh{}, satur::z_beyond{2.0});
  satur::unit_records found;
  fc.observe_units(found, satur::tanh{}, satur::sample_mask{keep}, satur::z_beyond{2.0});
  CHECK(found == expected);
  CHECK(found[0].high == 1.0);
  CHECK(found[1].low == 2.0);
  CHECK_THROWS_AS(static_cast<void>(fc.observe(satur::tanh{}, satur::sample_mask{std::vector<char>(2, 1)})),
                  satur::shape_error);
}

TEST_CASE("predicted: each unit's normal law from the weights, by closed forms") {
  satur::dense<double> const fc = three_to_two();
  // unit 0: mean 0.5 + 1 + 4 + 6, variance 1 * 0.25 + 4 * 1 + 4 * 0.09; unit 1: mean -6 - 4 + 6, variance 4 + 9
  std::array<double, 3> const means{1.0, 2.0, -3.0};
  std::vector<float> const variances{0.25f, 1.0f, 0.0625f};
  std::array<double, 2> const mean{11.5, -4.0};
  std::array<double, 2> const variance{0.25 + 4.0 + 0.25, 4.0 + 9.0};
  satur::theory::unit_prediction const p = fc.predicted(satur::sigmoid{}, means, variances, 3.0);
  REQUIRE(p.z.units() == 2);
  double high = 0.0;
  double low = 0.0;
  double slope = 0.0;
  for (std::size_t j = 0; j < 2; ++j) {
    CHECK(p.z.mean[j] == doctest::Approx(mean[j]).epsilon(1e-15));
    CHECK(p.z.variance[j] == doctest::Approx(variance[j]).epsilon(1e-15));
    high += above(3.0, mean[j], variance[j]) / 2.0;
    low += above(3.0, -mean[j], variance[j]) / 2.0;
    slope += mean_slope(mean[j], variance[j]) / 2.0;
  }
  CHECK(p.threshold == 3.0);
  CHECK(p.above == doctest::Approx(high).epsilon(1e-12));
  CHECK(p.below == doctest::Approx(low).epsilon(1e-12));
  CHECK(p.fraction() == doctest::Approx(low + high).epsilon(1e-12));
  CHECK(p.mean_derivative == doctest::Approx(slope).epsilon(1e-9));
  CHECK(p.slope_saturation == doctest::Approx(1.0 - 4.0 * slope).epsilon(1e-9));

  satur::theory::unit_prediction const standard = fc.predicted(satur::sigmoid{}); // mean 0, variance 1
  CHECK(standard.threshold == 5.0);
  CHECK(standard.fraction() ==
        doctest::Approx(
            (above(5.0, 0.5, 9.0) + above(5.0, -0.5, 9.0) + above(5.0, -6.0, 25.0) + above(5.0, 6.0, 25.0)) / 2.0)
            .epsilon(1e-12));
}

TEST_CASE("predicted: what a forward pass over such inputs then shows") {
  std::mt19937_64 urbg{7};
  satur::dense<float> fc{50, 40, satur::normal{0.8}, urbg};
  xt::xtensor<float, 2> x = xt::xtensor<float, 2>::from_shape({2000, 50});
  satur::fill(satur::normal{1.5}, x, satur::fans{1, 1}, urbg);
  for (float& e : x) {
    e += 0.5f;
  }
  fc.forward(x);
  satur::theory::unit_prediction const p = fc.predicted(satur::tanh{}, 0.5, 2.25);
  // 2000 samples of each unit: at most 4 standard deviations of such a mean, as if all units were one
  double const share = p.fraction();
  CHECK(share > 0.2);
  CHECK(std::fabs(fc.saturated_fraction() - share) < 4.0 * std::sqrt(share * (1.0 - share) / 2000.0));
  double const slope = p.mean_derivative;
  CHECK(std::fabs(fc.mean_derivative(satur::tanh{}) - slope) < 4.0 * std::sqrt(slope * (1.0 - slope) / 2000.0));
}

TEST_CASE("predicted refuses what does not fit") {
  satur::dense<double> const fc = three_to_two();
  CHECK_THROWS_AS(static_cast<void>(fc.predicted(satur::relu{}, std::array<double, 2>{}, 1.0)), satur::shape_error);
  CHECK_THROWS_AS(static_cast<void>(fc.predicted(satur::relu{}, 0.0, std::array<double, 4>{})), satur::shape_error);
  CHECK(satur_test::refusal([&] { static_cast<void>(fc.predicted(satur::relu{}, 0.0, -1.0)); }) != "nothing thrown");
  CHECK(satur_test::refusal([&] { static_cast<void>(fc.predicted(satur::relu{}, 0.0, 1.0, -5.0)); }) ==
        "satur::theory::predicted: threshold is -5; allowed: 0 or a positive number");
}

TEST_CASE("a layer says how its units lie and what its weights are") {
  scale_layer const layer;
  satur::unit_records units;
  layer.observe_units(units, satur::sigmoid{});
  CHECK(units.size() == 2);
  CHECK(units[0].mean_z() == 4.5);
  CHECK(units[1].mean_z() == -3.5);
  CHECK(layer.saturated_fraction() == 0.5);
  satur::theory::unit_prediction const p = layer.predicted(satur::sigmoid{}, 0.0, 1.0);
  CHECK(p.fraction() == doctest::Approx(above(5.0, 0.0, 4.0) + above(5.0, 0.0, 100.0)).epsilon(1e-12));
}

TEST_CASE_TEMPLATE("an empty batch gives an empty result, and nothing is seen", T, float, double) {
  std::mt19937 urbg{1};
  satur::dense<T> fc{3, 2, satur::normal{1.0}, urbg};
  xt::xtensor<T, 2> const full = xt::ones<T>({4, 3});
  xt::xtensor<T, 2> const empty = xt::xtensor<T, 2>::from_shape({0, 3});
  for (int turn = 0; turn < 2; ++turn) { // also after a batch that was not empty
    auto const& z = fc.forward(empty);
    CHECK((z.shape(0) == 0 && z.shape(1) == 2));
    CHECK(std::isnan(fc.saturated_fraction()));
    CHECK(std::isnan(fc.mean_derivative(satur::sigmoid{})));
    CHECK(fc.observe(satur::sigmoid{}) == satur::observe(satur::sigmoid{}, std::vector<T>{}));
    std::array<bool, 0> const no_entries{};
    CHECK(fc.observe(satur::sigmoid{}, satur::sample_mask{no_entries}).count == 0);
    satur::unit_records units;
    fc.observe_units(units, satur::sigmoid{});
    CHECK(units.size() == 2);
    CHECK(units.empty());
    auto const& dx = fc.backward(xt::xtensor<T, 2>::from_shape({0, 2}));
    CHECK((dx.shape(0) == 0 && dx.shape(1) == 3));
    CHECK((fc.dw.shape(0) == 3 && fc.dw.shape(1) == 2));
    for (T const e : fc.dw) {
      CHECK(e == T(0));
    }
    CHECK((fc.db(0) == T(0) && fc.db(1) == T(0)));

    fc.forward(full);
    CHECK(fc.observe(satur::sigmoid{}).count == 8);
    fc.backward(xt::ones<T>({4, 2}));
    CHECK(fc.db(0) == T(4));
  }
}
