// Which gain keeps five tanh layers alive? The character model of makemore, part 3, at gains 0.5, 1, 5/3 and 3.
#include "support/draws.hpp"
#include "support/names.hpp"
#include "support/study.hpp"

#include <satur/activation.hpp>
#include <satur/initializer.hpp>
#include <satur/layer/dense.hpp>
#include <satur/loss/softmax_cross_entropy.hpp>
#include <satur/observe.hpp>
#include <satur/optimizer/sgd.hpp>
#include <satur/rule.hpp>
#include <satur/theory.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <exception>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace theory = satur::theory;
using matrix = xt::xtensor<float, 2>;
using satur::text::decimals;
using satur::text::significant;

constexpr std::size_t layers = 5, width = 100, features = 10, batch = 32;
satur::tanh const act;
satur::output_beyond const flat{-0.97, 0.97}; // the lecture's limit

/// A table of vectors, one for each character. x (batch, context * features).
struct embedding {
  matrix c, dc;

  explicit embedding(std::mt19937_64& urbg)
      : c(satur::make<float>(satur::normal{}, {studies::characters, features}, urbg)), dc(xt::zeros_like(c)) {}
  [[nodiscard]] matrix forward(std::span<studies::example const> examples) const {
    matrix x = matrix::from_shape({examples.size(), studies::context * features});
    for (std::size_t i = 0; i < examples.size(); ++i) {
      for (std::size_t k = 0; k < studies::context * features; ++k) {
        x(i, k) = c(examples[i].before[k / features], k % features);
      }
    }
    return x;
  }
  void backward(std::span<studies::example const> examples, matrix const& dx) {
    dc.fill(0.0f);
    for (std::size_t i = 0; i < examples.size(); ++i) {
      for (std::size_t k = 0; k < studies::context * features; ++k) {
        dc(examples[i].before[k / features], k % features) += dx(i, k);
      }
    }
  }
  template <class F> void each_parameter(F&& f) { f(std::string_view("c"), c, dc); }
};

double stddev(std::span<float const> x) {
  double sum = 0.0, squares = 0.0;
  for (float const e : x) {
    sum += static_cast<double>(e);
    squares += static_cast<double>(e) * static_cast<double>(e);
  }
  auto const n = static_cast<double>(x.size());
  return std::sqrt(std::max(0.0, squares / n - sum * sum / (n * n)));
}

/// What one batch showed, by tanh layer.
struct shown {
  double loss = 0.0;
  std::array<double, layers> share{};    ///< of |tanh| > 0.97
  std::array<double, layers> stddev{};   ///< of tanh
  std::array<double, layers> gradient{}; ///< standard deviation of dL/dtanh
};

/// The lecture's network: weights N(0, 1/fan-in) times the gain, the output layer times 0.1 in its place, no biases.
struct network {
  embedding table;
  std::vector<satur::dense<float>> hidden;
  satur::dense<float> output;
  satur::softmax_cross_entropy<float> loss;

  network(double gain, std::mt19937_64& urbg)
      : table(urbg), output(width, studies::characters, scaled(0.1, width), urbg) {
    for (std::size_t l = 0; l < layers; ++l) {
      std::size_t const in = l == 0 ? studies::context * features : width;
      hidden.emplace_back(in, width, scaled(gain, in), urbg);
    }
  }
  static satur::normal scaled(double gain, std::size_t in) { return {0.0, gain / std::sqrt(static_cast<double>(in))}; }

