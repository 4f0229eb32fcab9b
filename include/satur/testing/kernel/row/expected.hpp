/// \file testing/kernel/row/expected.hpp  What the results of a row must be, and how far off they may be.
#pragma once

#include "satur/testing/kernel/row/judge.hpp"

namespace satur::inline SATUR_ABI::testing::detail {

/// Judges whole rows.
template <class T> class row_expectations {
public:
  row_expectations(kernel_report& r, kernel_options const& o, row_function f, bool of_slope, bool from_output)
      : judge(r, o, f, of_slope), options_(o), function_(f), of_slope_(of_slope), from_output_(from_output) {}

  row_judge<T> judge;

  /// Judges row r of a call.
  void judge_row(row_call& c, row_truth const& t, std::string_view name, std::size_t r) {
    std::size_t const n = c.columns;
    std::size_t const first = r * n;
    constexpr long double nan = std::numeric_limits<long double>::quiet_NaN();
    if (function_ == row_function::logsumexp) {
      judge_logsumexp(c, t, name, r);
      return;
    }
    std::vector<gradient_element> slopes;
    if (of_slope_ && t.defined) {
      slopes = gradient(c, t, r);
    }
    double sum = 0.0;
    double off = 0.0;
    for (std::size_t j = 0; j < n; ++j) {
      typename row_judge<T>::expectation e{.row = name, .columns = n, .j = j, .z = c.z[first + j]};
      e.segment = t.defined ? static_cast<double>(t.log_softmax(j) / 0.693147180559945309417L) : 0.0;
      e.allowed = options_.ulp + rounding(t, j);
      e.exact = !t.defined ? nan : function_ == row_function::softmax ? t.softmax(j) : t.log_softmax(j);
      e.scale = e.exact;
      e.instead = t.defined ? e.instead : instead_of_nan(c.row(c.z, r), j);
      if (!slopes.empty()) {
        e.exact = slopes[j].exact;
        e.scale = slopes[j].scale;
        e.slack = slopes[j].slack;
      }
      c.exact[first + j] = static_cast<double>(e.exact);
      c.is[first + j] = judge.look(e, c.got[first + j]);
      sum += c.got[first + j];
      off += e.allowed * static_cast<double>(judge.to.unit(static_cast<exact_type<T>>(t.defined ? e.scale : 0.0L)));
    }
    if (t.defined && !of_slope_ && function_ == row_function::softmax && satur::detail::is_finite(sum)) {
      judge.look_at_sum(name, n, sum, off);
    }
  }

private:
  /// What plain arithmetic in T costs, in ulp: nothing of codes, whose kernels compute in float. n terms are added one
  /// by one, which is off by n/2 ulp at most; z - m is rounded, which changes e^(z - m) by |z - m| ulp.
  [[nodiscard]] double rounding(row_truth const& t, std::size_t j) const {
    if (is_code<T> || !t.defined) {
      return 0.0;
    }
    double const wide = std::numeric_limits<long double>::digits <= 53 && std::same_as<T, double> ? 4.0 : 0.0;
    double const adding = static_cast<double>(t.size()) / 2.0;
    if (from_output_) {
      return wide + adding;
    }
    long double const of_sum = static_cast<long double>(adding) + t.distance;
    if (function_ != row_function::softmax && !of_slope_) { // how the sum enters the logarithm
      long double const y = function_ == row_function::logsumexp
                                ? (std::max)(std::fabs(t.largest), std::fabs(t.logsumexp()))
                                : std::fabs(t.log_softmax(j));
      return wide + static_cast<double>(t.others > 0.0L ? of_sum * (t.others / (1.0L + t.others)) / y : 0.0L);
    }
    return wide + static_cast<double>(of_sum + (t.raised[j] > 0.0L ? -t.below[j] : 0.0L));
  }

  /// What a row without a result may give beside NaN: its limit if it holds +inf, or options.masked_row.
  [[nodiscard]] double instead_of_nan(std::span<double const> z, std::size_t j) const {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    auto const infinite = static_cast<double>(std::count(z.begin(), z.end(), infinity));
    bool const any_nan = std::any_of(z.begin(), z.end(), [](double x) { return satur::detail::is_nan(x); });
    if (of_slope_ || any_nan) {
      return std::numeric_limits<double>::quiet_NaN();
    }
    if (infinite == 0.0) {
      return options_.masked_row.value_or(std::numeric_limits<double>::quiet_NaN());
    }
    double const p = z[j] == infinity ? 1.0 / infinite : 0.0;
    return function_ == row_function::softmax ? p : std::log(p);
  }
  /// The scale of an error is the larger of m and the result: they may cancel.
  void judge_logsumexp(row_call& c, row_truth const& t, std::string_view name, std::size_t r) {
    double largest = -std::numeric_limits<double>::infinity();
    bool any_nan = false;
    for (double const x : c.row(c.z, r)) {
      any_nan = any_nan || satur::detail::is_nan(x);
      largest = x > largest ? x : largest;
    }
    typename row_judge<T>::expectation e{.row = name, .columns = c.columns, .segment = largest};
    e.exact = t.defined ? t.logsumexp()
                        : static_cast<long double>(any_nan ? std::numeric_limits<double>::quiet_NaN() : largest);
    e.scale = (std::max)(std::fabs(e.exact), std::fabs(static_cast<long double>(largest)));
    e.allowed = options_.ulp + rounding(t, 0);
    c.exact[r] = static_cast<double>(e.exact);
    c.is[r] = judge.look(e, c.got[r]);
  }

  /// The exact gradient of a row, of what the kernel got: of the rounded output if it works from that.
  [[nodiscard]] std::vector<gradient_element> gradient(row_call const& c, row_truth const& t, std::size_t r) const {
    bool const logarithm = function_ == row_function::log_softmax;
    std::vector<long double> p(t.size());
    std::vector<long double> rest(t.size());
    std::size_t top = t.top;
    for (std::size_t j = 0; j < t.size(); ++j) {
      if (from_output_) {
        auto const y = static_cast<long double>(c.row(c.known, r)[j]);
        p[j] = logarithm ? std::exp(y) : y;
        rest[j] = logarithm ? -std::expm1(y) : 1.0L - y;
        top = p[j] > p[top] ? j : top;
      } else {
        p[j] = t.softmax(j);
        rest[j] = logarithm ? -std::expm1(t.log_softmax(j)) : 1.0L - p[j];
      }
    }
    return logarithm ? log_softmax_gradient(p, rest, c.row(c.dy, r)) : softmax_gradient(p, top, c.row(c.dy, r));
  }

  kernel_options const& options_;
  row_function function_;
  bool of_slope_;
  bool from_output_;
};

} // namespace satur::inline SATUR_ABI::testing::detail
