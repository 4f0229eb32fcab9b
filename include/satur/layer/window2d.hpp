/// \file layer/window2d.hpp  How the kernel of a convolution or pooling moves over an image: stride, padding, extents.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"

#include <cstddef>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// Rows and columns: of a kernel, or of a stride.
struct extent2d {
  std::size_t h = 1;
  std::size_t w = 1;
  bool operator==(extent2d const&) const = default;
};

/// Rows and columns of padding around an image, as numbers or from the extents ("same").
///
///     padding2d{1}                  // on all four sides
///     padding2d{2, 1}               // rows above and below; columns left and right
///     padding2d{0, 1, 2, 3}         // top, left, bottom, right: the order of ONNX's pads
///     padding2d::same()             // the output has ceil(extent / stride) rows and columns
///
/// With `same`, the rows that are needed are halved between top and bottom. An odd one goes to the bottom (to the right
/// among the columns), as in Keras, PyTorch and ONNX's SAME_UPPER; with `same_lower` to the top (left).
struct padding2d {
  enum class kind { given, same_upper, same_lower };

  std::size_t top = 0;
  std::size_t left = 0;
  std::size_t bottom = 0;
  std::size_t right = 0;
  kind rule = kind::given; ///< the four numbers count for `given` only

  constexpr padding2d() = default;
  constexpr padding2d(std::size_t all) : padding2d(all, all) {} // NOLINT: .padding = 1
  constexpr padding2d(std::size_t rows, std::size_t columns) : padding2d(rows, columns, rows, columns) {}
  constexpr padding2d(std::size_t above, std::size_t before, std::size_t below, std::size_t after)
      : top(above), left(before), bottom(below), right(after) {}
  [[nodiscard]] static constexpr padding2d same() { return of(kind::same_upper); }
  [[nodiscard]] static constexpr padding2d same_lower() { return of(kind::same_lower); }

  bool operator==(padding2d const&) const = default;

private:
  static constexpr padding2d of(kind rule) {
    padding2d p;
    p.rule = rule;
    return p;
  }
};

namespace detail {

/// The windows along one axis. Window o starts at element o * stride - before.
struct window_axis {
  std::size_t in = 0;  ///< extent of the image
  std::size_t out = 0; ///< number of windows
  std::size_t kernel = 1;
  std::size_t stride = 1;
  std::size_t before = 0;
  std::size_t after = 0;

  /// The windows from `first` up to `last` in which tap k lies on the image; first == last if there are none.
  struct range {
    std::size_t first, last;
  };
  [[nodiscard]] constexpr range windows_with(std::size_t k) const {
    std::size_t const first = k >= before ? 0 : (before - k + stride - 1) / stride;
    std::size_t const last = in + before <= k ? 0 : (in + before - k - 1) / stride + 1;
    std::size_t const kept = last < out ? last : out;
    return {first < kept ? first : kept, kept};
  }
  /// The element under tap k of window o, which is one of windows_with(k).
  [[nodiscard]] constexpr std::size_t element(std::size_t o, std::size_t k) const { return o * stride + k - before; }
};

struct window2d {
  window_axis rows;
  window_axis columns;

  [[nodiscard]] constexpr std::size_t taps() const { return rows.kernel * columns.kernel; }
  [[nodiscard]] constexpr std::size_t pixels_in() const { return rows.in * columns.in; }
  [[nodiscard]] constexpr std::size_t pixels_out() const { return rows.out * columns.out; }
};

/// The largest extent of an image, a kernel, a stride or a padding: sums of a few of them never overflow.
inline constexpr std::size_t largest_window = 0x7fffffff;

/// The windows of a kernel along an axis of `in` elements. No window fits: 0 of them. `ceil`: a last window that starts
/// on the image, or on the padding before it, and ends beyond the padding after it counts too.
constexpr window_axis windows_along(std::size_t in, std::size_t kernel, std::size_t stride, std::size_t before,
                                    std::size_t after, padding2d::kind rule, bool ceil) {
  window_axis a{in, 0, kernel, stride, before, after};
  if (rule != padding2d::kind::given) {
    a.out = (in + stride - 1) / stride;
    std::size_t const reach = in == 0 ? 0 : (a.out - 1) * stride + kernel;
    std::size_t const missing = reach > in ? reach - in : 0;
    a.before = rule == padding2d::kind::same_upper ? missing / 2 : missing - missing / 2;
    a.after = missing - a.before;
    return a;
  }
  std::size_t const padded = in + before + after;
  if (padded < kernel) {
    return a;
  }
  std::size_t const steps = (padded - kernel) / stride;
  a.out = steps + 1;
  if (ceil && steps * stride + kernel < padded && (steps + 1) * stride < in + before) {
    ++a.out;
  }
  return a;
}

/// Throws std::invalid_argument unless a kernel, stride or padding can be used.
inline void check_window(std::string_view function, extent2d kernel, extent2d stride, padding2d const& padding) {
  auto const check = [&](std::string_view what, std::size_t n, std::size_t least) {
    if (n < least || n > largest_window) {
      bad_parameter(function, what, n, message("from ", least, " to ", largest_window));
    }
  };
  check("the height of the kernel", kernel.h, 1);
  check("the width of the kernel", kernel.w, 1);
  check("the stride of the rows", stride.h, 1);
  check("the stride of the columns", stride.w, 1);
  for (std::size_t const rows : {padding.top, padding.left, padding.bottom, padding.right}) {
    check("a padding", rows, 0);
  }
}

/// The windows of a kernel over images of shape (batch, channels, h, w). Throws shape_error if the shape has not four
/// axes, h or w is 0, or no window fits; std::invalid_argument if the kernel, stride or padding is out of range.
template <class Shape>
[[nodiscard]] window2d windows_over(std::string_view function, Shape const& shape, extent2d kernel, extent2d stride,
                                    padding2d const& padding, bool ceil = false) {
  check_window(function, kernel, stride, padding);
  if (shape.size() != 4) {
    bad_shape(function, "x", shape_text(shape), "(batch, channels, height, width)");
  }
  std::size_t const h = static_cast<std::size_t>(shape[2]), w = static_cast<std::size_t>(shape[3]);
  if (h == 0 || w == 0 || h > largest_window || w > largest_window) {
    bad_shape(function, "x", shape_text(shape), message("a height and a width from 1 to ", largest_window));
  }
  window2d const windows{
      windows_along(h, kernel.h, stride.h, padding.top, padding.bottom, padding.rule, ceil),
      windows_along(w, kernel.w, stride.w, padding.left, padding.right, padding.rule, ceil),
  };
  if (windows.pixels_out() == 0) {
    bad_shape(function, "x", shape_text(shape),
              message("images that hold the kernel ", shape_text({kernel.h, kernel.w}), ", with padding ",
                      shape_text({padding.top, padding.left, padding.bottom, padding.right})));
  }
  return windows;
}

/// Throws std::invalid_argument unless every padding is smaller than the kernel: each window of a pooling then has a
/// pixel of the image.
inline void check_pool_padding(std::string_view function, extent2d kernel, padding2d const& padding) {
  if (padding.top >= kernel.h || padding.bottom >= kernel.h || padding.left >= kernel.w || padding.right >= kernel.w) {
    bad_parameter(function, "the padding", shape_text({padding.top, padding.left, padding.bottom, padding.right}),
                  message("less than the kernel ", shape_text({kernel.h, kernel.w}), " on each side"));
  }
}

} // namespace detail

}} // namespace satur::SATUR_ABI
