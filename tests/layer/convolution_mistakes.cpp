// Common mistakes in the backward pass of convolution and pooling, one in each struct. The gradient check finds each.
#include <satur/initializer.hpp>
#include <satur/layer.hpp>
#include <satur/testing.hpp>

#include "support/plain_convolution.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>

using namespace satur_test;
using satur::make;
using satur::padding2d;

namespace {

using layer = satur::conv2d<double>;

satur::conv2d_options const stride_2{{2, 2}, {1, 1, 2, 0}};

layer right_layer() {
  std::mt19937 g(6);
  return {2, 2, {3, 3}, satur::normal{}, g, stride_2};
}
plain_images input() {
  std::mt19937 g(7);
  return make<double>(satur::normal{}, {2, 2, 6, 6}, g);
}

/// The forward pass, parameters and gradients of a layer that is right.
struct spoiled {
  layer right = right_layer();
  plain_images x, dx;

  plain_images const& forward(plain_images const& given) {
    x = given;
    return right.forward(x);
  }
  template <class F> void each_parameter(F&& f) { right.each_parameter(f); }
};

// 1. The padding off by one in backward: the windows start a row later.
struct padding_off_by_one : spoiled {
  plain_images const& backward(plain_images const& dz) {
    layer wrong = right;
    wrong.options.padding = {0, 1, 3, 0};
    wrong.forward(x);
    dx = wrong.backward(dz);
    right.dw = wrong.dw;
    right.db = wrong.db;
    return dx;
  }
};
// 2. The kernel flipped in dx: the forward pass is a convolution, the backward pass takes it for a correlation.
struct kernel_flipped : spoiled {
  plain_images const& backward(plain_images const& dz) {
    right.backward_parameters(dz);
    layer wrong = right;
    for (std::size_t o = 0; o < 2; ++o) {
      for (std::size_t c = 0; c < 2; ++c) {
        std::reverse_copy(&right.w(o, c, 0, 0), &right.w(o, c, 0, 0) + 9, &wrong.w(o, c, 0, 0));
      }
    }
    wrong.forward(x);
    return dx = wrong.backward(dz);
  }
};
// 3. The stride forgotten in dx: window y is taken to start at y - top.
struct stride_forgotten : spoiled {
  plain_images const& backward(plain_images const& dz) {
    right.backward_parameters(dz);
    dx = xt::zeros_like(x);
    for (std::size_t n = 0; n < 2; ++n) {
      for (std::size_t o = 0; o < 2; ++o) {
        for (std::size_t c = 0; c < 2; ++c) {
          for (std::size_t y = 0; y < dz.shape(2); ++y) {
            for (std::size_t q = 0; q < dz.shape(3); ++q) {
              for (std::size_t i = 1; i < 3; ++i) { // the tap before is on the padding in the first row
                for (std::size_t j = 1; j < 3; ++j) {
                  dx(n, c, y + i - 1, q + j - 1) += dz(n, o, y, q) * right.w(o, c, i, j);
                }
              }
            }
          }
        }
      }
    }
    return dx;
  }
};
// 4. Input and output channels swapped in dx.
struct channels_swapped : spoiled {
  plain_images const& backward(plain_images const& dz) {
    right.backward_parameters(dz);
    layer wrong = right;
    wrong.w = xt::transpose(right.w, {1, 0, 2, 3});
    wrong.forward(x);
    return dx = wrong.backward(dz);
  }
};
// 5. dw of the last image alone: it is overwritten by each image, not added up.
struct last_image_only : spoiled {
  plain_images const& backward(plain_images const& dz) {
    dx = right.backward(dz);
    layer last = right;
    last.forward(xt::view(x, xt::range(1, 2)));
    last.backward_parameters(xt::view(dz, xt::range(1, 2)));
    right.dw = last.dw;
    return dx;
  }
};
// 6. db as the mean over the pixels, not their sum.
struct mean_of_bias : spoiled {
  plain_images const& backward(plain_images const& dz) {
    dx = right.backward(dz);
    right.db /= static_cast<double>(dz.shape(2) * dz.shape(3));
    return dx;
  }
};
// 7. dx is not filled with zeros: what the last step left is in it.
struct dx_not_cleared : spoiled {
  plain_images const& backward(plain_images const& dz) {
    plain_images const old = right.backward(dz);
    return dx = old + right.backward(dz);
  }
};

// 8. Overlapping windows: the last one's gradient, not the sum.
struct overlap_overwritten : satur::average_pool2d<double> {
  using satur::average_pool2d<double>::average_pool2d;
  plain_images dx;
  plain_images const& backward(plain_images const& dy) {
    dx = xt::zeros<double>({2, 2, 6, 6});
    auto const at = plain_windows2d(6, 6, kernel, options.stride, options.padding);
    each_plain_pool(dx, at, [&](auto n, auto c, auto y, auto q, auto const& pixels) {
      for (auto const& [row, column] : pixels) {
        dx(n, c, row, column) = dy(n, c, y, q) / static_cast<double>(pixels.size());
      }
    });
    return dx;
  }
};
// 9. The mean counts the padding in forward and not in backward.
struct padding_counted_once : satur::average_pool2d<double> {
  using satur::average_pool2d<double>::average_pool2d;
  satur::average_pool2d<double> other{kernel, options};
  plain_images x;
  plain_images const& forward(plain_images const& given) {
    x = given;
    return satur::average_pool2d<double>::forward(x);
  }
  plain_images const& backward(plain_images const& dy) {
    other.options.count_include_pad = !options.count_include_pad;
    other.forward(x);
    return other.backward(dy);
  }
};
// 10. The gradient of a maximum spread over its window.
struct maximum_spread : satur::max_pool2d<double> {
  using satur::max_pool2d<double>::max_pool2d;
  satur::average_pool2d<double> mean{kernel};
  plain_images x;
  plain_images const& forward(plain_images const& given) {
    x = given;
    return satur::max_pool2d<double>::forward(x);
  }
  plain_images const& backward(plain_images const& dy) {
    mean.forward(x);
    return mean.backward(dy);
  }
};
// 11. The place of a maximum is counted from the first pixel of the window on the image, not from its first tap.
struct place_off : satur::max_pool2d<double> {
  using satur::max_pool2d<double>::max_pool2d;
  plain_images dx;
  plain_images const& backward(plain_images const& dy) {
    dx = satur::max_pool2d<double>::backward(dy);
    for (std::size_t n = 0; n < 2; ++n) {
      for (std::size_t c = 0; c < 2; ++c) {
        for (std::size_t row = 0; row < 6; ++row) { // the windows of the first column start on the padding
          dx(n, c, row, 1) += dx(n, c, row, 0);
          dx(n, c, row, 0) = 0;
        }
      }
    }
    return dx;
  }
};

template <class Layer> satur::testing::report found_in(Layer&& checked) {
  return satur::testing::check_gradients(checked, input(), {.step = 1e-5, .most = 0});
}

} // namespace

