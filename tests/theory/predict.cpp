// Predictions: exact figures, actual weights, verdicts, recommendations, and drawn networks.
#include "satur/activation.hpp"
#include "satur/initializer.hpp"
#include "satur/theory.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace theory = satur::theory;

double off(double got, double exact) { return std::fabs(got - exact) / std::max(std::fabs(exact), 1e-300); }

template <class F> std::string words_of(F const& f) {
  try {
    f();
  } catch (std::exception const& e) {
    return e.what();
  }
  return "";
}
bool has(std::string const& text, std::string const& words) { return text.find(words) != std::string::npos; }

std::vector<std::size_t> same(std::size_t width, std::size_t layers) {
  return std::vector<std::size_t>(layers + 1, width);
}

/// A shape and its numbers, as in any tensor library.
struct matrix {
  std::array<std::size_t, 2> extents;
  std::vector<float> numbers;
  std::array<std::size_t, 2> const& shape() const { return extents; }
  float operator()(std::size_t i, std::size_t j) const { return numbers[i * extents[1] + j]; }
};

/// Measurements of a drawn network: per layer mean z^2, mean slope, share beyond 5, and E (dL/dz)^2 relative to the
/// last layer.
struct measured {
  std::vector<double> square, slope, beyond, gradient;
};

template <class A, class I>
measured draw(A const& act, I const& init, std::size_t width, std::size_t depth, std::mt19937_64& urbg) {
  std::vector<std::vector<double>> weights;
  std::vector<std::vector<double>> slopes;
  std::vector<double> a(width);
  satur::fill(satur::normal{}, a, satur::fans{width, width}, urbg);
  double square = 0.0;
  for (double const x : a) {
    square += x * x / static_cast<double>(width);
  }
  for (double& x : a) {
    x /= std::sqrt(square); // an input of mean square 1
  }
  measured m;
  double const n = static_cast<double>(width);
  for (std::size_t l = 0; l < depth; ++l) {
    std::vector<double> w(width * width);
    satur::fill(init, w, satur::fans{width, width}, urbg);
    std::vector<double> z(width, 0.0);
    for (std::size_t i = 0; i < width; ++i) {
      for (std::size_t j = 0; j < width; ++j) {
        z[j] += w[i * width + j] * a[i];
      }
    }
    std::vector<double> slope(width);
    double sums[3] = {0, 0, 0};
    for (std::size_t j = 0; j < width; ++j) {
      a[j] = act.value(z[j]);
      slope[j] = act.derivative(z[j]);
      sums[0] += z[j] * z[j] / n;
      sums[1] += slope[j] / n;
      sums[2] += (std::fabs(z[j]) > 5.0 ? 1.0 : 0.0) / n;
    }
    m.square.push_back(sums[0]);
    m.slope.push_back(sums[1]);
    m.beyond.push_back(sums[2]);
    weights.push_back(std::move(w));
    slopes.push_back(std::move(slope));
  }
  std::vector<double> delta(width);
  satur::fill(satur::normal{}, delta, satur::fans{width, width}, urbg);
  m.gradient.assign(depth, 1.0);
  double last = 0.0;
  for (double const d : delta) {
    last += d * d;
  }
  for (std::size_t l = depth; l-- > 1;) {
    std::vector<double> below(width, 0.0);
    double sum = 0.0;
    for (std::size_t i = 0; i < width; ++i) {
      for (std::size_t j = 0; j < width; ++j) {
        below[i] += weights[l][i * width + j] * delta[j];
      }
      below[i] *= slopes[l - 1][i];
      sum += below[i] * below[i];
    }
    m.gradient[l - 1] = sum / last;
    delta = std::move(below);
  }
  return m;
}

