/// \file reading/format/magnitudes.hpp  The bins of a histogram as ranges of |x|, and the part of a range beyond a
/// limit.
#pragma once

#include "satur/record/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace satur::inline SATUR_ABI::detail {

/// n numbers with first <= |x| <= last. Their density is taken to grow by e^growth from first to last.
struct magnitude_range {
  double first = 0.0;
  double last = 0.0;
  std::uint64_t n = 0;
  int sign = 0; ///< of all of them; 0: not known
  double growth = 0.0;

  /// Share of the numbers with |x| <= limit, from the density: exact where the range does not contain the limit.
  [[nodiscard]] double share_up_to(double limit) const {
    if (limit < first) {
      return 0.0;
    }
    if (limit >= last) {
      return 1.0;
    }
    double const part = (limit - first) / (last - first);
    return std::fabs(growth) < 1e-6 ? part : std::expm1(growth * part) / std::expm1(growth);
  }
};

/// How much the logarithm of the density grows from one end of bin i to the other: by its neighbors, or by the one that
/// holds something.
[[nodiscard]] inline double density_growth(histogram const& h, std::size_t i) {
  auto const log_density = [&h](std::size_t k) {
    return std::log(static_cast<double>(h.count(k)) / (h.edge(k + 1) - h.edge(k)));
  };
  auto const center = [&h](std::size_t k) { return 0.5 * (h.edge(k) + h.edge(k + 1)); };
  std::size_t const a = i > 0 && h.count(i - 1) != 0 ? i - 1 : i;
  std::size_t const b = i + 1 < h.bins() && h.count(i + 1) != 0 ? i + 1 : i;
  if (a == b) {
    return 0.0;
  }
  double const slope = (log_density(b) - log_density(a)) / (center(b) - center(a));
  return std::clamp(slope * (h.edge(i + 1) - h.edge(i)), -30.0, 30.0);
}

/// Adds the finite numbers of lower <= x < upper, cut to the histogram's extremes.
inline void add_range(std::vector<magnitude_range>& all, histogram const& h, double lower, double upper,
                      std::uint64_t n, double growth) {
  if (n == 0) {
    return;
  }
  double const first = (std::max)(lower, h.lowest());
  double const last = upper <= h.highest() ? std::nextafter(upper, lower) : h.highest();
  double const kept = growth == 0.0 ? 0.0 : growth * ((last - first) / (upper - lower));
  if (h.kind() == histogram::scale::logarithmic) {
    all.push_back({first, last, n, 0, kept});
  } else if (first >= 0.0) {
    all.push_back({first, last, n, 1, kept});
  } else if (last <= 0.0) {
    all.push_back({-last, -first, n, -1, -kept});
  } else {
    all.push_back({0.0, (std::max)(-first, last), n, 0, 0.0});
  }
}

/// The finite numbers of a histogram but 0, as ranges of |x|.
[[nodiscard]] inline std::vector<magnitude_range> magnitudes_of(histogram const& h) {
  std::vector<magnitude_range> all;
  bool const linear = h.kind() == histogram::scale::linear; // which has zeros in a bin too
  auto const without_zeros = [&](std::uint64_t n, bool with_zeros) { return linear && with_zeros ? n - h.zeros() : n; };
  double const bottom = h.edge(0);
  double const top = h.edge(h.bins());
  add_range(all, h, h.lowest(), bottom, without_zeros(h.below(), bottom > 0.0), 0.0);
  for (std::size_t i = 0; i < h.bins(); ++i) {
    double const lower = h.edge(i);
    double const upper = h.edge(i + 1);
    std::uint64_t const n = without_zeros(h.count(i), lower <= 0.0 && upper > 0.0);
    add_range(all, h, lower, upper, n, n == 0 ? 0.0 : density_growth(h, i));
  }
  add_range(all, h, top, std::numeric_limits<double>::infinity(), without_zeros(h.above(), top <= 0.0), 0.0);
  return all;
}

} // namespace satur::inline SATUR_ABI::detail
