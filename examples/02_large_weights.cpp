// If the initial weights are too large, do the neurons saturate? A table of exact and measured figures, then numbers
// for three common objections. Returns non-zero if a claim does not hold.
#include <satur/diagnostic.hpp>
#include <satur/initializer.hpp>

#include <cmath>
#include <cstdio>
#include <numbers>
#include <random>
#include <span>
#include <vector>

namespace {

using vector = std::vector<double>;
bool all_hold = true;

void claim(bool holds, char const* what) {
  if (!holds) {
    std::printf("  CLAIM DOES NOT HOLD: %s\n", what);
    all_hold = false;
  }
}

vector gaussian(std::size_t n, double mean, double stddev, std::mt19937_64& urbg) {
  vector v(n);
  satur::fill(satur::normal{mean, stddev}, std::span<double>(v), satur::fans{n, n}, urbg);
  return v;
}

/// E f(z) for z ~ N(mean, variance), by the trapezoidal rule over 10 standard deviations: its error is far below the
/// digits printed for anything as smooth as a sigmoid.
template <class F> double gaussian_mean(F f, double mean, double variance) {
  double const stddev = std::sqrt(variance);
  int const n = 4000;
  double sum = 0.0;
  for (int i = -n; i <= n; ++i) {
    double const x = 10.0 * i / n;
    sum += f(mean + stddev * x) * std::exp(-0.5 * x * x);
  }
  return sum * (10.0 / n) / std::sqrt(2.0 * std::numbers::pi);
}
/// P(|z| > 5) for z ~ N(mean, variance).
double beyond_five(double mean, double variance) {
  double const root = std::sqrt(2.0 * variance);
  return 0.5 * (std::erfc((5.0 - mean) / root) + std::erfc((5.0 + mean) / root));
}

/// z = sum of w_i a_i for many draws of `inputs` weights of that scale and inputs a ~ draw().
template <class Draw>
vector weighted_sums(std::size_t draws, std::size_t inputs, double scale, Draw draw, std::mt19937_64& urbg) {
  vector z(draws, 0.0);
  for (double& e : z) {
    vector const w = gaussian(inputs, 0.0, scale, urbg);
    vector const a = draw(inputs);
    for (std::size_t i = 0; i < inputs; ++i) {
      e += w[i] * a[i];
    }
  }
  return z;
}

} // namespace

