/// \file layer/attention_head_norm.hpp  Queries and keys divided by their root mean square, head by head.
#pragma once

#include "satur/config.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace satur::inline SATUR_ABI::detail {

// Plain loops: a row is one head of one token, and a row is read once in each pass beside `keys` products of it.

/// What is added to the mean square, as in RMSNorm's usual form.
inline constexpr double head_norm_epsilon = 1e-6;

/// y = gain x / sqrt(mean x^2 + epsilon) for each row of x (rows, width); scale[r] = 1 / sqrt(…).
template <class T> void normalize_rows(T const* x, T const* gain, std::size_t rows, std::size_t width, T* y, T* scale) {
  for (std::size_t r = 0; r < rows; ++r, x += width, y += width) {
    T square(0);
    for (std::size_t i = 0; i < width; ++i) {
      square += x[i] * x[i];
    }
    scale[r] = T(1) / std::sqrt(square / static_cast<T>(width) + static_cast<T>(head_norm_epsilon));
    for (std::size_t i = 0; i < width; ++i) {
      y[i] = gain[i] * (x[i] * scale[r]);
    }
  }
}

/// dx in place of dy, and dgain, from x and the scales:
///   dx = scale (gain dy - n mean(gain dy n)),  dgain = sum over rows of dy n,  n = scale x.
template <class T>
void normalize_rows_gradient(T const* x, T const* gain, T const* scale, std::size_t rows, std::size_t width, T* dy,
                             T* dgain) {
  std::fill_n(dgain, width, T(0));
  for (std::size_t r = 0; r < rows; ++r, x += width, dy += width) {
    T along(0); // mean of gain dy n
    for (std::size_t i = 0; i < width; ++i) {
      T const n = x[i] * scale[r];
      dgain[i] += dy[i] * n;
      dy[i] *= gain[i];
      along += dy[i] * n;
    }
    along /= static_cast<T>(width);
    for (std::size_t i = 0; i < width; ++i) {
      dy[i] = scale[r] * (dy[i] - x[i] * scale[r] * along);
    }
  }
}

} // namespace satur::inline SATUR_ABI::detail