TEST_CASE("gradient check: finds mistakes in the backward pass of a convolution") {
  auto const finds = [](auto checked, bool x, bool w, bool b) {
    auto const r = found_in(checked);
    CAPTURE(r.text());
    CHECK_FALSE(r.passed());
    CHECK(r.failed("dL/dx") == x);
    CHECK(r.failed("dL/dw") == w);
    CHECK(r.failed("dL/db") == b);
  };
  auto const right = found_in(right_layer());
  CHECK_MESSAGE(right.passed(), right.text());
  finds(padding_off_by_one(), true, true, false);
  finds(kernel_flipped(), true, false, false);
  finds(stride_forgotten(), true, false, false);
  finds(channels_swapped(), true, false, false);
  finds(last_image_only(), false, true, false);
  finds(mean_of_bias(), false, false, true);
  finds(dx_not_cleared(), true, false, false);
}

TEST_CASE("gradient check: finds mistakes in the backward pass of pooling") {
  satur::average_pool2d_options const average{.stride = {2, 2}, .padding = 1};
  CHECK(found_in(satur::average_pool2d<double>({3, 3}, average)).passed());
  CHECK(found_in(overlap_overwritten({3, 3}, average)).failed("dL/dx"));
  CHECK(found_in(padding_counted_once({3, 3}, average)).failed("dL/dx"));
  satur::max_pool2d_options const most{.padding = 1};
  CHECK(found_in(satur::max_pool2d<double>({2, 2}, most)).passed());
  CHECK(found_in(maximum_spread({2, 2})).failed("dL/dx"));
  CHECK(found_in(place_off({2, 2}, most)).failed("dL/dx"));
}
