// Rows along any axis of any container: the bits of the same rows as a last axis, in every memory order.
#include "satur/rowwise.hpp"
#include "satur/tensor/compat.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <span>
#include <stdexcept>
#include <vector>

namespace {

using satur::row_axis;

template <class T> struct block { // (a, b, c), row-major
  std::size_t a, b, c;
  std::vector<T> numbers;
  block(std::size_t x, std::size_t y, std::size_t z, unsigned seed = 1) : a(x), b(y), c(z), numbers(x * y * z) {
    std::mt19937_64 g(seed);
    std::normal_distribution<double> normal(0.0, 3.0);
    std::generate(numbers.begin(), numbers.end(), [&] { return static_cast<T>(normal(g)); });
  }
  [[nodiscard]] std::size_t extent(std::size_t axis) const { return axis == 0 ? a : axis == 1 ? b : c; }
  [[nodiscard]] T& at(std::size_t i, std::size_t j, std::size_t k) { return numbers[(i * b + j) * c + k]; }
  [[nodiscard]] satur::array_view<T> view() { return {numbers.data(), {a, b, c}}; }
};

/// The places of the rows along an axis: rows[r][k] is an index into the numbers.
template <class T> std::vector<std::vector<std::size_t>> places(block<T> const& z, std::size_t axis) {
  std::vector<std::vector<std::size_t>> rows;
  std::size_t const extents[3] = {z.a, z.b, z.c};
  std::size_t const strides[3] = {z.b * z.c, z.c, 1};
  std::size_t const first = axis == 0 ? 1 : 0;
  std::size_t const second = axis == 2 ? 1 : 2;
  for (std::size_t i = 0; i < extents[first]; ++i) {
    for (std::size_t j = 0; j < extents[second]; ++j) {
      auto& row = rows.emplace_back();
      for (std::size_t k = 0; k < extents[axis]; ++k) {
        row.push_back(i * strides[first] + j * strides[second] + k * strides[axis]);
      }
    }
  }
  return rows;
}
template <class T>
std::vector<T> gathered(std::vector<T> const& numbers, std::vector<std::vector<std::size_t>> const& rows) {
  std::vector<T> all;
  for (auto const& row : rows) {
    for (std::size_t const at : row) {
      all.push_back(numbers[at]);
    }
  }
  return all;
}

/// A user's own: the softmax of its definition.
struct plain_softmax {
  template <std::floating_point T> void value(std::span<T const> z, std::span<T> y) const {
    T const m = *std::max_element(z.begin(), z.end());
    T sum = 0;
    for (std::size_t i = 0; i < z.size(); ++i) {
      sum += y[i] = std::exp(z[i] - m);
    }
    for (T& e : y) {
      e /= sum;
    }
  }
  template <std::floating_point T> void pullback(std::span<T const> y, std::span<T const> dy, std::span<T> dx) const {
    T sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      sum += y[i] * dy[i];
    }
    for (std::size_t i = 0; i < y.size(); ++i) {
      dx[i] = y[i] * (dy[i] - sum);
    }
  }
};

} // namespace

