/// \file testing/kernel/row/truth.hpp  Exact softmax, log_softmax and logsumexp of one row, and their gradients.
#pragma once

#include "satur/math/arithmetic.hpp"
#include "satur/simd/special_values.hpp"

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace satur::inline SATUR_ABI::testing::detail {

/// A sum whose rounding errors are summed too (Neumaier 1974).
class compensated_sum {
public:
  void add(long double x) {
    auto const s = satur::math::exact_sum(sum_, x);
    sum_ = s.value;
    lost_ += s.rest;
  }
  [[nodiscard]] long double value() const { return sum_ + lost_; }

private:
  long double sum_ = 0.0L;
  long double lost_ = 0.0L;
};

/// The exact results of a row z of numbers that a double holds, in two passes: the largest logit m, then
/// s' = sum of e^(z - m) over the others. z - m keeps its rounding error, and the sum those of its additions, so that
/// all results are right to about 2^-62 of themselves, where long double has 64 bits:
///   softmax e^(z - m) / (1 + s'),  log_softmax (z - m) - log1p(s'),  logsumexp m + log1p(s').
/// As log1p takes the sum of the others alone, 1 - p and log p keep their digits where p rounds to 1.
struct row_truth {
  bool defined = false; ///< no NaN, no +inf, and not -inf alone
  std::size_t top = 0;  ///< the index of the first largest logit
  long double largest = 0.0L;
  long double others = 0.0L;         ///< s'
  long double log_sum = 0.0L;        ///< log1p(s')
  long double distance = 0.0L;       ///< the mean of m - z over the others, weighted by e^(z - m)
  std::vector<long double> below;    ///< z - m, rounded
  std::vector<long double> raised;   ///< e^(z - m)
  std::vector<long double> leftover; ///< z - m less `below`

  explicit row_truth(std::span<double const> z) : below(z.size()), raised(z.size()), leftover(z.size()) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    double most = -infinity;
    for (std::size_t j = 0; j < z.size(); ++j) {
      if (satur::detail::is_nan(z[j]) || z[j] == infinity) {
        return;
      }
      if (z[j] > most) {
        most = z[j];
        top = j;
      }
    }
    if (!satur::detail::is_finite(most)) {
      return;
    }
    defined = true;
    largest = most;
    compensated_sum sum;
    for (std::size_t j = 0; j < z.size(); ++j) {
      if (satur::detail::is_finite(z[j])) {
        auto const d = satur::math::exact_sum(static_cast<long double>(z[j]), -largest);
        below[j] = d.value;
        leftover[j] = d.rest;
        raised[j] = std::exp(d.value);
        raised[j] += raised[j] * d.rest;
        distance -= raised[j] == 0.0L ? 0.0L : raised[j] * d.value;
      } else {
        below[j] = -std::numeric_limits<long double>::infinity();
      }
      if (j != top) {
        sum.add(raised[j]);
      }
    }
    others = sum.value();
    log_sum = std::log1p(others);
    distance = others > 0.0L ? distance / others : 0.0L;
  }

  [[nodiscard]] std::size_t size() const { return below.size(); }
  [[nodiscard]] long double softmax(std::size_t j) const { return raised[j] / (1.0L + others); }
  [[nodiscard]] long double log_softmax(std::size_t j) const { return below[j] + (leftover[j] - log_sum); }
  [[nodiscard]] long double logsumexp() const { return largest + log_sum; }
};

/// An exact element of a gradient, and the size of the terms that it is the sum of: the scale of its errors.
struct gradient_element {
  long double exact = 0.0L;
  long double scale = 0.0L;
  long double slack = 0.0L; ///< what a right formula may be off by because p, rounded, does not sum to 1
};

/// dL/dz of softmax: p_j ((dy_j - c) - sum p (dy - c)), c = dy at the largest p. Scale: p_j (|dy_j - c| + sum p |dy -
/// c|).
[[nodiscard]] inline std::vector<gradient_element> softmax_gradient(std::span<long double const> p, std::size_t top,
                                                                    std::span<double const> dy) {
  long double const c = dy[top];
  compensated_sum centered;
  compensated_sum total;
  long double size = 0.0L;
  for (std::size_t k = 0; k < p.size(); ++k) {
    long double const term = p[k] * (static_cast<long double>(dy[k]) - c);
    centered.add(term);
    size += std::fabs(term);
    total.add(p[k]);
  }
  std::vector<gradient_element> all(p.size());
  for (std::size_t j = 0; j < p.size(); ++j) {
    long double const mine = dy[j];
    all[j].exact = p[j] * ((mine - c) - centered.value());
    all[j].scale = p[j] * (std::fabs(mine - c) + size);
    all[j].slack = j == top ? 0.0L : p[j] * (std::fabs(mine) + std::fabs(c)) * std::fabs(total.value() - 1.0L);
  }
  return all;
}

/// dL/dz of log_softmax: (1 - p_j) dy_j - p_j times the sum of the other dy. Scale: the same sum of magnitudes.
/// `rest` holds 1 - p with all its digits.
[[nodiscard]] inline std::vector<gradient_element> log_softmax_gradient(std::span<long double const> p,
                                                                        std::span<long double const> rest,
                                                                        std::span<double const> dy) {
  std::vector<gradient_element> all(p.size());
  compensated_sum total;
  long double size = 0.0L;
  for (double const d : dy) {
    total.add(d);
    size += std::fabs(static_cast<long double>(d));
  }
  for (std::size_t j = 0; j < p.size(); ++j) {
    long double const mine = dy[j];
    compensated_sum others;
    if (p[j] > 0.25L) {
      for (std::size_t k = 0; k < p.size(); ++k) {
        others.add(k == j ? 0.0L : static_cast<long double>(dy[k]));
      }
    } else {
      others.add(total.value()), others.add(-mine);
    }
    all[j].exact = rest[j] * mine - p[j] * others.value();
    all[j].scale = rest[j] * std::fabs(mine) + p[j] * (size - std::fabs(mine));
  }
  return all;
}

} // namespace satur::inline SATUR_ABI::testing::detail
