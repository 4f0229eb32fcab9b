// conv2d against the sums of its definition and central differences, over all options, and its errors.
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

using satur::conv2d;
using satur::extent2d;
using satur::make;
using satur::padding2d;
using namespace satur_test;
template <class T> using images = xt::xtensor<T, 4>;

namespace {

struct shape {
  std::size_t batch, in, out, h, w;
};

template <class A, class B> double largest_difference(A const& a, B const& b) {
  double worst = std::equal(a.shape().begin(), a.shape().end(), b.shape().begin(), b.shape().end())
                     ? 0
                     : std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    worst = std::max(worst, std::abs(static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i])));
  }
  return worst;
}

std::vector<extent2d> const kernels{{1, 1}, {3, 3}, {2, 3}, {4, 1}, {5, 6}};
std::vector<extent2d> const strides{{1, 1}, {2, 2}, {1, 3}, {4, 5}};
std::vector<padding2d> const paddings{
    {}, 1, {2, 0}, {0, 1, 2, 3}, {3, 0, 0, 1}, padding2d::same(), padding2d::same_lower()};

/// A layer with random weights and biases.
template <class T>
conv2d<T> layer_of(shape const& s, extent2d kernel, satur::conv2d_options const& options, std::mt19937& g) {
  conv2d<T> conv{s.in, s.out, kernel, satur::normal{0, 0.5}, g, options};
  satur::fill(satur::normal{1, 1}, conv.b, g);
  return conv;
}

/// z, dx, dw, db against the definition.
template <class T>
void check_against_definition(shape const& s, extent2d kernel, satur::conv2d_options const& options) {
  CAPTURE(s.batch);
  CAPTURE(s.h);
  CAPTURE(s.w);
  CAPTURE(kernel.h);
  CAPTURE(kernel.w);
  CAPTURE(options.stride.h);
  CAPTURE(options.padding.top);
  std::mt19937 g(5);
  conv2d<T> conv = layer_of<T>(s, kernel, options, g);
  auto const x = make<T>(satur::normal{}, {s.batch, s.in, s.h, s.w}, g);
  auto const at = plain_windows2d(s.h, s.w, kernel, options.stride, options.padding);
  auto const z = plain_convolution(x, conv.w, conv.b, at);
  auto const tolerance = [](std::size_t terms) {
    return static_cast<double>(std::numeric_limits<T>::epsilon()) * static_cast<double>(100 + 4 * terms);
  };
  CHECK(largest_difference(conv.forward(x), z) < tolerance(conv.w.size() / s.out));
  images<T> const before = conv.z();
  auto const dz = make<T>(satur::normal{}, {z.shape(0), z.shape(1), z.shape(2), z.shape(3)}, g);
  auto const want = plain_convolution_gradients(x, conv.w, dz, at);
  CHECK(largest_difference(conv.backward(dz), want.dx) < tolerance(conv.w.size() / s.in));
  std::size_t const pixels = s.batch * z.shape(2) * z.shape(3);
  CHECK(largest_difference(conv.dw, want.dw) < tolerance(pixels));
  CHECK(largest_difference(conv.db, want.db) < tolerance(pixels));
  CHECK(conv.z() == before); // z survives backward
  images<T> const dw = conv.dw;
  xt::xtensor<T, 1> const db = conv.db;
  conv.dw.fill(T(9));
  conv.db.fill(T(9));
  conv.backward_parameters(dz);
  CHECK(conv.dw == dw);
  CHECK(conv.db == db);
}

/// Two layers and a nonlinearity with slope 2z between them.
struct net {
  conv2d<double> one, two;
  images<double> a, da;
  images<double> const& forward(images<double> const& x) {
    a = one.forward(x) * one.z();
    return two.forward(a);
  }
  images<double> const& backward(images<double> const& dz) {
    da = 2.0 * two.backward(dz) * one.z();
    return one.backward(da);
  }
  template <class F> void each_parameter(F&& f) {
    one.each_parameter(f);
    two.each_parameter(f);
  }
};

template <class F> std::string refusal(F&& f) {
  try {
    f();
  } catch (std::invalid_argument const& e) {
    return e.what();
  }
  return "nothing thrown";
}

} // namespace

