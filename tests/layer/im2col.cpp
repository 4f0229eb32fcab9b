// The passes behind convolution and pooling: the same bits at every level, and the matrix of windows by its definition.
// levels: all
#include "satur/layer/im2col.hpp"
#include "satur/layer/average_pool2d.hpp"
#include "satur/layer/max_pool2d.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <vector>

namespace {

using satur::detail::window2d;
using satur::math::simd_level;

template <class T> std::vector<T> values(std::size_t count, std::mt19937& g) {
  std::normal_distribution<T> normal;
  std::vector<T> drawn(count);
  for (T& value : drawn) {
    value = normal(g);
  }
  return drawn;
}

window2d windows(std::size_t h, std::size_t w, satur::extent2d stride, satur::padding2d const& padding) {
  return satur::detail::windows_over("test", std::vector<std::size_t>{1, 1, h, w}, {3, 2}, stride, padding);
}

/// Runs the pass on one number at a time and at each level: `result` has the same bits after each.
template <class T, class Pass> void check_levels(Pass const& pass, std::vector<T>& result) {
  std::vector<T> const before = result;
  pass.template run<T>();
  std::vector<T> const want = result;
  for (simd_level const level : {simd_level::baseline, simd_level::avx2, simd_level::avx512}) {
    if (level <= satur::math::best_level()) {
      result = before;
      satur::math::run<T>(pass, level);
      bool same = true;
      for (std::size_t i = 0; i < want.size(); ++i) {
        same = same && satur::math::bits(result[i]) == satur::math::bits(want[i]);
      }
      CHECK(same);
    }
  }
}

} // namespace

TEST_CASE_TEMPLATE("im2col, col2im, row sums and pooling: the same bits at every level", T, float, double) {
  std::mt19937 g(8);
  for (std::size_t const width : {2u, 7u, 8u, 13u, 16u, 31u, 33u, 70u}) {
    for (satur::extent2d const stride : {satur::extent2d{1, 1}, satur::extent2d{2, 3}}) {
      CAPTURE(width);
      CAPTURE(stride.w);
      window2d const at = windows(5, width, stride, 1);
      std::size_t const pixels = 2 * at.pixels_in(), numbers = 2 * at.taps() * at.pixels_out();
      auto image = values<T>(pixels, g);
      image[pixels / 2] = std::numeric_limits<T>::quiet_NaN();
      std::vector<T> matrix(numbers, T(9));
      check_levels<T>(satur::detail::im2col_pass<T>{image.data(), at, 2, 0, at.rows.out, matrix.data()}, matrix);
      auto const gradient = values<T>(numbers, g);
      auto sums = values<T>(pixels, g);
      check_levels<T>(satur::detail::col2im_pass<T>{gradient.data(), at, 2, 0, at.rows.out, sums.data()}, sums);
      std::vector<T> rows(5, T(1));
      check_levels<T>(satur::detail::row_sum_pass<T>{gradient.data(), 5, numbers / 5, rows.data()}, rows);

      std::vector<T> y(2 * at.pixels_out()), taps(y.size()), room(at.columns.out);
      check_levels<T>(satur::detail::max_pool_pass<T>{image.data(), at, 2, y.data(), taps.data(), room.data()}, y);
      check_levels<T>(satur::detail::max_pool_pass<T>{image.data(), at, 2, y.data(), taps.data(), room.data()}, taps);
      std::vector<T> down, across;
      satur::detail::window_counts(at.rows, false, down);
      satur::detail::window_counts(at.columns, false, across);
      check_levels<T>(
          satur::detail::average_pool_pass<T>{image.data(), at, 2, down.data(), across.data(), y.data(), room.data()},
          y);
      auto dx = std::vector<T>(pixels);
      check_levels<T>(satur::detail::average_pool_gradient_pass<T>{gradient.data(), at, 2, down.data(), across.data(),
                                                                   dx.data(), room.data()},
                      dx);
    }
  }
}

TEST_CASE("im2col: each number is the pixel under its tap, or 0; col2im adds it there") {
  std::mt19937 g(8);
  for (satur::extent2d const stride : {satur::extent2d{1, 1}, satur::extent2d{2, 3}}) {
    for (satur::padding2d const& padding : {satur::padding2d{}, satur::padding2d{1, 0, 2, 3}}) {
      window2d const at = windows(5, 7, stride, padding);
      auto const image = values<double>(2 * 35, g);
      for (std::size_t first = 0; first < at.rows.out; ++first) { // rows first and first + 1 of the windows
        std::size_t const last = std::min(first + 2, at.rows.out), width = at.columns.out;
        std::size_t const columns = (last - first) * width;
        std::vector<double> matrix(12 * columns, 9.0), sums(70, 0.0), want(70, 0.0);
        satur::detail::im2col(image.data(), at, 2, first, last, matrix.data());
        satur::detail::col2im(matrix.data(), at, 2, first, last, sums.data());
        bool right = true;
        for (std::size_t row = 0; row < 12; ++row) { // (c * 3 + i) * 2 + j
          for (std::size_t column = 0; column < columns; ++column) {
            std::size_t const y = (first + column / width) * stride.h + row / 2 % 3;
            std::size_t const x = column % width * stride.w + row % 2;
            bool const on_image = y >= padding.top && y < 5 + padding.top && x >= padding.left && x < 7 + padding.left;
            std::size_t const pixel = on_image ? row / 6 * 35 + (y - padding.top) * 7 + x - padding.left : 0;
            right = right && matrix[row * columns + column] == (on_image ? image[pixel] : 0.0);
            want[pixel] += on_image ? image[pixel] : 0.0;
          }
        }
        CHECK(right);
        for (std::size_t i = 0; i < 70; ++i) {
          right = right && std::abs(sums[i] - want[i]) < 1e-13;
        }
        CHECK(right);
      }
    }
  }
}