  /// Forward and backward; every dw is filled.
  shown pass(std::span<studies::example const> examples) {
    shown s;
    std::vector<int> labels;
    for (studies::example const& e : examples) {
      labels.push_back(e.next);
    }
    matrix a = table.forward(examples);
    for (std::size_t l = 0; l < layers; ++l) {
      matrix const& z = hidden[l].forward(std::move(a)); // the layer keeps its input for backward
      matrix y = z;
      satur::saturation const seen = satur::forward(act, z, y, flat);
      s.share[l] = seen.fraction();
      s.stddev[l] = seen.stddev_output();
      a = std::move(y);
    }
    s.loss = loss.forward(output.forward(std::move(a)), labels);
    matrix da = output.backward(loss.backward());
    for (std::size_t l = layers; l-- > 0;) {
      s.gradient[l] = ::stddev({da.data(), da.size()});
      matrix slope = hidden[l].z();
      satur::apply_derivative(act, slope, slope);
      da = hidden[l].backward(da * slope);
    }
    table.backward(examples, da);
    return s;
  }
};

std::vector<studies::example> draw(std::vector<studies::example> const& all, std::mt19937_64& urbg) {
  std::vector<studies::example> some;
  for (std::size_t i = 0; i < batch; ++i) {
    some.push_back(all[urbg() % all.size()]);
  }
  return some;
}

/// What the lecture shows: one seed, one batch of 32, before the first step.
struct published {
  double gain;
  std::string name;
  double loss; ///< 0: not shown
  std::array<double, layers> share, stddev, gradient;
};
std::vector<published> const lecture{
    {0.5,
     "0.5",
     3.2960,
     {0.0, 0.0, 0.0, 0.0, 0.0},
     {0.41, 0.20, 0.10, 0.05, 0.02},
     {1.892e-5, 3.944e-5, 8.035e-5, 1.561e-4, 3.053e-4}},
    {1.0, "1", 3.2988, {0.0350, 0.0003, 0.0006, 0.0, 0.0}, {0.62, 0.48, 0.41, 0.35, 0.32}, {}},
    {5.0 / 3.0,
     "5/3",
     3.2962,
     {0.2025, 0.0838, 0.0662, 0.0547, 0.0612},
     {0.75, 0.69, 0.67, 0.66, 0.66},
     {4.206e-4, 3.991e-4, 3.743e-4, 3.290e-4, 3.054e-4}},
    {3.0,
     "3",
     0.0,
     {0.4766, 0.4047, 0.4238, 0.4200, 0.4241},
     {0.85, 0.84, 0.84, 0.84, 0.84},
     {9.977e-4, 7.421e-4, 5.570e-4, 3.952e-4, 3.052e-4}}};

/// One number, for each seed.
struct over_seeds : studies::draws {
  /// A single seed's number agrees if it lies within 3 spreads of seeds and the last digit that is printed.
  [[nodiscard]] bool fits(double one, double digit) const { return std::fabs(one - mean()) <= 3.0 * spread() + digit; }
};

struct start {
  over_seeds loss{};
  std::array<over_seeds, layers> share{}, stddev{}, gradient{};
};

std::string listed(std::vector<double> const& x, int digits) {
  std::string all;
  for (double const e : x) {
    all += (all.empty() ? "" : ", ") + significant(e, digits);
  }
  return all;
}
std::vector<double> means(std::array<over_seeds, layers> const& x, double factor = 1.0) {
  std::vector<double> all;
  for (over_seeds const& one : x) {
    all.push_back(factor * one.mean());
  }
  return all;
}
std::vector<double> scaled(std::array<double, layers> const& x, double factor = 1.0) {
  std::vector<double> all;
  for (double const one : x) {
    all.push_back(factor * one);
  }
  return all;
}

