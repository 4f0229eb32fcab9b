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

TEST_CASE("make gives a row-major tensor with the fans of its shape") {
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

TEST_CASE("other numbers of axes: by a law that needs no fans, or with the fans said") {
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

TEST_CASE("xarray, column-major and views hold the same numbers by index") {
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

TEST_CASE("zero sizes are refused where fans matter") {
  std::mt19937 g(4);
  CHECK_THROWS_WITH_AS(static_cast<void>(satur::make<float>(satur::he_uniform{}, {0, 4}, g)),
                       "satur::he_uniform: fans are (in 0, out 4); allowed: both at least 1", std::invalid_argument);
  CHECK(satur::make<float>(satur::zeros{}, {0, 4}, g).size() == 0);
}
