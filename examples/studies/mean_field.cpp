// Does mean-field theory predict deep nets? Fixed points, gradient factors and the critical variance, drawn and exact.
#include "support/study.hpp"

#include <satur/activation.hpp>
#include <satur/initializer.hpp>
#include <satur/layer/dense.hpp>
#include <satur/observe.hpp>
#include <satur/rule.hpp>
#include <satur/theory.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace theory = satur::theory;
using matrix = xt::xtensor<float, 2>;
using satur::text::significant;

/// What one drawn net did, by layer.
struct trace {
  std::vector<double> q; ///< mean of z^2 over units and inputs
  std::vector<double> mean_slope;
  std::vector<double> beyond;      ///< share of |z| above the threshold
  std::vector<double> correlation; ///< of z of two inputs, mean over the pairs
  double gradient_factor = 0.0;    ///< of |dL/dz|^2 from a layer to the one below, geometric mean over the deep half
};

double mean_square(matrix const& x) {
  double sum = 0.0;
  for (float const e : x) {
    sum += static_cast<double>(e) * static_cast<double>(e);
  }
  return sum / static_cast<double>(x.size());
}

/// (mean over pairs of inputs of z z') / (mean of z^2). The sum over pairs is the square of the sum over inputs.
double correlation(matrix const& z, double q) {
  std::size_t const inputs = z.shape(0), units = z.shape(1);
  double pairs = 0.0;
  for (std::size_t j = 0; j < units; ++j) {
    double sum = 0.0, squares = 0.0;
    for (std::size_t i = 0; i < inputs; ++i) {
      double const e = static_cast<double>(z(i, j));
      sum += e;
      squares += e * e;
    }
    pairs += sum * sum - squares;
  }
  return pairs / static_cast<double>(units * inputs * (inputs - 1)) / q;
}

/// Layers whose weights are drawn anew for each net, so that only one net is in memory.
class deep_net {
public:
  deep_net(std::size_t width, std::size_t depth, std::size_t inputs) : inputs_(inputs) {
    std::mt19937_64 unused(1);
    for (std::size_t l = 0; l < depth; ++l) {
      layers_.emplace_back(width, width, satur::constant{0.0}, unused);
    }
  }
  /// z of the first layer has variance `start`; the inputs are independent of each other.
  template <class A>
  trace draw(A const& act, double weight_variance, double bias_variance, double start, double threshold,
             std::mt19937_64& urbg) {
    std::size_t const width = layers_.front().inputs();
    satur::normal const weights{0.0, std::sqrt(weight_variance / static_cast<double>(width))};
    satur::normal const biases{0.0, std::sqrt(bias_variance)};
    trace t;
    double const spread = std::sqrt(std::max(0.0, start - bias_variance) / weight_variance);
    matrix a = satur::make<float>(satur::normal{0.0, spread}, {inputs_, width}, urbg);
    for (satur::dense<float>& fc : layers_) {
      satur::fill(weights, fc.w, satur::fans{width, width}, urbg);
      satur::fill(biases, fc.b, satur::fans{width, width}, urbg);
      matrix const& z = fc.forward(std::move(a)); // the layer keeps its input for backward
      satur::saturation const seen = satur::observe(act, z, satur::z_beyond{threshold});
      t.q.push_back(mean_square(z));
      t.mean_slope.push_back(seen.mean_derivative());
      t.beyond.push_back(seen.fraction());
      t.correlation.push_back(correlation(z, t.q.back()));
      a = z;
      satur::apply(act, a, a);
    }
    // |dL/dz|^2 of every layer, from a random gradient at the top
    matrix dz = satur::make<float>(satur::normal{}, {inputs_, width}, urbg);
    double const top = mean_square(dz);
    std::size_t const deep = layers_.size() / 2;
    for (std::size_t l = layers_.size(); --l > deep;) {
      matrix slope = layers_[l - 1].z();
      satur::apply_derivative(act, slope, slope);
      dz = layers_[l].backward(dz) * slope;
    }
    t.gradient_factor = std::pow(mean_square(dz) / top, 1.0 / static_cast<double>(layers_.size() - 1 - deep));
    return t;
  }

private:
  std::size_t inputs_;
  std::vector<satur::dense<float>> layers_;
};

/// The mean over nets, and over the deep half of their layers.
double deep_mean(std::vector<trace> const& nets, std::vector<double> trace::*of) {
  double sum = 0.0;
  std::size_t count = 0;
  for (trace const& t : nets) {
    for (std::size_t l = (t.*of).size() / 2; l < (t.*of).size(); ++l) {
      sum += (t.*of)[l];
      ++count;
    }
  }
  return sum / static_cast<double>(count);
}
double gradient_factor(std::vector<trace> const& nets) {
  double logs = 0.0;
  for (trace const& t : nets) {
    logs += std::log(t.gradient_factor);
  }
  return std::exp(logs / static_cast<double>(nets.size()));
}