std::vector<start> before_training(studies::study& s, std::vector<studies::example> const& data, std::size_t seeds,
                                   bool real, std::mt19937_64& urbg) {
  s.heading("Before the first step");
  s.text("Mean over " + std::to_string(seeds) +
         " seeds, one batch of 32 each, before the first step. Expected: theory::predict for inputs N(0, 1). The "
         "lecture shows one seed: it agrees with ours if it lies within 3 standard deviations of our seeds in every "
         "layer.");
  std::vector<start> all(lecture.size());
  satur::svg::line_chart shares{.title = "Share of |tanh| > 0.97 by layer, before the first step",
                                .x_label = "layer",
                                .y_label = "share",
                                .low = 0.0};
  satur::svg::line_chart sizes{.title = "Standard deviation of tanh by layer, before the first step",
                               .x_label = "layer",
                               .y_label = "standard deviation",
                               .low = 0.0};
  std::vector<std::vector<std::string>> rows;
  double const z_limit = std::atanh(0.97);
  for (std::size_t g = 0; g < lecture.size(); ++g) {
    published const& p = lecture[g];
    start& ours = all[g];
    for (std::size_t k = 0; k < seeds; ++k) {
      network net(p.gain, urbg);
      shown const one = net.pass(draw(data, urbg));
      ours.loss.of.push_back(one.loss);
      for (std::size_t l = 0; l < layers; ++l) {
        ours.share[l].of.push_back(one.share[l]);
        ours.stddev[l].of.push_back(one.stddev[l]);
        ours.gradient[l].of.push_back(one.gradient[l]);
      }
    }
    theory::network law;
    for (std::size_t l = 0; l < layers; ++l) {
      std::size_t const in = l == 0 ? studies::context * features : width;
      law.layers.push_back(theory::law_of(network::scaled(p.gain, in), {in, width}));
    }
    theory::prediction const expected = theory::predict(act, law, z_limit);
    for (auto* const chart : {&shares, &sizes}) {
      for (bool const is_ours : {true, false}) {
        satur::svg::series line{"gain " + p.name + (is_ours ? "" : ", lecture"), {}, {}};
        for (std::size_t l = 0; l < layers; ++l) {
          line.x.push_back(static_cast<double>(l + 1));
          line.y.push_back(chart == &shares ? (is_ours ? ours.share[l].mean() : p.share[l])
                                            : (is_ours ? ours.stddev[l].mean() : p.stddev[l]));
        }
        chart->lines.push_back(line);
      }
    }
    bool share_fits = true, size_fits = true, gradient_fits = true;
    for (std::size_t l = 0; l < layers; ++l) {
      theory::layer_prediction const& e = expected.layers[l];
      rows.push_back({p.name + ", layer " + std::to_string(l + 1), significant(100.0 * e.fraction(), 3),
                      significant(100.0 * ours.share[l].mean(), 3), significant(100.0 * ours.share[l].spread(), 2),
                      significant(100.0 * p.share[l], 4), decimals(std::sqrt(e.mean_squared_output), 3),
                      decimals(ours.stddev[l].mean(), 3), decimals(ours.stddev[l].spread(), 3),
                      decimals(p.stddev[l], 2), significant(ours.gradient[l].mean(), 3),
                      p.gradient[l] == 0.0 ? "-" : significant(p.gradient[l], 3)});
      share_fits = share_fits && ours.share[l].fits(p.share[l], 0.00035); // one of 3,200
      size_fits = size_fits && ours.stddev[l].fits(p.stddev[l], 0.005);
      gradient_fits = gradient_fits && (p.gradient[l] == 0.0 || ours.gradient[l].fits(p.gradient[l], 0.0));
    }
    std::string const gain = "gain " + p.name + ": ";
    std::string const note = real ? "" : "with generated names";
    s.remark(gain + "percent of |tanh| > 0.97 in layers 1 to 5", listed(means(ours.share, 100.0), 3),
             listed(scaled(p.share, 100.0), 4), share_fits, note);
    s.remark(gain + "standard deviation of tanh", listed(means(ours.stddev), 2), listed(scaled(p.stddev), 2), size_fits,
             note);
    if (p.gradient[0] != 0.0) {
      s.remark(gain + "standard deviation of dL/dtanh, x 1e-4", listed(means(ours.gradient, 1e4), 3),
               listed(scaled(p.gradient, 1e4), 3), gradient_fits, note);
    }
  }
  s.chart(shares, "Ours: mean over the seeds. Lecture: one seed.");
  s.chart(sizes, "Ours: mean over the seeds. Lecture: one seed.");
  s.table("By gain and layer: expected, ours with the standard deviation over seeds, and the lecture's.",
          {"gain", "|tanh| > 0.97, %, expected", "ours", "+-", "lecture", "std of tanh, expected", "ours", "+-",
           "lecture", "std of dL/dtanh", "lecture"},
          rows);
  return all;
}

