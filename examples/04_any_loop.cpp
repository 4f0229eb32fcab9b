// A loop of plain vectors without satur's layers: weights ten times too large saturate a tanh layer; the diagnosis
// names units, cause and cure, and the cure has the predicted effect.
#include <satur/diagnostic.hpp>
#include <satur/finding.hpp>

#include <cmath>
#include <iostream>
#include <random>
#include <vector>

namespace {

constexpr std::size_t inputs = 50;
constexpr std::size_t units = 40;
constexpr std::size_t batch = 100;

// z = x w + b in plain loops, independent of satur.
void affine(std::vector<float> const& x, std::vector<float> const& w, std::vector<float> const& b,
            std::vector<float>& z) {
  for (std::size_t s = 0; s < batch; ++s) {
    for (std::size_t j = 0; j < units; ++j) {
      float sum = b[j];
      for (std::size_t i = 0; i < inputs; ++i) {
        sum += x[s * inputs + i] * w[i * units + j];
      }
      z[s * units + j] = sum;
    }
  }
}

} // namespace

int main() {
  std::mt19937 urbg(42);
  std::normal_distribution<float> normal;
  std::vector<float> x(batch * inputs), w(inputs * units), b(units, 0.0f), target(batch);
  for (float& e : x) {
    e = normal(urbg);
  }
  for (float& e : w) {
    e = 10.0f / std::sqrt(float(inputs)) * normal(urbg); // ten times LeCun's rule
  }
  for (std::size_t s = 0; s < batch; ++s) {
    target[s] = std::sin(x[s * inputs]);
  }

  // Trains the mean of the layer's outputs toward `target` for ten steps, with everything recorded.
  std::vector<float> z(batch * units), a(z.size()), slope(z.size()), dz(z.size());
  satur::tanh const act;
  auto const layout = satur::unit_layout::matrix(batch, units); // a vector has no shape
  auto const train = [&](satur::monitor& mon) {
    for (int step = 0; step < 10; ++step) {
      affine(x, w, b, z);
      mon["hidden"].forward(act, z, a, slope,
                            layout); // a = tanh(z), slope = tanh'(z), recorded for the layer and each unit
      for (std::size_t s = 0; s < batch; ++s) {
        float out = 0.0f;
        for (std::size_t j = 0; j < units; ++j) {
          out += a[s * units + j] / float(units);
        }
        float const error = (out - target[s]) / float(batch);
        for (std::size_t j = 0; j < units; ++j) {
          dz[s * units + j] = error / float(units) * slope[s * units + j];
        }
      }
      mon["hidden"].gradient(dz, layout); // dL/dz, recorded
      for (std::size_t s = 0; s < batch; ++s) {
        for (std::size_t j = 0; j < units; ++j) {
          for (std::size_t i = 0; i < inputs; ++i) {
            w[i * units + j] -= 0.5f * dz[s * units + j] * x[s * inputs + i];
          }
        }
      }
      mon.end_step();
    }
  };
  satur::monitor ill({.units = true});
  train(ill);
  std::cout << ill << '\n';
  std::vector<satur::finding> const found = satur::diagnose(ill);
  for (satur::finding const& f : found) {
    std::cout << f << '\n';
  }
  if (found.empty() || found[0].cure.what != satur::remedy::rescale) {
    return 1;
  }
  std::cout << "\nWhy, from the weights and the inputs:\n"
            << satur::attribute(act, w, b, satur::moments_of_inputs(x, inputs)) << "\n\n";

  satur::rescale(w, b, found[0].cure.factor); // changes weights only on request
  satur::monitor cured({.units = true});
  train(cured);
  std::size_t const left = satur::diagnose(cured).size();
  double const predicted = found[0].cure.predicted->slope_share;
  double const measured = cured["hidden"].total().saturation.slope_share();
  std::cout << "after satur::rescale: " << 100.0 * measured << " % of the peak slope, predicted " << 100.0 * predicted
            << " %; findings left: " << left << '\n';
  return std::fabs(measured - predicted) < 0.1 * predicted && left == 0 ? 0 : 1;
}