struct point {
  std::string name;
  double weight_variance, bias_variance;
  double q, chi; ///< reference values
  double threshold;
  double starts[3]; ///< variances of z in the first layer
};

/// The expected correlation of z of two independent inputs, mean over the deep half of the layers. Only the bias is
/// common to both at first.
template <class A> double deep_correlation(A const& act, point const& p, double q, std::size_t depth) {
  theory::variance_map<A> const map(act, p.weight_variance, p.bias_variance);
  double c = p.bias_variance / q;
  double sum = 0.0;
  for (std::size_t l = 0; l < depth; ++l) {
    sum += l >= depth / 2 ? c : 0.0;
    c = std::min(1.0, theory::correlate(map, q, c).correlation);
  }
  return sum / static_cast<double>(depth - depth / 2);
}

template <class A>
void compare_point(studies::study& s, A const& act, point const& p, deep_net& net, std::size_t nets,
                   std::vector<std::vector<std::string>>& rows, std::mt19937_64& urbg, bool draw) {
  theory::steady_state const exact = theory::settle(act, p.weight_variance, p.bias_variance, p.starts[1]);
  double const q = exact.limit.variance;
  theory::gaussian_moments const m = theory::moments(act, 0.0, q);
  std::vector<trace> drawn;
  for (std::size_t k = 0; k < nets; ++k) {
    drawn.push_back(net.draw(act, p.weight_variance, p.bias_variance, p.starts[k % 3], p.threshold, urbg));
  }
  double const q_seen = deep_mean(drawn, &trace::q), chi_seen = gradient_factor(drawn);
  double const slope_seen = deep_mean(drawn, &trace::mean_slope), beyond_seen = deep_mean(drawn, &trace::beyond);
  double const together = deep_mean(drawn, &trace::correlation);
  double const paired = deep_correlation(act, p, q, drawn.front().q.size());
  double const beyond = std::erfc(p.threshold / std::sqrt(2.0 * q));
  rows.push_back({p.name, significant(q, 6), significant(q_seen, 4), significant(exact.chi_1, 6),
                  significant(chi_seen, 4), significant(m.mean_derivative, 4), significant(slope_seen, 4),
                  significant(p.threshold, 3), significant(100.0 * beyond, 3), significant(100.0 * beyond_seen, 3),
                  significant(exact.correlation, 4), significant(paired, 4), significant(together, 4)});
  s.compare(p.name + ": q* by theory::settle", q, p.q, 1e-5, true);
  s.compare(p.name + ": chi_1 by theory::settle", exact.chi_1, p.chi, 1e-5, true);
  s.compare(p.name + ": variance of z in the deep half of drawn nets", q_seen, p.q, 0.02, true);
  s.compare(p.name + ": factor of a layer on the square of the gradient, drawn nets", chi_seen, p.chi, 0.02, true);
  s.compare(p.name + ": mean slope, drawn nets", slope_seen, m.mean_derivative, 0.02, true);
  if (beyond > 0.01) {
    s.compare(p.name + ": percent with |z| > " + significant(p.threshold, 3) + ", drawn nets", 100.0 * beyond_seen,
              100.0 * beyond, 0.02, true);
  }
  s.remark(p.name + ": mean correlation of two independent inputs in the deep half, drawn nets (within 0.05)",
           satur::text::decimals(together, 3), satur::text::decimals(paired, 3), std::fabs(together - paired) < 0.05,
           "exact by theory::correlate, from layer to layer");
  if (draw) {
    satur::svg::line_chart chart{.title = "Variance of z by layer, " + p.name,
                                 .x_label = "layer",
                                 .y_label = "variance of z",
                                 .levels = {{q, "q*"}}};
    theory::variance_map<A> const map(act, p.weight_variance, p.bias_variance);
    for (std::size_t k = 0; k < 3 && k < nets; ++k) {
      std::string const from = "from " + significant(p.starts[k], 3);
      satur::svg::series exact_line{from + ", exact", {}, {}}, seen{from, {}, {}};
      double at = p.starts[k];
      for (std::size_t l = 0; l < drawn[k].q.size(); ++l, at = map(at)) {
        exact_line.x.push_back(static_cast<double>(l + 1));
        exact_line.y.push_back(at);
        seen.x.push_back(static_cast<double>(l + 1));
        seen.y.push_back(drawn[k].q[l]);
      }
      chart.lines.push_back(exact_line);
      chart.lines.push_back(seen);
    }
    s.chart(chart,
            "Three drawn nets that begin with different inputs, beside the length map. Each forgets how it began.");
  }
}

