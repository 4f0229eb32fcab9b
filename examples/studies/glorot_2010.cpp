// Glorot and Bengio 2010: why deep nets are hard to train. What the hidden layers look like before training, and how
// sigmoid, tanh and softsign layers saturate while it goes on (their figures 2, 3 and 4). Their z is the output of a
// layer, here a; their s is the pre-activation, here z.
#include "data/shapeset.hpp"
#include "support/initial_weights.hpp"
#include "support/study.hpp"

#include <satur/activation.hpp>
#include <satur/initializer.hpp>
#include <satur/layer.hpp>
#include <satur/loss.hpp>
#include <satur/monitor.hpp>
#include <satur/observe.hpp>
#include <satur/tensor.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

extern "C" void openblas_set_num_threads(int) __attribute__((weak)); // another BLAS does without

namespace {

using datasets::shapeset;
using matrix = xt::xtensor<float, 2>;
using satur::text::number;
using satur::text::significant;

constexpr std::size_t watched_images = 300; ///< as in the paper
constexpr std::size_t batch = 10;

struct images {
  matrix x;
  std::vector<int> labels;

  images(shapeset& source, std::size_t n) : x(matrix::from_shape({n, shapeset::pixels})), labels(n) { draw(source); }
  void draw(shapeset& source) {
    for (std::size_t i = 0; i < labels.size(); ++i) {
      labels[i] = static_cast<int>(
          source.draw(std::span<float, shapeset::pixels>(x.data() + i * shapeset::pixels, shapeset::pixels)));
    }
  }
};

std::string name_of(std::size_t layer) { return "layer " + number(layer + 1); }

/// Hidden layers of one activation, and an output of nine logits.
template <class A> struct deep_net {
  A act;
  std::vector<satur::dense<float>> hidden = {};
  satur::dense<float> output;
  satur::softmax_cross_entropy<float> loss = {};
  std::vector<matrix> a, slope, dz;

  template <class Init>
  deep_net(A const& f, std::size_t depth, std::size_t width, Init const& init, std::uint64_t seed)
      : deep_net(f, depth, width, init, std::mt19937_64(seed)) {}

  /// Forward pass, watched; returns the mean loss.
  double forward(satur::monitor& mon, images const& data) {
    matrix const* in = &data.x;
    for (std::size_t l = 0; l < hidden.size(); ++l) {
      matrix const& z = hidden[l].forward(*in);
      a[l].resize(z.shape());
      slope[l].resize(z.shape());
      mon[name_of(l)].forward(act, z, a[l], slope[l]);
      in = &a[l];
    }
    return loss.forward(output.forward(*in), data.labels);
  }
  void backward() {
    matrix const* da = &output.backward(loss.backward());
    for (std::size_t l = hidden.size(); l-- > 0;) {
      dz[l] = *da * slope[l];
      if (l == 0) {
        hidden[l].backward_parameters(dz[l]);
      } else {
        da = &hidden[l].backward(dz[l]);
      }
    }
  }
  void descend(double rate) {
    for (auto& layer : hidden) {
      satur::descend(layer, rate);
    }
    satur::descend(output, rate);
  }

private:
  template <class Init>
  deep_net(A const& f, std::size_t depth, std::size_t width, Init const& init, std::mt19937_64 urbg)
      : act(f), hidden(layers(depth, width, init, urbg)), output(width, shapeset::classes, init, urbg), a(depth),
        slope(depth), dz(depth) {}
  template <class Init>
  static std::vector<satur::dense<float>> layers(std::size_t depth, std::size_t width, Init const& init,
                                                 std::mt19937_64& urbg) {
    std::vector<satur::dense<float>> all;
    for (std::size_t l = 0; l < depth; ++l) {
      all.emplace_back(l == 0 ? shapeset::pixels : width, width, init, urbg);
    }
    return all;
  }
};

double stddev_of(matrix const& x) { return satur::observe(satur::identity{}, x).stddev_z(); }

// --- before training -------------------------------------------------------------------------------------------------

using five = std::array<double, 5>;

struct statistics {
  five a;        ///< std of a
  five gradient; ///< std of dC/dz, C the mean loss
  five slope;    ///< mean f'(z)
};

/// Five hidden tanh layers of 1000, as the paper's.
template <class Init> std::pair<statistics, five> measure(Init const& init, images const& data) {
  deep_net net(satur::tanh{}, 5, 1000, init, 1);
  satur::monitor mon;
  static_cast<void>(net.forward(mon, data));
  net.backward();
  mon.end_step();
  statistics seen;
  five weight_gradient;
  for (std::size_t l = 0; l < 5; ++l) {
    satur::saturation const& record = mon[name_of(l)].last().saturation;
    seen.a[l] = record.stddev_output();
    seen.slope[l] = record.mean_derivative();
    seen.gradient[l] = stddev_of(net.dz[l]);
    weight_gradient[l] = stddev_of(net.hidden[l].dw);
  }
  return {seen, weight_gradient};
}

template <class Init>
void before_training(studies::study& s, std::string const& rule, Init const& init, images const& data,
                     statistics const& reference) {
  auto const [seen, weight_gradient] = measure(init, data);
  std::vector<std::vector<std::string>> rows;
  auto const compare = [&](std::string const& what, five const& ours, five const& theirs) {
    std::vector<std::string> our_row{what + ", ours"}, their_row{what + ", reference"};
    double most = 0.0;
    for (std::size_t l = 0; l < 5; ++l) {
      our_row.push_back(significant(ours[l], 3));
      their_row.push_back(significant(theirs[l], 3));
      most = std::max(most, std::fabs(ours[l] / theirs[l] - 1.0));
    }
    rows.push_back(our_row);
    rows.push_back(their_row);
    s.trend(rule + ": " + what + ", layers 1 and 5; all five are within 10 % of a reference net that we drew ourselves",
            our_row[1] + " and " + our_row[5] + "; the reference net " + their_row[1] + " and " + their_row[5] +
                "; at most " + satur::text::percent(most) + " % off",
            "", most <= 0.1); // nobody published these numbers
  };
  compare("std of a", seen.a, reference.a);
  compare("std of dC/dz", seen.gradient, reference.gradient);
  compare("mean f'(z)", seen.slope, reference.slope);
  std::vector<std::string> row{"std of dC/dw, ours"};
  for (double const g : weight_gradient) {
    row.push_back(significant(g, 3));
  }
  rows.push_back(row);
  s.table(rule, {"", "layer 1", "layer 2", "layer 3", "layer 4", "layer 5"}, rows);
  double const ratio = *std::max_element(weight_gradient.begin(), weight_gradient.end()) /
                       *std::min_element(weight_gradient.begin(), weight_gradient.end());
  s.trend(rule + ": the weight gradient has the same size in every layer (within 1.1 times)",
          "largest / smallest = " + significant(ratio, 3), "the same", ratio < 1.1);
}

// --- during training -------------------------------------------------------------------------------------------------

/// What was seen of the 300 images, from time to time: one line a layer.
struct course {
  std::vector<satur::svg::series> mean;  ///< mean a
  std::vector<satur::svg::series> high;  ///< 98th percentile of a
  std::vector<satur::svg::series> slope; ///< mean f'(z)
  std::vector<matrix> last;              ///< a of each layer at the end
  double error = 0.0;                    ///< share of wrong answers at the end
};

double percentile_98(matrix const& a) {
  std::vector<float> all(a.begin(), a.end());
  auto const at = all.begin() + static_cast<std::ptrdiff_t>(0.98 * static_cast<double>(all.size() - 1));
  std::nth_element(all.begin(), at, all.end());
  return static_cast<double>(*at);
}

template <class A>
course train(A const& act, std::size_t depth, std::size_t width, double rate, std::size_t steps, std::size_t looks) {
  deep_net net(act, depth, width, support::standard{}, 1);
  shapeset source(2), unseen(3);
  images data(source, batch);
  images const test(unseen, watched_images);
  satur::monitor mon;
  course seen;
  for (std::size_t l = 0; l < depth; ++l) {
    for (auto* lines : {&seen.mean, &seen.high, &seen.slope}) {
      lines->push_back({name_of(l), {}, {}});
    }
  }
  std::size_t const every = std::max<std::size_t>(1, steps / looks);
  for (std::size_t step = 0;; ++step) {
    if (step % every == 0 || step == steps) {
      mon.eval();
      static_cast<void>(net.forward(mon, test));
      mon.end_step();
      for (std::size_t l = 0; l < depth; ++l) {
        satur::saturation const& s = mon[name_of(l)].last(satur::phase::eval).saturation;
        auto const add = [step](satur::svg::series& line, double y) {
          line.x.push_back(static_cast<double>(step));
          line.y.push_back(y);
        };
        add(seen.mean[l], s.mean_output());
        add(seen.high[l], percentile_98(net.a[l]));
        add(seen.slope[l], s.mean_derivative());
      }
      seen.error = 1.0 - static_cast<double>(net.loss.correct) / static_cast<double>(watched_images);
      seen.last = net.a;
      mon.train();
    }
    if (step == steps) {
      return seen;
    }
    data.draw(source);
    mon.loss(net.forward(mon, data));
    net.backward();
    net.descend(rate);
    mon.end_step();
  }
}

constexpr double never = std::numeric_limits<double>::infinity();

/// The step at which a line first passes a level from below.
double passes(satur::svg::series const& line, double level) {
  for (std::size_t i = 0; i < line.y.size(); ++i) {
    if (line.y[i] > level) {
      return line.x[i];
    }
  }
  return never;
}
/// The step at which it first passes the middle between its start and its end.
double halfway(satur::svg::series const& line) { return passes(line, 0.5 * (line.y.front() + line.y.back())); }

/// Steps between the first and the last layer to be halfway.
double spread_of(course const& c) {
  std::vector<double> at;
  for (satur::svg::series const& line : c.high) {
    at.push_back(halfway(line));
  }
  return *std::max_element(at.begin(), at.end()) - *std::min_element(at.begin(), at.end());
}

template <class F> double share_of(matrix const& a, F const& condition) {
  return static_cast<double>(std::count_if(a.begin(), a.end(), condition)) / static_cast<double>(a.size());
}
double limit_share(matrix const& a) {
  return share_of(a, [](float x) { return std::fabs(x) > 0.95f; });
}

/// How the outputs of each layer are distributed at the end (figure 4): the share of each of 40 intervals.
std::vector<satur::svg::series> distribution_of(course const& c) {
  constexpr std::size_t bins = 40;
  std::vector<satur::svg::series> lines;
  for (std::size_t l = 0; l < c.last.size(); ++l) {
    satur::svg::series line{name_of(l), {}, std::vector<double>(bins)};
    for (std::size_t i = 0; i < bins; ++i) {
      line.x.push_back((static_cast<double>(i) + 0.5) * 2.0 / static_cast<double>(bins) - 1.0);
    }
    for (float const a : c.last[l]) {
      auto const i = static_cast<std::size_t>((static_cast<double>(a) + 1.0) / 2.0 * static_cast<double>(bins));
      line.y[std::min(i, bins - 1)] += 1.0 / static_cast<double>(c.last[l].size());
    }
    lines.push_back(line);
  }
  return lines;
}

std::string steps_text(double step) { return step < never ? significant(step, 6) : "never"; }

void figure_2(studies::study& s) {
  s.heading("Figure 2: the top sigmoid layer falls to 0");
  course const c = train(satur::sigmoid{}, 4, 1000, 0.1, 1000, 50);
  s.chart({.title = "Sigmoid: mean output of each hidden layer",
           .x_label = "update",
           .y_label = "mean a",
           .lines = c.mean,
           .low = 0.0,
           .high = 1.0},
          "Four hidden layers of 1000, weights U(±1/sqrt n), rate 0.1, 10 images an update; means over 300 images.");
  s.chart(
      {.title = "Sigmoid: mean slope of each hidden layer",
       .x_label = "update",
       .y_label = "mean f'(z)",
       .lines = c.slope,
       .low = 0.0,
       .high = 0.25},
      "The largest slope of a sigmoid is 0.25. What is left in the top layer is all that reaches the layers below.");
  double const top = c.mean.back().y.back();
  double lowest = 1.0;
  for (std::size_t l = 0; l + 1 < c.mean.size(); ++l) {
    lowest = std::min(lowest, *std::min_element(c.mean[l].y.begin(), c.mean[l].y.end()));
  }
  s.trend("figure 2: within 1,000 updates the mean output of the top sigmoid layer falls below 0.1, while the other "
          "layers stay above 0.4",
          significant(c.mean.back().y.front(), 3) + " to " + significant(top, 3) + "; the others at least " +
              significant(lowest, 3),
          "the top layer falls to 0", top < 0.1 && lowest > 0.4);
}

void figures_3_and_4(studies::study& s, std::size_t width, std::size_t updates) {
  std::string const net =
      "Five hidden layers of " + number(width) + ", weights U(±1/sqrt n), rate 0.1, 10 images an update; ";
  course const tanh = train(satur::tanh{}, 5, width, 0.1, updates, 60);
  course const softsign = train(satur::softsign{}, 5, width, 0.1, updates, 60);

  s.heading("Figure 3: tanh layers saturate one after the other, softsign layers together");
  auto const percentiles = [&](std::string const& name, course const& c) {
    s.chart({.title = name + ": 98th percentile of the outputs of each hidden layer",
             .x_label = "update",
             .y_label = "a",
             .lines = c.high,
             .low = 0.0,
             .high = 1.0},
            net + "of the outputs for 300 images.");
  };
  percentiles("Tanh", tanh);
  percentiles("Softsign", softsign);
  auto const slopes = [&](std::string const& name, course const& c) {
    s.chart({.title = name + ": mean slope of each hidden layer",
             .x_label = "update",
             .y_label = "mean f'(z)",
             .lines = c.slope,
             .low = 0.0,
             .high = 1.0},
            net + "over 300 images. The largest slope is 1.");
  };
  slopes("Tanh", tanh);
  slopes("Softsign", softsign);

  std::string order;
  std::vector<double> at;
  for (satur::svg::series const& line : tanh.high) {
    at.push_back(passes(line, 0.95));
    order += (order.empty() ? "" : ", ") + steps_text(at.back());
  }
  s.trend("figure 3: the 98th percentile of tanh passes 0.95 in layer 1 first, then in layer 2, then in those above",
          "updates " + order, "layer 1, then 2, and so on",
          at[0] < at[1] && at[1] < never && at[1] <= *std::min_element(at.begin() + 2, at.end()));
  s.trend("figure 3: softsign layers saturate together: fewer updates lie between the first and the last layer to be "
          "halfway to its final percentile than with tanh",
          steps_text(spread_of(softsign)) + " and " + steps_text(spread_of(tanh)) + " updates", "together",
          spread_of(softsign) < spread_of(tanh));

  s.heading("Figure 4: where the outputs are at the end");
  auto const distribution = [&](std::string const& name, course const& c) {
    s.chart({.title = name + ": outputs of each hidden layer after the last update",
             .x_label = "a",
             .y_label = "share",
             .lines = distribution_of(c),
             .low = 0.0},
            net + "share of the outputs for 300 images in each of 40 intervals of a.");
  };
  distribution("Tanh", tanh);
  distribution("Softsign", softsign);
  double const tanh_limit = limit_share(tanh.last[0]), softsign_limit = limit_share(softsign.last[0]);
  s.trend("figure 4: at the end fewer outputs of layer 1 are at the limits, |a| > 0.95, with softsign than with tanh",
          satur::text::percent(softsign_limit) + " % and " + satur::text::percent(tanh_limit) + " %", "fewer",
          softsign_limit < tanh_limit);
  auto const knee = [](float x) { return std::fabs(x) > 0.6f && std::fabs(x) < 0.8f; };
  double const tanh_knee = share_of(tanh.last[1], knee), softsign_knee = share_of(softsign.last[1], knee);
  s.trend("figure 4: more softsign than tanh outputs of layer 2 are at 0.6 < |a| < 0.8, around the knees",
          satur::text::percent(softsign_knee) + " % and " + satur::text::percent(tanh_knee) + " %", "more",
          softsign_knee > tanh_knee);
  s.remark("softsign layers keep more of their slope than tanh layers (layer 1, at the end)",
           significant(softsign.slope[0].y.back(), 3) + " and " + significant(tanh.slope[0].y.back(), 3), "",
           softsign.slope[0].y.back() > tanh.slope[0].y.back(),
           "far from its limits, softsign already has a low slope, (1 - |a|)^2: 0.06 at a = 0.75, where tanh has 0.44");
  s.text(
      "Wrong answers at the end, of 300 images: tanh " + satur::text::percent(tanh.error) + " %, softsign " +
      satur::text::percent(softsign.error) +
      " %. The paper reports less for fully trained nets (tanh 27.15 %, softsign 16.27 %); its rates were chosen for "
      "each net, and its nets are larger and trained longer.");
}

} // namespace