TEST_CASE_TEMPLATE("row_axis: the bits of the same rows as a last axis", T, float, double) {
  for (auto const& extents : {std::array<std::size_t, 3>{3, 4, 5}, {1, 7, 1}, {2, 1, 19}, {5, 1100, 2}}) {
    std::size_t const a = extents[0];
    std::size_t const b = extents[1];
    std::size_t const c = extents[2];
    block<T> z(a, b, c);
    block<T> dy(a, b, c, 2);
    for (std::ptrdiff_t axis = -3; axis < 3; ++axis) {
      CAPTURE(axis);
      auto const rows = places(z, static_cast<std::size_t>((axis + 3) % 3));
      std::size_t const length = rows.front().size();
      std::vector<T> const in = gathered(z.numbers, rows);
      std::vector<T> const gradient = gathered(dy.numbers, rows);
      auto const check = [&](auto act) {
        std::vector<T> expected(in.size());
        std::vector<T> expected_dx(in.size());
        satur::apply(act, in, expected, length);
        satur::pullback(act, expected, gradient, expected_dx, length);
        block<T> y(a, b, c, 3);
        block<T> dx(a, b, c, 4);
        satur::apply(act, z.view(), y.view(), row_axis{axis});
        satur::pullback(act, y.view(), dy.view(), dx.view(), row_axis{axis});
        CHECK(gathered(y.numbers, rows) == expected);
        CHECK(gathered(dx.numbers, rows) == expected_dx);
        block<T> in_place = z;
        satur::apply(act, in_place.view(), in_place.view(), row_axis{axis});
        CHECK(in_place.numbers == y.numbers);
        std::vector<T> flat(in.size()); // results without axes are row-major
        satur::apply(act, z.view(), flat, row_axis{axis});
        CHECK(flat == y.numbers);
        if constexpr (satur::detail::known_rowwise<decltype(act)>) {
          block<T> again(a, b, c, 5);
          std::vector<T> unused(in.size());
          auto const record = satur::forward(act, z.view(), again.view(), row_axis{axis}, satur::p_above{0.7});
          CHECK(again.numbers == y.numbers);
          CHECK(record == satur::forward(act, in, unused, length, satur::p_above{0.7}));
          CHECK(record == satur::observe(act, z.view(), row_axis{axis}, satur::p_above{0.7}));
          CHECK(record.rows == rows.size());
        }
      };
      check(satur::softmax{});
      check(satur::log_softmax{});
      check(plain_softmax{});
      // one number a row
      std::vector<T> expected(rows.size());
      std::vector<T> expected_dx(in.size());
      satur::apply(satur::logsumexp{}, in, expected, length);
      satur::pullback(satur::logsumexp{}, in, expected, expected_dx, length);
      std::vector<T> y(rows.size());
      block<T> dx(a, b, c, 4);
      satur::apply(satur::logsumexp{}, z.view(), y, row_axis{axis});
      satur::pullback(satur::logsumexp{}, z.view(), y, dx.view(), row_axis{axis});
      CHECK(y == expected);
      CHECK(gathered(dx.numbers, rows) == expected_dx);
    }
  }
}

TEST_CASE("row_axis: xtensor in both orders, views, expressions, rows of rows and 16-bit numbers") {
  block<float> z(3, 4, 5);
  block<float> y(3, 4, 5);
  satur::apply(satur::softmax{}, z.view(), y.view(), row_axis{1});
  auto const same = [&](auto const& found) {
    bool all = true;
    for (std::size_t i = 0; i < 3; ++i) {
      for (std::size_t j = 0; j < 4; ++j) {
        for (std::size_t k = 0; k < 5; ++k) {
          all = all && found(i, j, k) == y.at(i, j, k);
        }
      }
    }
    return all;
  };
  xt::xtensor<float, 3> const x = xt::adapt(z.numbers, std::array<std::size_t, 3>{3, 4, 5});
  xt::xtensor<float, 3> out = xt::zeros<float>({3, 4, 5});
  satur::apply(satur::softmax{}, x, out, row_axis{1});
  CHECK(same(out));
  xt::xtensor<float, 3, xt::layout_type::column_major> const columns = x;
  xt::xtensor<float, 3, xt::layout_type::column_major> column_out = xt::zeros<float>({3, 4, 5});
  satur::apply(satur::softmax{}, columns, column_out, row_axis{1});
  CHECK(same(column_out));
  out.fill(0);
  satur::apply(satur::softmax{}, columns, out, row_axis{-2}); // mixed
  CHECK(same(out));
  out.fill(0);
  satur::apply(satur::softmax{}, x + 0.0f, out, row_axis{1}); // lazy
  CHECK(same(out));
  xt::xtensor<float, 3> wide = xt::zeros<float>({3, 9, 5});
  xt::view(wide, xt::all(), xt::range(2, 6), xt::all()) = x;
  auto part = xt::view(wide, xt::all(), xt::range(2, 6), xt::all());
  satur::apply(satur::softmax{}, part, part, row_axis{1});
  CHECK(same(part));
  CHECK(wide(0, 1, 0) == 0.0f);
  CHECK(wide(2, 6, 4) == 0.0f);

  std::vector<std::vector<double>> const rows{{1, 2, 3}, {3, 2, 1}};
  std::vector<std::vector<double>> p{{0, 0, 0}, {0, 0, 0}};
  satur::apply(satur::softmax{}, rows, p, row_axis{0});
  for (std::size_t k = 0; k < 3; ++k) {
    std::vector<double> const column{rows[0][k], rows[1][k]};
    std::vector<double> alone(2);
    satur::apply(satur::softmax{}, column, alone, 2);
    CHECK(p[0][k] == alone[0]);
    CHECK(p[1][k] == alone[1]);
  }

  std::vector<std::uint16_t> bits{0x3f80, 0x4000, 0x4040, 0x0000}; // bfloat16: 1, 2, 3, 0
  using access = satur::half_access<satur::math::half_format::bfloat16>;
  satur::array_view<std::uint16_t, access> const half{bits.data(), {2, 2}};
  std::vector<float> wide_out(4);
  satur::apply(satur::softmax{}, half, wide_out, row_axis{0});
  CHECK(wide_out[0] == doctest::Approx(1 / (1 + std::exp(2.0))));
  CHECK(wide_out[1] == doctest::Approx(1 / (1 + std::exp(-2.0))));
}