/// Where the straight line through ln(factor) over 1/variance passes 0, by least squares.
double crossing(std::vector<double> const& variances, std::vector<double> const& factors) {
  double sum_x = 0.0, sum_y = 0.0, sum_xx = 0.0, sum_xy = 0.0;
  for (std::size_t i = 0; i < variances.size(); ++i) {
    double const x = 1.0 / variances[i], y = std::log(factors[i]);
    sum_x += x;
    sum_y += y;
    sum_xx += x * x;
    sum_xy += x * y;
  }
  auto const n = static_cast<double>(variances.size());
  double const rise = (n * sum_xy - sum_x * sum_y) / (n * sum_xx - sum_x * sum_x);
  return n * rise / (rise * sum_x - sum_y);
}

void critical_variance(studies::study& s, deep_net& net, std::size_t nets, std::mt19937_64& urbg) {
  s.heading("The critical variance");
  s.text("The weight variance at which a gradient neither vanishes nor explodes, for tanh and bias variance 0.05. "
         "Measured: the factor of a layer on the square of the gradient in drawn nets over a grid of weight variances, "
         "and where a straight line through its logarithm over 1/variance passes 0.");
  satur::tanh const act;
  std::vector<double> const grid{1.3, 1.5, 1.7, 1.9, 2.1, 2.3};
  satur::svg::line_chart chart{.title = "Factor of a layer on the square of the gradient",
                               .x_label = "10 x weight variance",
                               .y_label = "chi_1",
                               .lines = {{"exact", {}, {}}, {"drawn nets", {}, {}}},
                               .levels = {{1.0, "1: neither vanishes nor explodes"}}};
  bool rises = true;
  for (double const w : grid) {
    theory::steady_state const exact = theory::settle(act, w, 0.05);
    std::vector<trace> drawn;
    for (std::size_t k = 0; k < nets; ++k) {
      drawn.push_back(net.draw(act, w, 0.05, exact.limit.variance, 5.0, urbg));
    }
    double const factor = gradient_factor(drawn);
    rises = rises && (chart.lines[1].y.empty() || factor > chart.lines[1].y.back());
    for (std::size_t i = 0; i < 2; ++i) {
      chart.lines[i].x.push_back(10.0 * w);
      chart.lines[i].y.push_back(i == 0 ? exact.chi_1 : factor);
    }
  }
  s.chart(chart, "Below 1 a gradient vanishes toward the input, above 1 it explodes.");
  s.trend("the factor rises with the weight variance", rises ? "at every step" : "not at every step", "rises", rises);
  s.compare("the weight variance at which the drawn nets keep the gradient (tanh, bias variance 0.05)",
            crossing(grid, chart.lines[1].y), 1.76095, 0.03, true,
            "The same line through the exact factors passes 0 at " + significant(crossing(grid, chart.lines[0].y), 4) +
                ".");

  struct reference {
    double bias, weights;
  };
  for (reference const r : {reference{0.0, 1.0}, {0.01, 1.4242}, {0.05, 1.76095}, {0.1, 1.9861}, {0.3, 2.5051}}) {
    s.compare("critical weight variance of tanh at bias variance " + significant(r.bias, 3) +
                  ", by theory::critical_weight_variance",
              theory::critical_weight_variance(act, r.bias), r.weights, 1e-4, true);
  }
}

/// The error of a finite width: how far the variance of z of one net strays from the prediction.
void width_matters(studies::study& s, std::size_t nets, std::mt19937_64& urbg) {
  s.heading("Finite width");
  s.text("A net of finite width strays from the theory of infinitely wide ones. theory::predict says how far: the "
         "standard deviation over drawn nets of a net's variance of z, relative to the expected one. Here layer 10, "
         "tanh, weight variance 2, no biases; the spread of " +
         std::to_string(nets) + " nets.");
  satur::tanh const act;
  std::size_t const depth = 10;
  satur::svg::line_chart chart{.title = "Error of a finite width in layer 10",
                               .x_label = "log2 of the width",
                               .y_label = "relative standard deviation of q",
                               .lines = {{"predicted", {}, {}}, {"drawn nets", {}, {}}},
                               .logarithmic = true};
  std::vector<double> seen, said;
  for (std::size_t const width : {32u, 64u, 128u, 256u, 512u}) {
    satur::normal const weights{0.0, std::sqrt(2.0 / static_cast<double>(width))};
    theory::prediction const expected =
        theory::predict(act, theory::network_of(weights, std::vector<std::size_t>(depth + 1, width)));
    double squares = 0.0;
    for (std::size_t k = 0; k < nets; ++k) {
      matrix a = satur::make<float>(satur::normal{}, {std::size_t{1}, width}, urbg);
      a = a / static_cast<float>(std::sqrt(mean_square(a))); // the input is known
      double q = 0.0;
      for (std::size_t l = 0; l < depth; ++l) {
        satur::dense<float> fc(width, width, weights, urbg);
        q = 2.0 * mean_square(a); // over weights, given the units below
        satur::apply(act, fc.forward(a), a);
      }
      double const off = q / expected.layers.back().variance - 1.0;
      squares += off * off;
    }
    said.push_back(expected.layers.back().relative_error);
    seen.push_back(std::sqrt(squares / static_cast<double>(nets)));
    for (std::size_t i = 0; i < 2; ++i) {
      chart.lines[i].x.push_back(std::log2(static_cast<double>(width)));
      chart.lines[i].y.push_back(i == 0 ? said.back() : seen.back());
    }
  }
  s.chart(chart, "Both axes are logarithmic: the error falls with the root of the width.");
  s.trend("the error of a width of 512 is a quarter of that of 32, as the root of the width says, within a third",
          significant(seen.front() / seen.back(), 3), "4", std::fabs(seen.front() / seen.back() - 4.0) < 4.0 / 3.0);
  bool close = true;
  double furthest = 0.0;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    furthest = std::max(furthest, std::fabs(seen[i] / said[i] - 1.0));
    close = close && std::fabs(seen[i] / said[i] - 1.0) < 0.35;
  }
  s.trend("the error is the predicted one at every width, within 35 %",
          "at most " + significant(100.0 * furthest, 2) + " % away", "", close);
}

} // namespace

