/// \file report/svg/axis.hpp  From numbers to pixels: linear and logarithmic axes, and where their ticks are.
#pragma once

#include "satur/error.hpp"
#include "satur/text/number.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace satur::inline SATUR_ABI::svg {

/// The range of some numbers, as they come. NaN and infinity are left out.
struct range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  bool positive = false; ///< numbers that are not above 0 are left out too

  void add(double x) {
    if (satur::detail::is_finite(x) && (!positive || x > 0.0)) {
      low = (std::min)(low, x);
      high = (std::max)(high, x);
    }
  }
  [[nodiscard]] bool empty() const { return !(low <= high); }
};

struct tick {
  double value;
  std::string text;
};

/// An axis from `low` to `high`, drawn between two pixels.
class axis {
public:
  /// Around the numbers of r; from 0 to 1 if there are none. A logarithmic axis is extended to at least one octave.
  axis(range const& r, double from, double to, bool logarithmic = false)
      : low_(r.empty() ? (logarithmic ? 0.1 : 0.0) : r.low), high_(r.empty() ? 1.0 : r.high), from_(from), to_(to),
        logarithmic_(logarithmic) {
    if (logarithmic_) {
      if (high_ < 2.0 * low_) {
        low_ /= 2.0;
        high_ *= 2.0;
      }
    } else if (!(high_ > low_)) {
      double const room = low_ == 0.0 ? 1.0 : std::fabs(low_) * 0.1;
      low_ -= room;
      high_ += room;
    }
  }
  /// From `low` to `high` exactly.
  [[nodiscard]] static axis between(double low, double high, double from, double to) {
    range r;
    r.add(low);
    r.add(high);
    return {r, from, to};
  }

  /// The pixel of x; NaN if x is NaN, or not above 0 on a logarithmic axis. Infinity lies at the end.
  [[nodiscard]] double at(double x) const {
    if (satur::detail::is_nan(x) || (logarithmic_ && !(x > 0.0))) {
      return std::numeric_limits<double>::quiet_NaN();
    }
    double const share = logarithmic_ ? std::log(x / low_) / std::log(high_ / low_) : (x - low_) / (high_ - low_);
    return from_ + (std::min)((std::max)(share, 0.0), 1.0) * (to_ - from_);
  }
  [[nodiscard]] double low() const { return low_; }
  [[nodiscard]] double high() const { return high_; }
  [[nodiscard]] bool logarithmic() const { return logarithmic_; }

  /// About `wanted` round numbers on the axis; powers of ten on a logarithmic one if it has two of them.
  [[nodiscard]] std::vector<tick> ticks(int wanted = 4) const {
    std::vector<tick> all;
    if (logarithmic_) {
      auto const first = static_cast<int>(std::ceil(std::log10(low_) - 1e-9));
      auto const last = static_cast<int>(std::floor(std::log10(high_) + 1e-9));
      if (last > first) {
        int const step = (last - first) / (wanted + 1) + 1;
        for (int e = first; e <= last; e += step) {
          all.push_back({std::pow(10.0, e), power_text(e)});
        }
        return all;
      }
      return {{low_, text::significant(low_, 2)}, {high_, text::significant(high_, 2)}};
    }
    double const rough = (high_ - low_) / wanted;
    double const power = std::pow(10.0, std::floor(std::log10(rough)));
    double const step = power * (rough < 1.5 * power   ? 1.0
                                 : rough < 3.5 * power ? 2.0
                                 : rough < 7.5 * power ? 5.0
                                                       : 10.0);
    for (double n = std::ceil(low_ / step - 1e-9); n * step <= high_ + 1e-9 * step; n += 1.0) {
      all.push_back({n * step, text::significant(n * step, 6)});
    }
    return all;
  }

private:
  [[nodiscard]] static std::string power_text(int e) {
    return e >= -2 && e <= 3 ? text::number(std::pow(10.0, e)) : "1e" + text::number(e);
  }

  double low_;
  double high_;
  double from_;
  double to_;
  bool logarithmic_;
};

} // namespace satur::inline SATUR_ABI::svg