/// The worst layer: |measured - predicted| divided by the larger of 3 standard errors and 3 %.
template <class A, class I> double worst_of_drawn(A const& act, I const& init, double bend = 1.0) {
  constexpr std::size_t width = 200;
  constexpr std::size_t depth = 10;
  constexpr int nets = 20;
  theory::prediction const p = theory::predict(act, theory::network_of(init, same(width, depth)));
  std::mt19937_64 urbg(2027);
  std::vector<measured> all;
  for (int k = 0; k < nets; ++k) {
    all.push_back(draw(act, init, width, depth, urbg));
  }
  double worst = 0.0;
  auto const compare = [&](std::vector<double> measured::*what, std::size_t l, double predicted) {
    double mean = 0.0;
    double squares = 0.0;
    for (measured const& m : all) {
      mean += (m.*what)[l] / nets;
    }
    for (measured const& m : all) {
      squares += ((m.*what)[l] - mean) * ((m.*what)[l] - mean);
    }
    double const error = std::sqrt(squares / (nets - 1.0) / nets);
    double const allowed = std::max(3.0 * error, 0.03 * std::fabs(predicted));
    worst = std::max(worst, std::fabs(mean - bend * predicted) / allowed);
  };
  for (std::size_t l = 0; l < depth; ++l) {
    theory::layer_prediction const& q = p.layers[l];
    compare(&measured::square, l, q.variance + q.mean * q.mean);
    compare(&measured::slope, l, q.mean_derivative);
    if (q.fraction() > 1e-2) {
      compare(&measured::beyond, l, q.fraction());
    }
    compare(&measured::gradient, l, q.gradient_variance);
  }
  return worst;
}

} // namespace

TEST_CASE("predict: drawn networks agree with the prediction") {
  CHECK(worst_of_drawn(satur::tanh{}, satur::lecun_normal{1.0}) < 1.0);
  CHECK(worst_of_drawn(satur::tanh{}, satur::lecun_uniform{1.5}) < 1.0);
  CHECK(worst_of_drawn(satur::tanh{}, satur::lecun_normal{5.0}) < 1.0);
  CHECK(worst_of_drawn(satur::sigmoid{}, satur::glorot_uniform{}) < 1.0);
  CHECK(worst_of_drawn(satur::sigmoid{}, satur::lecun_normal{10.0}) < 1.0);
  CHECK(worst_of_drawn(satur::relu{}, satur::he_normal{}) < 1.0);
  CHECK(worst_of_drawn(satur::relu{}, satur::lecun_normal{}) < 1.0);
  CHECK(worst_of_drawn(satur::selu{}, satur::lecun_normal{}) < 1.0);
  CHECK(worst_of_drawn(satur::selu{}, satur::lecun_normal{0.75}) < 1.0);
  CHECK(worst_of_drawn(satur::sigmoid{}, satur::glorot_uniform{}, 1.04) > 1.0); // the comparison can fail
}

TEST_CASE("predict: one drawn network deviates by relative_error") {
  // relu, weight variance 2: relative variance of q grows by 5/n a layer
  constexpr std::size_t width = 64;
  constexpr std::size_t depth = 8;
  auto const p = theory::predict(satur::relu{}, theory::network_of(satur::he_normal{}, same(width, depth)));
  for (std::size_t l = 0; l < depth; ++l) {
    double const expected = std::pow(1.0 + 5.0 / width, static_cast<double>(l)) - 1.0; // exact for relu
    CHECK(std::fabs(p.layers[l].relative_error * p.layers[l].relative_error - 5.0 / width * static_cast<double>(l)) <
          0.35 * expected + 1e-15);
  }
  CHECK(std::fabs(p.layers[depth - 1].relative_error - std::sqrt(5.0 * 7 / 64)) < 1e-12);

  std::mt19937_64 urbg(5);
  std::vector<double> squares;
  std::vector<double> slopes;
  for (int k = 0; k < 300; ++k) {
    measured const m = draw(satur::tanh{}, satur::lecun_normal{2.0}, width, 4, urbg);
    squares.push_back(m.square[3]);
    slopes.push_back(m.slope[3]);
  }
  auto const t = theory::predict(satur::tanh{}, theory::network_of(satur::lecun_normal{2.0}, same(width, 4))).layers[3];
  auto const spread = [](std::vector<double> const& x) {
    double mean = 0.0;
    double variance = 0.0;
    for (double const e : x) {
      mean += e / 300.0;
    }
    for (double const e : x) {
      variance += (e - mean) * (e - mean) / 299.0;
    }
    return std::sqrt(variance);
  };
  // and the layer's own sample of 64 units adds 2/n
  double const expected = t.relative_error * t.relative_error + 2.0 / width;
  CHECK(std::fabs(spread(squares) / t.variance / std::sqrt(expected) - 1.0) < 0.15);
  CHECK(std::fabs(spread(slopes) / t.mean_derivative_error - 1.0) < 0.15);
}

