/// \file report/tensorboard/event_histogram.hpp  A histogram as TensorBoard takes it.
#pragma once

#include "satur/error.hpp"
#include "satur/report/tensorboard/protobuf_wire.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace satur::inline SATUR_ABI::detail {

/// The finite values of a histogram in buckets: bucket i holds what is at or above the limit of bucket i - 1 (`min` for
/// the first) and below its own (up to `max` for the last), as HistogramProto wants it. No bucket at either end is
/// empty, and empty ones in a row are one. Of a logarithmic histogram, |x|, zeros among them.
struct event_buckets {
  std::vector<double> limits; ///< ascending
  std::vector<double> counts;
  double min = 0.0;
  double max = 0.0;
  double count = 0.0;
  double sum = 0.0;         ///< by the middles of the buckets
  double sum_squares = 0.0; ///< likewise

  /// Of a satur::histogram; a template, so that this header does not bring it.
  template <class Histogram> explicit event_buckets(Histogram const& h) {
    bool const logarithmic = h.kind() == Histogram::scale::logarithmic;
    std::uint64_t const zeros = logarithmic ? h.zeros() : 0;
    if (is_nan(h.lowest()) && zeros == 0) {
      return; // no finite value
    }
    min = zeros != 0 ? 0.0 : h.lowest();
    max = is_nan(h.highest()) ? 0.0 : h.highest();
    add(h.edge(0), zeros + h.below());
    for (std::size_t i = 0; i < h.bins(); ++i) {
      add(h.edge(i + 1), h.count(i));
    }
    constexpr double largest = (std::numeric_limits<double>::max)();
    add((std::min)(std::nextafter(max, std::numeric_limits<double>::infinity()), largest), h.above());
    if (!counts.empty() && counts.back() == 0.0) { // empty ones at the end
      counts.pop_back();
      limits.pop_back();
    }
  }

private:
  void add(double limit, std::uint64_t n) {
    if (n != 0) {
      double const middle = (std::max)(limits.empty() ? min : limits.back(), min) / 2.0 + (std::min)(limit, max) / 2.0;
      double const x = static_cast<double>(n);
      count += x;
      sum += x * middle;
      sum_squares += x * middle * middle;
      limits.push_back(limit);
      counts.push_back(x);
    } else if (!counts.empty() && counts.back() == 0.0) {
      limits.back() = limit;
    } else if (!counts.empty()) { // the first ones are not there at all
      limits.push_back(limit);
      counts.push_back(0.0);
    }
  }
};

/// The fields of TensorFlow's HistogramProto.
inline void append_histogram(protobuf_fields& fields, event_buckets const& b) {
  fields.real(1, b.min);
  fields.real(2, b.max);
  fields.real(3, b.count);
  fields.real(4, b.sum);
  fields.real(5, b.sum_squares);
  fields.reals(6, [&](auto const& append) { std::for_each(b.limits.begin(), b.limits.end(), append); });
  fields.reals(7, [&](auto const& append) { std::for_each(b.counts.begin(), b.counts.end(), append); });
}

} // namespace satur::inline SATUR_ABI::detail
