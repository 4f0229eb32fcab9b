// The usual sigmoid code is wrong for saturated neurons, and a unit test of five lines detects it.
#include <satur/testing.hpp>

#include <cmath>
#include <concepts>
#include <iostream>

// The sigmoid of most tutorials.
struct my_sigmoid {
  static constexpr std::string_view name = "my_sigmoid";
  template <std::floating_point T> T value(T z) const { return T(1) / (T(1) + std::exp(-z)); }
  template <std::floating_point T> T derivative(T z) const { return value(z) * (T(1) - value(z)); }
};

// The slope from z: e/(1+e)^2 with e = exp(-|z|), without overflow and cancellation.
struct my_second_sigmoid {
  static constexpr std::string_view name = "my_second_sigmoid";
  template <std::floating_point T> T value(T z) const {
    T const e = std::exp(-std::fabs(z));
    return (z < T(0) ? e : T(1)) / (T(1) + e);
  }
  template <std::floating_point T> T derivative(T z) const {
    T const e = std::exp(-std::fabs(z));
    return e / (T(1) + e) / (T(1) + e); // not (1+e)^2: only the two quotients are rounded
  }
};

int main() {
  using namespace satur::testing;
  check_options const o{.monotone = true, .about = symmetry::about_point, .center = 0.5};

  report const first = check_activation<float>(my_sigmoid{}, o);
  report const second = check_activation<float>(my_second_sigmoid{}, o);
  std::cout << first << '\n' << second;

  return !first.passed() && first.failed("no zero where the slope is a number") && second.passed() ? 0 : 1;
}