TEST_CASE("predict: mean and variance recursion for weights and biases with a mean") {
  // a = sigmoid(N(0, 1)) into 1000 weights: the figures of docs/theory.md
  auto const a = theory::moments(satur::sigmoid{}, 0.0, 1.0);
  auto const beyond = [&](double mean, double w2) {
    theory::network const net{.layers = {{.size = {1000, 10}, .weight_variance = w2, .weight_mean = mean}},
                              .input_mean = a.mean_output,
                              .input_variance = a.variance_output};
    return theory::predict(satur::sigmoid{}, net).layers[0];
  };
  CHECK(std::fabs(beyond(0.0, 0.04).fraction() - 0.144) < 5e-4); // weights of size 0.2, random signs
  CHECK(std::fabs(beyond(0.0, 1.0).fraction() - 0.770) < 5e-4);
  CHECK(std::fabs(beyond(0.0, 25.0).fraction() - 0.953) < 5e-4);
  auto const all_plus = beyond(0.05, 0.0); // all weights +0.05: 25 +- 0.33, saturated for every input
  CHECK(off(all_plus.mean, 25.0) < 1e-12);
  CHECK(std::fabs(all_plus.stddev() - 0.33) < 5e-3);
  CHECK(all_plus.above > 0.999);
  theory::network const tanh_in{.layers = {{.size = {1000, 10}, .weight_variance = 0.04}},
                                .input_variance = theory::moments(satur::tanh{}, 0, 1).mean_squared_output};
  CHECK(std::fabs(theory::predict(satur::tanh{}, tanh_in).layers[0].fraction() - 0.208) < 5e-4);

  // a drawn net whose weights have a mean
  constexpr std::size_t width = 200;
  satur::uniform const init{-0.1, 0.12};
  auto const p = theory::predict(satur::sigmoid{}, theory::network_of(init, same(width, 3)));
  CHECK(off(p.layers[1].mean, 200 * 0.01 * p.layers[0].mean_output) < 1e-12);
  std::mt19937_64 urbg(3);
  std::array<double, 3> slope{};
  std::array<double, 3> square{};
  for (int k = 0; k < 200; ++k) {
    auto const m = draw(satur::sigmoid{}, init, width, 3, urbg);
    for (std::size_t l = 0; l < 3; ++l) {
      slope[l] += m.slope[l] / 200;
      square[l] += m.square[l] / 200;
    }
  }
  for (std::size_t l = 0; l < 3; ++l) {
    CHECK(off(slope[l], p.layers[l].mean_derivative) < 0.01);
    CHECK(off(square[l], p.layers[l].variance + p.layers[l].mean * p.layers[l].mean) < 0.03);
  }
  theory::network biased{.layers = {{.size = {4, 4}, .weight_variance = 0.25, .bias_variance = 0.5, .bias_mean = 3.0}}};
  CHECK(theory::predict(satur::tanh{}, biased).layers[0].mean == 3.0);
  CHECK(theory::predict(satur::tanh{}, biased).layers[0].variance == 1.5);
}

