// Gradient flow, update sizes and weight variances: boundary cases of the sources, and the rate of false alarms.
#include "satur/diagnostic.hpp"
#include "satur/initializer.hpp"
#include "support/relative.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <sstream>
#include <vector>

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// n values of rms r: the norm is r sqrt(n).
satur::gradient_record gradient(double rms, std::uint64_t n = 1) {
  satur::gradient_record g;
  g.count = n;
  g.square += rms * rms * static_cast<double>(n);
  return g;
}

satur::moments moments_of(std::vector<double> const& x) {
  satur::moments m;
  for (double const e : x) {
    m += satur::moments{1, e, 0.0};
  }
  return m;
}

} // namespace

TEST_CASE("gradient flow: AUTOTRAINER's limits") {
  using satur::flow;
  auto const state = [](double first, double last) { return satur::flow_of(gradient(first), gradient(last)).state; };
  CHECK(state(0x1p-20, 1.0) == flow::vanishing);   // the ratio and the first norm are below their limits
  CHECK(state(0x1p-20, 0x1p-12) == flow::healthy); // the first norm is tiny, the ratio is 1/256
  CHECK(state(0.0009, 1.0) == flow::healthy);      // the ratio is below its limit, the first norm is not
  CHECK(state(70.0, 1.0) == flow::healthy);        // not above 70
  CHECK(state(70.0001, 1.0) == flow::exploding);
  satur::gradient_limits at;
  at.vanishing_ratio = 0x1p-10;
  at.vanishing_first = 0x1p-14;
  CHECK(satur::flow_of(gradient(0x1p-15), gradient(0x1p-5), at).state == flow::healthy); // exactly the ratio
  CHECK(satur::flow_of(gradient(0x1p-15), gradient(0x1p-4), at).state == flow::vanishing);
  CHECK(satur::flow_of(gradient(0x1p-14), gradient(1.0), at).state == flow::healthy); // exactly the first
  CHECK(state(0.0, 1.0) == flow::vanishing);
  CHECK(state(0.0, 0.0) == flow::vanishing);
  CHECK(state(1.0, 0.0) == flow::exploding);
  CHECK(satur::flow_of(gradient(1.0, 0), gradient(1.0)).state == flow::unknown);
  satur::gradient_record broken = gradient(1.0);
  broken.nan = 1;
  CHECK(satur::flow_of(broken, gradient(1.0)).state == flow::not_finite);
  CHECK(satur::flow_of(gradient(1.0), broken).state == flow::not_finite);
  // norms, not rms: 400 values of 1 against 4
  CHECK(satur::flow_of(gradient(1.0, 400), gradient(1.0, 4)).ratio == doctest::Approx(10.0));

  std::vector<satur::gradient_record> layers{gradient(1e-6), gradient(1e-3), gradient(1.0)};
  CHECK(satur::flow_of(layers).state == flow::vanishing);
  layers[1].infinite = 1;
  CHECK(satur::flow_of(layers).state == flow::not_finite);
  for (std::size_t const few : {0u, 1u}) { // nothing to compare: no number is known
    std::span<satur::gradient_record const> const one(layers.data(), few);
    satur::gradient_flow const none_known = satur::flow_of(one);
    CHECK(none_known.state == flow::unknown);
    CHECK((std::isnan(none_known.first) && std::isnan(none_known.last) && std::isnan(none_known.ratio)));
    satur::layer_flow const no_ratios = satur::layer_flow_of(one);
    CHECK(no_ratios.state == flow::unknown);
    CHECK((no_ratios.from == 0 && no_ratios.ratios == 0));
    CHECK((std::isnan(no_ratios.smallest) && std::isnan(no_ratios.largest)));
  }
  std::ostringstream out;
  out << satur::flow_of(gradient(1e-6), gradient(1.0));
  CHECK(out.str() == "gradient flow vanishing: norm of dL/dz 1e-06 in the first layer, 1 in the last, ratio 1e-06");
}

