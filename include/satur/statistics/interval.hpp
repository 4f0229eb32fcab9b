/// \file statistics/interval.hpp  Confidence intervals for a measured share: Wilson's interval, and one for correlated
/// samples.
///
/// Observations over units and inputs are not independent: all inputs share the offset of a unit, and all units share
/// the variance of a layer. A batch of 64 inputs through a sigmoid layer may be worth about one independent input. An
/// interval that assumes independence prints this assumption. If inputs, units or networks can be told apart, use the
/// clustered form.
#pragma once

#include "satur/error.hpp"
#include "satur/statistics/tails.hpp"
#include "satur/text/number.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <ostream>
#include <span>

namespace satur { inline namespace SATUR_ABI {

/// An estimate and the interval around it. All NaN if there are no observations.
struct interval {
  double estimate = std::numeric_limits<double>::quiet_NaN();
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
  double level = 0.95;     ///< confidence level: share of such intervals that contain the true value
  double effective = 0.0;  ///< number of independent observations that the sample counts as
  bool independent = true; ///< true if units x inputs were assumed independent

  [[nodiscard]] bool contains(double x) const { return low <= x && x <= high; }
  [[nodiscard]] double width() const { return high - low; }
  bool operator==(interval const&) const = default;

  /// "0.0312 (95 %: 0.0271 to 0.0359, were units x inputs independent)", "0.0312 (95 %: 0.01 to 0.09, worth 31
  /// independent observations)".
  friend std::ostream& operator<<(std::ostream& out, interval const& i) {
    out << text::significant(i.estimate, 4) << " (" << text::significant(100.0 * i.level, 4)
        << " %: " << text::significant(i.low, 4) << " to " << text::significant(i.high, 4);
    if (i.independent) {
      return out << ", were units x inputs independent)";
    }
    return out << ", worth " << detail::count_text(text::significant(i.effective, 3), "independent observation") << ')';
  }
};

/// Correlation of observations: clusters of `size` (the observations of one input or one unit), each pair correlated by
/// `rho`.
struct clustering {
  double size = 1.0;
  double rho = 1.0;
  /// 1 + (size - 1) rho: the factor on the variance of a mean. Throws std::invalid_argument if size < 1 or rho is not
  /// in [0, 1].
  [[nodiscard]] double design_effect() const {
    if (detail::is_nan(size) || !(size >= 1.0)) {
      detail::bad_parameter("clustering", "size", size, "a number >= 1 of observations to a cluster");
    }
    if (detail::is_nan(rho) || !(rho >= 0.0 && rho <= 1.0)) {
      detail::bad_parameter("clustering", "rho", rho, "a correlation in [0, 1]");
    }
    return 1.0 + (size - 1.0) * rho;
  }
};

/// Counts of one cluster: an input over the units, a unit over the inputs, or a network.
struct cluster_count {
  std::uint64_t saturated = 0;
  std::uint64_t count = 0;
};

namespace detail {

/// The probability beyond one end of a two-sided interval.
[[nodiscard]] inline double one_tail(double level) {
  if (is_nan(level) || !(level > 0.0 && level < 1.0)) {
    bad_parameter("interval", "level", level, "a share in (0, 1), such as 0.95");
  }
  return 0.5 * (1.0 - level);
}

/// Wilson's interval of k in n, integers or not, 0 <= k <= n, 0 < n. The lower end is computed from the product of the
/// two ends, which does not cancel if k is small.
[[nodiscard]] inline interval wilson_interval(double k, double n, double z, double level, bool independent) {
  double const root = z * std::sqrt(k * ((n - k) / n) + 0.25 * z * z);
  double const reach = k + 0.5 * z * z + root;
  return {k / n, k * (k / n) / reach, k == n ? 1.0 : reach / (n + z * z), level, n, independent};
}

inline void require_part(char const* function, std::uint64_t k, std::uint64_t n) {
  if (k > n) {
    bad_parameter(function, "(k, n)", message("(", k, ", ", n, ")"), "k <= n");
  }
}

} // namespace detail

/// Wilson's score interval for a share of k in n independent observations. Never empty, even for k = 0, and always
/// within [0, 1]. NaN if n = 0.
///
/// Source: Wilson 1927.
///
/// Throws std::invalid_argument if k > n or level is not in (0, 1).
[[nodiscard]] inline interval wilson(std::uint64_t k, std::uint64_t n, double level = 0.95) {
  double const q = detail::one_tail(level);
  detail::require_part("wilson", k, n);
  if (n == 0) {
    interval nothing;
    nothing.level = level;
    return nothing;
  }
  return detail::wilson_interval(static_cast<double>(k), static_cast<double>(n), detail::normal_quantile(q), level,
                                 true);
}

/// For clustered observations: Wilson's interval with n / (1 + (size - 1) rho) observations.
[[nodiscard]] inline interval wilson(std::uint64_t k, std::uint64_t n, clustering const& c, double level = 0.95) {
  interval i = wilson(k, n, level);
  double const effect = c.design_effect();
  if (n != 0) {
    i = detail::wilson_interval(static_cast<double>(k) / effect, static_cast<double>(n) / effect,
                                detail::normal_quantile(detail::one_tail(level)), level, false);
  }
  i.independent = false;
  return i;
}

/// The interval from the counts of each cluster. The variance of the share is that of the clusters around it (ratio
/// estimator). The interval is Wilson's for the number of independent observations with that variance, with Student's t
/// of (clusters - 1) degrees of freedom instead of the normal.
///
/// The number of independent observations is never above the number of all observations. If all or none are saturated,
/// the clusters give no correlation, and each counts as one observation. One cluster gives [0, 1]. Empty clusters are
/// left out.
///
/// Source: Cochran 1977, chapter 3; Korn, Graubard 1998.
///
/// Throws std::invalid_argument if a cluster has saturated > count.
[[nodiscard]] inline interval clustered_interval(std::span<cluster_count const> clusters, double level = 0.95) {
  double const q = detail::one_tail(level);
  double k = 0.0;
  double n = 0.0;
  double groups = 0.0;
  for (cluster_count const& c : clusters) {
    detail::require_part("clustered_interval", c.saturated, c.count);
    k += static_cast<double>(c.saturated);
    n += static_cast<double>(c.count);
    groups += c.count != 0 ? 1.0 : 0.0;
  }
  if (n == 0.0) {
    interval nothing;
    nothing.level = level;
    nothing.independent = false;
    return nothing;
  }
  double const p = k / n;
  if (groups < 2.0) {
    return {p, 0.0, 1.0, level, 0.0, false};
  }
  double squares = 0.0;
  for (cluster_count const& c : clusters) {
    double const off = static_cast<double>(c.saturated) - p * static_cast<double>(c.count);
    squares += off * off;
  }
  double effective = groups;
  if (k != 0.0 && k != n) {
    double const variance = groups / (groups - 1.0) * squares / (n * n);
    effective = variance > 0.0 ? (std::min)(n, p * (1.0 - p) / variance) : n;
  }
  double const z = detail::normal_quantile(q);
  double const shrink = z / detail::student_quantile(groups - 1.0, q);
  effective *= shrink * shrink;
  interval i = detail::wilson_interval(k == n ? effective : p * effective, effective, z, level, false);
  i.estimate = p;
  return i;
}

/// The correlation of two observations of one cluster (analysis of variance, Fisher). 0 if clusters do not matter, 1 if
/// each is saturated entirely or not at all; slightly below 0 by chance. NaN with fewer than two clusters, with one
/// observation in each, or if all observations are equal. Throws std::invalid_argument if a cluster has saturated >
/// count.
[[nodiscard]] inline double intraclass_correlation(std::span<cluster_count const> clusters) {
  double k = 0.0;
  double n = 0.0;
  double squares = 0.0;
  double groups = 0.0;
  for (cluster_count const& c : clusters) {
    double const size = static_cast<double>(c.count);
    detail::require_part("intraclass_correlation", c.saturated, c.count);
    k += static_cast<double>(c.saturated);
    n += size;
    squares += size * size;
    groups += c.count != 0 ? 1.0 : 0.0;
  }
  if (groups < 2.0 || n <= groups) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  double between = 0.0;
  double within = 0.0;
  for (cluster_count const& c : clusters) {
    if (c.count != 0) {
      double const size = static_cast<double>(c.count);
      double const share = static_cast<double>(c.saturated) / size;
      between += size * (share - k / n) * (share - k / n);
      within += size * share * (1.0 - share);
    }
  }
  between /= groups - 1.0;
  within /= n - groups;
  double const typical = (n - squares / n) / (groups - 1.0);
  return (between - within) / (between + (typical - 1.0) * within);
}

}} // namespace satur::SATUR_ABI
