/// \file testing/kernel/row/models.hpp  Wrong formulas of rows, of which one may be that of a kernel.
#pragma once

#include "satur/format/formats.hpp"
#include "satur/format/rounding.hpp"
#include "satur/testing/kernel/row/call.hpp"
#include "satur/testing/kernel/row/truth.hpp"
#include "satur/text/number.hpp"

#include <functional>
#include <optional>

namespace satur::inline SATUR_ABI::testing::detail {

/// What is checked.
struct row_setting {
  row_function function = row_function::softmax;
  bool of_slope = false;
  bool from_output = false;
  bool in_double = false;    ///< else kernels compute in float
  satur::format format = {}; ///< of stored results

  /// A number as kernels compute with it.
  [[nodiscard]] double narrow(double x) const { return in_double ? x : static_cast<double>(static_cast<float>(x)); }
  [[nodiscard]] double epsilon() const { return in_double ? 0x1p-52 : 0x1p-23; }
  /// How far results lie apart at x.
  [[nodiscard]] double resolution(double x) const {
    if (format.codes == satur::format::coding::none) {
      return epsilon() * std::fabs(x) + (in_double ? 0x1p-1074 : 0x1p-149);
    }
    return format.smallest_subnormal / format.smallest_normal * std::fabs(x) + format.smallest_subnormal;
  }
};

/// A wrong kernel: what it gives for a row, and the sentence that names it. `slack` is how far off its results may be:
/// 0 at first.
struct row_model {
  using gives_t =
      std::function<void(row_call const&, std::size_t row, std::span<double> result, std::span<double> slack)>;
  std::string what;
  gives_t gives;
};

/// Softmax, log_softmax or logsumexp of numbers by a wrong formula.
struct wrong_row_formula {
  row_setting s;
  std::function<double(std::span<double const>)> shift = {}; ///< instead of the largest
  double epsilon = 0.0;                                      ///< added to the divisor
  bool base_2 = false;                                       ///< 2^z instead of e^z
  std::optional<satur::format> sum_format = std::nullopt;    ///< of the sum

  void operator()(std::span<double const> z, std::span<double> result) const {
    double const by = shift ? shift(z) : largest_of(z);
    double sum = 0.0;
    for (double const x : z) {
      double const e = s.narrow(power(s.narrow(x - by)));
      sum = sum_format ? round_to(*sum_format, sum + round_to(*sum_format, e)) : sum + e;
    }
    sum = s.narrow(sum + epsilon);
    for (std::size_t j = 0; j < result.size(); ++j) {
      if (s.function == row_function::logsumexp) {
        result[j] = s.narrow(by + std::log(sum));
      } else if (s.function == row_function::log_softmax) {
        result[j] = s.narrow(s.narrow(z[j] - by) - s.narrow(std::log(sum)));
      } else {
        result[j] = s.narrow(s.narrow(power(s.narrow(z[j] - by))) / sum);
      }
    }
  }
  [[nodiscard]] double power(double x) const { return base_2 ? std::exp2(x) : std::exp(x); }
  [[nodiscard]] static double largest_of(std::span<double const> z) {
    double most = -std::numeric_limits<double>::infinity();
    for (double const x : z) {
      most = x > most ? x : most;
    }
    return most;
  }
};

[[nodiscard]] inline row_model model_of(std::string what, wrong_row_formula const& f) {
  return {std::move(what), [f](row_call const& c, std::size_t r, std::span<double> result, std::span<double>) {
            f(c.row(c.z, r), result);
          }};
}

} // namespace satur::inline SATUR_ABI::testing::detail
