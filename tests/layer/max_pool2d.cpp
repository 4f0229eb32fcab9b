// max_pool2d against its definition, over all options, with ties, NaN and infinity.
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

using satur::max_pool2d;

namespace {

/// The same numbers; NaN is itself.
template <class A, class B> bool same_numbers(A const& a, B const& b) {
  return std::equal(a.shape().begin(), a.shape().end(), b.shape().begin(), b.shape().end()) &&
         std::equal(a.begin(), a.end(), b.begin(), [](auto p, auto q) {
           return (std::isnan(p) && std::isnan(q)) || static_cast<double>(p) == static_cast<double>(q);
         });
}

template <class T>
void check_against_definition(images<T> const& x, extent2d kernel, satur::max_pool2d_options const& o) {
  CAPTURE(x.shape(0));
  CAPTURE(x.shape(3));
  CAPTURE(kernel.h);
  CAPTURE(kernel.w);
  CAPTURE(o.stride.h);
  CAPTURE(o.padding.top);
  CAPTURE(o.ceil_mode);
  std::mt19937 g(2);
  max_pool2d<T> pool(kernel, o);
  extent2d const stride{o.stride.h == 0 ? kernel.h : o.stride.h, o.stride.w == 0 ? kernel.w : o.stride.w};
  auto const at = plain_windows2d(x.shape(2), x.shape(3), kernel, stride, o.padding, o.ceil_mode);
  // Whole numbers: their sums are exact in any order.
  images<T> dy =
      make<T>(satur::uniform{-8, 8}, {x.shape(0), x.shape(1), at.rows.starts.size(), at.columns.starts.size()}, g);
  std::transform(dy.begin(), dy.end(), dy.begin(), [](T v) { return std::round(v); });
  auto const want = plain_max_pool(x, dy, at);
  CHECK(same_numbers(pool.forward(x), want.y));
  CHECK(same_numbers(pool.backward(dy), want.dx));
  CHECK(same_numbers(pool.y(), want.y));
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

std::vector<padding2d> paddings_for(extent2d kernel) {
  std::vector<padding2d> all{{}, padding2d::same(), padding2d::same_lower(), {kernel.h - 1, 0, 0, kernel.w - 1}};
  if (kernel.h > 1 && kernel.w > 1) {
    all.emplace_back(1);
  }
  return all;
}

} // namespace

TEST_CASE_TEMPLATE("max_pool2d: forward and backward against the definition", T, float, double) {
  std::mt19937 g(5);
  images<T> ties = make<T>(satur::uniform{-2, 2}, {2, 3, 5, 7}, g);
  std::transform(ties.begin(), ties.end(), ties.begin(), [](T v) { return std::round(v); });
  images<T> special = ties;
  for (std::size_t i = 0; i < special.size(); i += 3) {
    T const infinity = std::numeric_limits<T>::infinity();
    special.data()[i] = i % 2 == 0 ? -infinity : i % 5 == 0 ? std::numeric_limits<T>::quiet_NaN() : infinity;
  }
  images<T> const lowest = images<T>(xt::ones<T>({2, 1, 5, 7}) * -std::numeric_limits<T>::infinity());
  for (extent2d const kernel : kernels) {
    for (extent2d const stride : strides) {
      for (padding2d const& padding : paddings_for(kernel)) {
        for (bool const ceil : {false, true}) {
          for (images<T> const& x : {ties, special, lowest}) {
            check_against_definition<T>(x, kernel, {stride, padding, ceil});
          }
        }
      }
    }
  }
  check_against_definition<T>(images<T>(images<T>::from_shape({0, 2, 4, 4})), {2, 2}, {});
  check_against_definition<T>(make<T>(satur::normal{}, {1, 1, 1, 1}, g), {1, 1}, {});
  check_against_definition<T>(make<T>(satur::normal{}, {1, 1, 1, 1}, g), {3, 3}, {.padding = 2});
  for (std::size_t const width : {15u, 16u, 33u, 70u}) {
    auto const x = make<T>(satur::normal{}, {2, 2, 4, width}, g);
    check_against_definition<T>(x, {2, 2}, {});
    check_against_definition<T>(x, {3, 3}, {.stride = {1, 1}, .padding = 1});
  }
}

TEST_CASE("max_pool2d: gradient check over kernels, strides and paddings") {
  std::mt19937 g(4);
  auto const x = make<double>(satur::normal{}, {2, 2, 5, 7}, g);
  for (extent2d const kernel : kernels) {
    for (extent2d const stride : strides) {
      for (padding2d const& padding : paddings_for(kernel)) {
        for (bool const ceil : {false, true}) {
          max_pool2d<double> pool(kernel, {stride, padding, ceil});
          auto const found = satur::testing::check_gradients(pool, x, {.step = 1e-5, .most = 6});
          CHECK_MESSAGE(found.passed(), found.text());
          CHECK(found.skipped.empty());
        }
      }
    }
  }
}

TEST_CASE("max_pool2d: the gradient of a tie goes to the first, the rest gets none") {
  max_pool2d<float> pool({2, 2});
  CHECK(pool.forward(images<float>{{{{3, 3, 0, -0.0f}, {3, 1, 0, 0}}}}) == images<float>{{{{3, 0}}}});
  CHECK(pool.backward(images<float>{{{{5, 7}}}}) == images<float>{{{{5, 0, 7, 0}, {0, 0, 0, 0}}}});
}

TEST_CASE("max_pool2d: used again with another image, kernel and kind of x") {
  std::mt19937 g(5);
  auto const x = make<float>(satur::normal{}, {2, 3, 6, 6}, g);
  auto const dy = make<float>(satur::normal{}, {2, 3, 3, 3}, g);
  max_pool2d<float> pool({2, 2});
  images<float> const y = pool.forward(x);
  images<float> const dx = pool.backward(dy);
  pool.kernel = {3, 1};
  pool.forward(make<float>(satur::normal{}, {1, 2, 9, 4}, g));
  pool.backward(pool.y());
  pool.kernel = {2, 2};
  CHECK(pool.forward(images<float>(x)) == y);
  CHECK(pool.backward(dy + 0.0f) == dx);
  CHECK(pool.forward(x + 0.0f) == y);
  CHECK(pool.forward(pool.y()) == max_pool2d<float>({2, 2}).forward(y)); // its own output
  pool.forward(x);
  images<float> const again = pool.backward(pool.y()); // as dL/dy
  max_pool2d<float> other({2, 2});
  other.forward(x);
  CHECK(other.backward(y) == again);
}

TEST_CASE("max_pool2d: wrong shapes and options are refused, with the name of the layer") {
  CHECK(refusal([] {
          max_pool2d<float>({0, 2});
        }) == "satur::max_pool2d: the height of the kernel is 0; allowed: from 1 to 2147483647");
  CHECK(refusal([] {
          max_pool2d<float>({2, 3}, {.padding = {0, 0, 2, 0}});
        }) == "satur::max_pool2d: the padding is (0, 0, 2, 0); allowed: less than the kernel (2, 3) on each side");
  CHECK(refusal([] { max_pool2d<float>({5000, 5000}); }).starts_with("satur::max_pool2d: the kernel is (5000, 5000)"));
  max_pool2d<float> pool({2, 2});
  CHECK_THROWS_AS(pool.backward(images<float>(xt::zeros<float>({1, 1, 1, 1}))), std::logic_error);
  CHECK(refusal([&] {
          pool.forward(images<float>(xt::zeros<float>({1, 3, 1, 4})));
        }).starts_with("satur::max_pool2d::forward: x has shape (1, 3, 1, 4)"));
  pool.forward(images<float>(xt::zeros<float>({1, 3, 4, 4})));
  CHECK(refusal([&] {
          pool.backward(images<float>(xt::zeros<float>({1, 3, 4, 4})));
        }) == "satur::max_pool2d::backward: dy has shape (1, 3, 4, 4); expected (1, 3, 2, 2), the shape of y");
  pool.options.padding = 2;
  CHECK(refusal([&] {
          pool.forward(images<float>(xt::zeros<float>({1, 3, 4, 4})));
        }).starts_with("satur::max_pool2d: the padding"));
}
