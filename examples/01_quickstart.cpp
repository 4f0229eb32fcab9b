// A layer whose weights are ten times too large: how much of it is saturated, and what slope is left?
#include <satur/observe.hpp>

#include <iostream>
#include <random>
#include <vector>

int main() {
  std::mt19937 urbg{1};
  std::normal_distribution<float> normal{0.0f, 10.0f};
  std::vector<float> z(128 * 256), a(z.size()); // pre-activations of 256 units for 128 inputs
  for (float& e : z) {
    e = normal(urbg);
  }

  satur::saturation const record = satur::forward(satur::sigmoid{}, z, a); // a = sigmoid(z), plus the saturation record
  std::cout << record;

  return record.fraction() > 0.5 && record.mean_derivative() < 0.06 ? 0 : 1;
}
