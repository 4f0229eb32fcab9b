// The cost of a Gaussian mean, a gain, a critical point and a prediction, beside Gauss-Hermite quadrature of the order
// that the same error needs; and 20 networks of each kind, of width 1000 and depth 10, compared with the prediction.
#include "measure.hpp"

#include <satur/activation.hpp>
#include <satur/initializer.hpp>
#include <satur/theory.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace theory = satur::theory;

/// Points and weights of Gauss-Hermite for the standard normal law: signs of the orthonormal Hermite function on a fine
/// grid, then halving. (Points beyond 38, whose weights are below 1e-600, are left out.)
struct hermite {
  std::vector<double> x, w;
  explicit hermite(int n) {
    double below = 0.0; // of order n - 1
    auto const function = [&](double z) {
      double value = 0.7511255444649425 * std::exp(-0.5 * z * z);
      below = 0.0;
      for (int j = 0; j < n; ++j) {
        double const last = below;
        below = value;
        value = z * std::sqrt(2.0 / (j + 1)) * below - std::sqrt(static_cast<double>(j) / (j + 1)) * last;
      }
      return value;
    };
    constexpr double step = 1.0 / 256;
    for (double z = -38.0; z < 38.0; z += step) {
      if (double low = z, high = z + step; function(low) * function(high) < 0.0) {
        bool const falls = function(low) > 0.0;
        for (int i = 0; i < 60; ++i) {
          double const middle = 0.5 * (low + high);
          ((function(middle) > 0.0) == falls ? low : high) = middle;
        }
        (void)function(low);
        x.push_back(low * std::numbers::sqrt2);
        w.push_back(std::exp(-low * low) / (n * below * below) / std::sqrt(std::numbers::pi));
      }
    }
  }
  template <class F> double mean(F const& f, double q) const {
    double sum = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      sum += w[i] * f(std::sqrt(q) * x[i]);
    }
    return sum;
  }
};

struct drawn {
  std::vector<double> square, slope, beyond;
};

/// One net; inputs of mean square 1.
template <class A, class I>
drawn draw(A const& act, I const& init, std::size_t width, int depth, std::mt19937_64& urbg) {
  satur::fans const f{width, width};
  std::vector<float> a(width);
  std::vector<float> w(width * width);
  satur::fill(satur::normal{}, a, f, urbg);
  double const n = static_cast<double>(width);
  double square = 0.0;
  for (float const x : a) {
    square += static_cast<double>(x * x) / n;
  }
  for (float& x : a) {
    x = static_cast<float>(static_cast<double>(x) / std::sqrt(square));
  }
  drawn d;
  std::vector<float> z(width);
  for (int l = 0; l < depth; ++l) {
    satur::fill(init, w, f, urbg);
    std::fill(z.begin(), z.end(), 0.0f);
    for (std::size_t i = 0; i < width; ++i) {
      for (std::size_t j = 0; j < width; ++j) {
        z[j] += w[i * width + j] * a[i];
      }
    }
    double sums[3] = {0, 0, 0};
    for (std::size_t j = 0; j < width; ++j) {
      a[j] = act.value(z[j]);
      sums[0] += static_cast<double>(z[j]) * static_cast<double>(z[j]) / n;
      sums[1] += static_cast<double>(act.derivative(z[j])) / n;
      sums[2] += (std::fabs(z[j]) > 5.0f ? 1.0 : 0.0) / n;
    }
    d.square.push_back(sums[0]);
    d.slope.push_back(sums[1]);
    d.beyond.push_back(sums[2]);
  }
  return d;
}

/// The worst layer of 20 nets: |measured - predicted| over the larger of 3 standard errors and 3 %.
template <class A, class I> void hold_against(A const& act, I const& init, std::string const& rule) {
  constexpr std::size_t width = 1000;
  constexpr int depth = 10;
  constexpr int nets = 20;
  auto const p = theory::predict(
      act, theory::network_of(init, std::vector<std::size_t>(static_cast<std::size_t>(depth) + 1, width)));
  std::mt19937_64 urbg(11);
  std::vector<drawn> all;
  for (int k = 0; k < nets; ++k) {
    all.push_back(draw(act, init, width, depth, urbg));
  }
  double worst[3] = {0, 0, 0};
  double last[3] = {0, 0, 0};
  auto const compare = [&](int which, std::vector<double> drawn::*what, std::size_t l, double predicted) {
    double mean = 0.0;
    double squares = 0.0;
    for (drawn const& d : all) {
      mean += (d.*what)[l] / nets;
    }
    for (drawn const& d : all) {
      squares += ((d.*what)[l] - mean) * ((d.*what)[l] - mean);
    }
    double const allowed = std::max(3.0 * std::sqrt(squares / (nets - 1.0) / nets), 0.03 * std::fabs(predicted));
    worst[which] = std::max(worst[which], std::fabs(mean - predicted) / allowed);
    last[which] = mean;
  };
  for (std::size_t l = 0; l < p.layers.size(); ++l) {
    compare(0, &drawn::square, l, p.layers[l].variance);
    compare(1, &drawn::slope, l, p.layers[l].mean_derivative);
    if (p.layers[l].fraction() > 1e-4) { // 20 000 units: fewer are too few to tell
      compare(2, &drawn::beyond, l, p.layers[l].fraction());
    }
  }
  auto const& end = p.layers.back();
  std::printf("| %s | %s | %.4g | %.4g | %.2f | %.4g | %.4g | %.2f | %.3g | %.2f |\n", std::string(act.name).c_str(),
              rule.c_str(), end.variance, last[0], worst[0], end.mean_derivative, last[1], worst[1], end.fraction(),
              worst[2]);
  bench::check(worst[0] < 1.0 && worst[1] < 1.0 && worst[2] < 1.0, "drawn nets keep to the prediction");
}

} // namespace

