// Initial weights in xtensor containers.
#include <satur/error.hpp>
#include <satur/initializer.hpp>
#include <satur/tensor/fill.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <random>
#include <span>
#include <string>
#include <vector>

using satur::fans;

namespace {

std::vector<float> reference(std::size_t n, fans f) {
  std::mt19937 g(4);
  std::vector<float> w(n);
  satur::fill(satur::glorot_normal{}, std::span<float>(w), f, g);
  return w;
}

} // namespace

TEST_CASE("make: a row-major tensor with the fans of its shape") {
  std::mt19937 g(4);
  auto const w = satur::make<float>(satur::glorot_normal{}, std::array<std::size_t, 2>{6, 50}, g);
  static_assert(std::is_same_v<std::decay_t<decltype(w)>, xt::xtensor<float, 2>>);
  CHECK(w.shape(0) == 6);
  CHECK(w.shape(1) == 50);
  auto const want = reference(300, {6, 50});
  CHECK(std::equal(want.begin(), want.end(), w.data()));
  std::mt19937 again(4);
  CHECK(satur::make<float>(satur::glorot_normal{}, {6, 50}, again) == w); // the shape in braces
}

TEST_CASE("make: other numbers of axes, by a rule without fans or with given fans") {
  std::mt19937 g(4);
  CHECK(satur::make<double>(satur::constant{2}, {3}, g)(2) == 2);
  CHECK(satur::make<double>(satur::zeros{}, {2, 3, 4}, g).size() == 24);
  std::mt19937 h(4);
  auto const kernel = satur::make<float>(satur::glorot_normal{}, std::array<std::size_t, 4>{3, 5, 2, 10}, {6, 50}, h);
  auto const want = reference(300, {6, 50});
  CHECK(std::equal(want.begin(), want.end(), kernel.data()));
  xt::xtensor<float, 1> line = xt::xtensor<float, 1>::from_shape({5});
  std::string said;
  try {
    satur::fill(satur::he_normal{}, line, g);
  } catch (satur::shape_error const& e) {
    said = e.what();
  }
  CHECK(said == "satur::fill: the tensor has shape (5); expected (in, out); for another number of axes give the fans: "
                "fans{in, out} before the generator");
}

TEST_CASE("fill: xarray, column-major tensors and views hold the same numbers by index") {
  auto const want = reference(300, {6, 50});
  auto const same = [&want](auto const& t) {
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < 6; ++i) {
      for (std::size_t j = 0; j < 50; ++j) {
        wrong += t(i, j) != want[i * 50 + j];
      }
    }
    return wrong == 0;
  };
  std::mt19937 a(4), b(4), c(4), d(4);
  xt::xarray<float> array = xt::xarray<float>::from_shape({6, 50});
  satur::fill(satur::glorot_normal{}, array, a);
  CHECK(same(array));
  xt::xtensor<float, 2, xt::layout_type::column_major> columns =
      xt::xtensor<float, 2, xt::layout_type::column_major>::from_shape({6, 50});
  satur::fill(satur::glorot_normal{}, columns, b);
  CHECK(same(columns));
  xt::xtensor<float, 3> stack = xt::xtensor<float, 3>::from_shape({3, 6, 50});
  std::fill_n(stack.data(), stack.size(), 9.0f);
  auto middle = xt::view(stack, 1, xt::all(), xt::all());
  satur::fill(satur::glorot_normal{}, middle, c);
  CHECK(same(middle));
  CHECK(std::all_of(stack.data(), stack.data() + 300, [](float x) { return x == 9; }));
  CHECK(std::all_of(stack.data() + 600, stack.data() + 900, [](float x) { return x == 9; }));
  xt::xtensor<float, 2> wide = xt::xtensor<float, 2>::from_shape({12, 60});
  std::fill_n(wide.data(), wide.size(), 9.0f);
  auto corner = xt::view(wide, xt::range(2, 8), xt::range(5, 55));
  satur::fill(satur::glorot_normal{}, corner, d);
  CHECK(same(corner));
  CHECK(std::count(wide.data(), wide.data() + wide.size(), 9.0f) == 12 * 60 - 300);
}