TEST_CASE("predict: weights that all have a mean make the units of a layer go up and down together") {
  constexpr std::size_t width = 50;
  constexpr std::size_t depth = 3;
  constexpr int nets = 4000;
  auto const check = [&](auto const& act, double mean) {
    satur::normal const init{mean, 0.15};
    auto const p = theory::predict(act, theory::network_of(init, same(width, depth)));
    std::mt19937_64 urbg(11);
    std::array<double, depth> square{};
    std::array<double, depth> slope{};
    std::array<double, depth> gradient{};
    for (int k = 0; k < nets; ++k) {
      auto const m = draw(act, init, width, depth, urbg);
      for (std::size_t l = 0; l < depth; ++l) {
        square[l] += m.square[l] / nets;
        slope[l] += m.slope[l] / nets;
        gradient[l] += m.gradient[l] / nets;
      }
    }
    CAPTURE(act.name);
    CAPTURE(mean);
    for (std::size_t l = 0; l < depth; ++l) {
      CAPTURE(l);
      CHECK(off(square[l], p.layers[l].variance + p.layers[l].mean * p.layers[l].mean) < 0.06);
      CHECK(off(slope[l], p.layers[l].mean_derivative) < 0.03);
      CHECK(off(gradient[l], p.layers[l].gradient_norm_squared) < 0.1);
    }
    CHECK(off(p.layers[0].shared_variance, width * mean * mean) < 1e-12);
  };
  check(satur::identity{}, 0.02);
  check(satur::relu{}, 0.03);
  check(satur::tanh{}, 0.03);
  // with weights of mean 0 nothing is shared
  CHECK(theory::predict(satur::relu{}, theory::network_of(satur::he_normal{}, same(9, 2))).layers[1].shared_variance ==
        0.0);
}

TEST_CASE("predict: unequal widths, gradients follow fan-out") {
  auto const p = theory::predict(satur::relu{}, theory::network_of(satur::he_normal{}, {100, 400, 50, 10}));
  REQUIRE(p.layers.size() == 3);
  // backward from layer 3: fan-out 10 times 2/50 times E f'^2 = 1/2
  CHECK(off(p.layers[2].gradient_variance, 1.0) < 1e-15);
  CHECK(off(p.layers[1].gradient_variance, 10 * (2.0 / 50) * 0.5) < 1e-13);
  CHECK(off(p.layers[0].gradient_variance, 10 * (2.0 / 50) * 0.5 * 50 * (2.0 / 400) * 0.5) < 1e-13);
  CHECK(off(p.layers[0].gradient_norm_squared, 1.0) < 1e-13); // chi is 1 for layers of equal width
  CHECK(off(p.gradient_factor(), 1.0) < 1e-13);
  CHECK(off(p.layers[0].gradient_scale(), std::sqrt(p.layers[0].gradient_variance)) < 1e-15);
  auto const one = satur::predicted(satur::glorot_uniform{}, {300, 100}, satur::sigmoid{});
  CHECK(off(one.variance, 300 * 2.0 / 400) < 1e-13);
  CHECK(off(one.slope_saturation, 1 - 4 * one.mean_derivative) < 1e-13);
  // large values of a relu are not saturation, those of a sigmoid are
  auto const wide = satur::predicted(satur::lecun_normal{10.0}, {300, 300}, satur::relu{});
  CHECK(wide.saturated == wide.below);
  CHECK(wide.above > 0.3);
  CHECK(satur::predicted(satur::lecun_normal{10.0}, {300, 300}, satur::sigmoid{}).saturated == wide.fraction());
  std::ostringstream table;
  table << p;
  std::string const text = table.str();
  CHECK(has(text, "z<-5"));
  CHECK(std::count(text.begin(), text.end(), '\n') == 4);
}

TEST_CASE("predict: unequal widths, errors of variance and mean slope are exact for relu") {
  // A layer of n inputs adds 5/n to the relative variance of q; its own units, of slope 0 or 1, give the mean slope an
  // error of sqrt(1/4 / units).
  auto const p = theory::predict(satur::relu{}, theory::network_of(satur::he_normal{}, {100, 400, 50, 10}));
  double const error[] = {0.0, std::sqrt(5.0 / 400), std::sqrt(5.0 / 400 + 5.0 / 50)};
  double const units[] = {400, 50, 10};
  for (std::size_t l = 0; l < 3; ++l) {
    CAPTURE(l);
    CHECK(std::fabs(p.layers[l].relative_error - error[l]) < 1e-12);
    CHECK(off(p.layers[l].mean_derivative_error, std::sqrt(0.25 / units[l])) < 1e-12);
    CHECK(p.layers[l].size.out == units[l]);
  }
}