int main(int argc, char** argv) {
  studies::study s(
      argc, argv,
      {.name = "mean_field",
       .title = "Does mean-field theory predict deep nets?",
       .text = "In a wide net with random weights z of every layer is normal, and its variance follows the length map "
               "q' = weight variance x E f(z)^2 + bias variance to a fixed point q*. The gradient changes by chi_1 = "
               "weight variance x E f'(z)^2 a layer. Drawn nets of 1000 units and more are within 2 % of both.",
       .source = "Poole, Lahiri, Raghu, Sohl-Dickstein, Ganguli 2016, Exponential expressivity in deep neural networks "
                 "through transient chaos; Schoenholz, Gilmer, Ganguli, Sohl-Dickstein 2017, Deep information "
                 "propagation. They publish curves; the reference numbers are their equations, solved independently "
                 "of this library with 30 digits.",
       .against = "reference"},
      {{"width", "N", "units in a layer (1000; 2000 with --full)"},
       {"depth", "N", "layers, 4 at least (40)"},
       {"nets", "N", "drawn nets at a point, 3 at least (12; 20 with --full)"}});
  std::size_t const width = s.number("width", s.full() ? 2000 : 1000);
  std::size_t const depth = std::max<std::size_t>(4, s.number("depth", 40));
  std::size_t const nets = std::max<std::size_t>(3, s.number("nets", s.full() ? 20 : 12));
  std::mt19937_64 urbg(2016);
  deep_net net(width, depth, 10);

  s.heading("Fixed points");
  s.text(
      std::to_string(nets) + " nets of " + std::to_string(depth) + " layers of " + std::to_string(width) +
      " units at each point, 10 inputs each; means over the deep half of the layers. Share beyond: |z| above 2.5 for "
      "tanh and 5 for the sigmoid, where their slopes are 2.7 % of the peak.");
  std::vector<std::vector<std::string>> rows;
  compare_point(s, satur::tanh{}, {"tanh, (1.5, 0.05)", 1.5, 0.05, 0.418037, 0.938636, 2.5, {0.1, 1.0, 3.0}}, net, nets,
                rows, urbg, true);
  compare_point(s, satur::tanh{}, {"tanh, (2, 0.05)", 2.0, 0.05, 0.721762, 1.047666, 2.5, {0.1, 1.0, 3.0}}, net, nets,
                rows, urbg, true);
  compare_point(s, satur::tanh{}, {"tanh, (4, 0)", 4.0, 0.0, 2.121474, 1.362673, 2.5, {0.3, 2.0, 6.0}}, net, nets, rows,
                urbg, false);
  // at its critical variance a sigmoid is saturated
  compare_point(s, satur::sigmoid{},
                {"sigmoid, (103.008, 0)", 103.00755385551932, 0.0, 45.624278, 1.0, 5.0, {20.0, 45.0, 80.0}}, net, nets,
                rows, urbg, false);
  s.table("By point (weight variance x fan-in, bias variance): exact, and drawn nets.",
          {"point", "q*", "drawn", "chi_1", "drawn", "mean slope", "drawn", "limit", "beyond it, %", "drawn", "c*",
           "c of these layers", "drawn"},
          rows);
  critical_variance(s, net, std::max<std::size_t>(2, nets / 3), urbg);
  width_matters(s, s.full() ? 1000 : 200, urbg);
  return s.finish();
}