TEST_CASE("layer flow: five ratios in a row, TheDeepChecker's limits") {
  auto const stack = [](double ratio, int ratios) {
    std::vector<satur::gradient_record> layers;
    for (int l = 0; l <= ratios; ++l) {
      layers.push_back(gradient(std::pow(ratio, -l), 8));
    }
    return layers;
  };
  CHECK(satur::layer_flow_of(stack(0.5, 5)).state == satur::flow::vanishing); // exactly one half
  CHECK(satur::layer_flow_of(stack(0.5, 4)).state == satur::flow::healthy);
  CHECK(satur::layer_flow_of(stack(0.51, 9)).state == satur::flow::healthy);
  CHECK(satur::layer_flow_of(stack(2.0, 5)).state == satur::flow::exploding);
  CHECK(satur::layer_flow_of(stack(1.9, 9)).state == satur::flow::healthy);
  std::vector<satur::gradient_record> layers = stack(0.25, 7);
  CHECK(satur::layer_flow_of(layers).ratios == 7);
  CHECK(satur::layer_flow_of(layers).smallest == doctest::Approx(0.25));
  layers[3] = gradient(none, 0); // a layer without gradients splits the run: ratios 0-1 and 4-6 are left
  satur::layer_flow const cut = satur::layer_flow_of(layers);
  CHECK(cut.state == satur::flow::healthy);
  CHECK(cut.from == 4);
  CHECK(cut.ratios == 3);
  CHECK(cut.largest == doctest::Approx(0.25));
  // Two runs of two ratios: the first is reported, whatever the direction of each.
  satur::layer_flow const tie = satur::layer_flow_of(std::vector<satur::gradient_record>{
      gradient(1.0), gradient(4.0), gradient(16.0), gradient(15.0), gradient(3.0), gradient(1.0)});
  CHECK(tie.from == 0);
  CHECK(tie.ratios == 2);
  CHECK(tie.smallest == 0.25);
  CHECK(tie.largest == 5.0);
  layers = stack(4.0, 6);
  layers[0].nan = 1;
  CHECK(satur::layer_flow_of(layers).state == satur::flow::not_finite);
  CHECK(satur::layer_flow_of({}).state == satur::flow::unknown);
  std::ostringstream out;
  out << satur::layer_flow_of(stack(4.0, 6));
  CHECK(out.str() == "layer to layer exploding: rms of dL/dz over that of the next layer from 4 to 4, longest one-way "
                     "stretch layers 0 to 6");
}

TEST_CASE("mostly_zero: a share of exactly 0.7 counts") {
  satur::gradient_record g;
  CHECK_FALSE(satur::mostly_zero(g));
  g.count = 10;
  g.zeros = 7;
  CHECK(satur::mostly_zero(g));
  g.count = 11;
  CHECK_FALSE(satur::mostly_zero(g));
}

TEST_CASE("update size: healthy between 10^-4 and 10^-2") {
  using verdict = satur::update_size::verdict;
  auto const of = [](double log_ratio, std::uint64_t steps = 4) {
    satur::update_record r;
    r.steps = steps;
    r.log_ratio += log_ratio * static_cast<double>(steps);
    return satur::update_size_of(r);
  };
  CHECK(of(-3.0).state == verdict::healthy);
  CHECK(of(-2.0).state == verdict::healthy);
  CHECK(of(-4.0).state == verdict::healthy);
  CHECK(of(-1.99).state == verdict::too_large);
  CHECK(of(-4.01).state == verdict::too_small);
  CHECK(of(-1.0).rate_factor == doctest::Approx(0.01));
  CHECK(of(-1.0, 0).state == verdict::unknown);
  std::ostringstream out;
  out << of(-5.0);
  CHECK(out.str() == "update:data 10^-5.00 is too small; learning rate x 1e+02 would meet the target");
}