TEST_CASE("prediction: below and above are separate, every column of the table has its number") {
  // z ~ N(3, 4): below -5 by 4 standard deviations, above 5 by one.
  theory::network const net{
      .layers = {{.size = {4, 6}, .weight_variance = 0.25, .bias_variance = 3.0, .bias_mean = 3.0}}};
  theory::layer_prediction const q = theory::predict(satur::sigmoid{}, net).layers[0];
  CHECK(off(q.below, 0.5 * std::erfc(4.0 / std::sqrt(2.0))) < 1e-13);
  CHECK(off(q.above, 0.5 * std::erfc(1.0 / std::sqrt(2.0))) < 1e-13);
  CHECK(off(q.saturated, q.below + q.above) < 1e-15);
  // flat on one side only: relu on the left, its mirror image on the right
  CHECK(theory::predict(satur::relu{}, net).layers[0].saturated == q.below);
  struct mirrored {
    double value(double z) const { return z > 0 ? 0.0 : -z; }
    double derivative(double z) const { return z > 0 ? 0.0 : -1.0; }
  };
  CHECK(theory::predict(mirrored{}, net).layers[0].saturated == q.above);
  auto const words = [](theory::prediction const& p) {
    std::ostringstream out;
    out << p;
    std::istringstream in(out.str());
    std::vector<std::string> all;
    for (std::string word; in >> word;) {
      all.push_back(word);
    }
    return all;
  };
  theory::layer_prediction l;
  l.mean = 0.125;
  l.variance = 7.0;
  l.below = 0.015;
  l.above = 0.25;
  l.mean_derivative = 0.3;
  l.slope_saturation = 0.4;
  l.gradient_variance = 0.36;
  l.relative_error = 0.07;
  l.saturated = 0.9;
  l.mean_output = 0.8;
  theory::layer_prediction other = l;
  other.mean = -1.5;
  other.below = 0.5;
  CHECK(words({.threshold = 2.5, .layers = {l, other}}) ==
        std::vector<std::string>{"layer", "mean",     "z",    "var",   "z",  "+-",  "z<-2.5", "z>2.5", "slope", "slope",
                                 "sat.",  "gradient", "1",    "0.125", "7",  "7%",  "0.015",  "0.25",  "0.3",   "0.4",
                                 "0.6",   "2",        "-1.5", "7",     "7%", "0.5", "0.25",   "0.3",   "0.4",   "0.6"});
}

