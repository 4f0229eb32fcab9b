/// \file testing/kernel/row/judge.hpp  Compares what a kernel gave for a row with the exact results, and says what is
/// wrong.
#pragma once

#include "satur/testing/kernel/call/memory.hpp"
#include "satur/testing/kernel/kernel_report.hpp"
#include "satur/testing/kernel/row/call.hpp"
#include "satur/testing/kernel/row/inputs.hpp"
#include "satur/testing/kernel/row/truth.hpp"

#include <array>
#include <string_view>

namespace satur::inline SATUR_ABI::testing::detail {

/// Judges the results of rows, into a report.
template <class T> class row_judge {
public:
  using exact_t = exact_type<T>;
  using verdict = row_call::verdict;

  row_judge(kernel_report& r, kernel_options const& o, row_function f, bool of_slope)
      : to(o.output_format.value_or(o.format), o.output_format ? o.output_scale : o.scale), r_(r), options_(o),
        function_(f), of_slope_(of_slope), subject_(f == row_function::softmax       ? "softmax"
                                                    : f == row_function::log_softmax ? "log_softmax"
                                                                                     : "logsumexp") {
    subject_ = of_slope ? "gradient of " + subject_ : subject_;
    limits_ = {-infinite};
    if (f == row_function::logsumexp) {
      limits_.insert(limits_.end(), {-1000.0, -100.0, -10.0, 10.0, 100.0, 1000.0, infinite});
    } else {
      double const none = -1100.0; // integers have no subnormal numbers
      bool const gradual = to.smallest_normal() > 0.0;
      for (double const x : {gradual ? std::log2(to.smallest()) : none,
                             gradual ? std::log2(to.smallest_normal()) : none, -512.0, -64.0, -24.0, -8.0, -1.0}) {
        if (x > limits_.back() && x > none) {
          limits_.push_back(x);
        }
      }
      limits_.push_back(0.0);
    }
    tallies_.resize(limits_.size());
  }

  numbers<T> to; ///< results

  /// What a result of a kernel is compared with.
  struct expectation {
    std::string_view row; ///< what its row is
    std::size_t columns = 0;
    std::size_t j = 0;
    double z = 0.0;
    double segment = 0.0; ///< log2 p, or the largest logit
    long double exact = 0.0L;
    long double scale = 0.0L; ///< of its error
    long double slack = 0.0L;
    double allowed = 0.0;                                      ///< in ulp of `scale`
    double instead = std::numeric_limits<double>::quiet_NaN(); ///< what may stand for NaN
  };

  verdict look(expectation const& e, double got) {
    ++r_.inputs;
    ++r_.checks;
    if (satur::detail::is_nan(e.exact) || !satur::detail::is_finite_number(e.exact)) {
      ++r_.specials;
      bool const same =
          satur::detail::is_nan(e.exact) ? satur::detail::is_nan(got) : got == static_cast<double>(e.exact);
      return same || accepts_instead(e, got) ? verdict::right : special(e, got);
    }
    if (to.overflows(static_cast<exact_t>(e.exact))) {
      ++r_.specials;
      double const largest = static_cast<double>(to.largest(e.exact < 0.0L));
      return satur::detail::is_nan(got) || std::fabs(got) >= std::fabs(largest) * 0.99 ? verdict::right
                                                                                       : special(e, got);
    }
    tally& t = tallies_[index_of(e.segment)];
    ++t.count;
    if (!satur::detail::is_finite(got)) {
      ++r_.wrong_specials;
      t.add(infinite, e.segment);
      return fail(t, "a finite row has a finite " + subject_, e, got, infinite,
                  "e^z overflows, or every e^z of the row is 0: take the largest logit of the row off first");
    }
    long double const unit = static_cast<long double>(to.unit(static_cast<exact_t>(e.scale)));
    long double const off = std::fabs(static_cast<long double>(got) - e.exact);
    auto error = static_cast<double>((off > e.slack ? off - e.slack : 0.0L) / unit);
    error = error < 1e-6 ? 0.0 : error; // a result far below the smallest number
    bool const zero = got == 0.0 && !to.rounds_to_zero(static_cast<exact_t>(e.exact));
    bool const tiny = std::fabs(e.exact) < static_cast<long double>(to.smallest_normal());
    if (zero && tiny && (error > e.allowed || options_.flushes_subnormals)) {
      ++r_.false_zeros, ++r_.flushed, ++t.flushed;
      return options_.flushes_subnormals
                 ? verdict::open
                 : fail(
                       t, "no flush to zero of subnormal results", e, got, error,
                       "the processor's flush mode (-ffast-math sets it), or an exponential that ends where its result "
                       "is subnormal; if that is intended, set flushes_subnormals");
    }
    t.add(error, e.segment);
    if (error <= e.allowed) {
      return verdict::right;
    }
    if (zero) {
      ++r_.false_zeros;
      return fail(t, "no zero where the " + subject_ + " is a number", e, got, error,
                  "digits are lost in a sum with 1: take log1p of the sum of the others, and differences of dy");
    }
    if ((got < 0.0) != (e.exact < 0.0L) && got != 0.0) {
      ++r_.wrong_signs;
      return fail(t, "the sign of the " + subject_, e, got, error, "a term is missing, or has the wrong sign");
    }
    return fail(t, "the " + subject_ + " within the allowed error", e, got, error,
                "unknown: none of the usual causes explains these errors");
  }

  /// The sum of the probabilities of a row. `allowed` is that of its elements together.
  void look_at_sum(std::string_view row, std::size_t columns, double sum, double allowed) {
    ++r_.checks;
    double const off = std::fabs(sum - 1.0);
    worst_sum = off > worst_sum ? off : worst_sum;
    if (off > allowed) {
      note_failure(r_, {"a row sums to 1", row_text(row, columns), satur::text::significant(sum, 9), "1", off, "", 1,
                        "the divisor is not the sum of what it divides"});
    }
  }

  void conclude() {
    for (std::size_t i = 0; i < tallies_.size(); ++i) {
      tally const& t = tallies_[i];
      if (t.count == 0) {
        continue;
      }
      auto const n = static_cast<double>((std::max)(t.with_error, std::uint64_t{1}));
      r_.segments.push_back({.low = limits_[i],
                             .high = limits_[i + 1],
                             .count = t.count,
                             .worst_ulp = t.worst,
                             .mean_ulp = t.sum / n,
                             .within_half = static_cast<double>(t.half) / n,
                             .worst_at = t.worst_at,
                             .beyond = t.beyond,
                             .flushed = t.flushed});
      if (r_.segments.size() == 1 || t.worst > r_.worst_ulp) {
        r_.worst_ulp = t.worst;
        r_.worst_at = t.worst_at;
      }
    }
    r_.variable = function_ == row_function::logsumexp ? "largest z" : "log2 p";
    if (function_ == row_function::softmax && !of_slope_) {
      r_.notes.push_back("rows sum to 1 within " + satur::text::significant(worst_sum, 3));
    }
  }

  double worst_sum = 0.0;

private:
  static constexpr double infinite = std::numeric_limits<double>::infinity();

  struct tally {
    std::uint64_t count = 0;
    std::uint64_t with_error = 0;
    std::uint64_t half = 0;
    std::uint64_t beyond = 0;
    std::uint64_t flushed = 0;
    double sum = 0.0;
    double worst = 0.0;
    double worst_at = 0.0;

    void add(double error, double at) {
      if (error > worst || (with_error == 0 && worst == 0.0)) {
        worst = error;
        worst_at = at;
      }
      if (satur::detail::is_finite(error)) {
        ++with_error;
        sum += error;
        half += error <= 0.5 ? 1u : 0u;
      }
    }
  };

  [[nodiscard]] std::size_t index_of(double x) const {
    std::size_t i = 0;
    while (i + 2 < limits_.size() && x >= limits_[i + 1]) {
      ++i;
    }
    return i;
  }
  /// What may stand for NaN and infinity.
  [[nodiscard]] bool accepts_instead(expectation const& e, double got) const {
    if constexpr (is_code<T>) {
      bool const lowest = satur::detail::is_nan(got) || got <= static_cast<double>(to.largest(true));
      return (satur::detail::is_nan(e.exact) ? !to.has_nan() : lowest) ||
             got == static_cast<double>(to.number(to.nearest(e.instead)));
    }
    return satur::detail::is_nan(e.exact) && (got == e.instead || std::fabs(got - e.instead) <= 1e-6);
  }
  verdict special(expectation const& e, double got) {
    ++r_.wrong_specials;
    tally& t = tallies_.back(); // counts what fails of no segment
    if (satur::detail::is_nan(e.exact)) {
      return fail(t, "a row with NaN or +inf, or only -inf, gives NaN", e, got, infinite,
                  "a maximum drops NaN, or a row without a finite logit is treated apart; if rows of only -inf give "
                  "another number, set masked_row");
    }
    return fail(t, "infinity where the " + subject_ + " is infinite", e, got, infinite,
                "-inf is replaced by a large negative number, or a logarithm has an epsilon");
  }
  [[nodiscard]] static std::string row_text(std::string_view row, std::size_t columns) {
    return "a row of " + satur::text::number(columns) + " (" + std::string(row) + ")";
  }
  verdict fail(tally& t, std::string const& property, expectation const& e, double got, double error,
               char const* usually) {
    ++t.beyond;
    std::string const value =
        satur::detail::is_nan(e.exact) ? "nan" : satur::text::significant(static_cast<double>(e.exact), 9);
    std::string const where = function_ == row_function::logsumexp
                                  ? row_text(e.row, e.columns)
                                  : "z[" + satur::text::number(e.j) + "] = " + satur::text::number(e.z) + " of " +
                                        row_text(e.row, e.columns) +
                                        ", log2 p = " + satur::text::significant(e.segment, 4);
    note_failure(r_, {property, where, satur::detail::is_nan(got) ? "nan" : satur::text::significant(got, 9), value,
                      error, "ulp", 1, usually});
    return verdict::wrong;
  }

  kernel_report& r_;
  kernel_options const& options_;
  row_function function_;
  bool of_slope_;
  std::string subject_;
  std::vector<double> limits_;
  std::vector<tally> tallies_;
};

} // namespace satur::inline SATUR_ABI::testing::detail
