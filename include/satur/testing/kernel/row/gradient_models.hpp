/// \file testing/kernel/row/gradient_models.hpp  Wrong gradients of softmax and log_softmax.
#pragma once

#include "satur/testing/kernel/row/models.hpp"

#include <numeric>

namespace satur::inline SATUR_ABI::testing::detail {

/// What a formula of a gradient is made of: p by what the kernel got, its logarithm, and dy.
struct gradient_row_view {
  std::vector<double> p;
  std::vector<double> log_p;
  std::span<double const> dy;
  double sum_dy = 0.0;
  double sum_p_dy = 0.0;

  gradient_row_view(row_setting const& s, row_call const& c, std::size_t r, bool from_output) : dy(c.row(c.dy, r)) {
    auto const known = c.row(c.known, r);
    if (!from_output) {
      row_truth const t(known);
      for (std::size_t j = 0; j < known.size(); ++j) {
        p.push_back(t.defined ? static_cast<double>(t.softmax(j)) : std::numeric_limits<double>::quiet_NaN());
        log_p.push_back(t.defined ? static_cast<double>(t.log_softmax(j)) : std::numeric_limits<double>::quiet_NaN());
      }
    } else {
      for (double const y : known) {
        p.push_back(s.function == row_function::softmax ? y : std::exp(y));
        log_p.push_back(s.function == row_function::softmax ? std::log(y) : y);
      }
    }
    for (std::size_t j = 0; j < p.size(); ++j) {
      sum_dy += dy[j];
      sum_p_dy += p[j] * dy[j];
    }
  }
};

/// The most common first.
[[nodiscard]] inline std::vector<row_model> gradient_models(row_setting const& s) {
  std::vector<row_model> all;
  using view = gradient_row_view;
  bool const softmax = s.function == row_function::softmax;
  auto const formula = [&](std::string what, std::function<double(view const&, std::size_t)> f, bool swapped = false) {
    bool const from_output = s.from_output != swapped;
    all.push_back({std::move(what),
                   [s, f, from_output](row_call const& c, std::size_t r, std::span<double> result, std::span<double>) {
                     view const v(s, c, r, from_output);
                     for (std::size_t j = 0; j < result.size(); ++j) {
                       result[j] = s.narrow(f(v, j));
                     }
                   }});
  };
  auto const right_softmax = [](view const& v, std::size_t j) { return v.p[j] * (v.dy[j] - v.sum_p_dy); };
  auto const right_logarithm = [](view const& v, std::size_t j) { return v.dy[j] - v.p[j] * v.sum_dy; };
  std::string const right =
      softmax ? "It is p (dy - sum of p dy)." : "It is dy - e^y times the sum of dy, with y = log p.";
  if (softmax) {
    formula("the Jacobian's sum is missing: p (1 - p) dy takes its diagonal alone. " + right,
            [](view const& v, std::size_t j) { return v.p[j] * (1.0 - v.p[j]) * v.dy[j]; });
    formula("the Jacobian's sum is missing: the result is p dy. " + right,
            [](view const& v, std::size_t j) { return v.p[j] * v.dy[j]; });
    formula("the sum is that of dy, not of p dy. " + right,
            [](view const& v, std::size_t j) { return v.p[j] * (v.dy[j] - v.sum_dy); });
    formula("the formula is that of log_softmax, dy - p times the sum of dy. " + right, right_logarithm);
    formula("the sum of p dy is divided by the number of columns. " + right, [](view const& v, std::size_t j) {
      return v.p[j] * (v.dy[j] - v.sum_p_dy / static_cast<double>(v.p.size()));
    });
    formula("the factor p is missing: the result is dy - sum of p dy. " + right,
            [](view const& v, std::size_t j) { return v.dy[j] - v.sum_p_dy; });
  } else {
    formula("e^y is missing: the output is log p, and takes the place of p. " + right,
            [](view const& v, std::size_t j) { return v.dy[j] - v.log_p[j] * v.sum_dy; });
    formula("the formula is that of softmax, p (dy - sum of p dy). " + right, right_softmax);
    formula("the sum is missing: the result is dy. " + right, [](view const& v, std::size_t j) { return v.dy[j]; });
    formula("the sum of dy is divided by the number of columns. " + right,
            [](view const& v, std::size_t j) { return v.dy[j] - v.p[j] * v.sum_dy / static_cast<double>(v.p.size()); });
  }
  formula("the gradient is p - target of cross-entropy: it ignores dy, or takes it for the target. " + right,
          [](view const& v, std::size_t j) { return v.p[j] - v.dy[j]; });
  formula("the sign is the opposite one. " + right,
          [=](view const& v, std::size_t j) { return -(softmax ? right_softmax(v, j) : right_logarithm(v, j)); });
  formula(s.from_output ? "the kernel takes z, but got y: set from_input"
                        : "the kernel takes y, but got z: leave out from_input",
          softmax ? std::function<double(view const&, std::size_t)>(right_softmax) : right_logarithm, true);
  all.push_back(
      {"the sum runs along the wrong axis: over the rows of each column. Element j of row r is [r * columns + "
       "j].",
       [s, softmax](row_call const& c, std::size_t r, std::span<double> result, std::span<double>) {
         std::vector<double> sums(c.columns);
         for (std::size_t k = 0; k < c.rows(); ++k) {
           view const v(s, c, k, s.from_output);
           for (std::size_t j = 0; j < c.columns; ++j) {
             sums[j] += softmax ? v.p[j] * v.dy[j] : v.dy[j];
           }
         }
         view const v(s, c, r, s.from_output);
         for (std::size_t j = 0; j < result.size(); ++j) {
           result[j] = softmax ? v.p[j] * (v.dy[j] - sums[j]) : v.dy[j] - v.p[j] * sums[j];
         }
       }});
  all.push_back({softmax
                     ? "dy - sum of p dy cancels at the class whose p is near 1, and the rest is rounding. Take the "
                       "differences first: p ((dy - c) - sum of p (dy - c)), with c = dy at the largest p."
                     : "the gradient of the true class is p - 1, which is 0 where p rounds to 1. Take expm1(y) for "
                       "p - 1 at the largest p.",
                 [=](row_call const& c, std::size_t r, std::span<double> result, std::span<double> slack) {
                   view const v(s, c, r, s.from_output);
                   double size = 0.0;
                   for (std::size_t j = 0; j < result.size(); ++j) {
                     size += std::fabs(v.dy[j]) * (softmax ? v.p[j] : 1.0);
                   }
                   for (std::size_t j = 0; j < result.size(); ++j) {
                     result[j] = softmax ? right_softmax(v, j) : right_logarithm(v, j);
                     slack[j] = v.p[j] < 0.5 ? 0.0
                                             : 4.0 * s.epsilon() * std::sqrt(static_cast<double>(v.p.size())) *
                                                   (std::fabs(v.dy[j]) + size);
                   }
                 }});
  return all;
}

} // namespace satur::inline SATUR_ABI::testing::detail
