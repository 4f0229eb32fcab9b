// The elements of any xtensor expression by index, and a check that diagnostics give the same for it as for a
// std::vector of its elements.
#pragma once

#include "satur/diagnostic.hpp"
#include "satur/tensor/compat.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <tuple>
#include <vector>

namespace test {

using measured = satur::sigmoid;
inline constexpr auto column_major = xt::layout_type::column_major;

template <class T, class Shape> auto filled(Shape const& shape) {
  xt::xtensor<T, std::tuple_size_v<Shape>> z = xt::zeros<T>(shape);
  std::mt19937_64 urbg(5);
  std::normal_distribution<double> normal(1.0, 5.0);
  for (std::size_t i = 0; i < z.size(); ++i) {
    z.data()[i] = static_cast<T>(normal(urbg));
  }
  if (z.size() > 1000) {
    z.data()[7] = std::numeric_limits<T>::quiet_NaN();
    z.data()[z.size() / 2] = std::numeric_limits<T>::infinity();
    z.data()[z.size() - 3] = -std::numeric_limits<T>::infinity();
  }
  return z;
}

/// The elements by index, the last index fastest, without an iterator.
template <class Z> auto by_index(Z const& z) {
  std::vector<std::size_t> const shape(z.shape().begin(), z.shape().end());
  std::vector<std::size_t> index(shape.size(), 0);
  std::vector<typename Z::value_type> all;
  for (std::size_t left = z.size(); left != 0; --left) {
    all.push_back(z.element(index.begin(), index.end()));
    for (std::size_t d = shape.size(); d-- > 0;) {
      if (++index[d] < shape[d]) {
        break;
      }
      index[d] = 0;
    }
  }
  return all;
}

template <class T> std::size_t differing(std::vector<T> const& a, std::vector<T> const& b) {
  std::size_t n = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    n += !((std::isnan(a[i]) && std::isnan(b[i])) || (a[i] == b[i] && std::signbit(a[i]) == std::signbit(b[i])));
  }
  return n;
}

inline bool near(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || std::fabs(a - b) <= 1e-12 * std::max(std::fabs(a), std::fabs(b));
}

/// Counters are equal; sums are equal up to the order of summation.
inline void check_same(satur::saturation const& a, satur::saturation const& b) {
  CHECK(a.count == b.count);
  CHECK(a.low == b.low);
  CHECK(a.high == b.high);
  CHECK(a.nan == b.nan);
  CHECK(a.infinite == b.infinite);
  CHECK(near(a.mean_derivative(), b.mean_derivative()));
  CHECK(near(a.mean_squared_derivative(), b.mean_squared_derivative()));
  CHECK(near(a.mean_output(), b.mean_output()));
  CHECK((near(a.mean_z(), b.mean_z()) || std::fabs(a.mean_z() - b.mean_z()) <= 1e-12 * a.stddev_z()));
  CHECK(near(a.variance_z(), b.variance_z()));
  CHECK((a.count == 0 || a.min_z() == b.min_z()));
  CHECK((a.count == 0 || a.max_z() == b.max_z()));
  CHECK(a.rule == b.rule);
}

/// y and dy are given, of z's shape.
template <class Z, class Y, class D> void check_into(Z const& z, Y&& y, D&& dy) {
  using T = typename Z::value_type;
  std::vector<T> const elements = by_index(z);
  std::vector<T> expected(elements.size());
  std::vector<T> slopes(elements.size());
  satur::saturation const s = satur::forward(measured{}, elements, expected, slopes);
  check_same(satur::forward(measured{}, z, y, dy), s);
  CHECK(differing(by_index(y), expected) == 0);
  CHECK(differing(by_index(dy), slopes) == 0);
  satur::apply(measured{}, z, dy);
  CHECK(differing(by_index(dy), expected) == 0);
  check_same(satur::forward(measured{}, z, dy), s);
  CHECK(differing(by_index(dy), expected) == 0);
  satur::apply_derivative(measured{}, z, y);
  CHECK(differing(by_index(y), slopes) == 0);
}

template <class Z> void check(std::string const& name, Z const& z) {
  CAPTURE(name);
  using T = typename Z::value_type;
  std::vector<T> const elements = by_index(z);
  satur::saturation const s = satur::observe(measured{}, elements);
  check_same(satur::observe(measured{}, z), s);
  CHECK(near(satur::saturated_fraction(z), satur::saturated_fraction(elements)));
  CHECK(near(satur::mean_derivative(measured{}, z), s.mean_derivative()));
  std::vector<std::size_t> const shape(z.shape().begin(), z.shape().end());
  xt::xarray<T> y;
  xt::xarray<T, column_major> dy;
  y.resize(shape); // not `= zeros`: for an empty container xtensor computes an address before its memory
  dy.resize(shape);
  check_into(z, y, dy);
  std::vector<T> flat(z.size());
  satur::saturation const into_vector = satur::forward(measured{}, z, flat);
  check_same(into_vector, s);
  std::vector<T> expected(z.size());
  satur::apply(measured{}, elements, expected);
  CHECK(differing(flat, expected) == 0);
}

} // namespace test
