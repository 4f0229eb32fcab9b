// Convolution and pooling by their definitions, in double, one product after the other. The conventions are those of
// ONNX's operators Conv, MaxPool and AveragePool (onnx/docs/Operators.md), which PyTorch's layers share.
#pragma once

#include <satur/layer/window2d.hpp>
#include <satur/tensor/compat.hpp>

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace satur_test {

using plain_images = xt::xtensor<double, 4>;

/// Where the windows of one axis start; the image is 0 … in - 1.
struct plain_axis {
  std::ptrdiff_t in, kernel, before, after;
  std::vector<std::ptrdiff_t> starts;
};

/// The kernel moves on until it leaves the padded image. With `ceil`, one more window may leave it, if it starts before
/// the padding behind the image.
inline plain_axis plain_windows(std::size_t in, std::size_t kernel, std::size_t stride, std::size_t before,
                                std::size_t after, bool ceil = false) {
  auto const number = [](std::size_t n) { return static_cast<std::ptrdiff_t>(n); };
  plain_axis a{number(in), number(kernel), number(before), number(after), {}};
  std::ptrdiff_t start = -a.before;
  for (; start + a.kernel <= a.in + a.after; start += number(stride)) {
    a.starts.push_back(start);
  }
  bool const covered = !a.starts.empty() && a.starts.back() + a.kernel == a.in + a.after;
  if (ceil && !covered && !a.starts.empty() && start < a.in) {
    a.starts.push_back(start);
  }
  return a;
}

/// "Same": the fewest rows of padding that give ceil(in / stride) windows.
inline plain_axis plain_same(std::size_t in, std::size_t kernel, std::size_t stride, bool upper) {
  for (std::size_t padding = 0;; ++padding) {
    std::size_t const less = padding / 2, more = padding - padding / 2;
    plain_axis const a = plain_windows(in, kernel, stride, upper ? less : more, upper ? more : less);
    if (a.starts.size() == (in + stride - 1) / stride) {
      return a;
    }
  }
}

struct plain_window2d {
  plain_axis rows, columns;
};
inline plain_window2d plain_windows2d(std::size_t h, std::size_t w, satur::extent2d kernel, satur::extent2d stride,
                                      satur::padding2d const& p, bool ceil = false) {
  if (p.rule != satur::padding2d::kind::given) {
    bool const upper = p.rule == satur::padding2d::kind::same_upper;
    return {plain_same(h, kernel.h, stride.h, upper), plain_same(w, kernel.w, stride.w, upper)};
  }
  return {plain_windows(h, kernel.h, stride.h, p.top, p.bottom, ceil),
          plain_windows(w, kernel.w, stride.w, p.left, p.right, ceil)};
}

/// Calls f(y, x, i, j, row, column) for every tap (i, j) of every window (y, x) that is on the image.
template <class F> void each_plain_tap(plain_window2d const& at, F&& f) {
  for (std::size_t y = 0; y < at.rows.starts.size(); ++y) {
    for (std::size_t x = 0; x < at.columns.starts.size(); ++x) {
      for (std::ptrdiff_t i = 0; i < at.rows.kernel; ++i) {
        for (std::ptrdiff_t j = 0; j < at.columns.kernel; ++j) {
          std::ptrdiff_t const row = at.rows.starts[y] + i, column = at.columns.starts[x] + j;
          if (row >= 0 && row < at.rows.in && column >= 0 && column < at.columns.in) {
            f(y, x, static_cast<std::size_t>(i), static_cast<std::size_t>(j), static_cast<std::size_t>(row),
              static_cast<std::size_t>(column));
          }
        }
      }
    }
  }
}

inline plain_images zero_images(std::size_t n, std::size_t c, std::size_t h, std::size_t w) {
  return xt::zeros<double>({n, c, h, w});
}

/// z(n, o, y, x) = b(o) + sum of w(o, c, i, j) x(n, c, row, column) over the taps on the image.
template <class X, class W, class B>
plain_images plain_convolution(X const& x, W const& w, B const& b, plain_window2d const& at) {
  plain_images z = zero_images(x.shape(0), w.shape(0), at.rows.starts.size(), at.columns.starts.size());
  for (std::size_t n = 0; n < z.shape(0); ++n) {
    for (std::size_t o = 0; o < z.shape(1); ++o) {
      for (std::size_t y = 0; y < z.shape(2); ++y) {
        for (std::size_t c = 0; c < z.shape(3); ++c) {
          z(n, o, y, c) = static_cast<double>(b(o));
        }
      }
      for (std::size_t c = 0; c < x.shape(1); ++c) {
        each_plain_tap(at, [&](auto y, auto q, auto i, auto j, auto row, auto column) {
          z(n, o, y, q) += static_cast<double>(w(o, c, i, j)) * static_cast<double>(x(n, c, row, column));
        });
      }
    }
  }
  return z;
}

struct plain_gradients {
  plain_images dx, dw;
  xt::xtensor<double, 1> db;
};
/// The chain rule for each product: dw += dz x, dx += dz w, db += dz.
template <class X, class W, class Z>
plain_gradients plain_convolution_gradients(X const& x, W const& w, Z const& dz, plain_window2d const& at) {
  plain_gradients g{zero_images(x.shape(0), x.shape(1), x.shape(2), x.shape(3)),
                    zero_images(w.shape(0), w.shape(1), w.shape(2), w.shape(3)), xt::zeros<double>({w.shape(0)})};
  for (std::size_t n = 0; n < x.shape(0); ++n) {
    for (std::size_t o = 0; o < w.shape(0); ++o) {
      for (std::size_t y = 0; y < dz.shape(2); ++y) {
        for (std::size_t q = 0; q < dz.shape(3); ++q) {
          g.db(o) += static_cast<double>(dz(n, o, y, q));
        }
      }
      for (std::size_t c = 0; c < x.shape(1); ++c) {
        each_plain_tap(at, [&](auto y, auto q, auto i, auto j, auto row, auto column) {
          double const d = static_cast<double>(dz(n, o, y, q));
          g.dw(o, c, i, j) += d * static_cast<double>(x(n, c, row, column));
          g.dx(n, c, row, column) += d * static_cast<double>(w(o, c, i, j));
        });
      }
    }
  }
  return g;
}

/// The pixels of window (y, q) that are on the image, as (row, column) in row-major order.
inline std::vector<std::pair<std::size_t, std::size_t>> plain_pixels(plain_window2d const& at, std::size_t y,
                                                                     std::size_t q) {
  std::vector<std::pair<std::size_t, std::size_t>> pixels;
  each_plain_tap(at, [&](auto r, auto c, auto, auto, auto row, auto column) {
    if (r == y && c == q) {
      pixels.emplace_back(row, column);
    }
  });
  return pixels;
}

/// Calls f(n, c, y, q, pixels of the window) for every number of the output.
template <class X, class F> void each_plain_pool(X const& x, plain_window2d const& at, F&& f) {
  for (std::size_t y = 0; y < at.rows.starts.size(); ++y) {
    for (std::size_t q = 0; q < at.columns.starts.size(); ++q) {
      auto const pixels = plain_pixels(at, y, q);
      for (std::size_t n = 0; n < x.shape(0); ++n) {
        for (std::size_t c = 0; c < x.shape(1); ++c) {
          f(n, c, y, q, pixels);
        }
      }
    }
  }
}

struct plain_pooled {
  plain_images y, dx;
};

/// The first NaN, or else the first of the largest; it gets the gradient.
template <class X, class Y> plain_pooled plain_max_pool(X const& x, Y const& dy, plain_window2d const& at) {
  plain_pooled p{zero_images(x.shape(0), x.shape(1), at.rows.starts.size(), at.columns.starts.size()),
                 zero_images(x.shape(0), x.shape(1), x.shape(2), x.shape(3))};
  each_plain_pool(x, at, [&](auto n, auto c, auto y, auto q, auto const& pixels) {
    auto best = pixels.front();
    for (auto const& pixel : pixels) {
      double const now = static_cast<double>(x(n, c, best.first, best.second));
      double const next = static_cast<double>(x(n, c, pixel.first, pixel.second));
      if (!std::isnan(now) && (std::isnan(next) || next > now)) {
        best = pixel;
      }
    }
    p.y(n, c, y, q) = static_cast<double>(x(n, c, best.first, best.second));
    p.dx(n, c, best.first, best.second) += static_cast<double>(dy(n, c, y, q));
  });
  return p;
}

/// The sum of the pixels divided by their number; with `with_padding`, by the number of all taps that are on the image
/// or its padding.
template <class X, class Y>
plain_pooled plain_average_pool(X const& x, Y const& dy, plain_window2d const& at, bool with_padding) {
  plain_pooled p{zero_images(x.shape(0), x.shape(1), at.rows.starts.size(), at.columns.starts.size()),
                 zero_images(x.shape(0), x.shape(1), x.shape(2), x.shape(3))};
  auto const taps = [](plain_axis const& a, std::size_t o) {
    double count = 0;
    for (std::ptrdiff_t k = 0; k < a.kernel; ++k) {
      count += a.starts[o] + k < a.in + a.after ? 1 : 0;
    }
    return count;
  };
  each_plain_pool(x, at, [&](auto n, auto c, auto y, auto q, auto const& pixels) {
    double const count = with_padding ? taps(at.rows, y) * taps(at.columns, q) : static_cast<double>(pixels.size());
    for (auto const& [row, column] : pixels) {
      p.y(n, c, y, q) += static_cast<double>(x(n, c, row, column)) / count;
      p.dx(n, c, row, column) += static_cast<double>(dy(n, c, y, q)) / count;
    }
  });
  return p;
}

} // namespace satur_test