void trends(studies::study& s, std::vector<start> const& all) {
  auto const ratio = [](std::array<over_seeds, layers> const& x) { return x[4].mean() / x[0].mean(); };
  bool loss_right = true;
  for (start const& ours : all) {
    loss_right = loss_right && std::fabs(ours.loss.mean() / std::log(27.0) - 1.0) < 0.01;
  }
  s.trend("the initial loss is ln 27, that of a model that knows nothing, within 1 %",
          decimals(all[0].loss.mean(), 4) + ", " + decimals(all[1].loss.mean(), 4) + ", " +
              decimals(all[2].loss.mean(), 4) + ", " + decimals(all[3].loss.mean(), 4),
          "3.2960, 3.2988, 3.2962 (gains 0.5, 1, 5/3)", loss_right);
  s.trend("gains 0.5 and 1: tanh shrinks from layer to layer; the fifth has less than 60 % of the first's standard "
          "deviation",
          decimals(ratio(all[0].stddev), 2) + " and " + decimals(ratio(all[1].stddev), 2) + " of it",
          "0.05 and 0.52 of it", ratio(all[0].stddev) < 0.6 && ratio(all[1].stddev) < 0.6);
  double const settled = all[2].stddev[4].mean() / all[2].stddev[2].mean();
  s.trend("gain 5/3: the standard deviation settles near 0.65; layers 3 and 5 differ by less than 5 %",
          decimals(all[2].stddev[4].mean(), 2) + " in layer 5", "0.66", std::fabs(settled - 1.0) < 0.05);
  s.trend("gain 5/3: the first layer is the most saturated one, by a factor of 1.8 or more",
          decimals(100.0 * all[2].share[0].mean(), 1) + " % against " + decimals(100.0 * all[2].share[1].mean(), 1) +
              " %",
          "20.3 % against 8.4 %", all[2].share[0].mean() > 1.8 * all[2].share[1].mean());
  bool heavy = true;
  for (over_seeds const& share : all[3].share) {
    heavy = heavy && share.mean() > 0.35;
  }
  s.trend("gain 3: every layer is saturated by more than 35 %", listed(means(all[3].share, 100.0), 3) + " %",
          "47.66, 40.47, 42.38, 42, 42.41 %", heavy);
  s.trend("gain 0.5: the gradient halves from layer to layer toward the input; gain 3: it grows",
          "layer 5 to 1: x " + significant(1.0 / ratio(all[0].gradient), 2) + " and x " +
              significant(1.0 / ratio(all[3].gradient), 2),
          "x 0.062 and x 3.3", ratio(all[0].gradient) > 8.0 && ratio(all[3].gradient) < 0.5);
}

/// log10(std(step) / std(weights)) of the embedding, five layers and the output, step by step.
struct training {
  std::vector<double> loss;
  std::array<std::vector<double>, layers + 2> updates;
  shown last;
};

