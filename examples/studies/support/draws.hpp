// A number of several drawn networks.
#pragma once

#include <cmath>
#include <vector>

namespace studies {

struct draws {
  std::vector<double> of{};

  [[nodiscard]] double mean() const {
    double sum = 0.0;
    for (double const x : of) {
      sum += x;
    }
    return sum / static_cast<double>(of.size());
  }
  /// Standard deviation from draw to draw.
  [[nodiscard]] double spread() const {
    double const middle = mean();
    double squares = 0.0;
    for (double const x : of) {
      squares += (x - middle) * (x - middle);
    }
    return std::sqrt(squares / static_cast<double>(of.size() - 1));
  }
  /// Standard error of the mean.
  [[nodiscard]] double error() const { return spread() / std::sqrt(static_cast<double>(of.size())); }
};

} // namespace studies
