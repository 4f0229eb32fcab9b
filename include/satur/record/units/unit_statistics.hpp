/// \file record/units/unit_statistics.hpp  What is kept of each unit: the one list that observing, merging, decaying,
/// saving and reading go through. docs/extending/unit_statistic.md says how to add to it.
#pragma once

#include "satur/record/saturation.hpp"
#include "satur/record/units/unit_summary.hpp"
#include "satur/simd/loop.hpp"
#include "satur/simd/special_values.hpp"
#include "satur/statistics/moments.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>

namespace satur::inline SATUR_ABI::detail {

/// The numbers of a unit that a statistic is over: samples whose z is not NaN, those whose z is finite, finite dL/dz.
enum class unit_numbers : std::uint8_t { samples, finite, gradients };
/// What a statistic is taken of; `value_of` and `gradient_value_of` make it.
enum class unit_value : std::uint8_t { slope, z, output, magnitude, gradient_square };
enum class unit_moment : std::uint8_t { mean, variance };

struct unit_statistic {
  unit_value value;
  unit_moment moment;
  unit_numbers over;
  double unit_summary::*summary; ///< where a summary holds it
  moments saturation::*layer;    ///< what the record of the layer keeps of the same value; null: nothing

  [[nodiscard]] constexpr bool is_at_least_0() const {
    return moment == unit_moment::variance || value == unit_value::magnitude || value == unit_value::gradient_square;
  }
};

/// One row of a record, and of a file, each, in this order: any change is a new format of the file. A variance comes
/// right after its mean, and is over the same numbers.
inline constexpr std::array unit_statistics{
    unit_statistic{unit_value::slope, unit_moment::mean, unit_numbers::samples, &unit_summary::mean_slope,
                   &saturation::slope},
    unit_statistic{unit_value::z, unit_moment::mean, unit_numbers::finite, &unit_summary::z_mean, &saturation::z},
    unit_statistic{unit_value::z, unit_moment::variance, unit_numbers::finite, &unit_summary::z_variance, nullptr},
    unit_statistic{unit_value::output, unit_moment::mean, unit_numbers::finite, &unit_summary::output,
                   &saturation::output},
    unit_statistic{unit_value::magnitude, unit_moment::mean, unit_numbers::finite, &unit_summary::magnitude, nullptr},
    unit_statistic{unit_value::gradient_square, unit_moment::mean, unit_numbers::gradients,
                   &unit_summary::gradient_mean_square, nullptr},
};

/// The value of one sample, from z, f(z) and f'(z): numbers, or lanes of them.
template <unit_value V, class W> [[nodiscard]] SATUR_INLINE W value_of(W const& z, W const& output, W const& slope) {
  if constexpr (V == unit_value::z) {
    return z;
  } else if constexpr (V == unit_value::output) {
    return output;
  } else if constexpr (V == unit_value::magnitude) {
    return magnitude_of(output);
  } else {
    static_assert(V == unit_value::slope);
    return slope;
  }
}
/// The value of one sample, from dL/dz that came as T. No square of a number that is not 0 counts as less than 1e-290,
/// so that a mean of 0 says that all were exactly 0.
template <unit_value V, class T, class W> [[nodiscard]] SATUR_INLINE W gradient_value_of(W const& g) {
  static_assert(V == unit_value::gradient_square);
  W const square = g * g;
  if constexpr (std::same_as<T, float>) { // no float but 0 has a square below 1e-90
    return square;
  } else {
    W const smallest = W(static_cast<math::element_t<W>>(1e-290));
    return math::select(g != W(0) && square < smallest, smallest, square);
  }
}

[[nodiscard]] constexpr bool is_mean(std::size_t row) { return unit_statistics[row].moment == unit_moment::mean; }
/// Whether the row after that of a mean holds its variance.
[[nodiscard]] constexpr bool has_variance(std::size_t row) {
  return row + 1 < unit_statistics.size() && !is_mean(row + 1);
}

/// The rows of the means that a pass over z (or over dL/dz) makes.
template <bool OfGradients> [[nodiscard]] consteval auto rows_of_means() {
  constexpr auto wanted = [](std::size_t row) {
    return is_mean(row) && (unit_statistics[row].over == unit_numbers::gradients) == OfGradients;
  };
  constexpr std::size_t count = [wanted] {
    std::size_t n = 0;
    for (std::size_t row = 0; row < unit_statistics.size(); ++row) {
      n += wanted(row);
    }
    return n;
  }();
  std::array<std::size_t, count> rows{};
  std::size_t n = 0;
  for (std::size_t row = 0; row < unit_statistics.size(); ++row) {
    if (wanted(row)) {
      rows[n++] = row;
    }
  }
  return rows;
}
inline constexpr auto forward_statistics = rows_of_means<false>();
inline constexpr auto gradient_rows = rows_of_means<true>();

/// A number for each kind of `unit_numbers`: how many there are, or their share.
struct unit_sizes {
  double samples = 0.0;
  double finite = 0.0;
  double gradients = 0.0;
  [[nodiscard]] SATUR_INLINE constexpr double operator[](unit_numbers over) const {
    return over == unit_numbers::samples ? samples : over == unit_numbers::finite ? finite : gradients;
  }
};
[[nodiscard]] inline unit_sizes sizes_of(unit_summary const& u) {
  return {u.samples, u.samples - u.infinite, u.gradients};
}
/// The share of `more` numbers among them and those before; 0 where there are no more.
[[nodiscard]] SATUR_INLINE double share_of(double more, double before) {
  return more > 0.0 ? more / (before + more) : 0.0;
}
[[nodiscard]] SATUR_INLINE unit_sizes shares_of(unit_sizes const& more, unit_sizes const& before) {
  return {share_of(more.samples, before.samples), share_of(more.finite, before.finite),
          share_of(more.gradients, before.gradients)};
}

/// The one merge of means and variances: those of the units of one step of a loop are joined by others, whose share
/// among all numbers is w. `variance` is null where there is none. As Chan, Golub, LeVeque 1983.
template <class Part, class W = typename Part::lanes>
SATUR_INLINE void join_statistic(Part part, double* mean, double* variance, W const& other_mean,
                                 std::type_identity_t<W> const& other_variance, std::type_identity_t<W> const& w) {
  W const old = part.load(mean, 0.0);
  part.store(mean, moved_mean(old, other_mean, w));
  if (variance != nullptr) {
    W const v = part.load(variance, 0.0);
    part.store(variance, joint_variance(v, other_variance, W(other_mean - old), w));
  }
}
/// All statistics of one unit are joined: ours(row) is a double&, theirs(row) a double, `share` that of theirs.
template <class Ours, class Theirs>
SATUR_INLINE void join_unit(unit_sizes const& share, Ours const& ours, Theirs const& theirs) {
  for (std::size_t row = 0; row < unit_statistics.size(); ++row) {
    double const w = share[unit_statistics[row].over];
    if (is_mean(row) && w > 0.0) {
      bool const both = has_variance(row);
      join_statistic(whole_register<double>{}, &ours(row), both ? &ours(row + 1) : nullptr, theirs(row),
                     both ? theirs(row + 1) : 0.0, w);
    }
  }
}

} // namespace satur::inline SATUR_ABI::detail