training train(double gain, double rate, std::size_t steps, std::vector<studies::example> const& data,
               std::mt19937_64& urbg) {
  network net(gain, urbg);
  satur::sgd<float> optimizer{.rate = rate};
  training t;
  auto const told = [&t](std::size_t which) {
    return [&t, which](std::string_view name, std::span<float const> w, std::span<float const> step) {
      if (name != "b") { // begins at 0: it has no ratio
        t.updates[which].push_back(std::log10(stddev(step) / stddev(w)));
      }
    };
  };
  for (std::size_t i = 0; i < steps; ++i) {
    t.last = net.pass(draw(data, urbg));
    t.loss.push_back(t.last.loss);
    optimizer.step(satur::watched(told(0), net.table), satur::watched(told(1), net.hidden[0]),
                   satur::watched(told(2), net.hidden[1]), satur::watched(told(3), net.hidden[2]),
                   satur::watched(told(4), net.hidden[3]), satur::watched(told(5), net.hidden[4]),
                   satur::watched(told(6), net.output));
  }
  return t;
}

/// The mean of each fiftieth part.
satur::svg::series smoothed(std::string const& name, std::vector<double> const& y) {
  satur::svg::series line{name, {}, {}};
  std::size_t const parts = std::min<std::size_t>(y.size(), 50);
  for (std::size_t p = 0; p < parts; ++p) {
    std::size_t const first = p * y.size() / parts, end = (p + 1) * y.size() / parts;
    double sum = 0.0;
    for (std::size_t i = first; i < end; ++i) {
      sum += y[i];
    }
    line.x.push_back(static_cast<double>(first));
    line.y.push_back(sum / static_cast<double>(end - first));
  }
  return line;
}

void during_training(studies::study& s, std::vector<studies::example> const& data, std::size_t steps,
                     std::mt19937_64& urbg) {
  s.heading("The first " + std::to_string(steps) + " steps");
  s.text(
      "Gradient descent at rate 0.1, batches of 32. Update:data is log10(std(step)/std(weights)) of each weight; the "
      "lecture's rule of thumb is -3. The output layer begins ten times smaller, so its first updates are the "
      "largest.");
  satur::svg::line_chart losses{
      .title = "Loss", .y_label = "loss", .levels = {{std::log(27.0), "ln 27: a model that knows nothing"}}};
  std::vector<std::vector<std::string>> rows;
  std::vector<double> beginnings, ends;
  training right;
  for (published const& p : lecture) {
    training const t = train(p.gain, 0.1, steps, data, urbg);
    losses.lines.push_back(smoothed("gain " + p.name, t.loss));
    ends.push_back(losses.lines.back().y.back());
    rows.push_back({p.name, decimals(ends.back(), 3)});
    std::size_t const first = std::min<std::size_t>(steps, 100);
    beginnings.push_back(std::accumulate(t.loss.begin(), t.loss.begin() + static_cast<std::ptrdiff_t>(first), 0.0) /
                         static_cast<double>(first));
    for (std::vector<double> const& u : t.updates) {
      rows.back().push_back(decimals(smoothed("", u).y.back(), 2));
    }
    if (p.name == "5/3") {
      right = t;
    }
  }
  training const slow = train(5.0 / 3.0, 0.001, steps, data, urbg);
  rows.push_back({"5/3, rate 0.001", decimals(smoothed("", slow.loss).y.back(), 3)});
  double most_of_slow = -10.0;
  for (std::size_t k = 0; k < slow.updates.size(); ++k) {
    double const end = smoothed("", slow.updates[k]).y.back();
    rows.back().push_back(decimals(end, 2));
    most_of_slow = k == layers + 1 ? most_of_slow : std::max(most_of_slow, end);
  }
  satur::svg::line_chart chart{.title = "Update:data at gain 5/3", .y_label = "log10", .levels = {{-3.0, "-3"}}};
  double low = 0.0, high = -10.0;
  for (std::size_t k = 0; k < right.updates.size(); ++k) {
    std::string const name = k == 0 ? "embedding" : k == layers + 1 ? "output" : "layer " + std::to_string(k);
    chart.lines.push_back(smoothed(name, right.updates[k]));
    if (k != layers + 1) {
      low = std::min(low, chart.lines.back().y.back());
      high = std::max(high, chart.lines.back().y.back());
    }
  }
  s.chart(chart, "Means of a fiftieth of the steps.");
  s.chart(losses, "Means of a fiftieth of the steps.");
  s.table("After the last step: the loss, and log10 of update:data.",
          {"gain", "loss", "embedding", "layer 1", "2", "3", "4", "5", "output"}, rows);
  double others = -10.0;
  for (std::size_t k = 0; k <= layers; ++k) {
    others = std::max(others, right.updates[k].front());
  }
  s.trend("gain 5/3: in the first step the update of the output layer is the largest, relative to its weights",
          "10^" + decimals(right.updates[layers + 1].front(), 2) + ", the others at most 10^" + decimals(others, 2),
          "the largest", right.updates[layers + 1].front() > others);
  s.trend(
      "gain 5/3, rate 0.1: at the end update:data of all but the output layer lies between 10^-3.5 and 10^-2",
      "10^" + decimals(low, 2) + " to 10^" + decimals(high, 2), "about 10^-3, a rule of thumb",
      low > -3.5 && high < -2.0,
      "10^-3 is a rule of thumb of the lecture, beside a plot without numbers. The output layer stays above, at 10^" +
          decimals(chart.lines.back().y.back(), 2) + ".");
  s.trend("rate 0.001: update:data of all but the output layer lies far below 10^-3",
          "10^" + decimals(most_of_slow, 2) + " at most", "below 10^-3 in a plot", most_of_slow < -4.0);
  s.trend("gain 0.5 learns most slowly: its mean loss over the first 100 steps is the largest",
          significant(beginnings[0], 3) + " against " + listed({beginnings[1], beginnings[2], beginnings[3]}, 3) +
              " (gains 1, 5/3, 3)",
          "", beginnings[0] > std::max({beginnings[1], beginnings[2], beginnings[3]}));
  s.trend("every gain learns: the loss ends below that of a model that knows nothing",
          listed({ends[0], ends[1], ends[2], ends[3]}, 4) + ", ln 27 = 3.296", "",
          *std::max_element(ends.begin(), ends.end()) < std::log(27.0) - 0.2);
}

} // namespace

