// Losses as torch.nn's pages write them (CrossEntropyLoss, BCEWithLogitsLoss, MSELoss, of torch 2.4), one number after
// the other in long double.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

namespace satur_test::plain {

using real = long double;
using numbers = std::vector<real>;

struct cross_entropy {
  long ignore_index = -100;
  real label_smoothing = 0;
  numbers weight{}; // of classes; empty: 1

  [[nodiscard]] real w(std::size_t c) const { return weight.empty() ? 1.0L : weight[c]; }

  /// reduction none. The target of a row as a distribution, by the page's formula for class probabilities:
  /// l = -sum over c of w_c log(exp(x_c) / sum exp(x_i)) y_c, with y = (1 - smoothing) onehot + smoothing / C.
  [[nodiscard]] real row(numbers const& x, long label) const {
    if (label == ignore_index) {
      return 0;
    }
    real l = 0;
    for (std::size_t c = 0; c < x.size(); ++c) {
      real const y = (1 - label_smoothing) * (static_cast<long>(c) == label ? 1 : 0) +
                     label_smoothing / static_cast<real>(x.size());
      real log_of = 0; // log(sum exp(x_i - x_c)) = log1p of what is not x_c
      real others = 0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        others += i == c ? 0 : std::exp(x[i] - x[c]);
      }
      log_of = -std::log1p(others);
      l -= w(c) * y * log_of;
    }
    return l;
  }
  [[nodiscard]] real sum(std::vector<numbers> const& x, std::vector<long> const& labels) const {
    real total = 0;
    for (std::size_t r = 0; r < x.size(); ++r) {
      total += row(x[r], labels[r]);
    }
    return total;
  }
  /// l = sum l_n / sum w_{y_n} over the rows that are not ignored.
  [[nodiscard]] real mean(std::vector<numbers> const& x, std::vector<long> const& labels) const {
    real weights = 0;
    for (long const y : labels) {
      weights += y == ignore_index ? 0 : w(static_cast<std::size_t>(y));
    }
    return sum(x, labels) / weights;
  }
};

/// l = -w [p y log s(x) + (1 - y) log(1 - s(x))], with log s(x) = -log(1 + e^-x) and 1 - s(x) = s(-x).
inline real bce(real x, real y, real pos_weight = 1, real w = 1) {
  auto const log_s = [](real at) { return at > -100 ? -std::log1p(std::exp(-at)) : at; };
  return -w * (pos_weight * y * log_s(x) + (1 - y) * log_s(-x));
}

inline real squared_error(real x, real y, real w = 1) { return w * (x - y) * (x - y); }

} // namespace satur_test::plain