TEST_CASE_TEMPLATE("conv2d: forward and backward against the sums of the definition", T, float, double) {
  for (extent2d const kernel : kernels) {
    for (extent2d const stride : strides) {
      for (padding2d const& padding : paddings) {
        check_against_definition<T>({2, 3, 2, 5, 6}, kernel, {stride, padding});
      }
    }
  }
  // Batches of 0 and 1, one channel, images of one pixel, row and column, rows on both sides of every register width.
  for (std::size_t const batch : {0u, 1u}) {
    check_against_definition<T>({batch, 1, 1, 4, 4}, {3, 3}, {{1, 1}, 1});
    check_against_definition<T>({batch, 4, 5, 4, 4}, {1, 1}, {});
    check_against_definition<T>({batch, 2, 3, 1, 1}, {1, 1}, {});
    check_against_definition<T>({batch, 2, 3, 1, 1}, {3, 3}, {{1, 1}, padding2d::same()});
    check_against_definition<T>({batch, 2, 3, 1, 7}, {1, 3}, {{2, 2}, {}});
    check_against_definition<T>({batch, 2, 3, 9, 1}, {3, 1}, {{2, 2}, 4});
  }
  // A 1 x 1 kernel with as many windows as pixels, but not one on each.
  check_against_definition<T>({2, 3, 2, 5, 6}, {1, 1}, {{2, 2}, {0, 0, 5, 6}});
  for (std::size_t const width : {8u, 9u, 15u, 16u, 17u, 33u, 47u}) {
    check_against_definition<T>({2, 2, 3, 5, width}, {3, 2}, {{1, 1}, 1});
  }
}

TEST_CASE("conv2d: an image whose windows do not fit into the workspace goes through it in blocks of rows") {
  check_against_definition<float>({2, 8, 2, 100, 100}, {3, 3}, {{1, 1}, 1});   // 36, 36 and 28 rows
  check_against_definition<double>({1, 8, 2, 100, 100}, {5, 3}, {{2, 1}, 2});  // with overlap between blocks
  check_against_definition<double>({1, 300, 1, 4, 100}, {3, 3}, {{1, 1}, 1});  // one row at a time
  check_against_definition<double>({1, 2, 3, 80, 2000}, {1, 1}, {});           // the image itself is the matrix
  check_against_definition<double>({1, 2, 3, 81, 1000}, {1, 1}, {{1, 2}, {}}); // not with a stride
}

TEST_CASE("conv2d: gradient check over kernels, strides and paddings") {
  std::mt19937 g(4);
  std::size_t checks = 0;
  for (extent2d const kernel : kernels) {
    for (extent2d const stride : strides) {
      for (padding2d const& padding : paddings) {
        conv2d<double> conv = layer_of<double>({2, 2, 3, 5, 6}, kernel, {stride, padding}, g);
        auto const x = make<double>(satur::normal{}, {2, 2, 5, 6}, g);
        auto const found = satur::testing::check_gradients(conv, x, {.most = 4});
        CHECK_MESSAGE(found.passed(), found.text());
        CHECK(found.skipped.empty());
        checks += found.checks;
      }
    }
  }
  CHECK(checks >= 140 * (4 + 4 + 3));
}

TEST_CASE("conv2d: gradients of two layers one after the other") {
  std::mt19937 g(4);
  net n{layer_of<double>({2, 1, 3, 7, 7}, {3, 3}, {{2, 2}, 1}, g),
        layer_of<double>({2, 3, 2, 4, 4}, {2, 2}, {}, g),
        {},
        {}};
  auto const found = satur::testing::check_gradients(n, make<double>(satur::normal{}, {2, 1, 7, 7}, g));
  CHECK_MESSAGE(found.passed(), found.text());
}

TEST_CASE_TEMPLATE("conv2d: used again with another batch, image, stride and kind of x", T, float, double) {
  std::mt19937 g(8);
  conv2d<T> const fresh = layer_of<T>({2, 2, 2, 5, 6}, {3, 3}, {{1, 1}, padding2d::same()}, g);
  auto const x = make<T>(satur::normal{}, {2, 2, 5, 6}, g);
  auto const dz = make<T>(satur::normal{}, {2, 2, 5, 6}, g);
  conv2d<T> first = fresh;
  images<T> const z = first.forward(x);
  images<T> const dx = first.backward(dz);
  images<T> const dw = first.dw;
  xt::xtensor<T, 1> const db = first.db;
  conv2d<T> used = fresh;
  auto const other = make<T>(satur::normal{}, {3, 2, 9, 4}, g);
  auto const same = [&] { return used.z() == z && used.backward(dz) == dx && used.dw == dw && used.db == db; };
  used.forward(other);
  used.backward(used.z());
  used.forward(x);
  CHECK(same());
  used.options.stride = {2, 1};
  used.forward(other);
  used.options.stride = {1, 1};
  used.forward(images<T>(x));
  CHECK(same());
  used.forward(x + T(0));
  CHECK(same());
  used.forward(x);
  CHECK(used.backward(dz + T(0)) == dx);
  // The layer's own arrays: the second step of a recurrence.
  images<T> const twice = first.forward(images<T>(z));
  used.forward(x);
  CHECK(used.forward(used.z()) == twice);
  used.backward(dz);
  images<T> const by_copy = first.backward(first.backward(images<T>(dz)));
  CHECK(used.backward(used.backward(dz)) == by_copy);
  // An empty batch between two others.
  used.forward(images<T>(images<T>::from_shape({0, 2, 5, 6})));
  CHECK(used.z().size() == 0);
  CHECK(used.backward(used.z()).size() == 0);
  CHECK(*std::max_element(used.dw.begin(), used.dw.end()) == T(0));
  CHECK(*std::max_element(used.db.begin(), used.db.end()) == T(0));
  used.forward(x);
  CHECK(same());
}

