// The same layer with its weights: what it expects before the first step, and what it says after a forward pass.
#include <satur/initializer.hpp>
#include <satur/layer.hpp>

#include <iostream>
#include <random>

int main() {
  std::mt19937 urbg{1};
  satur::dense<float> fc{100, 256, satur::normal{.spread = 1.0}, urbg}; // 1/sqrt(100) would be usual
  auto const expected = fc.predicted(satur::sigmoid{});                 // from the weights, for inputs ~ N(0, 1)

  auto const x = satur::make<float>(satur::normal{.spread = 1.0}, {128, 100}, urbg);
  fc.forward(x);
  double const fraction = fc.saturated_fraction(); // of its last z: |z| > 5
  double const slope = fc.mean_derivative(satur::sigmoid{});
  std::cout.precision(3);
  std::cout << "expected   " << 100 * expected.fraction() << " % saturated, mean slope " << expected.mean_derivative
            << "\nmeasured   " << 100 * fraction << " % saturated, mean slope " << slope << '\n';

  return fraction / expected.fraction() > 0.98 && fraction / expected.fraction() < 1.02 ? 0 : 1;
}