TEST_CASE("row_axis: more axes than a view has") {
  std::vector<std::size_t> const shape{1, 2, 1, 2, 1, 3, 1, 2, 1, 2};
  xt::xarray<double> z = xt::zeros<double>(shape);
  std::mt19937_64 g(4);
  std::generate(z.data(), z.data() + z.size(), [&] { return std::normal_distribution<double>(0, 2)(g); });
  xt::xarray<double> y = xt::zeros<double>(shape);
  satur::apply(satur::softmax{}, z, y, row_axis{5});
  std::vector<double> flat(z.data(), z.data() + z.size());
  std::vector<double> expected(z.size());
  satur::apply(satur::softmax{}, satur::array_view<double>{flat.data(), {4, 3, 4}},
               satur::array_view<double>{expected.data(), {4, 3, 4}}, row_axis{1});
  CHECK(std::equal(expected.begin(), expected.end(), y.data()));
}

TEST_CASE("row_axis: refusals") {
  block<double> z(2, 3, 4);
  block<double> y(2, 3, 4);
  CHECK_THROWS_WITH_AS(satur::apply(satur::softmax{}, z.view(), y.view(), row_axis{3}),
                       "satur::apply: the axis of the rows is 3; allowed: -3 to 2, for z (2, 3, 4)",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(static_cast<void>(satur::observe(satur::softmax{}, z.view(), row_axis{-4})),
                       "satur::observe: the axis of the rows is -4; allowed: -3 to 2, for z (2, 3, 4)",
                       std::invalid_argument);
  block<double> other(2, 4, 3);
  CHECK_THROWS_WITH_AS(satur::apply(satur::softmax{}, z.view(), other.view(), row_axis{1}),
                       "satur::apply: y has shape (2, 4, 3); expected (2, 3, 4), the shape of z", satur::shape_error);
  CHECK_THROWS_AS(satur::pullback(satur::softmax{}, z.view(), other.view(), y.view(), row_axis{1}), satur::shape_error);
  CHECK_THROWS_AS(satur::forward(satur::softmax{}, z.view(), z.view(), row_axis{1}), std::invalid_argument);
  block<double> none(2, 0, 4);
  CHECK_THROWS_WITH_AS(satur::apply(satur::softmax{}, none.view(), none.view(), row_axis{1}),
                       "satur::apply: z has shape (2, 0, 4); expected an axis 1 of at least 1", satur::shape_error);
  satur::apply(satur::softmax{}, none.view(), none.view(), row_axis{0}); // no rows
}

TEST_CASE("rowwise: results that overlap what is read are refused unless they are the same") {
  std::vector<double> memory(30, 1.0);
  std::span<double> const z(memory.data(), 20);
  std::span<double> const shifted(memory.data() + 4, 20);
  std::vector<double> y(20, 0.2);
  std::vector<double> dy(20, 1.0);
  CHECK_THROWS_WITH_AS(
      satur::apply(satur::softmax{}, z, shifted, 5),
      "satur::apply: y overlaps z but does not begin with it in the same order: give y memory of its own",
      std::invalid_argument);
  CHECK_THROWS_AS(satur::apply(satur::softmax{}, satur::array_view<double>{z.data(), {4, 5}},
                               satur::array_view<double>{z.data(), {4, 5}, {1, 4}}),
                  std::invalid_argument); // the same memory in another order
  CHECK_THROWS_AS(satur::apply(satur::logsumexp{}, z, std::span<double>(memory.data() + 18, 4), 5),
                  std::invalid_argument);
  CHECK_THROWS_AS(satur::pullback(satur::softmax{}, z, dy, shifted, 5), std::invalid_argument);
  CHECK_THROWS_AS(satur::pullback(satur::softmax{}, y, z, shifted, 5), std::invalid_argument);
  CHECK(memory == std::vector<double>(30, 1.0));
  satur::apply(satur::softmax{}, z, z, 5);
  CHECK(z[0] == 0.2);
  satur::pullback(satur::softmax{}, z, dy, dy, 5);
  satur::pullback(satur::softmax{}, z, dy, z, 5);
}
