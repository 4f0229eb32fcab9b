/// \file finding/evidence/format_forecast.hpp  What of a layer's numbers would leave their format at another scale.
#pragma once

#include "satur/format/limits.hpp"
#include "satur/record/format_loss.hpp"
#include "satur/record/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#if !SATUR_COMPILED
namespace satur::inline SATUR_ABI::detail {

/// The largest size that a scale may make, and the one from which on it is rounded to the limit: of signed formats the
/// smaller one of both ends.
[[nodiscard]] inline double reach_of(format const& f) {
  return f.low_end() < 0.0 && -f.low_end() < f.high_end() ? -f.low_end() : f.high_end();
}
[[nodiscard]] inline double edge_of(format const& f) {
  double const high = upper_edge(f).at;
  return f.low_end() < 0.0 ? (std::min)(lower_edge(f).at, high) : high;
}

/// How the sizes |x| of numbers that are not zero are spread: points (size, share that is no larger), between which the
/// share follows a straight line. From a histogram of sizes, exact at the edges of its bins. Without one, from the five
/// sizes of which a loss knows the share, a straight line of logarithms: exact where the density of sizes is even, as
/// it is near 0 for z, outputs and weights.
class size_law {
public:
  size_law(format_loss const& seen, histogram const* sizes) {
    if (sizes != nullptr && sizes->total() > sizes->zeros()) {
      read(*sizes);
    } else {
      read(seen);
    }
  }
  /// Share of the numbers that are not zero whose size is at most x.
  [[nodiscard]] double up_to(double x) const {
    if (points_.empty() || !(x >= points_.front().first)) {
      return 0.0;
    }
    for (std::size_t i = 1; i < points_.size(); ++i) {
      if (x < points_[i].first) {
        return between(points_[i - 1], points_[i], x);
      }
    }
    return points_.back().second;
  }
  /// Largest finite size; 0 if there is none.
  [[nodiscard]] double largest() const { return points_.empty() ? 0.0 : points_.back().first; }
  [[nodiscard]] double smallest() const { return points_.empty() ? 0.0 : points_.front().first; }
  /// The size that the share `p` does not exceed.
  [[nodiscard]] double quantile(double p) const {
    double low = smallest();
    double high = largest();
    for (int i = 0; i < 60; ++i) {
      double const middle = std::sqrt(low) * std::sqrt(high);
      (up_to(middle) < p ? low : high) = middle;
    }
    return high;
  }
  [[nodiscard]] bool measured() const { return linear_; } ///< from a histogram

private:
  using point = std::pair<double, double>;

  void read(histogram const& h) {
    linear_ = true;
    double const all = static_cast<double>(h.total() - h.zeros());
    auto below = static_cast<double>(h.below());
    points_.emplace_back(h.lowest(), below / all);
    for (std::size_t i = 0; i < h.bins(); ++i) {
      below += static_cast<double>(h.count(i));
      double const edge = h.edge(i + 1);
      if (h.count(i) != 0 || (i + 1 < h.bins() && h.count(i + 1) != 0)) { // the line is straight elsewhere
        points_.emplace_back((std::min)(edge, h.highest()), below / all);
      }
    }
    if (h.above() != 0) {
      points_.emplace_back(h.highest(), (below + static_cast<double>(h.above())) / all);
    }
    points_.erase(std::remove_if(points_.begin() + 1, points_.end(),
                                 [this](point const& p) { return p.first < points_.front().first; }),
                  points_.end());
  }
  void read(format_loss const& l) {
    double const all = static_cast<double>(l.count - l.zeros);
    if (!(all > 0.0) || !(l.amax > 0.0)) {
      return;
    }
    auto const add = [this, &l](double size, double share) {
      size = size < l.amax ? size : l.amax;
      if (size > points_.back().first && share > points_.back().second) {
        points_.emplace_back(size, share);
      }
    };
    double const half = 0.5 * l.format.smallest_subnormal;
    points_.emplace_back(l.smallest_nonzero, 1.0 / all);
    add(half / l.scale, static_cast<double>(l.to_zero) / all);
    add((l.format.smallest_normal - half) / l.scale, static_cast<double>(l.to_zero + l.subnormal) / all);
    double const beyond = edge_of(l.format) / l.scale;
    if (beyond < l.amax) {
      add(beyond, 1.0 - static_cast<double>(l.to_limit) / all);
    }
    add(l.amax, 1.0 - static_cast<double>(l.infinite) / all);
  }
  [[nodiscard]] double between(point const& a, point const& b, double x) const {
    if (linear_ || !(a.second > 0.0)) {
      return a.second + (b.second - a.second) * (x - a.first) / (b.first - a.first);
    }
    double const part = std::log(x / a.first) / std::log(b.first / a.first);
    return a.second * std::pow(b.second / a.second, part);
  }

  std::vector<point> points_; ///< by size
  bool linear_ = false;
};

/// What is lost at a scale. Shares as a finding has them.
struct format_forecast {
  double scale = std::numeric_limits<double>::quiet_NaN();
  double to_limit = 0.0; ///< of all numbers
  double to_zero = 0.0;  ///< of the numbers that are not zero
};

[[nodiscard]] inline format_forecast forecast(format_loss const& l, size_law const& sizes, double scale) {
  double const nonzero = static_cast<double>(l.count - l.zeros) / static_cast<double>(l.count);
  return {scale, nonzero * (1.0 - sizes.up_to(edge_of(l.format) / scale)),
          sizes.up_to(0.5 * l.format.smallest_subnormal / scale)};
}

/// The scale at which that size is as large as the format goes, less `bits` of room; a power of two below it if that is
/// wanted. NaN if there is none.
[[nodiscard]] inline double scale_for(format const& f, double size, double bits, bool power_of_two) {
  double const exact = std::log2(reach_of(f)) - std::log2(size) - bits;
  double const scale = std::exp2(power_of_two ? std::floor(exact) : exact);
  return size > 0.0 && is_finite(scale) && scale > 0.0 ? scale : std::numeric_limits<double>::quiet_NaN();
}

} // namespace satur::inline SATUR_ABI::detail
#endif
