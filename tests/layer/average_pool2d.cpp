// average_pool2d against its definition, over all options.
#include <satur/initializer.hpp>
#include <satur/layer.hpp>
#include <satur/testing.hpp>

#include "support/plain_convolution.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

using satur::extent2d;
using satur::make;
using satur::padding2d;
using namespace satur_test;
template <class T> using images = xt::xtensor<T, 4>;

using satur::average_pool2d;

namespace {

template <class A, class B> double largest_difference(A const& a, B const& b) {
  double worst = std::equal(a.shape().begin(), a.shape().end(), b.shape().begin(), b.shape().end())
                     ? 0
                     : std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    worst = std::max(worst, std::abs(static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i])));
  }
  return worst;
}

template <class T>
void check_against_definition(std::array<std::size_t, 4> const& shape, extent2d kernel,
                              satur::average_pool2d_options const& o) {
  CAPTURE(shape[0]);
  CAPTURE(shape[3]);
  CAPTURE(kernel.h);
  CAPTURE(kernel.w);
  CAPTURE(o.stride.h);
  CAPTURE(o.padding.top);
  CAPTURE(o.ceil_mode);
  CAPTURE(o.count_include_pad);
  std::mt19937 g(2);
  auto const x = make<T>(satur::normal{}, shape, g);
  average_pool2d<T> pool(kernel, o);
  extent2d const stride{o.stride.h == 0 ? kernel.h : o.stride.h, o.stride.w == 0 ? kernel.w : o.stride.w};
  auto const at = plain_windows2d(shape[2], shape[3], kernel, stride, o.padding, o.ceil_mode);
  auto const dy = make<T>(satur::normal{}, {shape[0], shape[1], at.rows.starts.size(), at.columns.starts.size()}, g);
  auto const want = plain_average_pool(x, dy, at, o.count_include_pad);
  double const tolerance = 60 * static_cast<double>(std::numeric_limits<T>::epsilon());
  CHECK(largest_difference(pool.forward(x), want.y) < tolerance);
  CHECK(largest_difference(pool.backward(dy), want.dx) < tolerance);
  CHECK(largest_difference(pool.y(), want.y) < tolerance);
}

template <class F> std::string refusal(F&& f) {
  try {
    f();
  } catch (std::invalid_argument const& e) {
    return e.what();
  }
  return "nothing thrown";
}

std::vector<extent2d> const kernels{{1, 1}, {2, 2}, {3, 2}, {5, 7}};
std::vector<extent2d> const strides{{0, 0}, {1, 1}, {2, 3}, {4, 4}};

/// Every combination of kernel, stride, padding and the two switches.
template <class F> void each_option(F&& f) {
  for (extent2d const kernel : kernels) {
    std::vector<padding2d> paddings{{}, padding2d::same(), padding2d::same_lower(), {kernel.h - 1, 0, 0, kernel.w - 1}};
    if (kernel.h > 1 && kernel.w > 1) {
      paddings.emplace_back(1);
    }
    for (extent2d const stride : strides) {
      for (padding2d const& padding : paddings) {
        for (bool const ceil : {false, true}) {
          for (bool const with_padding : {false, true}) {
            f(kernel, satur::average_pool2d_options{stride, padding, ceil, with_padding});
          }
        }
      }
    }
  }
}

} // namespace

TEST_CASE_TEMPLATE("average_pool2d: forward and backward against the definition", T, float, double) {
  each_option([](extent2d kernel, auto const& o) { check_against_definition<T>({2, 3, 5, 7}, kernel, o); });
  check_against_definition<T>({0, 2, 4, 4}, {2, 2}, {});
  check_against_definition<T>({1, 1, 1, 1}, {1, 1}, {});
  check_against_definition<T>({1, 1, 1, 1}, {3, 3}, {.padding = 2});
  check_against_definition<T>({1, 1, 1, 1}, {3, 3}, {.padding = 2, .count_include_pad = true});
  for (std::size_t const width : {15u, 16u, 33u, 70u}) {
    check_against_definition<T>({2, 2, 4, width}, {2, 2}, {});
    check_against_definition<T>({2, 2, 4, width}, {3, 3}, {.stride = {1, 1}, .padding = 1});
  }
}