int main(int argc, char** argv) try {
  studies::study s(
      argc, argv,
      {.name = "gain_sweep",
       .title = "Which gain keeps five tanh layers alive?",
       .text = "A character model predicts the next letter of a name from three: an embedding of 10 numbers a letter, "
               "five tanh layers of 100 units, 27 outputs. Its weights are N(0, 1/fan-in) times a gain. Too small a "
               "gain, and the signal shrinks from layer to layer; too large a gain, and every layer saturates.",
       .source =
           "Andrej Karpathy, Neural Networks: Zero to Hero, building makemore, part 3 (activations and gradients, "
           "2022); the numbers are the outputs of its notebook, as readers of the lecture published them for "
           "each gain."},
      {{"data", "FILE", "names, one a line (generated strings that look like names)"},
       {"seeds", "N", "networks at each gain before training, 2 at least (40; 400 with --full)"},
       {"steps", "N", "steps of training at each gain (1000)"}});
  std::mt19937_64 urbg(2147483647);
  std::string const path = s.value("data", "");
  std::vector<std::string> names = path.empty() ? studies::generated_names(32033, urbg) : studies::names_of(path);
  std::vector<studies::example> const data = studies::examples_of(names);
  s.text(path.empty() ? "Data: " + std::to_string(names.size()) +
                            " generated strings that look like names. --data FILE takes real ones, as the lecture does."
                      : "Data: " + std::to_string(names.size()) + " names from a file.");
  std::vector<start> const all =
      before_training(s, data, std::max<std::size_t>(2, s.number("seeds", s.full() ? 400 : 40)), !path.empty(), urbg);
  trends(s, all);
  during_training(s, data, s.number("steps", 1000), urbg);
  return s.finish();
} catch (std::exception const& e) {
  std::fprintf(stderr, "gain_sweep: %s\n", e.what());
  return 2;
}
