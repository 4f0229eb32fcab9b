// Composed activations: the chain rule in lazy expressions, passes and the monitor.
#include "satur/diagnostic.hpp"
#include "satur/tensor.hpp"
#include "satur/testing.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <concepts>
#include <vector>

namespace {

struct cube { // applied by element
  template <std::floating_point T> T value(T z) const { return z * z * z; }
  template <std::floating_point T> T derivative(T z) const { return T(3) * z * z; }
};

} // namespace

TEST_CASE("composed: property suite, chain rule") {
  satur::testing::check_options o{.monotone = true};
  o.ulp = 8.0;
  auto const r = satur::testing::check_activation<double>(satur::composed{satur::softsign{}, satur::softplus{}}, o);
  CHECK_MESSAGE(r.passed(), r.text());
  auto const f = satur::testing::check_activation<float>(satur::composed{satur::softsign{}, satur::softplus{}}, o);
  CHECK_MESSAGE(f.passed(), f.text());
}

TEST_CASE("composed: with a parameter, and with an activation without lanes") {
  satur::composed const act{satur::leaky_relu{0.2}, cube{}};
  CHECK(act(-2.0) == doctest::Approx(-1.6));
  CHECK(act.derivative(-2.0) == doctest::Approx(2.4));
  std::vector<double> const z{-2.0, -1.0, 0.5, 3.0, 4.0, -5.0, 6.0, 7.0, 8.0};
  std::vector<double> y(z.size());
  std::vector<double> dy(z.size());
  satur::saturation const record = satur::forward(act, z, y, dy);
  for (std::size_t i = 0; i < z.size(); ++i) {
    CHECK(y[i] == act(z[i]));
    CHECK(dy[i] == act.derivative(z[i]));
  }
  CHECK(record.activation == "composed");
  CHECK(std::isnan(record.slope_share())); // no peak slope is stated
}

TEST_CASE("composed: as a lazy expression and in a monitor") {
  satur::composed const act{satur::tanh{}, satur::softplus{}};
  xt::xtensor<float, 1> const z = {-3.0f, 0.0f, 2.0f};
  xt::xtensor<float, 1> const y = act(z);
  xt::xtensor<float, 1> const dy = satur::derivative(act, z);
  satur::monitor mon;
  xt::xtensor<float, 1> a = z;
  mon["layer"].forward(act, z, a);
  mon.end_step();
  for (std::size_t i = 0; i < 3; ++i) {
    double const softplus = std::log1p(std::exp(static_cast<double>(z(i))));
    CHECK(y(i) == doctest::Approx(std::tanh(softplus)).epsilon(1e-6));
    double const slope = (1 - std::tanh(softplus) * std::tanh(softplus)) / (1 + std::exp(-static_cast<double>(z(i))));
    CHECK(dy(i) == doctest::Approx(slope).epsilon(1e-5));
    CHECK(a(i) == y(i));
  }
  CHECK(mon.at("layer").last().saturation.count == 3);
}
