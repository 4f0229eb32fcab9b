// Loss of plasticity: a net that learns one small problem after the other learns the later ones worse, because its
// units saturate. The slowly changing regression of Dohare et al. (Nature 632, 2024): 20 bits, of which 15 are drawn
// anew every 10,000 examples; a fixed target net of threshold units; a learner of five hidden units.
#include "support/study.hpp"

#include <satur/activation.hpp>
#include <satur/finding.hpp>
#include <satur/initializer.hpp>
#include <satur/monitor.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <sstream>
#include <string>
#include <vector>

namespace {

constexpr std::size_t inputs = 20;
constexpr std::size_t slow_bits = 15;
constexpr std::size_t hidden = 5;
constexpr std::size_t target_units = 100;
constexpr std::size_t redrawn_after = 10'000;
constexpr std::size_t bin = 20'000;
constexpr std::size_t examples = 1'000'000;
constexpr float rate = 0.01f;

/// Threshold units with weights +1 and -1, so that z is a difference of two bit counts.
class target_network {
public:
  explicit target_network(std::mt19937_64& urbg) {
    auto const sign = [&urbg] { return (urbg() >> 63) != 0 ? 1 : -1; };
    for (unit& u : units_) {
      u.positive = static_cast<std::uint32_t>(urbg() >> (64 - inputs));
      u.bias = sign();
      u.out = sign();
      int const sum = 2 * std::popcount(u.positive) - static_cast<int>(inputs);
      // S as the authors' program counts it: the weights of -1, half the bias more.
      double const negative = 0.5 * (static_cast<double>(inputs) - sum + u.bias);
      u.threshold = 0.7 * static_cast<double>(inputs + 1) - negative;
    }
    bias_ = sign();
  }
  [[nodiscard]] float value(std::uint32_t bits) const {
    int sum = bias_;
    for (unit const& u : units_) {
      int const z = std::popcount(bits & u.positive) - std::popcount(bits & ~u.positive) + u.bias;
      sum += z >= u.threshold ? u.out : 0;
    }
    return static_cast<float>(sum);
  }

private:
  struct unit {
    std::uint32_t positive; ///< the inputs whose weight is +1
    int bias;
    int out; ///< weight of the output
    double threshold;
  };
  std::array<unit, target_units> units_;
  int bias_;
};

/// What was seen of one run, bin by bin.
struct run_record {
  std::vector<double> error;            ///< mean squared error
  std::vector<double> dead;             ///< share of hidden units with no output other than 0
  std::vector<double> slope;            ///< mean f'(z)
  std::vector<satur::finding> findings; ///< after the last bin
};

/// One learner, 20-5-1, by hand. A step of the monitor is a bin, and so is its window.
template <class A, class Init> run_record learn(A const& act, Init const& init, std::uint64_t seed) {
  std::mt19937_64 urbg(seed);
  target_network const target(urbg);
  std::array<float, hidden * inputs> w;
  std::array<float, hidden> b{}, v, z, a, slope, dz;
  float c = 0.0f;
  satur::fill(init, w, satur::fans{inputs, hidden}, urbg);
  satur::fill(satur::lecun_uniform{}, v, satur::fans{hidden, 1}, urbg);

  satur::monitor mon({.units = true});
  auto const layout = satur::unit_layout::matrix(1, hidden);
  run_record seen;
  double error = 0.0;
  std::uint32_t slow = 0;
  for (std::size_t t = 0; t < examples; ++t) {
    if (t % redrawn_after == 0) {
      slow = static_cast<std::uint32_t>(urbg() >> (64 - slow_bits));
    }
    std::uint32_t const x =
        slow << (inputs - slow_bits) | static_cast<std::uint32_t>(urbg() >> (64 - inputs + slow_bits));

    for (std::size_t j = 0; j < hidden; ++j) {
      z[j] = b[j];
      for (std::size_t i = 0; i < inputs; ++i) {
        z[j] += (x >> i & 1u) != 0 ? w[j * inputs + i] : 0.0f;
      }
    }
    mon["hidden"].forward(act, z, a, slope, layout); // a = f(z), slope = f'(z), recorded
    float y = c;
    for (std::size_t j = 0; j < hidden; ++j) {
      y += v[j] * a[j];
    }
    float const miss = y - target.value(x);
    error += static_cast<double>(miss) * static_cast<double>(miss) / static_cast<double>(bin);

    float const dy = 2.0f * miss; // of the squared error
    for (std::size_t j = 0; j < hidden; ++j) {
      dz[j] = dy * v[j] * slope[j];
      v[j] -= rate * dy * a[j];
      b[j] -= rate * dz[j];
      for (std::size_t i = 0; i < inputs; ++i) {
        w[j * inputs + i] -= (x >> i & 1u) != 0 ? rate * dz[j] : 0.0f;
      }
    }
    c -= rate * dy;
    mon["hidden"].gradient(dz, layout);

    if ((t + 1) % bin == 0) {
      mon.loss(error);
      mon.end_step();
      satur::unit_records const& units = *mon["hidden"].units();
      double dead = 0.0;
      for (std::size_t u = 0; u < hidden; ++u) {
        dead += units[u].active_fraction() == 0.0 ? 1.0 / static_cast<double>(hidden) : 0.0;
      }
      seen.error.push_back(error);
      seen.dead.push_back(dead);
      seen.slope.push_back(mon["hidden"].last().saturation.mean_derivative());
      if (t + 1 == examples) {
        satur::any_activation const any = act;
        seen.findings = satur::diagnose(mon, {}, std::span(&any, 1));
      }
      mon.start_window();
      error = 0.0;
    }
  }
  return seen;
}

/// Mean over the seeds, bin by bin.
std::vector<double> mean_of(std::vector<run_record> const& runs, std::vector<double> run_record::*what) {
  std::vector<double> mean((runs.front().*what).size());
  for (run_record const& r : runs) {
    for (std::size_t i = 0; i < mean.size(); ++i) {
      mean[i] += (r.*what)[i] / static_cast<double>(runs.size());
    }
  }
  return mean;
}

satur::svg::series line_of(std::string const& name, std::vector<double> const& y) {
  satur::svg::series line{name, {}, y};
  for (std::size_t i = 0; i < y.size(); ++i) {
    line.x.push_back(static_cast<double>(i + 1));
  }
  return line;
}

} // namespace

