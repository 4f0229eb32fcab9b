/// \file monitor/recording/kept_rows.hpp  The rows that a mask keeps, brought together for the passes of a recorder.
#pragma once

#include "satur/array/kept_numbers.hpp"
#include "satur/array/sample_mask.hpp"
#include "satur/monitor/recording/drawing.hpp"

#include <cstddef>
#include <optional>
#include <span>

namespace satur::inline SATUR_ABI::detail {

/// How the samples of x lie that a mask has entries for.
struct masked_samples {
  unit_layout layout;
  bool rows; ///< a sample is a row of units; else it is a single number
};
/// By the layout, if there is one; else with the units along the last axis of x, or one entry for each number. Throws
/// shape_error if the mask does not fit.
template <class X>
[[nodiscard]] masked_samples samples_of(char const* function, char const* name, X const& x,
                                        std::optional<unit_layout> const& layout, sample_mask const& mask) {
  if (layout) {
    require_layout(function, name, x, *layout);
    require_samples(function, mask, *layout);
    return {*layout, true};
  }
  masked_samples found{masked_layout(function, name, x, mask), false};
  if constexpr (shaped<X>) {
    found.rows = rank_of(x) != 0 && last_extent(x) == found.layout.units;
  }
  return found;
}

/// The kept numbers of x, copied into `memory`, and how the copy lies.
template <class X> struct kept_rows {
  std::span<value_t<X> const> numbers;
  std::optional<unit_layout> layout; ///< none if a sample is a single number

  kept_rows(X const& x, masked_samples const& samples, sample_mask const& mask, scratch_memory& memory) {
    std::size_t const n = mask.kept() * samples.layout.units;
    value_t<X>* const to = memory.room<value_t<X>>(n);
    numbers = {to, kept_numbers<X>(x, samples.layout, mask).read(to, n)};
    if (samples.rows) {
      layout = unit_layout::matrix(mask.kept(), samples.layout.units);
    }
  }
};

} // namespace satur::inline SATUR_ABI::detail