int main() {
  std::mt19937_64 urbg{2026};
  satur::sigmoid const sigmoid;
  auto const slope = [&](double z) { return sigmoid.derivative(z); };
  std::size_t const inputs = 100;
  std::size_t const draws = 20000;

  std::printf("z = sum of 100 terms w_i a_i, w_i ~ N(0, scale^2/100), a_i ~ N(0, 1): z ~ N(0, scale^2).\n\n");
  std::printf("weight       variance of z       P(|z| > 5), %%       mean sigma'(z)     gradient,\n");
  std::printf(" scale      exact  measured     exact  measured     exact  measured     scale 1 = 1\n");
  double const reference = gaussian_mean([&](double z) { return slope(z) * slope(z); }, 0.0, 1.0);
  for (double const scale : {0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 100.0}) {
    double const variance = scale * scale;
    vector const z = weighted_sums(
        draws, inputs, scale / 10.0, [&](std::size_t n) { return gaussian(n, 0.0, 1.0, urbg); }, urbg);
    satur::saturation const seen = satur::observe(sigmoid, z);
    double const share = beyond_five(0.0, variance);
    double const mean_slope = gaussian_mean(slope, 0.0, variance);
    // rms of dL/dw = dL/da sigma'(z) a: the effect of the slope
    double const gradient =
        std::sqrt(gaussian_mean([&](double x) { return slope(x) * slope(x); }, 0.0, variance) / reference);
    std::printf("%6g  %9.2f %9.2f   %7.3f   %7.3f   %7.4f   %7.4f     %8.3f\n", scale, variance, seen.variance_z(),
                100.0 * share, 100.0 * seen.fraction(), mean_slope, seen.mean_derivative(), gradient);
    double const five_errors = 5.0 * std::sqrt(share * (1.0 - share) / static_cast<double>(draws)) + 1e-4;
    claim(std::fabs(seen.fraction() - share) < five_errors, "the measured share is the exact one");
    claim(std::fabs(seen.mean_derivative() / mean_slope - 1.0) < 0.1, "the measured slope is the exact one");
  }
  std::printf("\nYes. At ten times the usual weights six units in ten sit beyond 5 and three quarters of the slope are "
              "gone.\n");

  std::printf("\n1. \"Mixed signs cancel: w = (1000, 1000), a = (1, -0.99) gives z = 10 only.\"\n");
  double const lucky = 1000.0 * 1.0 + 1000.0 * -0.99;
  vector const pairs = weighted_sums(
      draws, 2, 1000.0, [&](std::size_t n) { return gaussian(n, 0.0, 1.0, urbg); }, urbg);
  double const share = satur::saturated_fraction(pairs);
  std::printf("   That sample has z = %g, beyond 5 already. Over samples, two such weights put %.1f %% of z beyond 5:\n"
              "   canceling to within 5 of a thousand is luck, and the layer lives on the distribution.\n",
              lucky, 100.0 * share);
  claim(share > 0.95, "large weights of mixed sign saturate almost always");

  std::printf(
      "\n2. \"Deeper down the inputs are outputs of sigmoids.\" Those are positive, so z gets a mean of its own:\n"
      "   E z = sum w_i E a_i is fixed for a unit, whatever the input, and grows with the weights.\n");
  double const mean_a = 0.5;
  double const variance_a =
      gaussian_mean([&](double z) { return sigmoid.value(z) * sigmoid.value(z); }, 0.0, 1.0) - 0.25;
  auto const hidden = [&](std::size_t n) {
    vector a = gaussian(n, 0.0, 1.0, urbg);
    satur::apply(sigmoid, a, a);
    return a;
  };
  double const scale = 10.0;
  // over weights and inputs: Var z = n s^2 E a^2; the part of it that is an offset of each unit: n s^2 (E a)^2
  double const total = scale * scale * (mean_a * mean_a + variance_a);
  double const offset = scale * scale * mean_a * mean_a;
  vector const deep = weighted_sums(draws, inputs, scale / 10.0, hidden, urbg);
  satur::saturation const seen = satur::observe(sigmoid, deep);
  std::printf("   Scale 10: variance of z %.2f exact, %.2f measured; %.0f %% of it is the unit's offset, which no "
              "input moves.\n"
              "   P(|z| > 5): %.1f %% exact, %.1f %% measured: mostly the same units, stuck for every input.\n",
              total, seen.variance_z(), 100.0 * offset / total, 100.0 * beyond_five(0.0, total),
              100.0 * seen.fraction());
  claim(std::fabs(seen.variance_z() / total - 1.0) < 0.05, "the variance of z after a sigmoid layer");
  // all weights positive: the mean of z grows without bound
  double const same_sign_mean = 100.0 * 1.0 * mean_a;
  std::printf("   With all weights at +1, E z = %.0f and the standard deviation only %.1f: every unit saturates, high, "
              "always.\n",
              same_sign_mean, std::sqrt(100.0 * variance_a));

  std::printf("\n3. \"Then use sigmoid - 1/2.\" It removes the offset and nothing else:\n");
  auto const centered = [&](std::size_t n) {
    vector a = gaussian(n, 0.0, 1.0, urbg);
    satur::apply(satur::centered_sigmoid{}, a, a);
    return a;
  };
  double const centered_total = scale * scale * variance_a;
  vector const mended = weighted_sums(draws, inputs, scale / 10.0, centered, urbg);
  satur::saturation const after = satur::observe(satur::centered_sigmoid{}, mended);
  std::printf("   variance of z %.2f exact, %.2f measured (was %.2f); P(|z| > 5) %.2f %% (was %.1f %%).\n",
              centered_total, after.variance_z(), total, 100.0 * after.fraction(), 100.0 * seen.fraction());
  vector const huge = weighted_sums(draws, inputs, 10.0 * scale / 10.0, centered, urbg);
  double const huge_share = satur::saturated_fraction(huge);
  std::printf(
      "   But at scale 100, %.1f %% of the centered units are beyond 5 again: the curve is as flat as before.\n",
      100.0 * huge_share);
  claim(after.fraction() < 0.5 * seen.fraction(), "centering removes the share that the offset caused");
  claim(huge_share > 0.5, "centering does not help against large weights as such");

  std::printf("\n%s\n", all_hold ? "All claims hold." : "Some claims do not hold.");
  return all_hold ? 0 : 1;
}
