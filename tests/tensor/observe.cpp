// Every kind of xtensor container gives the results of a std::vector of its elements.
#include "satur/tensor.hpp"

#include "support/containers.hpp"

#if __has_include(<xtensor/xfixed.hpp>)
#include <xtensor/xfixed.hpp>
#else
#include <xtensor/containers/xfixed.hpp>
#endif

#include <list>

using test::by_index;
using test::check;
using test::check_into;
using test::check_same;
using test::column_major;
using test::filled;
using test::measured;

TEST_CASE_TEMPLATE("observe: xtensor containers", T, float, double) {
  xt::xtensor<T, 2> const z = filled<T>(std::array<std::size_t, 2>{120, 150});
  check("xtensor", z);
  check("xarray", xt::xarray<T>(z));
  check("column-major xtensor", xt::xtensor<T, 2, column_major>(z));
  check("column-major xarray", xt::xarray<T, column_major>(z));
  xt::xarray<T, xt::layout_type::dynamic> dynamic;
  dynamic.resize(std::vector<std::size_t>{120, 150}, std::vector<std::ptrdiff_t>{1, 120});
  dynamic = z;
  check("an xarray with its own strides", dynamic);
  check("three axes", filled<T>(std::array<std::size_t, 3>{3, 4, 5}));
  xt::xtensor_fixed<T, xt::xshape<3, 5>> fixed = xt::view(z, xt::range(0, 3), xt::range(0, 5));
  check("xtensor_fixed", fixed);
}

TEST_CASE_TEMPLATE("observe: adapted memory", T, float, double) {
  std::vector<T> memory(12000);
  for (std::size_t i = 0; i < memory.size(); ++i) {
    memory[i] = static_cast<T>(std::sin(static_cast<double>(i)) * 9.0);
  }
  std::array<std::size_t, 2> const shape{100, 120};
  check("an adapted vector", xt::adapt(memory, shape));
  check("an adapted vector, column-major", xt::adapt<column_major>(memory, shape));
  check("an adapted pointer", xt::adapt(memory.data(), memory.size(), xt::no_ownership(), shape));
  std::vector<T> y(memory.size());
  std::vector<T> dy(memory.size());
  auto to = xt::adapt<column_major>(y, shape);
  check_into(xt::adapt(memory, shape), to, xt::adapt(dy, shape));
}

TEST_CASE_TEMPLATE("observe: tensors with no axis, one element and no element", T, float, double) {
  check("0-d xtensor", xt::xtensor<T, 0>(T(6)));
  check("0-d xarray", xt::xarray<T>(T(-6)));
  check("one element", xt::xtensor<T, 2>({{T(7)}}));
  check("no rows", xt::xtensor<T, 2>::from_shape({0, 3}));
  check("no columns", xt::xtensor<T, 2, column_major>::from_shape({3, 0}));
  xt::xtensor<T, 1> const nothing = xt::xtensor<T, 1>::from_shape({0});
  CHECK(std::isnan(satur::saturated_fraction(nothing)));
  CHECK(satur::observe(measured{}, nothing).empty());
  satur::saturation const one = satur::observe(measured{}, xt::xtensor<T, 0>(T(6)));
  CHECK(one.high == 1);
  CHECK(one.count == 1);
}

