/// \file record/distribution.hpp  How the numbers of an array are distributed: four moments, zeros, subnormals, range.
#pragma once

#include "satur/statistics/four_moments.hpp"
#include "satur/text/number.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <ostream>

namespace satur { inline namespace SATUR_ABI {

/// The shape of a distribution. A regular, mergeable value; `observe_distribution` makes it in one pass. NaN is in
/// `nan` alone; infinity is in `count()` and in `infinite`, and in no moment and no extreme.
struct distribution {
  four_moments finite;         ///< of the finite numbers
  std::uint64_t zeros = 0;     ///< exactly 0 or -0
  std::uint64_t subnormal = 0; ///< not zero, and below the smallest normal number of the type that they came as
  std::uint64_t nan = 0;
  std::uint64_t infinite = 0;
  double amax = 0.0;             ///< largest finite |x|; 0 if there is none
  double smallest_nonzero = 0.0; ///< smallest |x| that is not 0; 0 if there is none

  /// Numbers seen, NaN not among them.
  [[nodiscard]] std::uint64_t count() const { return finite.count + infinite; }
  /// Nothing was seen, not even NaN.
  [[nodiscard]] bool empty() const { return count() == 0 && nan == 0; }
  // Moments of the finite numbers, which divide by n; NaN where they are undefined (`four_moments`).
  [[nodiscard]] double mean() const { return finite.mean_or_nan(); }
  [[nodiscard]] double variance() const { return finite.variance(); }
  [[nodiscard]] double stddev() const { return std::sqrt(variance()); }
  [[nodiscard]] double skewness() const { return finite.skewness(); }
  [[nodiscard]] double excess_kurtosis() const { return finite.excess_kurtosis(); }
  /// Shares of `count()`; NaN if nothing was seen.
  [[nodiscard]] double zero_fraction() const { return share(zeros); }
  [[nodiscard]] double subnormal_fraction() const { return share(subnormal); }
  /// log2(amax / smallest_nonzero): the octaves that the finite numbers span; NaN if all are 0.
  [[nodiscard]] double dynamic_range_bits() const {
    return amax > 0.0 ? std::log2(amax) - std::log2(smallest_nonzero) : std::numeric_limits<double>::quiet_NaN();
  }

  distribution& operator+=(distribution const& o) {
    finite += o.finite;
    zeros += o.zeros;
    subnormal += o.subnormal;
    nan += o.nan;
    infinite += o.infinite;
    amax = o.amax > amax ? o.amax : amax;
    if (o.smallest_nonzero > 0.0 && (smallest_nonzero == 0.0 || o.smallest_nonzero < smallest_nonzero)) {
      smallest_nonzero = o.smallest_nonzero;
    }
    return *this;
  }
  [[nodiscard]] friend distribution operator+(distribution a, distribution const& b) { return a += b; }
  bool operator==(distribution const&) const = default;

private:
  [[nodiscard]] double share(std::uint64_t part) const {
    return count() == 0 ? std::numeric_limits<double>::quiet_NaN()
                        : static_cast<double>(part) / static_cast<double>(count());
  }
};

/// "8192 numbers: mean 0.01, std 1.2, skewness 0.02, excess kurtosis -1.2; 3.0 % zero, 0 % subnormal; amax 3.1,
/// smallest non-zero 0.002, 10.6 bits of range", and "; 2 NaN (in no other number), 1 infinite" if something is not
/// finite.
inline std::ostream& operator<<(std::ostream& out, distribution const& d) {
  if (d.empty()) {
    return out << "nothing observed";
  }
  out << detail::count_text(d.count(), "number") << ": mean " << text::significant(d.mean(), 4) << ", std "
      << text::significant(d.stddev(), 4) << ", skewness " << text::significant(d.skewness(), 3) << ", excess kurtosis "
      << text::significant(d.excess_kurtosis(), 3) << "; " << text::percent(d.zero_fraction()) << " % zero, "
      << text::percent(d.subnormal_fraction()) << " % subnormal; amax " << text::significant(d.amax, 4)
      << ", smallest non-zero " << text::significant(d.smallest_nonzero, 4) << ", "
      << text::decimals(d.dynamic_range_bits(), 1) << " bits of range";
  if (d.nan != 0 || d.infinite != 0) {
    out << "; " << text::number(d.nan) << " NaN (in no other number), " << text::number(d.infinite) << " infinite";
  }
  return out;
}

}} // namespace satur::SATUR_ABI
