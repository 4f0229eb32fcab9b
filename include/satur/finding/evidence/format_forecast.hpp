/// \file finding/evidence/format_forecast.hpp  What of a layer's numbers would leave their format at another scale.
#pragma once

#include "satur/format/limits.hpp"
#include "satur/reading/format_scale.hpp"
#include "satur/record/format_loss.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#if !SATUR_COMPILED
namespace satur::inline SATUR_ABI::detail {

/// What is lost at a scale. Shares as a finding has them.
struct format_forecast {
  double scale = std::numeric_limits<double>::quiet_NaN();
  double to_limit = 0.0; ///< of all numbers
  double to_zero = 0.0;  ///< of the numbers that are not zero
};

/// From the histogram of sizes.
[[nodiscard]] inline format_forecast forecast_of(format_loss_estimate const& e) {
  return {e.scale, e.to_limit.value, e.zero_fraction < 1.0 ? e.to_zero.value / (1.0 - e.zero_fraction) : 0.0};
}

/// The size from which on a number is rounded to the limit: of signed formats the smaller one of both ends.
[[nodiscard]] inline double edge_of(format const& f) {
  double const high = upper_edge(f).at;
  return f.low_end() < 0.0 ? (std::min)(lower_edge(f).at, high) : high;
}
/// The largest size that fits on both sides.
[[nodiscard]] inline double reach_of(format const& f) {
  return f.low_end() < 0.0 && -f.low_end() < f.high_end() ? -f.low_end() : f.high_end();
}

/// The sizes of numbers that are not zero, as far as their loss in one format tells: of five sizes the share that is no
/// larger is known. Between them the share follows a straight line of logarithms: exact where the density of sizes is
/// even, as it is near 0 for z, outputs and weights.
class known_sizes {
public:
  explicit known_sizes(format_loss const& l) {
    double const all = static_cast<double>(l.count - l.zeros);
    if (!(all > 0.0) || !(l.amax > 0.0)) {
      return;
    }
    double const half = 0.5 * l.format.smallest_subnormal;
    add(l.smallest_nonzero, 1.0 / all, l.amax);
    add(half / l.scale, static_cast<double>(l.to_zero) / all, l.amax);
    add((l.format.smallest_normal - half) / l.scale, static_cast<double>(l.to_zero + l.subnormal) / all, l.amax);
    add(edge_of(l.format) / l.scale, 1.0 - static_cast<double>(l.to_limit) / all, l.amax);
    add(l.amax, 1.0 - static_cast<double>(l.infinite) / all, l.amax);
  }
  /// Share of the numbers that are not zero whose size is at most x.
  [[nodiscard]] double up_to(double x) const {
    if (count_ == 0 || !(x >= points_[0].size)) {
      return 0.0;
    }
    for (std::size_t i = 1; i < count_; ++i) {
      if (x < points_[i].size) {
        point const& a = points_[i - 1];
        double const part = std::log(x / a.size) / std::log(points_[i].size / a.size);
        return a.share * std::pow(points_[i].share / a.share, part);
      }
    }
    return points_[count_ - 1].share;
  }
  [[nodiscard]] format_forecast forecast(format_loss const& l, double scale) const {
    double const nonzero = static_cast<double>(l.count - l.zeros) / static_cast<double>(l.count);
    return {scale, nonzero * (1.0 - up_to(edge_of(l.format) / scale)),
            up_to(0.5 * l.format.smallest_subnormal / scale)};
  }

private:
  struct point {
    double size = 0.0;
    double share = 0.0;
  };
  /// A point that is beyond the one before it.
  void add(double size, double share, double amax) {
    size = size < amax ? size : amax;
    if (count_ == 0 || (size > points_[count_ - 1].size && share > points_[count_ - 1].share)) {
      points_[count_++] = {size, share};
    }
  }
  std::array<point, 5> points_{};
  std::size_t count_ = 0;
};

} // namespace satur::inline SATUR_ABI::detail
#endif