TEST_CASE("predict: from actual weights, unit by unit") {
  matrix const w{{3, 2}, {1, -2, 0.5f, 4, -1, 0}};
  std::vector<double> const b{0.25, -1};
  std::vector<double> const mean{1, 2, 3};
  std::vector<double> const variance{0.1, 0.2, 0.3};
  theory::unit_laws const z = theory::predict(w, b, mean, variance);
  REQUIRE(z.units() == 2);
  CHECK(off(z.mean[0], 1 + 1 - 3 + 0.25) < 1e-15);
  CHECK(off(z.mean[1], -2 + 8 - 1) < 1e-15);
  CHECK(off(z.variance[0], 0.1 + 0.25 * 0.2 + 0.3) < 1e-15);
  CHECK(off(z.variance[1], 0.4 + 16 * 0.2) < 1e-15);
  CHECK(off(z.above(5), 0.5 * (theory::probability_above(5, -0.75, 0.45) + theory::probability_above(5, 5, 3.6))) <
        1e-14);
  CHECK(off(z.below(0), 0.5 * (theory::probability_below(0, -0.75, 0.45) + theory::probability_below(0, 5, 3.6))) <
        1e-14);
  CHECK(off(z.offset_share(), (0.5625 + 25) / (0.5625 + 25 + 0.45 + 3.6)) < 1e-15);
  double const slope = 0.5 * (theory::moments(satur::sigmoid{}, -0.75, 0.45).mean_derivative +
                              theory::moments(satur::sigmoid{}, 5, 3.6).mean_derivative);
  CHECK(off(z.mean_derivative(satur::sigmoid{}), slope) < 1e-13);
  CHECK(off(z.slope_saturation(satur::sigmoid{}), 1 - 4 * slope) < 1e-13);
  theory::element_laws const out = z.outputs(satur::tanh{});
  CHECK(off(out.mean[1], theory::moments(satur::tanh{}, z.mean[1], z.variance[1]).mean_output) < 1e-15);
  // the next layer takes the outputs as they are; plain memory works like a tensor
  theory::unit_laws const next =
      theory::predict(std::span<float const>(w.numbers), satur::fans{2, 3}, 0.0, out.mean, out.variance);
  CHECK(off(next.mean[0], out.mean[0] + 4 * out.mean[1]) < 1e-13);
  CHECK(next.units() == 3);

  // docs/theory.md: 1000 inputs sigmoid(N(0, 1)), weights of size 0.2, exactly half of them negative
  std::vector<double> half(1000);
  for (std::size_t i = 0; i < 1000; ++i) {
    half[i] = i % 2 == 0 ? 0.2 : -0.2;
  }
  auto const a = theory::moments(satur::sigmoid{}, 0, 1);
  auto const balanced =
      theory::predict(std::span<double const>(half), satur::fans{1000, 1}, 0, a.mean_output, a.variance_output);
  CHECK(std::fabs(balanced.above(5) + balanced.below(5) - 1.5e-4) < 1e-5);
  CHECK(balanced.offset_share() < 1e-20);
  std::vector<double> const plus(1000, 0.05);
  auto const shifted =
      theory::predict(std::span<double const>(plus), satur::fans{1000, 1}, 0, a.mean_output, a.variance_output);
  CHECK(off(shifted.mean[0], 25.0) < 1e-12);
  CHECK(std::fabs(std::sqrt(shifted.variance[0]) - 0.33) < 5e-3);
  CHECK(shifted.offset_share() > 0.999);
}

TEST_CASE("recommend: rule and gain for known activations") {
  auto const relu = theory::recommend(satur::relu{}, same(256, 20));
  CHECK(relu.rule() == "lecun_normal");
  CHECK(std::fabs(relu.gain - std::sqrt(2.0)) < 1e-5);
  CHECK(relu.outlook.healthy());
  CHECK(off(relu.stddev({256, 256}), std::sqrt(2.0 / 256)) < 1e-5);
  CHECK(std::fabs(theory::recommend(satur::leaky_relu{0.5}, same(64, 5)).gain - std::sqrt(2 / 1.25)) < 1e-5);
  CHECK(std::fabs(theory::recommend(satur::identity{}, same(64, 5)).gain - 1.0) < 1e-5);
  auto const tanh = theory::recommend(satur::tanh{}, same(256, 20));
  CHECK(tanh.outlook.healthy());
  CHECK(off(tanh.outlook.gradient_factor, 1.0) < 1e-4);
  CHECK((tanh.gain > 1.0 && tanh.gain < 1.5)); // from a large variance toward 1, the critical point
  auto const sigmoid = theory::recommend(satur::sigmoid{}, same(256, 20));
  CHECK(!sigmoid.outlook.healthy());
  CHECK(sigmoid.outlook.saturated_share <= 0.05);
  CHECK(sigmoid.outlook.gradient_factor < 0.5);
  CHECK(has(sigmoid.outlook.text, "No scale of the weights helps"));
  auto const shorter = theory::recommend(satur::sigmoid{}, same(256, 8)); // 5 % would leave it vanishing
  CHECK(shorter.outlook.healthy());
  CHECK(shorter.gain > 1.5 * sigmoid.gain);
  CHECK(std::get<satur::lecun_normal>(shorter.initializer).gain == shorter.gain);
  CHECK(std::sqrt(shorter.expected.layers[0].gradient_norm_squared) > 0.06);
  CHECK(shorter.expected.layers[7].mean_derivative / 0.25 > 0.2 * 0.8265); // 4 E s' at z ~ N(0, 1)
  // as good as any other gain nearby
  for (double const factor : {0.98, 1.02}) {
    auto const other =
        theory::predict(satur::tanh{}, theory::network_of(satur::lecun_normal{factor * tanh.gain}, same(256, 20)));
    CHECK(std::fabs(std::log(other.gradient_factor())) > std::fabs(std::log(tanh.expected.gradient_factor())));
  }
  auto const funnel = theory::recommend(satur::relu{}, {784, 300, 100, 10});
  CHECK(funnel.outlook.healthy());
  CHECK(std::fabs(funnel.gain - std::sqrt(2.0)) < 1e-5);
  CHECK(theory::recommend(satur::relu{}, {10, 10}).expected.layers.size() == 1);
  // Inputs that are not standardized: z of the first layer has the variance gain^2 (mean^2 + variance).
  auto const wide = theory::recommend(satur::tanh{}, same(64, 3), 0.5, 9.0);
  CHECK(wide.rule() == "lecun_normal");
  CHECK(off(wide.expected.layers[0].variance, wide.gain * wide.gain * 9.25) < 1e-12);
  CHECK(wide.gain < 0.9 * theory::recommend(satur::tanh{}, same(64, 3)).gain); // they saturate the layer earlier
}

