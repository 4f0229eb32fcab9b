/// \file layer/recurrent_parts.hpp  Matrices with the blocks of several gates side by side: initial weights, products
/// over all time steps, and one gate's block.
#pragma once

#include "satur/array/array_view.hpp"
#include "satur/config.hpp"
#include "satur/initializer/fans.hpp"
#include "satur/layer/product.hpp"
#include "satur/tensor/compat.hpp"
#include "satur/tensor/fill.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace satur::inline SATUR_ABI::detail {

/// Draws each block (rows, units) of `to` (rows, gates * units) on its own, with fans (rows, units).
template <class T, class Init, class G>
void fill_gates(Init const& init, xt::xtensor<T, 2>& to, std::size_t gates, G& generator) {
  std::size_t const rows = to.shape(0), units = to.shape(1) / gates;
  xt::xtensor<T, 2> block = xt::xtensor<T, 2>::from_shape({rows, units});
  for (std::size_t gate = 0; gate < gates; ++gate) {
    fill(init, block, fans{rows, units}, generator);
    for (std::size_t r = 0; r < rows; ++r) {
      std::copy_n(block.data() + r * units, units, to.data() + r * gates * units + gate * units);
    }
  }
}

/// Rows in memory, and the number of them that count.
template <class T> struct row_block {
  T* data;
  std::size_t stride;  ///< from one row to the next
  std::size_t columns; ///< of them, from the first on
};

/// to (a.columns, g.columns) = the sum over rows of a^T g; 0 if there are no rows.
template <class T>
void product_over_rows(row_block<T const> const& a, row_block<T const> const& g, std::size_t rows, T* to,
                       std::size_t stride) {
  if (rows != 0) {
    multiply<T>({a.data, a.stride, true}, {g.data, g.stride}, a.columns, g.columns, rows, to, stride);
    return;
  }
  for (std::size_t r = 0; r < a.columns; ++r) {
    std::fill_n(to + r * stride, g.columns, T(0));
  }
}

/// p + n, and a null p (of an empty array) as it is.
template <class T> [[nodiscard]] T* moved(T* p, std::size_t n) { return p == nullptr ? p : p + n; }

/// One gate's block of `all` (steps * batch, gates * units), as (steps, batch, units).
template <class T>
[[nodiscard]] array_view<T const> gate_block(xt::xtensor<T, 2> const& all, std::size_t gate, std::size_t steps,
                                             std::size_t batch, std::size_t units) {
  auto const stride = static_cast<std::ptrdiff_t>(all.shape(1));
  return {moved(all.data(), gate * units),
          {steps, batch, units},
          {stride * static_cast<std::ptrdiff_t>(batch), stride, std::ptrdiff_t{1}}};
}

/// A copy of the rows (time, batch) that lie within their sequence, `columns` numbers each.
template <class T>
[[nodiscard]] std::vector<T> rows_within(T const* rows, std::size_t stride, std::size_t columns, std::size_t steps,
                                         std::vector<std::size_t> const& ends) {
  std::vector<T> kept;
  for (std::size_t step = 0; step < steps; ++step) {
    for (std::size_t const end : ends) {
      if (step < end) {
        kept.insert(kept.end(), rows, rows + columns);
      }
      rows += stride;
    }
  }
  return kept;
}

} // namespace satur::inline SATUR_ABI::detail
