/// \file observe/format_units.hpp  What of each unit of a layer leaves a number format: observe_format_units.
///
///     std::vector<format_loss> const units = observe_format_units(formats::fp8_e4m3, z);   // z of shape (batch,
///     units)
#pragma once

#include "satur/array/row_major.hpp"
#include "satur/array/unit_layout.hpp"
#include "satur/observe/format.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// The numbers of units [first, first + units) in `count` samples from sample `at` on, one unit after another.
template <class T>
void gather_units(T const* x, unit_layout const& layout, std::size_t first, std::size_t units, std::size_t at,
                  std::size_t count, T* to) {
  for (std::size_t k = 0; k < count; ++k) {
    std::size_t const outer = (at + k) / layout.inner;
    std::size_t const inner = (at + k) % layout.inner;
    T const* const from = x + (outer * layout.units + first) * layout.inner + inner;
    for (std::size_t u = 0; u < units; ++u) {
      to[u * count + k] = from[u * layout.inner];
    }
  }
}

} // namespace detail

/// `observe_format` of each unit of x, which is laid out as `layout` says; element u is unit u. Throws what
/// `observe_format` throws; shape_error if x has not the layout's size.
template <detail::numbers X>
[[nodiscard]] std::vector<format_loss> observe_format_units(format const& f, X const& x, unit_layout const& layout,
                                                            double scale = 1.0, format_options const& options = {}) {
  using T = detail::value_t<X>;
  constexpr std::size_t units_at_once = 16;
  detail::require_layout("observe_format_units", "x", x, layout);
  detail::format_observer<T> observer(f, scale, options); // throws, also if there is no unit
  detail::row_major_numbers<X> const from(x);
  std::size_t const samples = layout.samples();
  std::vector<T> tile(units_at_once * (std::min)(samples, detail::block_elements));
  std::vector<format_loss> losses(layout.units, observer.loss());
  for (std::size_t first = 0; first < layout.units; first += units_at_once) {
    std::size_t const units = (std::min)(units_at_once, layout.units - first);
    for (std::size_t at = 0; at < samples; at += detail::block_elements) {
      std::size_t const count = (std::min)(detail::block_elements, samples - at);
      detail::gather_units(from.data(), layout, first, units, at, count, tile.data());
      for (std::size_t u = 0; u < units; ++u) {
        observer.clear();
        observer.add(tile.data() + u * count, count);
        losses[first + u] += observer.loss();
      }
    }
  }
  return losses;
}
/// The units along the last axis of x.
template <detail::shaped X>
  requires detail::numbers<X>
[[nodiscard]] std::vector<format_loss> observe_format_units(format const& f, X const& x, double scale = 1.0,
                                                            format_options const& options = {}) {
  detail::require_equal_rows("observe_format_units", "x", x);
  return observe_format_units(f, x, unit_layout::of(detail::shape_of(x)), scale, options);
}

}} // namespace satur::SATUR_ABI