TEST_CASE("predict: invalid networks throw with a message") {
  using theory::network;
  double const nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(has(words_of([] { (void)theory::network_of(satur::he_normal{}, {10}); }),
            "satur::theory::network_of: number of widths is 1; allowed: at least 2"));
  CHECK(has(words_of([] {
              (void)theory::network_of(satur::he_normal{}, {10, 0});
            }),
            "satur::theory::network_of: fans are (in 10, out 0)"));
  CHECK(has(words_of([] { (void)theory::recommend(satur::relu{}, {10}); }),
            "satur::theory::network_of: number of widths is 1"));
  CHECK(has(words_of([] {
              (void)theory::predict(satur::tanh{}, network{.layers = {{.size = {0, 3}}}});
            }),
            "satur::theory::predict: fans are (in 0, out 3)"));
  CHECK(has(words_of([] {
              (void)theory::predict(satur::tanh{}, network{.layers = {{}, {.weight_variance = -1}}});
            }),
            "satur::theory::predict: weight variance of layer 2 of 2 is -1; allowed: a finite number >= 0"));
  CHECK(has(words_of([&] {
              (void)theory::predict(satur::tanh{}, network{.layers = {{}, {}, {.bias_variance = nan}}});
            }),
            "satur::theory::predict: bias variance of layer 3 of 3 is nan; allowed: a finite number >= 0"));
  CHECK(has(words_of([&] {
              (void)theory::predict(satur::tanh{}, network{.layers = {{}, {.bias_mean = HUGE_VAL}, {}}});
            }),
            "satur::theory::predict: bias mean of layer 2 of 3 is inf; allowed: a finite number"));
  CHECK(has(words_of([&] { (void)theory::predict(satur::tanh{}, network{.layers = {{.weight_mean = nan}}}); }),
            "satur::theory::predict: weight mean of layer 1 of 1 is nan"));
  CHECK(has(words_of([&] { (void)theory::predict(satur::tanh{}, network{.layers = {{}}, .input_variance = -1}); }),
            "satur::theory::predict (of the input): variance is -1"));
  CHECK(has(words_of([&] { (void)theory::predict(satur::tanh{}, network{.layers = {{}}, .input_mean = nan}); }),
            "satur::theory::predict (of the input): mean is nan"));
  CHECK(has(words_of([&] { (void)theory::predict(satur::tanh{}, network{.layers = {{}}}, nan); }),
            "satur::theory::predict: threshold is nan"));
  CHECK_THROWS_WITH_AS((void)theory::prediction{}.most_saturated(),
                       "satur::theory::prediction::most_saturated: there are no layers", std::out_of_range);
  CHECK(theory::predict(satur::tanh{}, network{}).layers.empty());
  // a recursion that leaves the range of double states the layer
  auto const diverging = theory::network_of(satur::lecun_normal{1e10}, same(10, 40));
  CHECK_THROWS_AS((void)theory::predict(satur::relu{}, diverging), theory::divergence_error);
  CHECK(
      has(words_of([&] { (void)theory::predict(satur::relu{}, diverging); }),
          "satur::theory::predict: z of layer 16 of 40 has mean 0 and variance inf, beyond double; layer 15 still had "
          "variance 6.10352e+295. Draw smaller weights: fan-in times weight variance is 1e+20")); // 1e300 / 2^14
  CHECK(
      has(words_of([&] {
            (void)theory::predict(satur::relu{}, network{.layers = {{.size = {10, 10}, .weight_variance = 1e300}},
                                                         .input_variance = 1e10});
          }),
          "satur::theory::predict: z of layer 1 of 1 has mean 0 and variance inf, beyond double. Draw smaller weights: "
          "fan-in times weight variance is 1e+301"));
  CHECK(has(words_of([&] {
              (void)theory::predict(satur::exponential{}, theory::network_of(satur::he_normal{}, same(10, 9)));
            }),
            "satur::theory::predict: z of layer 4 of 9"));

  matrix const w{{2, 2}, {1, 2, 3, 4}};
  std::vector<double> const two{1, 2};
  std::vector<double> const three{1, 2, 3};
  std::vector<double> const one{1};
  CHECK_THROWS_AS((void)theory::predict(w, three, 0.0, 1.0), satur::shape_error);
  CHECK_THROWS_AS((void)theory::predict(w, two, three, 1.0), satur::shape_error);
  CHECK_THROWS_AS((void)theory::predict(w, two, two, three), satur::shape_error);
  for (auto const* const list : {&one, &three}) { // too short, too long
    std::string const shape = " has shape (" + std::to_string(list->size()) + "); expected (2)";
    CHECK(words_of([&] { (void)theory::predict(w, *list, 0.0, 1.0); }) == "satur::theory::predict: the bias" + shape);
    CHECK(words_of([&] { (void)theory::predict(w, 0.0, *list, two); }) ==
          "satur::theory::predict: the mean of the input" + shape);
    CHECK(words_of([&] { (void)theory::predict(w, 0.0, two, *list); }) ==
          "satur::theory::predict: the variance of the input" + shape);
  }
  CHECK(has(words_of([&] { (void)theory::predict(w, 0.0, 0.0, -1.0); }),
            "satur::theory::predict (of the input): variance is -1"));
  struct flat {
    std::vector<std::size_t> shape() const { return {4}; }
    float operator()(std::size_t, std::size_t) const { return 0.0f; }
  };
  CHECK(words_of([] { (void)theory::predict(flat{}, 0.0, 0.0, 1.0); }) ==
        "satur::theory::predict: the weight has shape (4); expected (in, out)");
  CHECK(words_of([&] {
          (void)theory::predict(std::span<float const>(w.numbers), satur::fans{0, 2}, 0.0, 0.0, 1.0);
        }) == "satur::theory::predict: fans are (in 0, out 2); allowed: both at least 1");
  CHECK(has(words_of([&] {
              (void)theory::predict(std::span<float const>(w.numbers), satur::fans{3, 2}, 0.0, 0.0, 1.0);
            }),
            "satur::theory::predict: the weight has shape (4); expected 3 times 2 numbers"));
  matrix const broken{{2, 2}, {1, 2, 3, std::numeric_limits<float>::quiet_NaN()}};
  CHECK(has(words_of([&] { (void)theory::predict(broken, 0.0, 1.0, 1.0); }),
            "satur::theory::predict: z of unit 1 of 2: mean nan"));
}