int main(int argc, char** argv) {
  using satur::text::number;
  using satur::text::significant;
  studies::study s(
      argc, argv,
      {.name = "plasticity",
       .title = "Loss of plasticity: does a net that goes on learning learn worse and worse?",
       .text =
           "The slowly changing regression: 15 of 20 input bits are drawn anew every 10,000 examples, and a fixed net "
           "of 100 threshold units gives the target. A learner of 20-5-1 units takes one step of gradient descent "
           "(rate 0.01, squared error) for each of 1,000,000 examples. On average each problem is as hard as the one "
           "before. "
           "A monitor watches the five hidden units, with one step for each bin of 20,000 examples.",
       .source = "Dohare, Hernandez-Garcia, Lan, Rahman, Mahmood and Sutton, Loss of plasticity in deep continual "
                 "learning, Nature 632, 2024 (slowly changing regression). It shows curves of the error, no table; "
                 "what is compared are the trends. Weights, thresholds and rates are those of its program."},
      {{"seeds", "N", "runs of each activation (10; 100 with --full)"}});
  std::size_t const seeds = s.number("seeds", s.full() ? 100 : 10);

  std::vector<run_record> relu, tanh;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    relu.push_back(learn(satur::relu{}, satur::he_uniform{}, seed));
    tanh.push_back(learn(satur::tanh{}, satur::lecun_uniform{5.0 / 3.0}, seed));
  }
  auto const relu_error = mean_of(relu, &run_record::error);
  auto const tanh_error = mean_of(tanh, &run_record::error);
  auto const dead = mean_of(relu, &run_record::dead);
  auto const relu_slope = mean_of(relu, &run_record::slope);
  auto const tanh_slope = mean_of(tanh, &run_record::slope);

  s.chart({.title = "Error, bin by bin",
           .x_label = "bin of 20,000 examples",
           .y_label = "mean squared error",
           .lines = {line_of("relu", relu_error), line_of("tanh", tanh_error)},
           .low = 0.0},
          "Mean squared error of each bin of two problems, mean of " + number(seeds) + " runs.");
  s.heading("What the monitor sees");
  s.chart({.title = "Dead units and slopes, bin by bin",
           .x_label = "bin of 20,000 examples",
           .lines = {line_of("relu: dead share", dead), line_of("relu: mean slope", relu_slope),
                     line_of("tanh: mean slope", tanh_slope)},
           .low = 0.0,
           .high = 1.0},
          "Dead: the unit's output was 0 for all 20,000 examples of the bin. Mean slope: f'(z) over the units and "
          "examples of the bin. Without a slope no gradient reaches the weights of a unit.");
  s.text(
      "A relu unit that is 0 for every example has no gradient. Only other slow bits can make it active again; most "
      "dead units stay dead. When all five are dead, only the output's bias learns. A tanh unit keeps some slope: its "
      "gradient shrinks, and it learns a new problem slowly.");

  auto const tell = [&s](std::string const& name, run_record const& r) {
    std::ostringstream words;
    for (satur::finding const& f : r.findings) {
      words << f << ' ';
    }
    s.text(name +
           ", first run, satur::diagnose after the last bin: " + (r.findings.empty() ? "no finding." : words.str()));
  };
  tell("relu", relu.front());
  tell("tanh", tanh.front());
  auto const grows = [&s](std::string const& name, std::vector<double> const& error) {
    double const ratio = error.back() / error.front();
    s.trend(name + ": the error of the last bin is above 1.5 times that of the first",
            significant(error.back(), 3) + " / " + significant(error.front(), 3) + " = " + significant(ratio, 3),
            "the error grows", ratio > 1.5);
  };
  grows("relu", relu_error);
  grows("tanh", tanh_error);
  auto const passed = std::find_if(dead.begin(), dead.end(), [](double share) { return share > 0.5; });
  s.trend("relu: the share of dead units passes 0.5",
          passed == dead.end()
              ? "at most " + significant(*std::max_element(dead.begin(), dead.end()), 3)
              : "in bin " + number(passed - dead.begin() + 1) + "; " + significant(dead.back(), 3) + " in the last",
          "", passed != dead.end());
  double const fall = tanh_slope.front() / tanh_slope.back();
  s.trend("tanh: the mean slope falls by more than 4 times from the first bin to the last",
          significant(tanh_slope.front(), 3) + " / " + significant(tanh_slope.back(), 3) + " = " + significant(fall, 3),
          "", fall > 4.0);
  auto const worse =
      std::count_if(relu.begin(), relu.end(), [](run_record const& r) { return r.error.back() > r.error.front(); });
  s.remark("relu: the error grows in every run", number(worse) + " of " + number(seeds), "",
           worse == static_cast<std::ptrdiff_t>(seeds), "a bin has two problems, and some are easier than others");
  return s.finish();
}