TEST_CASE("conv2d: one number is both extents, and padding on all sides") {
  std::mt19937 g(3);
  conv2d<float> const conv{1, 1, 3, satur::normal{}, g, {.stride = 2, .padding = 1}};
  CHECK(conv.w.shape() == images<float>::shape_type{1, 1, 3, 3});
  CHECK(conv.options.stride == extent2d(2, 2));
  CHECK(conv.options.padding == padding2d(1, 1, 1, 1));
  CHECK(padding2d(2, 1) == padding2d(2, 1, 2, 1));
  CHECK_FALSE(padding2d::same() == padding2d());
  CHECK_FALSE(padding2d::same() == padding2d::same_lower());
}

TEST_CASE("conv2d: fans, initial weights and orthogonal kernels") {
  std::mt19937 g(3), h(3);
  conv2d<float> const conv{16, 32, {3, 5}, satur::he_normal{}, g};
  images<float> w = images<float>::from_shape({32, 16, 3, 5});
  satur::fill(satur::he_normal{}, w, satur::convolution_fans(16, 32, {3, 5}), h);
  CHECK(conv.w == w);
  CHECK(conv.b == xt::xtensor<float, 1>(xt::zeros<float>({32})));
  CHECK(conv.inputs() == 16);
  CHECK(conv.outputs() == 32);
  CHECK(satur::parameter_count(conv) == 32 * 16 * 15 + 32);
  conv2d<double> const square{2, 4, {3, 3}, satur::orthogonal{}, g}; // rows of (out, in kh kw) are orthonormal
  for (std::size_t a = 0; a < 4; ++a) {
    for (std::size_t b = 0; b < 4; ++b) {
      double product = 0;
      for (std::size_t k = 0; k < 18; ++k) {
        product += square.w.data()[a * 18 + k] * square.w.data()[b * 18 + k];
      }
      CHECK(product == doctest::Approx(a == b ? 1 : 0));
    }
  }
}

TEST_CASE("conv2d: reads its last z, by channel") {
  std::mt19937 g(3);
  conv2d<float> conv{1, 2, {1, 1}, satur::zeros{}, g};
  conv.w(0, 0, 0, 0) = 1;
  conv.w(1, 0, 0, 0) = 10;
  CHECK(std::isnan(conv.saturated_fraction()));
  conv.forward(images<float>{{{{1, -2}, {3, 4}}}});
  CHECK(conv.saturated_fraction() == 0.5);
  CHECK(conv.saturated_fraction(3.5) == 5.0 / 8.0);
  CHECK(conv.observe(satur::sigmoid{}).count == 8);
  CHECK(conv.mean_derivative(satur::sigmoid{}) == satur::mean_derivative(satur::sigmoid{}, conv.z()));
  satur::unit_records units;
  conv.observe_units(units, satur::sigmoid{});
  REQUIRE(units.size() == 2);
  CHECK(units[0].fraction() == 0.0);
  CHECK(units[1].fraction() == 1.0);
  CHECK(units[1].mean_z() == 10 * units[0].mean_z());
}

