// Central differences of a loss with respect to every parameter, against the gradients of backward.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string_view>
#include <vector>

namespace satur_test {

/// The largest |numeric - analytic| / max(1e-3, |numeric|, |analytic|) over the elements of `value`. `loss()` runs
/// forward.
template <class Container, class Gradient, class Loss>
double worst_gradient_error(Container& value, Gradient const& gradient, Loss const& loss, double h = 1e-5) {
  std::vector<double> const analytic(gradient.data(), gradient.data() + gradient.size());
  double worst = value.size() == gradient.size() ? 0 : std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < std::min<std::size_t>(value.size(), analytic.size()); ++i) {
    auto const kept = value.data()[i];
    value.data()[i] = kept + h;
    double const up = loss();
    value.data()[i] = kept - h;
    double const down = loss();
    value.data()[i] = kept;
    double const numeric = (up - down) / (2 * h);
    double const scale = std::max({1e-3, std::abs(numeric), std::abs(analytic[i])});
    double const error = std::abs(numeric - analytic[i]) / scale;
    if (!(error <= worst)) {
      worst = error;
    }
    if (std::isnan(worst)) { // NaN counts as the largest error
      break;
    }
  }
  return worst;
}

} // namespace satur_test
