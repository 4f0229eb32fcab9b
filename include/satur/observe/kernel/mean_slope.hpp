/// \file observe/kernel/mean_slope.hpp  The mean of f'(z) alone, with the bits of the record's.
#pragma once

#include "satur/observe/kernel/saturation.hpp"

#include <cstdint>
#include <limits>

namespace satur::inline SATUR_ABI::detail {

/// The mean slope of all z but NaN: what `saturation` keeps of f'(z), without its variance.
struct mean_slope {
  std::uint64_t count = 0;
  double mean = 0.0;

  mean_slope& operator+=(mean_slope const& o) {
    if (o.count != 0) {
      mean = count == 0 ? o.mean : joint_mean(static_cast<double>(count), mean, static_cast<double>(o.count), o.mean);
      count += o.count;
    }
    return *this;
  }
  [[nodiscard]] double value() const { return count == 0 ? std::numeric_limits<double>::quiet_NaN() : mean; }
};

struct no_limits {
  template <class L> SATUR_INLINE no_limits over() const { return {}; }
};

/// The slopes of one leaf, summed in the order and around the number of `leaf_sums`: the same mean, bit for bit. It
/// differs in the last bits where only `leaf_sums` or only this looks at the leaf again: f(z) is infinite for a finite
/// z, or a sum of finite z overflows.
template <class L> struct slope_sums {
  using W = typename pass_types<L>::wide;
  using C = typename pass_types<L>::counter;
  using T = math::element_t<L>;
  using S = sum_element<T>;
  using limits = no_limits;
  static constexpr bool reads_values = false;

  C nan = C(0);
  L sum_z = L(0); // for one question only: was there NaN or infinity?
  wide_sums<L, shifted_sum<W>> slope;
  sum_frame<T> around;

  SATUR_INLINE explicit slope_sums(sum_frame<T> const& f)
      : slope({W(static_cast<S>(f.slope * f.slope_scale))}), around(f) {}
  [[nodiscard]] SATUR_INLINE static sum_frame<T> around_block(T z, T const*, T const* slopes, std::size_t count) {
    return {z, T(0), middle_of(slopes[0], slopes[count / 2], slopes[count - 1])};
  }
  SATUR_INLINE void add(T const* x, T const*, T const* slopes, no_limits) {
    sum_z = sum_z + math::load<L>(x);
    slope.add_from(slopes);
  }
  SATUR_INLINE void add_checked(register_part<L> part, T const* x, T const*, T const* slopes, no_limits) {
    auto const valid = first_lanes<L>(part.count);
    auto const is_nan_here = as_mask_of<L>(is_nan(part.load(x, T(0)))) && valid;
    count_into(nan, is_nan_here);
    L const steepness = math::select(valid && !is_nan_here, part.load(slopes, T(0)), L(around.slope));
    slope.add(steepness * L(around.slope_scale));
  }
  struct totals_t {
    T z;
    S slope;
    [[nodiscard]] SATUR_INLINE bool clean() const { return is_finite_number(z) && is_finite_number(slope); }
  };
  [[nodiscard]] SATUR_INLINE totals_t totals() const { return {sum_in_any_order(sum_z), slope.sum()}; }
  [[nodiscard]] SATUR_INLINE bool rescale(totals_t const& found) {
    bool const again = std::same_as<T, S> && around.slope_scale == T(1) && !is_finite_number(found.slope);
    if (again) {
      around.slope_scale = static_cast<T>(overflow_scale);
    }
    return again;
  }
  SATUR_INLINE void join(mean_slope& record, std::uint64_t n, totals_t const& found) const {
    std::uint64_t const seen = n - static_cast<std::uint64_t>(sum_of(nan));
    if (seen != 0) {
      record += mean_slope{seen, mean_from(seen, around.slope, found.slope, around.slope_scale)};
    }
  }
};
template <> struct leaf_sums_for<mean_slope> {
  template <class L> using in = slope_sums<L>;
};

} // namespace satur::inline SATUR_ABI::detail

SATUR_COMPILED_PASS(float,
                    satur::detail::observing_pass<satur::detail::plain_arrays<float>, satur::detail::mean_slope>);
SATUR_COMPILED_PASS(double,
                    satur::detail::observing_pass<satur::detail::plain_arrays<double>, satur::detail::mean_slope>);
