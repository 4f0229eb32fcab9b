/// \file rowwise/row_saturation.hpp  The record of a pass over rows of logits: confidence and remaining slope of the
/// softmax.
#pragma once

#include "satur/error.hpp"
#include "satur/record/saturation.hpp"
#include "satur/statistics/moments.hpp"
#include "satur/text/number.hpp"

#include <cstdint>
#include <ostream>

namespace satur { inline namespace SATUR_ABI {

/// A row counts as saturated if its largest probability is above `threshold`, strictly. At the default, p(1 - p) <
/// 0.0099 for every class, so the row hardly learns. Throws std::invalid_argument if threshold is not in [0, 1).
struct p_above {
  double threshold = 0.99;

  void require_valid() const {
    if (detail::is_nan(threshold) || !(threshold >= 0.0 && threshold < 1.0)) {
      detail::bad_parameter("p_above", "threshold", threshold, "a probability in [0, 1), such as 0.99");
    }
  }
  bool operator==(p_above const&) const = default;
};

/// The record of a pass over rows of logits. A regular value: merge with +=, reset with `= {}`.
///
/// Special values: a logit of -inf is a masked class with p = 0. A row with NaN is counted in `nan`, a row with +inf or
/// with only -inf in `infinite`. Neither has a softmax, so neither enters any other number. Means over no rows are NaN.
struct row_saturation {
  std::uint64_t rows = 0;      ///< rows that have a softmax
  std::uint64_t saturated = 0; ///< of these: rows whose largest p is above the threshold
  std::uint64_t single = 0;    ///< of these: rows with all classes but one masked (saturated, entropy and slope 0)
  std::uint64_t elements = 0;  ///< rows times their length
  std::uint64_t nan = 0;       ///< rows with NaN in them
  std::uint64_t infinite = 0;  ///< rows with +inf, or with only -inf, and no NaN

  compensated_sum complement;    ///< sum of 1 - (largest p), correct even if p rounds to 1
  compensated_sum entropy;       ///< sum of -sum p log p, in nats
  compensated_sum entropy_share; ///< sum of entropy / log(classes not masked), over rows that are not single
  compensated_sum slope;         ///< sum of p (1 - p) over all elements: the diagonal of the Jacobian
  compensated_sum slope_portion; ///< sum of (row's sum of p (1 - p)) / (1 - 1/classes not masked), over the same rows
  p_above rule;

  /// Share of rows whose largest p is above the threshold.
  [[nodiscard]] double fraction() const { return per(static_cast<double>(saturated), rows); }
  [[nodiscard]] double mean_max_probability() const { return 1.0 - mean_complement(); }
  /// Mean of 1 - (largest p). It keeps its digits if the mean of p rounds to 1.
  [[nodiscard]] double mean_complement() const { return per(complement.value(), rows); }
  /// Mean over rows of -sum p log p, in nats.
  [[nodiscard]] double mean_entropy() const { return per(entropy.value(), rows); }
  /// Mean over rows of the entropy, relative to that of equal probabilities; 1 if all are equal.
  [[nodiscard]] double normalized_entropy() const { return per(entropy_share.value(), rows - single); }
  /// Mean over elements of p (1 - p), the slope of a probability in its own logit. Correct even if p rounds to 1.
  [[nodiscard]] double mean_derivative() const { return per(slope.value(), elements); }
  /// Mean over rows of sum p (1 - p), relative to that of equal probabilities, 1 - 1/classes.
  [[nodiscard]] double slope_share() const { return per(slope_portion.value(), rows - single); }
  [[nodiscard]] double slope_saturation() const { return 1.0 - slope_share(); }
  [[nodiscard]] bool empty() const { return rows == 0 && nan == 0 && infinite == 0; }
  [[nodiscard]] bool nonfinite() const { return nan != 0 || infinite != 0; }

  /// Merges another record. Throws std::invalid_argument if the thresholds differ.
  row_saturation& operator+=(row_saturation const& o) {
    if (o.empty()) {
      return *this;
    }
    if (empty()) {
      return *this = o;
    }
    if (!(rule == o.rule)) {
      detail::raise(std::invalid_argument(detail::message("satur::row_saturation: cannot merge a record of p > ",
                                                          rule.threshold, " with one of p > ", o.rule.threshold,
                                                          "; merge records of one threshold")));
    }
    rows += o.rows;
    saturated += o.saturated;
    single += o.single;
    elements += o.elements;
    nan += o.nan;
    infinite += o.infinite;
    complement += o.complement;
    entropy += o.entropy;
    entropy_share += o.entropy_share;
    slope += o.slope;
    slope_portion += o.slope_portion;
    return *this;
  }
  [[nodiscard]] friend row_saturation operator+(row_saturation a, row_saturation const& b) { return a += b; }
  bool operator==(row_saturation const&) const = default;

private:
  [[nodiscard]] static double per(double sum, std::uint64_t n) {
    return n == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(n);
  }
};

/// Writes the record in a few lines, each number with its meaning.
inline std::ostream& operator<<(std::ostream& out, row_saturation const& s) {
  out << "softmax: " << detail::count_text(s.rows, "row") << ", saturated where the largest p > "
      << text::number(s.rule.threshold) << '\n'
      << "  saturated    " << text::percent(s.fraction()) << " %\n"
      << "  largest p    mean " << text::significant(s.mean_max_probability(), 4) << ", 1 - p "
      << text::significant(s.mean_complement(), 4) << '\n'
      << "  entropy      mean " << text::significant(s.mean_entropy(), 4) << " nats  ("
      << text::percent(s.normalized_entropy()) << " % of equal probabilities)\n"
      << "  mean slope   " << text::significant(s.mean_derivative(), 4) << "  (" << text::percent(s.slope_share())
      << " % of equal probabilities)\n";
  if (s.single != 0) {
    out << "  one class    " << detail::count_text(s.single, "row") << (s.single == 1 ? " has" : " have")
        << " no other that is not ruled out\n";
  }
  if (s.nonfinite()) {
    out << "  NOT FINITE   " << detail::count_text(s.nan, "row") << " with NaN, " << s.infinite
        << " with +inf or -inf alone (in no other number)\n";
  }
  return out;
}

}} // namespace satur::SATUR_ABI