TEST_CASE("initial loss: expected value ln C") {
  CHECK(satur::check_initial_loss(std::log(10.0), 10).excess() == doctest::Approx(0.0));
  CHECK_FALSE(satur::check_initial_loss(2.8, 10).suspicious);
  CHECK(satur::check_initial_loss(27.0, 27).suspicious); // makemore's first try: 27 against 3.29
  CHECK(satur::check_initial_loss(0.5, 10).suspicious);
  CHECK(satur::check_initial_loss(none, 10).suspicious);
  CHECK_THROWS_AS(static_cast<void>(satur::check_initial_loss(1.0, 1)), std::invalid_argument);
}

TEST_CASE("variance test: p-values are uniform for normal and uniform weights") {
  satur::fans const fan{300, 200};
  satur::glorot_uniform const uniform;
  satur::he_normal const normal;
  double const half = uniform.half_width(fan);
  double const sigma = normal.stddev(fan);
  int const rounds = 400;
  int alarms[2] = {};
  int naive = 0;
  std::mt19937_64 urbg(5);
  for (int round = 0; round < rounds; ++round) {
    std::vector<double> a(500);
    std::vector<double> b(500);
    std::uniform_real_distribution<double> flat(-half, half);
    std::normal_distribution<double> bell(0.0, sigma);
    for (std::size_t i = 0; i < a.size(); ++i) {
      a[i] = flat(urbg);
      b[i] = bell(urbg);
    }
    double const variance = uniform.stddev(fan) * uniform.stddev(fan);
    alarms[0] += satur::test_variance(moments_of(a), variance, 1.8).rejected(0.1);
    alarms[1] += satur::test_variance(moments_of(b), sigma * sigma).rejected(0.1);
    naive += satur::test_variance(moments_of(a), variance).rejected(0.1);
  }
  for (int const n : alarms) { // 40 expected, standard deviation 6
    CHECK(n >= 20);
    CHECK(n <= 62);
  }
  CHECK(naive < 15); // if treated as normal, uniform weights are hardly ever rejected
}

TEST_CASE("variance test: rejected weights, and two samples compared") {
  std::mt19937_64 urbg(2);
  std::normal_distribution<double> bell(0.0, 0.1);
  std::vector<double> w(20000);
  for (double& e : w) {
    e = bell(urbg);
  }
  satur::moments const m = moments_of(w);
  CHECK_FALSE(satur::test_variance(m, 0.01).rejected());
  CHECK(satur::test_variance(m, 0.0108).rejected()); // off by 8 %, with noise of 1 %
  CHECK(satur::test_variance(m, 0.0092).rejected());
  CHECK(satur::test_variance(m, 1.0).p_value == 0.0);
  CHECK(satur::test_variance(m, 0.01).ratio() == doctest::Approx(1.0).epsilon(0.03));
  CHECK(std::isnan(satur::test_variance(satur::moments{1, 0.0, 0.0}, 0.01).p_value));
  CHECK_FALSE(satur::test_variance(satur::moments{}, 0.01).rejected());
  // n = 3: (n - 1) s^2 / sigma^2 is chi-square of two degrees of freedom, whose tail is e^-x/2.
  CHECK(satur::test_variance(satur::moments{3, 0.0, 10.0}, 1.0).p_value ==
        satur_test::relative(2.0 * std::exp(-5.0), 1e-12));
  // F(2, 8) is a power: variances 3 (n = 3) and 1 (n = 9).
  CHECK(satur::compare_variances(satur::moments{3, 0.0, 6.0}, satur::moments{9, 5.0, 8.0}).p_value ==
        doctest::Approx(2.0 * std::pow(1.75, -4.0)));
  CHECK_FALSE(satur::compare_variances(m, m).rejected());
  CHECK(std::isnan(satur::compare_variances(satur::moments{3, 1.0, 0.0}, satur::moments{3, 1.0, 0.0}).p_value));
  CHECK_THROWS_AS(static_cast<void>(satur::test_variance(m, 0.0)), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(satur::test_variance(m, 1.0, 1.0)), std::invalid_argument);
}
