/// \file testing/kernel/row/sum_models.hpp  Kernels of rows whose sum, divisor or logarithm is wrong.
#pragma once

#include "satur/testing/kernel/row/models.hpp"

namespace satur::inline SATUR_ABI::testing::detail {

/// The epsilon that explains a first row whose probabilities sum to less than 1; 0 if none does.
[[nodiscard]] inline double added_epsilon(std::span<row_call const> calls) {
  for (row_call const& c : calls) {
    for (std::size_t r = 0; r < c.rows(); ++r) {
      row_truth const t(c.row(c.z, r));
      double sum = 0.0;
      for (double const p : c.row(c.got, r)) {
        sum += p;
      }
      double const epsilon = (1.0 + static_cast<double>(t.others)) * (1.0 / sum - 1.0);
      if (t.defined && epsilon > 1e-13 && epsilon < 0.3) {
        return epsilon;
      }
    }
  }
  return 0.0;
}

/// The smallest finite number among the results of classes whose exact one is below -150: a logarithm with an epsilon
/// ends there. 0 if there is none.
[[nodiscard]] inline double least_logarithm(std::span<row_call const> calls) {
  double least = 0.0;
  for (row_call const& c : calls) {
    for (std::size_t i = 0; i < c.got.size(); ++i) {
      if (c.exact[i] < -150.0 && satur::detail::is_finite(c.got[i]) && c.got[i] < least) {
        least = c.got[i];
      }
    }
  }
  return least;
}

/// Models of one step that comes after the right probabilities.
[[nodiscard]] inline row_model after_softmax(row_setting const& s, std::string what,
                                             std::function<double(double)> step) {
  return {std::move(what), [s, step](row_call const& c, std::size_t r, std::span<double> result, std::span<double>) {
            row_setting of_p = s;
            of_p.function = row_function::softmax;
            wrong_row_formula{.s = of_p}(c.row(c.z, r), result);
            for (double& x : result) {
              x = s.narrow(step(x));
            }
          }};
}

/// The most common first.
[[nodiscard]] inline std::vector<row_model> sum_models(row_setting const& s, std::span<row_call const> calls) {
  std::vector<row_model> all;
  if (s.function == row_function::log_softmax) {
    all.push_back(after_softmax(s,
                                "the logarithm of softmax is taken: it is -inf where p is 0 in the type, and loses its "
                                "digits where p is near 1. Compute (z - m) - log1p(sum of the others).",
                                [](double p) { return std::log(p); }));
    if (double const least = least_logarithm(calls); least < 0.0) {
      all.push_back(after_softmax(s,
                                  "the logarithm of softmax is taken with an epsilon (about " +
                                      satur::text::significant(std::exp(least), 2) +
                                      "), where it ends. Compute (z - m) - log1p(sum of the others).",
                                  [least](double p) { return std::log(p + std::exp(least)); }));
      all.push_back(after_softmax(s,
                                  "softmax is clamped (from about " + satur::text::significant(std::exp(least), 2) +
                                      " on) before the logarithm. Compute (z - m) - log1p(sum of the others).",
                                  [least](double p) { return std::log((std::max)(p, std::exp(least))); }));
    }
    all.push_back(after_softmax(s, "the result is that of softmax, without its logarithm", [](double p) { return p; }));
  }
  if (s.function == row_function::softmax) {
    if (double const epsilon = added_epsilon(calls); epsilon > 0.0) {
      std::string const what = "an epsilon (about " + satur::text::significant(epsilon, 2) +
                               ") is added to the divisor. With the maximum subtracted the sum is at least 1 and "
                               "needs none.";
      all.push_back(model_of(what, {.s = s, .epsilon = epsilon}));
    }
    row_setting logarithm = s;
    logarithm.function = row_function::log_softmax;
    all.push_back(model_of("the result is that of log_softmax: e^y is missing", {.s = logarithm}));
    all.push_back({"the exponentials are not divided by their sum",
                   [s](row_call const& c, std::size_t r, std::span<double> result, std::span<double>) {
                     auto const z = c.row(c.z, r);
                     double const m = wrong_row_formula::largest_of(z);
                     for (std::size_t j = 0; j < result.size(); ++j) {
                       result[j] = s.narrow(std::exp(s.narrow(z[j] - m)));
                     }
                   }});
  }
  all.push_back({"the sums run along the wrong axis: over the rows of each column. Element j of row r is z[r * columns "
                 "+ j].",
                 [s](row_call const& c, std::size_t r, std::span<double> result, std::span<double>) {
                   std::vector<double> column(c.rows());
                   std::vector<double> values(c.rows());
                   for (std::size_t j = 0; j < result.size(); ++j) {
                     for (std::size_t k = 0; k < column.size(); ++k) {
                       column[k] = c.z[k * c.columns + j];
                     }
                     wrong_row_formula{.s = s}(column, values);
                     result[j] = values[r];
                   }
                 }});
  all.push_back({"the whole array is taken for one row. A row is `columns` elements.",
                 [s](row_call const& c, std::size_t r, std::span<double> result, std::span<double>) {
                   std::vector<double> values(s.function == row_function::logsumexp ? 1 : c.z.size());
                   wrong_row_formula{.s = s}(c.z, values);
                   for (std::size_t j = 0; j < result.size(); ++j) {
                     result[j] = values[values.size() == 1 ? 0 : r * c.columns + j];
                   }
                 }});
  all.push_back(
      model_of("2^z stands in the place of e^z: multiply by log2(e) = 1.4427 first", {.s = s, .base_2 = true}));
  for (auto const& f : {satur::formats::float16, satur::formats::bfloat16, s.format}) {
    if (f.codes != format::coding::none && !f.is_integer() && s.function != row_function::logsumexp) {
      all.push_back(model_of("the sum is kept in " + std::string(f.name) +
                                 ": it stops growing where a term is below half its last place. Sum in float or double",
                             {.s = s, .sum_format = f}));
    }
  }
  if (s.function != row_function::softmax) {
    all.push_back({"log(sum) loses the sum of the others where one logit lies far above them, so that the result is 0 "
                   "there: take log1p of the sum of the others.",
                   [s](row_call const& c, std::size_t r, std::span<double> result, std::span<double> slack) {
                     row_truth const t(c.row(c.z, r));
                     for (std::size_t j = 0; j < result.size(); ++j) {
                       auto const exact = static_cast<double>(
                           result.size() == 1 && s.function == row_function::logsumexp ? t.logsumexp()
                                                                                       : t.log_softmax(j));
                       result[j] = t.defined ? exact : std::numeric_limits<double>::quiet_NaN();
                       slack[j] = 4.0 * s.epsilon() * (1.0 + std::log1p(static_cast<double>(t.others)));
                     }
                   }});
  }
  return all;
}

} // namespace satur::inline SATUR_ABI::testing::detail
