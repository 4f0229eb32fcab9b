// Do large initial weights saturate a neuron? Exact beside measured, and three objections answered with numbers.
#include "support/draws.hpp"
#include "support/study.hpp"

#include <satur/activation.hpp>
#include <satur/initializer.hpp>
#include <satur/layer/dense.hpp>
#include <satur/observe.hpp>
#include <satur/theory.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <random>
#include <string>
#include <vector>

namespace {

namespace theory = satur::theory;
using matrix = xt::xtensor<double, 2>;
using satur::text::percent;
using satur::text::significant;

/// A number that was measured on several drawn networks.
struct measured : studies::draws {
  /// Within four standard errors, and what a finite width changes: a share of the number and a small constant.
  [[nodiscard]] bool is(double exact, double share = 0.02) const {
    return std::fabs(mean() - exact) <= 4.0 * error() + share * std::fabs(exact) + 1e-5;
  }
};

struct sizes {
  std::size_t width;
  std::size_t samples;
  std::size_t nets;
};

matrix gaussian(std::size_t rows, std::size_t columns, std::mt19937_64& urbg) {
  return satur::make<double>(satur::normal{}, {rows, columns}, urbg);
}

double beyond_five(double variance) { return std::erfc(5.0 / std::sqrt(2.0 * variance)); }

/// What the inputs of one unit do to its z: its mean, and its deviation from that.
struct unit_split {
  double offsets;  ///< variance over units of the mean over inputs
  double movement; ///< mean over units of the variance over inputs
  double stuck;    ///< share of units that are beyond 5 on the same side for 99 % of the inputs
};
unit_split split(matrix const& z) {
  std::size_t const samples = z.shape(0), units = z.shape(1);
  unit_split s{0.0, 0.0, 0.0};
  for (std::size_t j = 0; j < units; ++j) {
    double sum = 0.0, squares = 0.0;
    std::size_t low = 0, high = 0;
    for (std::size_t i = 0; i < samples; ++i) {
      sum += z(i, j);
      squares += z(i, j) * z(i, j);
      low += z(i, j) < -5.0 ? 1 : 0;
      high += z(i, j) > 5.0 ? 1 : 0;
    }
    double const mean = sum / static_cast<double>(samples);
    s.offsets += mean * mean;
    s.movement += squares / static_cast<double>(samples) - mean * mean;
    s.stuck += 100 * std::max(low, high) >= 99 * samples ? 1.0 : 0.0;
  }
  auto const n = static_cast<double>(units);
  return {s.offsets / n, s.movement / n, s.stuck / n};
}

void one_layer(studies::study& s, sizes const& n, std::mt19937_64& urbg) {
  s.heading("The table: what the weights do to one layer");
  s.text("z = sum of w a over " + std::to_string(n.width) +
         " inputs a ~ N(0, 1), weights w ~ N(0, scale^2/inputs), so that z ~ N(0, scale^2) in a wide layer. Exact: "
         "integrals over that law. Measured: a drawn layer of as many sigmoid units, " +
         std::to_string(n.samples) + " samples, mean of " + std::to_string(n.nets) +
         " draws. The weight gradient is dL/dw of the layer's own backward pass with dL/dy ~ N(0, 1), as root mean "
         "square, and 1 at scale 1.");
  satur::sigmoid const act;
  std::vector<double> scales;
  for (int k = -2; k <= 7; ++k) {
    scales.push_back(std::ldexp(1.0, k));
  }
  std::vector<measured> variance(scales.size()), share(scales.size()), slope(scales.size()), gradient(scales.size()),
      typical(scales.size());
  for (std::size_t net = 0; net < n.nets; ++net) {
    matrix const x = gaussian(n.samples, n.width, urbg);
    matrix const dy = gaussian(n.samples, n.width, urbg);
    double const root = std::sqrt(static_cast<double>(n.width));
    satur::dense<double> fc(n.width, n.width, satur::normal{0.0, 1.0 / root}, urbg);
    matrix const unscaled = fc.w;
    std::vector<double> sizes_of_gradient;
    matrix slopes;
    for (std::size_t i = 0; i < scales.size(); ++i) {
      fc.w = scales[i] * unscaled;
      matrix const& z = fc.forward(x);
      satur::saturation const seen = satur::observe(act, z);
      variance[i].of.push_back(seen.variance_z());
      share[i].of.push_back(seen.fraction());
      slope[i].of.push_back(seen.mean_derivative());
      slopes = z;
      satur::apply_derivative(act, slopes, slopes);
      fc.backward_parameters(dy * slopes);
      double squares = 0.0;
      for (double const g : fc.dw) {
        squares += g * g;
      }
      sizes_of_gradient.push_back(std::sqrt(squares));
      auto const middle = slopes.begin() + static_cast<std::ptrdiff_t>(slopes.size() / 2);
      std::nth_element(slopes.begin(), middle, slopes.end());
      typical[i].of.push_back(*middle / 0.25);
    }
    for (std::size_t i = 0; i < scales.size(); ++i) {
      gradient[i].of.push_back(sizes_of_gradient[i] / sizes_of_gradient[2]); // scale 1
    }
  }

  std::vector<std::vector<std::string>> rows;
  satur::svg::line_chart chart{.title = "Weight scale against saturation and slope",
                               .x_label = "log2 of the weight scale",
                               .y_label = "share",
                               .lines = {{"|z| > 5, exact", {}, {}},
                                         {"|z| > 5", {}, {}},
                                         {"mean slope, exact", {}, {}},
                                         {"mean slope", {}, {}},
                                         {"dL/dw / at 1", {}, {}},
                                         {"median slope", {}, {}}},
                               .low = 0.0,
                               .high = 1.0};
  bool all_agree = true, rises = true, falls = true;
  theory::gaussian_moments const at_one = theory::moments(act, 0.0, 1.0);
  for (std::size_t i = 0; i < scales.size(); ++i) {
    double const q = scales[i] * scales[i];
    theory::gaussian_moments const m = theory::moments(act, 0.0, q);
    double const size = std::sqrt(m.mean_squared_derivative / at_one.mean_squared_derivative);
    // half of all |z| lie below 0.6745 standard deviations
    double const middle = act.derivative(0.674489750196082 * scales[i]) / 0.25;
    rows.push_back({significant(scales[i], 3), significant(q, 6), significant(variance[i].mean(), 5),
                    significant(100.0 * beyond_five(q), 3), significant(100.0 * share[i].mean(), 3),
                    significant(m.mean_derivative, 4), significant(slope[i].mean(), 4), significant(size, 4),
                    significant(gradient[i].mean(), 4), significant(middle, 3), significant(typical[i].mean(), 3)});
    double const x = std::log2(scales[i]);
    double const y[] = {beyond_five(q),         share[i].mean(),    m.mean_derivative / 0.25,
                        slope[i].mean() / 0.25, gradient[i].mean(), typical[i].mean()};
    for (std::size_t k = 0; k < chart.lines.size(); ++k) {
      chart.lines[k].x.push_back(x);
      chart.lines[k].y.push_back(y[k]);
    }
    all_agree = all_agree && variance[i].is(q) && share[i].is(beyond_five(q), 0.05) && slope[i].is(m.mean_derivative) &&
                gradient[i].is(size);
    rises = rises && (i == 0 || share[i].mean() >= share[i - 1].mean());
    falls = falls && (i == 0 || (slope[i].mean() < slope[i - 1].mean() && gradient[i].mean() < gradient[i - 1].mean()));
  }
  s.chart(chart, "Slopes as a share of the peak slope 1/4. The median falls much faster than the mean: the few units "
                 "near 0 carry the mean.");
  s.table("Exact beside measured.",
          {"scale", "variance of z", "measured", "|z| > 5, %", "measured", "mean slope", "measured", "dL/dw",
           "measured", "median slope / peak", "measured"},
          rows);

  std::size_t const eight = 5, last = scales.size() - 1;
  s.trend("every measured number is the exact one, within 4 standard errors and 2 % (5 % for the share) for the finite "
          "width",
          all_agree ? "all of " + std::to_string(4 * scales.size()) : "not all", "", all_agree);
  s.trend("the share beyond 5 rises with the weights, the mean slope and the weight gradient fall", "at every scale",
          "", rises && falls);
  s.compare("percent of z beyond 5 at scale 8", 100.0 * share[eight].mean(), 100.0 * beyond_five(64.0), 0.02, true);
  double const limit = 1.0 / (scales[last] * std::sqrt(2.0 * std::numbers::pi));
  s.compare("mean slope at scale 128: 1/(scale sqrt(2 pi)), the density of z at 0", slope[last].mean(), limit, 0.05,
            true);
  s.compare("weight gradient at scale 128, relative to scale 1: (1/(6 scale sqrt(2 pi)) / E f'^2 at 1)^(1/2)",
            gradient[last].mean(), std::sqrt(limit / 6.0 / at_one.mean_squared_derivative), 0.05, true,
            "It falls only with the root of the scale, because the few units near 0 carry it.");
  s.trend("at scale 32 the typical unit has no slope: the median is below a millionth of the peak",
          significant(typical[last - 2].mean(), 3), "", typical[last - 2].mean() < 1e-6);
}

void objection_one(studies::study& s, sizes const& n, std::mt19937_64& urbg) {
  s.heading("Objection 1: mixed signs cancel");
  double const lucky = 1000.0 * 1.0 + 1000.0 * -0.99;
  std::size_t const draws = n.samples * n.width;
  matrix const a = gaussian(draws, 2, urbg);
  std::size_t beyond = 0;
  for (std::size_t i = 0; i < draws; ++i) {
    beyond += std::fabs(1000.0 * a(i, 0) + 1000.0 * a(i, 1)) > 5.0 ? 1 : 0;
  }
  double const share = static_cast<double>(beyond) / static_cast<double>(draws);
  double const exact = beyond_five(2e6);
  double const five_percent = 5.0 / 1.959963984540054; // P(|z| > 5) = 5 % at this standard deviation
  double const correlation = five_percent * five_percent / 2e6 - 1.0;
  s.text("w = (1000, 1000) and a = (1, -0.99) give z = " + significant(lucky, 3) +
         ", and that is beyond 5 already. One sample says little; the distribution over samples decides. For a ~ N(0, "
         "1) z "
         "has standard deviation 1414, and its share beyond 5 is " +
         significant(100.0 * exact, 5) + " % exact, " + significant(100.0 * share, 5) + " % measured in " +
         std::to_string(draws) +
         " samples. The sign of the weights does not matter: only their squares enter the variance. For the two terms "
         "to cancel in 95 % of the samples the inputs would have to be correlated by " +
         satur::text::decimals(correlation, 7) + ".");
  s.compare("percent of samples beyond 5 with w = (1000, 1000)", 100.0 * share, 100.0 * exact, 0.001, true);
  s.trend("cancellation to within 5 is rare: below 1 % of the samples", significant(100.0 * (1.0 - share), 3) + " %",
          "", share > 0.99);
}

constexpr std::size_t depth = 5;

/// How z of the second layer is spread in a deep net of equal weights, and how many units are stuck in the last.
struct deeper_layers {
  measured offsets{}, movement{}, beyond{}, stuck{}, stuck_at_depth{};
};
template <class A> deeper_layers deep_net(A const& act, double scale, sizes const& n, std::mt19937_64& urbg) {
  deeper_layers r;
  satur::normal const init{0.0, scale / std::sqrt(static_cast<double>(n.width))};
  for (std::size_t net = 0; net < n.nets; ++net) {
    matrix a = gaussian(n.samples, n.width, urbg);
    for (std::size_t l = 1; l <= depth; ++l) {
      satur::dense<double> fc(n.width, n.width, init, urbg);
      matrix const z = fc.forward(a);
      if (l == 2) {
        unit_split const parts = split(z);
        r.offsets.of.push_back(parts.offsets);
        r.movement.of.push_back(parts.movement);
        r.stuck.of.push_back(parts.stuck);
        r.beyond.of.push_back(satur::observe(act, z).fraction());
      } else if (l == depth) {
        r.stuck_at_depth.of.push_back(split(z).stuck);
      }
      satur::apply(act, z, a);
    }
  }
  return r;
}

std::vector<double> const scales_of_objections{1.0, 2.0, 4.0, 8.0, 16.0, 32.0};

struct answer {
  std::vector<double> beyond; ///< share of the second layer beyond 5, by scale
  std::vector<double> stuck;
  std::vector<double> stuck_at_depth;
};

answer objection_two(studies::study& s, sizes const& n, std::mt19937_64& urbg) {
  s.heading("Objection 2: sigmoid outputs are positive");
  s.text(
      "In deeper layers the inputs are outputs of sigmoids, whose mean is 1/2. So z of a unit gets a mean of its own, "
      "half the sum of its weights, whatever the input. Over units that mean has variance scale^2/4; the inputs move "
      "z by scale^2 (E f^2 - 1/4) only. Both are exact; beside them the second layer of a drawn net of five layers "
      "whose weights have that scale. Stuck: units that are beyond 5 on one side for 99 % of the inputs, exact in the "
      "second layer, and measured in the second and the fifth.");
  satur::sigmoid const act;
  std::vector<std::vector<std::string>> rows;
  answer found;
  bool agrees = true;
  for (double const scale : scales_of_objections) {
    deeper_layers const r = deep_net(act, scale, n, urbg);
    double const q = scale * scale;
    double const squares = theory::moments(act, 0.0, q).mean_squared_output;
    double const offsets = 0.25 * q, movement = q * (squares - 0.25);
    // 1 % of the inputs lie more than 2.3263 standard deviations on the inner side
    double const stuck = std::erfc((5.0 + 2.3263478740408408 * std::sqrt(movement)) / std::sqrt(2.0 * offsets));
    rows.push_back({significant(scale, 3), significant(offsets, 4), significant(r.offsets.mean(), 4),
                    significant(movement, 4), significant(r.movement.mean(), 4),
                    significant(100.0 * beyond_five(q * squares), 3), significant(100.0 * r.beyond.mean(), 3),
                    significant(100.0 * stuck, 2), significant(100.0 * r.stuck.mean(), 2),
                    significant(100.0 * r.stuck_at_depth.mean(), 3)});
    agrees = agrees && r.offsets.is(offsets, 0.05) && r.movement.is(movement, 0.05) &&
             r.beyond.is(beyond_five(q * squares), 0.05);
    found.beyond.push_back(r.beyond.mean());
    found.stuck.push_back(r.stuck.mean());
    found.stuck_at_depth.push_back(r.stuck_at_depth.mean());
  }
  s.table("The second layer of sigmoids: variance of z from the units' means and from the inputs.",
          {"scale", "of means", "measured", "of inputs", "measured", "|z| > 5, %", "measured", "stuck, %", "measured",
           "layer 5"},
          rows);
  s.trend("the variance of z splits into that of the means and that of the inputs as theory says, within 4 standard "
          "errors and 5 %",
          agrees ? "at all scales" : "not at all scales", "", agrees);
  s.trend("more units are stuck in the fifth layer than in the second (scale 4)",
          percent(found.stuck_at_depth[2]) + " % against " + percent(found.stuck[2]) + " %", "",
          found.stuck_at_depth[2] > found.stuck[2] + 0.01);

  s.text(
      "If the weights have a mean m, the mean of z is fan-in times m times the mean output: it grows with the sum of "
      "the weights. Here m = 10/inputs and the scale is 2, from the second layer on; the first has mean 0, because "
      "theory leaves out that a mean there moves all units of a sample together.");
  satur::normal const init{10.0 / static_cast<double>(n.width), 2.0 / std::sqrt(static_cast<double>(n.width))};
  theory::network net = theory::network_of(init, std::vector<std::size_t>(depth + 1, n.width));
  net.layers.front().weight_mean = 0.0;
  theory::prediction const expected = theory::predict(act, net);
  std::vector<measured> means(depth), variances(depth);
  for (std::size_t k = 0; k < n.nets; ++k) {
    matrix a = gaussian(n.samples, n.width, urbg);
    for (std::size_t l = 0; l < depth; ++l) {
      satur::dense<double> fc(n.width, n.width, satur::normal{l == 0 ? 0.0 : init.center, init.spread}, urbg);
      matrix const z = fc.forward(a);
      satur::saturation const seen = satur::observe(act, z);
      means[l].of.push_back(seen.mean_z());
      variances[l].of.push_back(seen.variance_z());
      satur::apply(act, z, a);
    }
  }
  rows.clear();
  bool deep_agrees = true;
  for (std::size_t l = 0; l < depth; ++l) {
    theory::layer_prediction const& e = expected.layers[l];
    rows.push_back({std::to_string(l + 1), significant(e.mean, 4), significant(means[l].mean(), 4),
                    significant(e.variance, 4), significant(variances[l].mean(), 4),
                    significant(100.0 * e.fraction(), 3)});
    deep_agrees = deep_agrees && means[l].is(e.mean, 0.05) && variances[l].is(e.variance, 0.05);
  }
  s.table("Five layers of sigmoids whose weights have a mean.",
          {"layer", "mean of z", "measured", "variance of z", "measured", "|z| > 5, %, exact"}, rows);
  s.trend("mean and variance of z of five layers are those of theory, within 4 standard errors and 5 %",
          deep_agrees ? "in all layers" : "not in all layers", "", deep_agrees);
  return found;
}

void objection_three(studies::study& s, sizes const& n, answer const& uncentered, std::mt19937_64& urbg) {
  s.heading("Objection 3: then use sigmoid - 1/2");
  s.text(
      "The centered sigmoid removes the mean of the outputs, and with it the means of z: their variance scale^2/4 is "
      "gone. It keeps the limits: for large weights its outputs are -1/2 or 1/2, E f^2 is 1/4, and z has variance "
      "scale^2/4 from the inputs alone. Goes and stays: the shares of the sigmoid's second layer beyond 5 that "
      "centering removes and leaves.");
  satur::centered_sigmoid const act;
  std::vector<std::vector<std::string>> rows;
  bool agrees = true, no_means = true;
  double goes_at_four = 0.0, goes_exactly = 0.0, stays_at_32 = 0.0, stays_exactly = 0.0, most_stuck = 0.0;
  for (std::size_t i = 0; i < scales_of_objections.size(); ++i) {
    double const scale = scales_of_objections[i];
    deeper_layers const r = deep_net(act, scale, n, urbg);
    double const q = scale * scale;
    double const squares = theory::moments(act, 0.0, q).mean_squared_output;
    double const before = beyond_five(q * (squares + 0.25)), after = beyond_five(q * squares);
    rows.push_back({significant(scale, 3), significant(q * squares, 4), significant(r.movement.mean(), 4),
                    significant(r.offsets.mean(), 3), significant(100.0 * before, 3),
                    significant(100.0 * uncentered.beyond[i], 3), significant(100.0 * (before - after), 3),
                    significant(100.0 * after, 3), significant(100.0 * r.beyond.mean(), 3),
                    significant(100.0 * r.stuck_at_depth.mean(), 3)});
    agrees = agrees && r.movement.is(q * squares, 0.05) && r.beyond.is(after, 0.05);
    // the mean over a finite number of samples is not exactly that over all
    no_means = no_means && r.offsets.mean() < 3.0 * q * squares / static_cast<double>(n.samples);
    most_stuck = std::max({most_stuck, r.stuck.mean(), r.stuck_at_depth.mean()});
    if (scale == 4.0) {
      goes_at_four = 1.0 - r.beyond.mean() / uncentered.beyond[i];
      goes_exactly = 1.0 - after / before;
    }
    if (scale == 32.0) {
      stays_at_32 = r.beyond.mean();
      stays_exactly = after;
    }
  }
  s.table("The second layer of centered sigmoids.",
          {"scale", "variance of z", "measured", "of means", "sigmoid: |z| > 5, %", "measured", "goes", "stays",
           "measured", "layer 5: stuck, %"},
          rows);
  s.trend("the centered layer is that of theory, within 4 standard errors and 5 %",
          agrees ? "at all scales" : "not at all scales", "", agrees);
  s.trend(
      "centering removes the means of z: what is left of them is the noise of so many samples, and no unit is stuck",
      percent(most_stuck) + " % stuck", "", no_means && most_stuck == 0.0);
  s.compare("at scale 4 centering removes most of the second layer's saturation, in percent", 100.0 * goes_at_four,
            100.0 * goes_exactly, 0.02, true);
  s.compare("at scale 32 most units of the second layer stay beyond 5, in percent", 100.0 * stays_at_32,
            100.0 * stays_exactly, 0.02, true);
  s.trend(
      "centering helps against the means of z, not against large weights: more than half goes at scale 4, more than "
      "half of the units stay beyond 5 at scale 32",
      percent(goes_at_four) + " % and " + percent(stays_at_32) + " %", "", goes_at_four > 0.5 && stays_at_32 > 0.5);
}

} // namespace

int main(int argc, char** argv) {
  studies::study s(argc, argv,
                   {.name = "seed_question",
                    .title = "Do large initial weights saturate a neuron?",
                    .text = "Yes. The variance of z grows with the square of the weights; beyond 5 a sigmoid has less "
                            "than 2.7 % of its slope; and the gradient of the weights is made of these slopes. This "
                            "study has the exact numbers beside those of drawn layers, and answers three objections.",
                    .source = "",
                    .against = "exact"},
                   {{"width", "N", "inputs and units of a layer (600; 2000 with --full)"},
                    {"samples", "N", "inputs that a layer sees (500; 1000 with --full)"},
                    {"nets", "N", "drawn networks, 2 at least (6; 10 with --full)"}});
  sizes const n{s.number("width", s.full() ? 2000 : 600), s.number("samples", s.full() ? 1000 : 500),
                std::max<std::size_t>(2, s.number("nets", s.full() ? 10 : 6))};
  std::mt19937_64 urbg(2026);
  one_layer(s, n, urbg);
  objection_one(s, n, urbg);
  answer const uncentered = objection_two(s, n, urbg);
  objection_three(s, n, uncentered, urbg);
  return s.finish();
}