int main() {
  bench::machine();
  std::vector<std::size_t> const deep(101, 300);
  auto const with = [&](auto const& init) { return theory::network_of(init, deep); };
  theory::network const glorot = with(satur::glorot_normal{});
  theory::network const wide = with(satur::lecun_normal{1.5});
  theory::network const he = with(satur::he_normal{});
  auto const g = [](double z) { return std::tanh(z); };
  hermite const order_800(800);
  // E sigmoid'^2 at variance 25: what 800 points of Gauss-Hermite give, the composite rule gives with under 300.
  auto const slope = [](double z) { return satur::sigmoid{}.derivative(z); };
  auto const square = [&](double z) { return slope(z) * slope(z); };
  double const exact = theory::moments(satur::sigmoid{}, 0.0, 25.0).mean_squared_derivative;
  bench::check(std::fabs(theory::gaussian_mean(square, 0.0, 25.0) / exact - 1.0) < 1e-10, "E s'^2");
  bench::check(std::fabs(order_800.mean(square, 25.0) / exact - 1.0) < 1e-8, "Gauss-Hermite of order 800");
  bench::check(std::fabs(theory::critical_weight_variance(satur::sigmoid{}, 0.0) - 103.00755385551932) < 1e-7, "103");
  double sink = 0.0;
  std::vector<bench::contender> all{
      {"E tanh(z), a callable", [&] { sink += theory::gaussian_mean(g, 0.5, 4.0); }},
      {"E tanh(z), variance 400", [&] { sink += theory::gaussian_mean(satur::tanh{}, 0.5, 400.0); }},
      {"E sigmoid'^2, variance 25", [&] { sink += theory::gaussian_mean(square, 0.0, 25.0); }},
      {"the same, Gauss-Hermite of order 800", [&] { sink += order_800.mean(square, 25.0); }},
      {"all moments of tanh", [&] { sink += theory::moments(satur::tanh{}, 0.5, 1.0).mean_squared_derivative; }},
      {"all moments of relu", [&] { sink += theory::moments(satur::relu{}, 0.5, 1.0).mean_squared_derivative; }},
      {"all moments of mish", [&] { sink += theory::moments(satur::mish{}, 0.5, 1.0).mean_squared_derivative; }},
      {"critical weight variance of sigmoid", [&] { sink += theory::critical_weight_variance(satur::sigmoid{}, 0.0); }},
      {"predict, 100 layers of sigmoid",
       [&] { sink += theory::predict(satur::sigmoid{}, glorot).layers[99].variance; }},
      {"predict, 100 layers of tanh", [&] { sink += theory::predict(satur::tanh{}, wide).layers[99].variance; }},
      {"predict, 100 layers of relu", [&] { sink += theory::predict(satur::relu{}, he).layers[99].variance; }},
      {"predict, 100 layers of gelu", [&] { sink += theory::predict(satur::gelu{}, he).layers[99].variance; }},
      {"predict, 100 layers of mish", [&] { sink += theory::predict(satur::mish{}, he).layers[99].variance; }},
      {"recommend, 20 layers of tanh",
       [&] { sink += theory::recommend(satur::tanh{}, std::vector<std::size_t>(21, 300)).gain; }},
  };
  bench::race(all, 1.0);
  std::printf("| | microseconds, median of 15 (minimum) |\n|---|---|\n");
  for (bench::contender const& c : all) {
    std::printf("| %s | %.3g (%.3g) |\n", c.name.c_str(), c.median() / 1000.0, c.minimum() / 1000.0);
  }
  bench::check(sink == sink, "a number");

  std::printf(
      "\nDrawn nets, width 1000, depth 10, 20 of each, inputs of mean square 1: the last layer predicted and measured, "
      "and the worst layer's deviation in units of what is allowed, the larger of 3 standard errors and 3 %%\n\n"
      "| activation | weights | variance of z, predicted | measured | worst | mean slope, predicted | measured | "
      "worst | P(abs z > 5), predicted | worst |\n|---|---|---|---|---|---|---|---|---|---|\n");
  hold_against(satur::tanh{}, satur::lecun_normal{1.0}, "normal, sigma_w^2 = 1");
  hold_against(satur::tanh{}, satur::lecun_uniform{1.5}, "uniform, sigma_w^2 = 2.25");
  hold_against(satur::tanh{}, satur::lecun_normal{5.0}, "normal, sigma_w^2 = 25");
  hold_against(satur::sigmoid{}, satur::glorot_uniform{}, "Glorot, uniform");
  hold_against(satur::sigmoid{}, satur::lecun_normal{4.0}, "normal, sigma_w^2 = 16");
  hold_against(satur::sigmoid{}, satur::lecun_normal{10.149}, "normal, sigma_w^2 = 103");
  hold_against(satur::relu{}, satur::lecun_normal{}, "normal, sigma_w^2 = 1");
  hold_against(satur::relu{}, satur::he_normal{}, "He, normal");
  hold_against(satur::selu{}, satur::lecun_normal{0.75}, "normal, sigma_w^2 = 9/16");
  hold_against(satur::selu{}, satur::lecun_normal{}, "LeCun, normal");
}