int main(int argc, char** argv) {
  studies::study s(
      argc, argv,
      {.name = "glorot_2010",
       .title = "Why deep nets were hard to train: saturation before and during training",
       .text =
           "Nets of four and five hidden layers learn to name the shapes in 32 x 32 pictures (Shapeset-3x2, nine "
           "classes). Before training, the scale of the weights decides how outputs and gradients change from layer "
           "to layer. During training, the layers saturate in an order that depends on the activation. A monitor "
           "watches every hidden layer; the numbers are those of 300 images that are not trained on.",
       .source =
           "Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, AISTATS "
           "2010. The paper shows curves and histograms, few numbers: the reference of the tables is one net that we "
           "drew ourselves, by the paper's rule in another program (tolerance 10 %); it is not the paper's."},
      {{"width", "N", "units of a tanh or softsign layer while it trains (200; 1000 with --full)"},
       {"updates", "N", "updates of these nets (60000; 2000000 with --full, which takes many hours)"}});
  if (openblas_set_num_threads != nullptr) {
    openblas_set_num_threads(1); // products of 10 rows; and the sums have the same bits everywhere
  }

  s.heading("Before training");
  shapeset source(1);
  images const data(source, watched_images);
  before_training(
      s, "tanh, U(±1/sqrt n)", support::standard{}, data,
      {{.317, .176, .102, .058, .034}, {.554e-5, 1.04e-5, 1.88e-5, 3.25e-5, 5.68e-5}, {.900, .969, .990, .997, .999}});
  before_training(
      s, "tanh, Glorot's initialization", satur::glorot_uniform{}, data,
      {{.468, .389, .347, .308, .282}, {7.76e-5, 9.21e-5, 10.7e-5, 11.8e-5, 13.0e-5}, {.781, .848, .880, .905, .920}});
  s.text(
      "With U(±1/sqrt n) outputs shrink toward the top and gradients toward the bottom: each layer keeps about a third "
      "of the variance. Glorot's rule keeps much more of both. The gradient of the weights is a product of the two and "
      "has the same size in every layer either way: it does not show that gradients vanish, and dC/dz does.");

  figure_2(s);
  figures_3_and_4(s, s.number("width", s.full() ? 1000 : 200), s.number("updates", s.full() ? 2'000'000 : 60'000));
  return s.finish();
}
