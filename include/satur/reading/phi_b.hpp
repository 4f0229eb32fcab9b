/// \file reading/phi_b.hpp  Saturation measured from outputs alone: phi_B of Rakitianskaia and Engelbrecht.
#pragma once

#include "satur/array/in_order.hpp"
#include "satur/observe/kernel/evaluate.hpp"
#include "satur/observe/kernel/scaled_outputs.hpp"
#include "satur/rule/limits.hpp"
#include "satur/statistics/moments.hpp"
#include "satur/text/number.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <ostream>

namespace satur { inline namespace SATUR_ABI {

/// phi_B = sum_b |mean g of bin b| n_b / sum_b n_b. g is the output, scaled so that the asymptotes are -1 and 1. The B
/// bins over [-1, 1] are equal, the last one closed.
///
/// Range: 0 if all outputs are in the linear middle, 0.5 if they are spread evenly, 1 if all are at an asymptote.
///
/// A bin on one side of 0 adds the sum of |g|. So phi_B is mean |g| for every even B, and for an odd B only the central
/// bin [-1/B, 1/B) can cancel. Two sums are enough for any B. A regular value: copy, compare, merge with +=.
///
/// Special values: NaN is counted and left out.
///
/// Source: Rakitianskaia, Engelbrecht 2015.
class phi_b {
public:
  /// Throws std::invalid_argument if bins is 0, or the activation does not state two finite asymptotes lower() and
  /// upper(). phi_B is not defined for relu or gelu.
  template <class A>
    requires(!std::convertible_to<A, double>)
  explicit phi_b(A const& act, std::size_t bins = 10) : phi_b(limit_of<false>(act), limit_of<true>(act), bins) {}
  /// For outputs between two given limits. Throws std::invalid_argument unless both are finite, lower < upper, and bins
  /// is at least 1.
  phi_b(double lower, double upper, std::size_t bins = 10) : lower_(lower), upper_(upper), bins_(bins) {
    if (!(lower < upper) || !detail::is_finite(lower) || !detail::is_finite(upper)) {
      detail::bad_parameter("phi_b", "(lower, upper)", detail::message("(", lower, ", ", upper, ")"),
                            "finite limits, lower < upper");
    }
    if (bins == 0) {
      detail::bad_parameter("phi_b", "bins", bins, "1 or more, such as 10");
    }
  }

  /// Adds f(z) for each z; ±inf gives an asymptote. Throws std::invalid_argument if the asymptotes of the activation
  /// differ from the limits of this object.
  template <class A, detail::numbers Z>
    requires activation<A, detail::value_t<Z>>
  void observe(A const& act, Z const& z) {
    using T = detail::value_t<Z>;
    detail::require_valid_parameters(act);
    if (limit_of<false>(act) != lower_ || limit_of<true>(act) != upper_) {
      detail::bad_parameter("phi_b::observe", "activation", name_of(act),
                            detail::message("one with the limits ", lower_, " and ", upper_));
    }
    detail::for_each_block(z, [&](T const* data, std::size_t n) {
      T values[detail::block_elements];
      for (std::size_t i = 0; i < n; i += detail::block_elements) {
        std::size_t const count = (std::min)(detail::block_elements, n - i);
        detail::mapping_pass<T, A, detail::wanted::value> pass{act, data + i, values, values, count};
        math::run<T>(pass);
        add(static_cast<T const*>(values), count);
      }
    });
  }
  /// Adds outputs that were computed elsewhere.
  template <detail::numbers Y> void observe_output(Y const& y) {
    using T = detail::value_t<Y>;
    detail::for_each_block(y, [&](T const* data, std::size_t n) {
      for (std::size_t i = 0; i < n; i += detail::block_elements) {
        add(data + i, (std::min)(detail::block_elements, n - i));
      }
    });
  }

  /// phi_B; NaN if there are no outputs.
  [[nodiscard]] double value() const {
    return count_ == 0 ? std::numeric_limits<double>::quiet_NaN()
                       : (sides_.value() + std::fabs(center_.value())) / static_cast<double>(count_);
  }
  [[nodiscard]] std::size_t bins() const { return bins_; }
  [[nodiscard]] double lower() const { return lower_; }
  [[nodiscard]] double upper() const { return upper_; }
  [[nodiscard]] std::uint64_t count() const { return count_; } ///< number of outputs without NaN
  [[nodiscard]] std::uint64_t nan() const { return nan_; }
  /// Number of outputs beyond a limit by more than 1e-6 of the range. They count as at the limit. Above 0, the limits
  /// do not fit the data.
  [[nodiscard]] std::uint64_t outside() const { return outside_; }

  /// Merges another object. Throws std::invalid_argument if limits or bins differ.
  phi_b& operator+=(phi_b const& o) {
    if (lower_ != o.lower_ || upper_ != o.upper_ || bins_ != o.bins_) {
      detail::raise(std::invalid_argument(
          detail::message("satur::phi_b: cannot merge ", detail::count_text(o.bins_, "bin"), " over [", o.lower_, ", ",
                          o.upper_, "] into ", bins_, " over [", lower_, ", ", upper_, "]")));
    }
    count_ += o.count_;
    nan_ += o.nan_;
    outside_ += o.outside_;
    sides_ += o.sides_;
    center_ += o.center_;
    return *this;
  }
  [[nodiscard]] friend phi_b operator+(phi_b a, phi_b const& b) { return a += b; }
  bool operator==(phi_b const&) const = default;

  friend std::ostream& operator<<(std::ostream& out, phi_b const& p) {
    out << "phi_" << p.bins_ << ' ' << text::significant(p.value(), 4) << " of " << p.count_ << " outputs scaled from ["
        << text::significant(p.lower_, 4) << ", " << text::significant(p.upper_, 4) << ']';
    if (p.nan_ + p.outside_ != 0) {
      out << ", " << p.nan_ << " NaN, " << p.outside_ << " outside";
    }
    return out;
  }

private:
  template <bool Upper, class A> [[nodiscard]] static double limit_of(A const& act) {
    if constexpr (has_limits<A>) {
      double const limit = Upper ? act.upper() : act.lower();
      if (detail::is_finite(limit)) {
        return limit;
      }
    }
    detail::bad_parameter("phi_b", "activation", name_of(act),
                          "activations with two finite asymptotes, such as sigmoid or tanh");
    return 0.0;
  }

  /// Adds n outputs, at most one block.
  template <class T> void add(T const* y, std::size_t n) {
    double const reach = bins_ % 2 == 0 ? 0.0 : 1.0 / static_cast<double>(bins_);
    double const reach_up = bins_ == 1 ? 2.0 : reach; // a single bin is closed on both sides
    if constexpr (std::same_as<T, long double>) {
      double as_double[detail::block_elements];
      std::transform(y, y + n, as_double, [](long double e) { return static_cast<double>(e); });
      add(static_cast<double const*>(as_double), n);
    } else {
      detail::scaled_output_pass<T> pass{lower_, 2.0 / (upper_ - lower_), reach, reach_up, y, n};
      math::run<T>(pass);
      count_ += n - pass.nan;
      nan_ += pass.nan;
      outside_ += pass.outside;
      sides_ += pass.sides;
      center_ += pass.center;
    }
  }

  double lower_;
  double upper_;
  std::size_t bins_;
  std::uint64_t count_ = 0;
  std::uint64_t nan_ = 0;
  std::uint64_t outside_ = 0;
  compensated_sum sides_;  // sum of |g| outside the central bin of an odd B
  compensated_sum center_; // sum of g inside it
};

}} // namespace satur::SATUR_ABI
