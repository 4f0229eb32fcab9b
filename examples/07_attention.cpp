// Entropy collapse of attention: query and key weights that are too large give each query one key, and the layer no
// longer learns whom to attend to. QK-Clip cures it, with the predicted effect. Returns non-zero if a claim does not
// hold.
#include <satur/initializer.hpp>
#include <satur/layer.hpp>

#include <array>
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

namespace {

using sequence = xt::xtensor<float, 3>;
constexpr std::size_t batch = 32, length = 16, units = 32, heads = 4;
bool all_hold = true;

void claim(bool holds, char const* what) {
  if (!holds) {
    std::printf("CLAIM DOES NOT HOLD: %s\n", what);
    all_hold = false;
  }
}

sequence tokens(std::mt19937_64& urbg) {
  return satur::make<float>(satur::normal{}, std::array<std::size_t, 3>{batch, length, units}, urbg);
}

void print(char const* title, std::vector<satur::named_attention> const& by_head) {
  std::printf("\n%s\n           largest   mean of     entropy   its least for   collapsed   slope,\n"
              "             logit   largest p      nats   such logits      rows, %%   %% of flat\n",
              title);
  for (auto const& [name, head] : by_head) {
    std::printf("  %s  %8.2f   %8.3f   %8.3f   %12.3f   %9.1f   %8.1f\n", name.c_str(), head.largest_logit,
                head.mean_max_probability(), head.mean_entropy(), head.mean_entropy_bound(), 100 * head.fraction(),
                100 * head.slope_share());
  }
}

/// Trains a copy of the layer to do what the teacher does; returns the mean loss of the last 20 steps.
double trained(satur::attention<float> layer, satur::attention<float> teacher) {
  std::mt19937_64 urbg{5};
  double last = 0.0;
  for (int step = 0; step < 300; ++step) {
    sequence const x = tokens(urbg);
    sequence const error = layer.forward(x) - teacher.forward(x);
    double loss = 0.0;
    for (float const e : error) {
      loss += double(e) * double(e) / double(error.size());
    }
    last += step < 280 ? 0.0 : loss / 20;
    layer.backward(error * (2.0f / float(batch * length)));
    satur::descend(layer, 0.2);
  }
  return last;
}

} // namespace

int main() {
  std::mt19937_64 urbg{7};
  satur::attention<float> const teacher{units, heads, satur::glorot_normal{}, urbg};
  satur::attention<float> layer{units, heads, satur::glorot_normal{}, urbg};
  sequence const x = tokens(urbg);
  layer.forward(x);
  print("Query and key weights as initialized:", layer.observe());

  layer.wq *= 6.0f;
  layer.wk *= 6.0f;
  layer.forward(x);
  auto const collapsed = layer.observe();
  print("The same, 6 times as large, so that logits are 36 times as large:", collapsed);

  double const tau = 8.0; // 100, the default, only keeps logits from growing without bound
  auto const predicted = satur::predict_qk_clip(layer, tau);
  satur::attention<float> cured = layer;
  satur::qk_clip(cured, tau);
  sequence const others = tokens(urbg);
  cured.forward(others);
  auto const measured = cured.observe();
  print("After QK-Clip, predicted from the logits above:", predicted);
  print("After QK-Clip, measured on tokens that it has not seen:", measured);
  cured.forward(x);
  for (std::size_t h = 0; h < heads; ++h) {
    double const entropy = collapsed[h].record.mean_entropy(), then = measured[h].record.mean_entropy();
    claim(entropy < 0.1 * std::log(16.0), "the entropy collapses, below a tenth of that of equal shares");
    claim(then > 5.0 * entropy, "QK-Clip brings entropy back");
    claim(std::fabs(then - predicted[h].record.mean_entropy()) < 0.1 * then, "to what was predicted, within 10 %");
    claim(std::fabs(cured.observe()[h].record.largest_logit - tau) < 1e-4 * tau, "the largest logit becomes tau");
  }

  double const without = trained(layer, teacher), with = trained(cured, teacher);
  std::printf("\nLoss after 300 steps toward another layer: %.4f collapsed, %.4f after QK-Clip.\n", without, with);
  claim(with < 0.6 * without, "the cured layer learns more, to less than 0.6 of the loss");
  return all_hold ? 0 : 1;
}
