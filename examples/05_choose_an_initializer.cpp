// Which initializer for which activation? Predicted before any weight is drawn: the mean slope at depth
// 1, 5 and 20, the remaining gradient and the saturated share, for common rules and for the recommended one. Then a
// recommended network is drawn and agrees with the prediction. Returns non-zero if a claim does not hold.
#include <satur/activation.hpp>
#include <satur/initializer.hpp>
#include <satur/theory.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <string>
#include <variant>
#include <vector>

namespace {

namespace theory = satur::theory;

std::size_t const width = 256;
std::vector<std::size_t> const widths(21, width); // 20 layers
bool all_hold = true;

void claim(bool holds, std::string const& what) {
  if (!holds) {
    std::printf("CLAIM DOES NOT HOLD: %s\n", what.c_str());
    all_hold = false;
  }
}

/// One row. The score is the change of the gradient's size per layer (0 is best), infinite if the layer saturates.
double print(std::string const& rule, theory::prediction const& p, bool saturated) {
  theory::layer_prediction const& worst = p.layers[p.most_saturated()];
  std::printf("  %-24s %8.3g %8.3g %8.3g %10.2g %9.1f %%\n", rule.c_str(), p.layers[0].mean_derivative,
              p.layers[4].mean_derivative, p.layers[19].mean_derivative, std::sqrt(p.layers[0].gradient_norm_squared),
              100.0 * worst.saturated);
  return saturated ? HUGE_VAL : std::fabs(std::log(p.gradient_factor()));
}

template <class A> theory::recommendation choose(A const& act) {
  std::printf("%s\n", std::string(act.name).c_str());
  double const bound = 1.0 / std::sqrt(static_cast<double>(width));
  auto const row = [&act](std::string const& rule, auto const& init) {
    theory::network const net = theory::network_of(init, widths);
    return print(rule, theory::predict(act, net), theory::judge(act, net).saturated);
  };
  double others = row("PyTorch's nn.Linear", satur::uniform{-bound, bound});
  others = std::min(others, row("Glorot, LeCun", satur::glorot_normal{}));
  others = std::min(others, row("He", satur::he_normal{}));
  if (double const gain = theory::conventional_gain(act); gain == gain) { // PyTorch has one
    others = std::min(others, row("Glorot, PyTorch's gain", satur::glorot_normal{gain}));
  }
  theory::recommendation const r = theory::recommend(act, widths);
  char rule[64];
  std::snprintf(rule, sizeof rule, "%s, gain %.4g", std::string(r.rule()).c_str(), r.gain);
  double const own = print(rule, r.expected, r.outlook.saturated);
  std::printf("  -> %s\n\n", r.outlook.text.c_str());

  claim(own <= others + 1e-6,
        std::string(act.name) +
            ": no usual rule that does not saturate keeps the gradient better than the recommended one");
  claim(!r.outlook.saturated, std::string(act.name) + ": the recommended rule saturates no layer");
  return r;
}

/// The mean slope of the last layer of a drawn network.
template <class A> double drawn_slope(A const& act, theory::recommendation const& r, std::mt19937_64& urbg) {
  satur::fans const f{width, width};
  std::vector<double> a(width);
  std::vector<double> w(width * width);
  satur::fill(satur::normal{}, a, f, urbg);
  double slope = 0.0;
  for (std::size_t layer = 0; layer < 20; ++layer) {
    std::visit([&](auto const& init) { satur::fill(init, w, f, urbg); }, r.initializer);
    std::vector<double> z(width, 0.0);
    for (std::size_t i = 0; i < width; ++i) {
      for (std::size_t j = 0; j < width; ++j) {
        z[j] += w[i * width + j] * a[i];
      }
    }
    slope = 0.0;
    for (std::size_t j = 0; j < width; ++j) {
      a[j] = act.value(z[j]);
      slope += act.derivative(z[j]) / static_cast<double>(width);
    }
  }
  return slope;
}

} // namespace

int main() {
  std::printf(
      "20 layers of %zu units, standardized inputs. Mean slope f'(z) at three depths; what is left of the size of\n"
      "the gradient in layer 1; the largest share of units on a flat side beyond 5.\n\n"
      "  %-24s %8s %8s %8s %10s %11s\n",
      width, "", "depth 1", "5", "20", "gradient", "saturated");
  theory::recommendation const tanh = choose(satur::tanh{});
  choose(satur::sigmoid{});
  theory::recommendation const relu = choose(satur::relu{});
  choose(satur::selu{});
  choose(satur::gelu{});
  choose(satur::silu{});
  choose(satur::softplus{});

  std::mt19937_64 urbg(7);
  double measured = 0.0;
  for (int net = 0; net < 20; ++net) {
    measured += drawn_slope(satur::tanh{}, tanh, urbg) / 20.0;
  }
  double const predicted = tanh.expected.layers[19].mean_derivative;
  std::printf("tanh, drawn by the recommended rule, 20 nets: mean slope of layer 20 %.4f, predicted %.4f\n", measured,
              predicted);
  claim(std::fabs(measured / predicted - 1.0) < 0.03, "drawn nets have the predicted slope");
  claim(std::fabs(relu.gain - std::sqrt(2.0)) < 1e-4, "relu is given He's gain, sqrt 2");

  std::printf("%s\n", all_hold ? "All claims hold." : "Some claims do not hold.");
  return all_hold ? 0 : 1;
}