TEST_CASE("average_pool2d: gradient check over all options") {
  std::mt19937 g(4);
  auto const x = make<double>(satur::normal{}, {2, 2, 5, 7}, g);
  each_option([&](extent2d kernel, auto const& o) {
    average_pool2d<double> pool(kernel, o);
    auto const found = satur::testing::check_gradients(pool, x, {.most = 4});
    CHECK_MESSAGE(found.passed(), found.text());
  });
}

TEST_CASE("average_pool2d: what the mean counts at a border") {
  images<double> const x{{{{1, 2}, {3, 4}}}};
  average_pool2d<double> pool({2, 2}, {.stride = {2, 2}, .padding = 1});
  CHECK(pool.forward(x) == x); // one pixel in each window
  pool.options.count_include_pad = true;
  CHECK(pool.forward(x) == images<double>(x / 4.0));
  // One more window that hangs over: of its 2 x 2 taps one is on the image and none on padding.
  average_pool2d<double> over({2, 2}, {.ceil_mode = true, .count_include_pad = true});
  CHECK(over.forward(images<double>{{{{1, 1, 5}, {1, 1, 5}, {7, 7, 9}}}}) == images<double>{{{{1, 5}, {7, 9}}}});
}

TEST_CASE("average_pool2d: used again with another image, kernel and kind of x; NaN stays in its windows") {
  std::mt19937 g(5);
  auto x = make<float>(satur::normal{}, {2, 3, 6, 6}, g);
  auto const dy = make<float>(satur::normal{}, {2, 3, 3, 3}, g);
  average_pool2d<float> pool({2, 2});
  images<float> const y = pool.forward(x);
  images<float> const dx = pool.backward(dy);
  pool.kernel = {3, 1};
  pool.forward(make<float>(satur::normal{}, {1, 2, 9, 4}, g));
  pool.backward(pool.y());
  pool.kernel = {2, 2};
  CHECK(pool.forward(images<float>(x)) == y);
  CHECK(pool.backward(dy + 0.0f) == dx);
  CHECK(pool.forward(x + 0.0f) == y);
  CHECK(pool.forward(pool.y()) == average_pool2d<float>({2, 2}).forward(y)); // its own output
  x(1, 2, 0, 0) = std::numeric_limits<float>::quiet_NaN();
  pool.forward(x);
  CHECK(std::count_if(pool.y().begin(), pool.y().end(), [](float v) { return std::isnan(v); }) == 1);
  CHECK(std::isnan(pool.y()(1, 2, 0, 0)));
}

TEST_CASE("average_pool2d: wrong shapes and options are refused, with the name of the layer") {
  CHECK(refusal([] {
          average_pool2d<float>({2, 0});
        }) == "satur::average_pool2d: the width of the kernel is 0; allowed: from 1 to 2147483647");
  CHECK(refusal([] {
          average_pool2d<float>({2, 3}, {.padding = {0, 3, 0, 0}});
        }) == "satur::average_pool2d: the padding is (0, 3, 0, 0); allowed: less than the kernel (2, 3) on each side");
  average_pool2d<float> pool({2, 2});
  CHECK_THROWS_AS(pool.backward(images<float>(xt::zeros<float>({1, 1, 1, 1}))), std::logic_error);
  CHECK(refusal([&] {
          pool.forward(images<float>(xt::zeros<float>({1, 3, 4, 1})));
        }).starts_with("satur::average_pool2d::forward: x has shape (1, 3, 4, 1)"));
  pool.forward(images<float>(xt::zeros<float>({1, 3, 4, 4})));
  CHECK(refusal([&] {
          pool.backward(images<float>(xt::zeros<float>({1, 3, 4, 4})));
        }) == "satur::average_pool2d::backward: dy has shape (1, 3, 4, 4); expected (1, 3, 2, 2), the shape of y");
}