TEST_CASE("conv2d: predicts its channels from its weights") {
  std::mt19937 g(3);
  conv2d<double> conv{2, 3, {3, 2}, satur::normal{0, 1}, g};
  satur::fill(satur::normal{0, 2}, conv.b, g);
  xt::xtensor<double, 1> const mean{0.5, -1}, variance{2, 0.25};
  auto const p = conv.predicted(satur::sigmoid{}, mean, variance);
  REQUIRE(p.z.units() == 3);
  for (std::size_t o = 0; o < 3; ++o) { // the sums by hand
    double m = conv.b(o), v = 0;
    for (std::size_t c = 0; c < 2; ++c) {
      for (std::size_t k = 0; k < 6; ++k) {
        double const w = conv.w(o, c, k / 2, k % 2);
        m += w * mean(c);
        v += w * w * variance(c);
      }
    }
    CHECK(p.z.mean[o] == doctest::Approx(m));
    CHECK(p.z.variance[o] == doctest::Approx(v));
  }
  // Images of these moments: 3 channels x 20000 windows that share pixels.
  auto x = make<double>(satur::normal{}, {5, 2, 66, 65}, g);
  for (std::size_t c = 0; c < 2; ++c) {
    auto channel = xt::view(x, xt::all(), c);
    channel = mean(c) + std::sqrt(variance(c)) * channel;
  }
  conv.forward(x);
  CHECK(conv.saturated_fraction() == doctest::Approx(p.fraction()).epsilon(0.03));
  CHECK(conv.mean_derivative(satur::sigmoid{}) == doctest::Approx(p.mean_derivative).epsilon(0.03));
  CHECK(conv.predicted(satur::sigmoid{}).z.mean[1] == conv.b(1));
  CHECK(refusal([&] {
          static_cast<void>(conv.predicted(satur::sigmoid{}, xt::xtensor<double, 1>{1, 2, 3}));
        }) == "satur::conv2d::predicted: the mean of the input has shape (3); expected (2)");
}

TEST_CASE("conv2d: wrong shapes and options are refused, with the name of the layer") {
  std::mt19937 g(3);
  conv2d<float> conv{3, 2, {3, 3}, satur::normal{}, g};
  using shape4 = std::array<std::size_t, 4>;
  auto const zeros = [](shape4 const& s) { return images<float>(xt::zeros<float>(s)); };
  CHECK_THROWS_AS(conv.backward(zeros({1, 2, 1, 1})), std::logic_error);
  CHECK(refusal([&] {
          conv.forward(zeros({2, 1, 5, 5}));
        }) ==
        "satur::conv2d::forward: x has shape (2, 1, 5, 5); expected (batch, 3, height, width), for w (2, 3, 3, 3)");
  CHECK(refusal([&] {
          conv.forward(zeros({2, 3, 2, 5}));
        }) ==
        "satur::conv2d::forward: x has shape (2, 3, 2, 5); expected images that hold the kernel (3, 3), with padding "
        "(0, 0, 0, 0)");
  CHECK(refusal([&] {
          conv.forward(zeros({2, 3, 0, 5}));
        }).starts_with("satur::conv2d::forward: x has shape (2, 3, 0, 5)"));
  CHECK(refusal([&] {
          conv.forward(zeros({0, 3, 65536, 65536})); // no images, so no memory
        }) ==
        "satur::conv2d::forward: x has shape (0, 3, 65536, 65536); expected at most 2147483647 pixels of an image");
  conv.forward(zeros({2, 3, 5, 5}));
  CHECK(refusal([&] {
          conv.backward(zeros({2, 2, 5, 5}));
        }) == "satur::conv2d::backward: dz has shape (2, 2, 5, 5); expected (2, 2, 3, 3), the shape of z");
  CHECK(refusal([&] {
          conv.backward_parameters(zeros({1, 2, 3, 3}));
        }).starts_with("satur::conv2d::backward_parameters: dz"));
  CHECK(refusal([&] {
          conv2d<float>(0, 2, {3, 3}, satur::normal{}, g);
        }).starts_with("satur::conv2d: the weight has shape (2, 0, 3, 3)"));
  CHECK(refusal([&] {
          conv2d<float>(1, 2, {0, 3}, satur::normal{}, g);
        }).starts_with("satur::conv2d: the weight has shape (2, 1, 0, 3)"));
  CHECK(refusal([&] {
          conv2d<float>(1, 2, {3, 3}, satur::normal{}, g, {.stride = {1, 0}});
        }) == "satur::conv2d: the stride of the columns is 0; allowed: from 1 to 2147483647");
  CHECK(refusal([&] {
          conv2d<float>(1, 2, {3, 3}, satur::normal{}, g, {.padding = std::size_t{1} << 40});
        }).starts_with("satur::conv2d: a padding is 1099511627776"));
  conv.b = xt::zeros<float>({3});
  CHECK(refusal([&] {
          conv.forward(zeros({2, 3, 5, 5}));
        }).starts_with("satur::conv2d::forward: b has shape (3); expected (2)"));
}