TEST_CASE("observe: wrong shapes throw with a message") {
  xt::xtensor<float, 2> const z = xt::zeros<float>({2, 3});
  xt::xtensor<float, 2> turned = xt::zeros<float>({3, 2});
  xt::xarray<float> flat = xt::zeros<float>({6});
  xt::xtensor<float, 2> good = xt::zeros<float>({2, 3});
  std::vector<float> few(5);
  CHECK_THROWS_WITH_AS(satur::forward(measured{}, z, turned),
                       doctest::Contains("satur::forward: y has shape (3, 2); expected (2, 3)"), satur::shape_error);
  CHECK_THROWS_WITH_AS(satur::forward(measured{}, z, good, turned),
                       doctest::Contains("satur::forward: dy has shape (3, 2); expected (2, 3)"), satur::shape_error);
  CHECK_THROWS_WITH_AS(satur::forward(measured{}, z, flat), doctest::Contains("y has shape (6); expected (2, 3)"),
                       satur::shape_error);
  CHECK_THROWS_WITH_AS(satur::forward(measured{}, z, few), doctest::Contains("y has shape (5); expected (6)"),
                       satur::shape_error);
  CHECK_THROWS_WITH_AS(satur::apply(measured{}, 2.0f * z, turned),
                       doctest::Contains("has shape (3, 2); expected (2, 3)"), satur::shape_error);
  CHECK_THROWS_WITH_AS(satur::apply_derivative(measured{}, xt::view(z, 0), good),
                       doctest::Contains("has shape (2, 3); expected (3)"), satur::shape_error);
  xt::xtensor<float, 0> none(0.0f);
  CHECK_THROWS_WITH_AS(satur::forward(measured{}, z, none), doctest::Contains("y has shape (); expected (2, 3)"),
                       satur::shape_error);
}

TEST_CASE("observe: a result in the memory of z throws, in views too") {
  xt::xtensor<float, 2> z = xt::ones<float>({40, 30});
  CHECK_THROWS_WITH_AS(satur::forward(measured{}, z, z), doctest::Contains("shares memory with z"),
                       std::invalid_argument);
  auto column = xt::view(z, xt::all(), 3);
  CHECK_THROWS_WITH_AS(satur::forward(measured{}, column, column), doctest::Contains("shares memory with z"),
                       std::invalid_argument);
  xt::xtensor<float, 1> apart = xt::zeros<float>({40});
  CHECK_THROWS_WITH_AS(satur::forward(measured{}, column, apart, column), doctest::Contains("dy shares memory with z"),
                       std::invalid_argument);
  std::list<float> linked(5, 1.0f);
  CHECK_THROWS_AS(satur::forward(measured{}, linked, linked), std::invalid_argument);
  CHECK(z(0, 3) == 1.0f);
  // interleaved views share no element
  satur::forward(measured{}, column, xt::view(z, xt::all(), 4));
  CHECK(z(5, 4) == measured{}(1.0f));
  // apply is documented to work in place
  satur::apply(measured{}, column, column);
  CHECK(z(5, 3) == measured{}(1.0f));
  xt::xtensor<float, 2> y = xt::zeros<float>({40, 30});
  satur::forward(measured{}, 2.0f * y, y); // an expression is read before its source is written
  CHECK(y(39, 29) == 0.5f);
}

TEST_CASE("monitor: views and expressions") {
  xt::xtensor<double, 2> const z = filled<double>(std::array<std::size_t, 2>{60, 50});
  xt::xtensor<double, 2> y = xt::zeros<double>({50, 60});
  satur::monitor monitor;
  monitor["a"].forward(measured{}, xt::transpose(z), y);
  monitor["a"].gradient(xt::view(y, xt::all(), xt::range(0, 60, 2)));
  monitor["a"].update(xt::transpose(y), xt::xtensor<double, 2>(0.25 * xt::transpose(y)));
  monitor.end_step();
  satur::layer_record const& r = monitor.at("a").last();
  check_same(r.saturation, satur::observe(measured{}, by_index(xt::transpose(z))));
  CHECK(r.gradient.count + r.gradient.nan == 50 * 30);
  CHECK(r.update.unusable == 1); // z has a NaN
  satur::layer_monitor other("b", satur::z_beyond{});
  xt::xtensor<double, 2> const w = xt::view(z, xt::range(1, 20));
  other.update(w, 0.25 * w);
  CHECK(other.current().update.log10_ratio() == doctest::Approx(std::log10(0.25)));
  CHECK_THROWS_WITH_AS(other.update(w, z), doctest::Contains("dw has shape (60, 50); expected (19, 50)"),
                       satur::shape_error);
}