TEST_CASE("fill: zero sizes throw if the rule needs fans") {
  std::mt19937 g(4);
  CHECK_THROWS_WITH_AS(static_cast<void>(satur::make<float>(satur::he_uniform{}, {0, 4}, g)),
                       "satur::he_uniform: fans are (in 0, out 4); allowed: both at least 1", std::invalid_argument);
  CHECK(satur::make<float>(satur::zeros{}, {0, 4}, g).size() == 0);
}

TEST_CASE("fill: matrix rules, kernels of either order, every layout and view") {
  satur::weight_shape const shape{{3, 3, 4, 8}, satur::axis_order::in_out};
  std::vector<float> want(3 * 3 * 4 * 8);
  std::mt19937 g(4);
  satur::fill(satur::delta_orthogonal{}, want, shape, g);
  std::mt19937 a(4), b(4), c(4), d(4);
  auto const kernel = satur::make<float>(satur::delta_orthogonal{}, std::array<std::size_t, 4>{3, 3, 4, 8},
                                         satur::axis_order::in_out, a);
  CHECK(std::equal(want.begin(), want.end(), kernel.data()));
  xt::xtensor<float, 4, xt::layout_type::column_major> columns =
      xt::xtensor<float, 4, xt::layout_type::column_major>::from_shape({3, 3, 4, 8});
  satur::fill(satur::delta_orthogonal{}, columns, satur::axis_order::in_out, b);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t o = 0; o < 8; ++o) {
      wrong += columns(1, 1, i, o) != kernel(1, 1, i, o) || columns(1, 1, i, o) == 0;
      wrong += columns(0, 2, i, o) != 0;
    }
  }
  CHECK(wrong == 0);
  xt::xarray<float> torch = xt::xarray<float>::from_shape({8, 4, 3, 3});
  satur::fill(satur::dirac{2}, torch, satur::axis_order::out_in, c);
  CHECK(torch(5, 1, 1, 1) == 1);
  CHECK(std::count(torch.data(), torch.data() + torch.size(), 0.0f) == 8 * 4 * 9 - 8);
  // A matrix needs no axis order: it is (in, out).
  std::mt19937 e(4);
  CHECK(satur::make<double>(satur::orthogonal{}, {6, 4}, d) ==
        satur::make<double>(satur::orthogonal{}, std::array<std::size_t, 2>{6, 4}, satur::axis_order::in_out, e));
  CHECK(satur::make<double>(satur::identity_matrix{3}, {2, 2}, d)(1, 1) == 3);
  auto matrix = satur::make<float>(satur::zeros{}, {6, 4}, d);
  CHECK_THROWS_AS(satur::fill(satur::dirac{}, matrix, satur::axis_order::in_out, d), satur::shape_error);
}

TEST_CASE("lsuv: weights of a tensor") {
  std::mt19937 g(4);
  auto w = satur::make<float>(satur::normal{0, 7}, {20, 30}, g);
  auto const x = satur::make<float>(satur::normal{}, {50, 20}, g);
  xt::xtensor<float, 2> z = xt::xtensor<float, 2>::from_shape({50, 30});
  auto const forward = [&]() -> xt::xtensor<float, 2> const& {
    for (std::size_t i = 0; i < 50; ++i) {
      for (std::size_t o = 0; o < 30; ++o) {
        z(i, o) = 0;
        for (std::size_t k = 0; k < 20; ++k) {
          z(i, o) += x(i, k) * w(k, o);
        }
      }
    }
    return z;
  };
  satur::lsuv_report const report = satur::lsuv(w, forward);
  CHECK(report.first_variance > 100);
  CHECK(report.variance == doctest::Approx(1).epsilon(1e-5));
  CHECK(report.tries == 1);
}
