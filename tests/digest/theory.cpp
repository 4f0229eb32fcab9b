// Predictions before the first step.
#include "activations.hpp"
#include "inputs.hpp"
#include "sections.hpp"

#include "satur/initializer.hpp"
#include "satur/theory.hpp"

namespace {

using digest::line;
using digest::sheet;
namespace th = satur::theory;

/// Numbers of f, or the text of what it throws.
template <class F> void attempt(line& l, F&& f) {
  try {
    f();
  } catch (std::exception const& refused) {
    l.number(-1);
    l.words(refused.what());
  }
}

void put(line& l, th::prediction const& p) {
  l.number(p.threshold, p.gradient_factor());
  for (th::layer_prediction const& one : p.layers) {
    l.number(one.mean, one.variance, one.below, one.above, one.saturated, one.mean_output, one.mean_squared_output,
             one.mean_derivative, one.mean_squared_derivative, one.slope_saturation, one.chi, one.gradient_variance,
             one.gradient_norm_squared, one.relative_error, one.mean_derivative_error, one.stddev(), one.fraction(),
             one.gradient_scale());
  }
  l.printed(p);
}
void put(line& l, th::verdict const& v) {
  l.number(static_cast<int>(v.gradient), v.saturated, v.gradient_factor, v.saturated_share, v.layer, v.healthy());
  l.words(v.text);
}

template <class A> void moments_of(sheet& lines, std::string const& name, A const& act) {
  line& l = lines.add("theory/moments/" + name, "double", digest::compiled_level());
  for (auto const& [mean, variance] : {std::pair{0.0, 1.0}, {-1.5, 0.3}, {2.0, 50.0}, {0.7, 0.0}}) {
    th::gaussian_moments const m = th::moments(act, mean, variance);
    l.number(m.mean_output, m.variance_output, m.mean_squared_output, m.mean_fourth_output, m.mean_derivative,
             m.mean_squared_derivative, m.output_growth, m.derivative_growth);
  }
  attempt(l, [&] { l.number(th::gain(act), th::backward_gain(act), th::conventional_gain(act)); });
  l.show("mean slope", th::moments(act, 0.0, 1.0).mean_derivative);
}

template <class A> void nets_of(sheet& lines, std::string const& name, A const& act) {
  auto const add = [&](std::string const& what) -> line& {
    return lines.add("theory/" + what + "/" + name, "double", digest::compiled_level());
  };
  std::vector<std::size_t> const widths{64, 100, 100, 30, 10};
  line& predicted = add("predict");
  put(predicted, th::predict(act, th::network_of(satur::glorot_normal{}, widths)));
  put(predicted, th::predict(act, th::network_of(satur::he_uniform{.gain = 3.0}, widths, 0.5, 0.1), 2.0));
  th::layer_prediction const one = satur::predicted(satur::normal{0.1, 0.2}, {30, 20}, act);
  predicted.number(one.saturated, one.mean_derivative);
  predicted.show("mean slope", one.mean_derivative);

  line& judged = add("judge");
  for (double const gain : {0.3, 1.0, 5.0}) {
    put(judged, th::judge(act, th::network_of(satur::lecun_normal{gain}, widths)));
  }

  line& recommended = add("recommend");
  th::recommendation const r = th::recommend(act, widths);
  recommended.number(r.gain, r.stddev({10, 20}));
  recommended.words(r.rule());
  put(recommended, r.expected);
  put(recommended, r.outlook);
  recommended.show("gain", r.gain);

  line& critical = add("critical");
  for (double const bias : {0.0, 0.05}) {
    for (th::critical_point const& p : th::critical_points(act, bias)) {
      critical.number(p.weight_variance, p.variance, p.chi_q, p.stable);
    }
    attempt(critical, [&] { critical.number(th::critical_weight_variance(act, bias)); });
  }

  line& settled = add("settle");
  for (double const weights : {0.8, 2.5}) {
    th::steady_state const s = th::settle(act, weights, 0.1);
    settled.number(static_cast<int>(s.limit.kind), s.limit.variance, s.chi_1, s.chi_q, s.chi_c, s.variance_depth(),
                   s.gradient_depth(), s.correlation_depth());
    th::correlation_step const c = th::correlate(th::variance_map<A>(act, weights, 0.1), 0.7, 0.4);
    settled.number(c.correlation, c.slope);
  }
}

} // namespace

void digest::theory(sheet& lines) {
  for_activations<0, 1>([&](std::string const& name, auto const& act) { moments_of(lines, name, act); });
  nets_of(lines, "sigmoid", satur::sigmoid{});
  nets_of(lines, "tanh", satur::tanh{});
  nets_of(lines, "relu", satur::relu{});
  nets_of(lines, "gelu", satur::gelu{});

  line& tails = lines.add("theory/probability", "double", compiled_level());
  for (double const t : {-5.0, 0.0, 3.0, 40.0}) {
    tails.number(th::probability_above(t, 0.5, 2.0), th::probability_below(t, 0.5, 2.0),
                 th::probability_above(t, 0.0, 0.0), th::probability_below(t, 0.0, 0.0));
  }
  line& selu = lines.add("theory/selu_constants", "double", compiled_level());
  for (double const variance : {1.0, 0.25}) {
    th::self_normalizing const s = th::selu_constants(variance);
    selu.number(s.lambda, s.alpha);
  }
  line& layer = lines.add("theory/units", "double", compiled_level());
  std::vector<double> const w = normal_numbers<double>(48, 0.1, 0.8, 71);
  std::vector<double> const b = normal_numbers<double>(6, 0.0, 1.0, 72);
  th::unit_laws const z = th::predict(std::span<double const>(w), {8, 6}, b, 0.5, 2.0);
  layer.numbers(z.mean);
  layer.numbers(z.variance);
  layer.number(z.below(2.0), z.above(2.0), z.mean_derivative(satur::tanh{}), z.slope_saturation(satur::tanh{}),
               z.offset_share());
  th::element_laws const out = z.outputs(satur::tanh{});
  layer.numbers(out.mean);
  layer.numbers(out.variance);
}
