// A type of another library with its own as_array_view; it imitates an Eigen matrix.
#include "satur/diagnostic.hpp"
#include "satur/rowwise.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <random>
#include <string>
#include <variant>
#include <vector>

namespace other {

/// Column-major, no begin(), extents signed; with gaps between the columns if outer > rows.
template <class T> class matrix {
public:
  matrix(std::ptrdiff_t rows, std::ptrdiff_t columns, std::ptrdiff_t outer = 0)
      : rows_(rows), columns_(columns), outer_(outer == 0 ? rows : outer),
        data_(static_cast<std::size_t>(outer_ * columns), T(99)) {}
  std::ptrdiff_t rows() const { return rows_; }
  std::ptrdiff_t cols() const { return columns_; }
  std::ptrdiff_t outerStride() const { return outer_; }
  T* data() { return data_.data(); }
  T const* data() const { return data_.data(); }
  T& operator()(std::ptrdiff_t i, std::ptrdiff_t j) { return data_[static_cast<std::size_t>(i + j * outer_)]; }
  T operator()(std::ptrdiff_t i, std::ptrdiff_t j) const { return data_[static_cast<std::size_t>(i + j * outer_)]; }

private:
  std::ptrdiff_t rows_;
  std::ptrdiff_t columns_;
  std::ptrdiff_t outer_;
  std::vector<T> data_;
};

template <class T> auto as_array_view(matrix<T>& m) {
  return satur::array_view{m.data(), {m.rows(), m.cols()}, {1, m.outerStride()}};
}
template <class T> auto as_array_view(matrix<T> const& m) {
  return satur::array_view{m.data(), {m.rows(), m.cols()}, {1, m.outerStride()}};
}

/// Numbers whose type is known at run time alone, as an image or a tensor has them.
struct any_matrix {
  std::variant<matrix<float>, matrix<double>> numbers;
};
using any_view = std::variant<satur::array_view<float const>, satur::array_view<double const>>;
any_view as_array_view(any_matrix const& m) {
  return std::visit([](auto const& numbers) -> any_view { return as_array_view(numbers); }, m.numbers);
}

} // namespace other

namespace {

constexpr std::ptrdiff_t batch = 70;
constexpr std::ptrdiff_t width = 150; // together more than one chunk

float number(std::ptrdiff_t i, std::ptrdiff_t j) {
  return 3.0f * std::sin(0.37f * float(i) + 1.3f * float(j)) + 0.01f * float(j);
}

other::matrix<float> filled(std::ptrdiff_t outer = 0) {
  other::matrix<float> m(batch, width, outer);
  for (std::ptrdiff_t i = 0; i < batch; ++i) {
    for (std::ptrdiff_t j = 0; j < width; ++j) {
      m(i, j) = number(i, j);
    }
  }
  return m;
}
/// The same numbers, row by row.
std::vector<float> row_major() {
  std::vector<float> all;
  for (std::ptrdiff_t i = 0; i < batch; ++i) {
    for (std::ptrdiff_t j = 0; j < width; ++j) {
      all.push_back(number(i, j));
    }
  }
  return all;
}
bool same(other::matrix<float> const& m, std::vector<float> const& expected) {
  for (std::ptrdiff_t i = 0; i < batch; ++i) {
    for (std::ptrdiff_t j = 0; j < width; ++j) {
      if (m(i, j) != expected[static_cast<std::size_t>(i * width + j)]) {
        return false;
      }
    }
  }
  return true;
}

satur::tanh const tanh_unit;

} // namespace

TEST_CASE("a column-major matrix without begin(): read and written in place") {
  other::matrix<float> const z = filled();
  std::vector<float> const in_memory(z.data(), z.data() + batch * width);
  std::vector<float> const flat = row_major();
  std::vector<float> flat_y(flat.size()), flat_dy(flat.size());
  satur::saturation const by_rows = satur::forward(tanh_unit, flat, flat_y, flat_dy);

  CHECK(satur::observe(tanh_unit, z) == satur::observe(tanh_unit, in_memory));
  CHECK(satur::saturated_fraction(z, 2.0) == satur::saturated_fraction(flat, 2.0));
  CHECK(satur::mean_derivative(tanh_unit, z) == satur::mean_derivative(tanh_unit, in_memory));

  other::matrix<float> y(batch, width), dy(batch, width);
  CHECK(satur::forward(tanh_unit, z, y, dy) == satur::observe(tanh_unit, in_memory));
  CHECK(same(y, flat_y));
  CHECK(same(dy, flat_dy));

  // Columns with gaps, and column-major z with row-major y: read row by row.
  other::matrix<float> const gaps = filled(batch + 3);
  other::matrix<float> gaps_y(batch, width, batch + 1);
  CHECK(satur::observe(tanh_unit, gaps) == by_rows);
  CHECK(satur::forward(tanh_unit, gaps, gaps_y) == by_rows);
  CHECK(same(gaps_y, flat_y));
  CHECK(gaps_y.data()[batch] == 99.0f);
  std::vector<float> beside(flat.size());
  CHECK(satur::forward(tanh_unit, z, beside) == by_rows);
  CHECK(beside == flat_y);

  other::matrix<float> applied(batch, width, batch + 1);
  satur::apply(tanh_unit, z, applied);
  CHECK(same(applied, flat_y));
  satur::apply_derivative(tanh_unit, gaps, applied);
  CHECK(same(applied, flat_dy));
  satur::apply(tanh_unit, gaps, y, dy);
  CHECK(same(dy, flat_dy));

  other::matrix<float> turned(width, batch);
  CHECK_THROWS_WITH_AS(satur::forward(tanh_unit, z, turned),
                       "satur::forward: y has shape (150, 70); expected (70, 150), the shape of z", satur::shape_error);
  other::matrix<float> own = filled(batch + 3);
  CHECK_THROWS_AS(satur::forward(tanh_unit, own, own), std::invalid_argument);
}

TEST_CASE("a column-major matrix: its rows are samples for units, a monitor and softmax") {
  other::matrix<float> const z = filled(batch + 3);
  std::vector<float> const flat = row_major();
  auto const layout = satur::unit_layout::matrix(batch, width);

  satur::unit_records units, expected;
  other::matrix<float> y(batch, width), dy(batch, width);
  satur::forward_units(units, tanh_unit, z, y, dy);
  satur::observe_unit_gradients(units, z);
  std::vector<float> flat_y(flat.size()), flat_dy(flat.size());
  satur::forward_units(expected, tanh_unit, flat, flat_y, flat_dy, layout);
  satur::observe_unit_gradients(expected, flat, layout);
  CHECK(units == expected);
  CHECK(same(y, flat_y));
  CHECK(same(dy, flat_dy));

  satur::monitor mon({.histograms = 1, .units = true});
  mon["adapted"].forward(tanh_unit, z, y);
  mon["adapted"].gradient(z);
  mon["adapted"].update(z, z, 0.5);
  mon["flat"].forward(tanh_unit, flat, flat_y, layout);
  mon["flat"].gradient(flat, layout);
  mon["flat"].update(flat, flat, 0.5);
  CHECK(mon.at("adapted").current() == mon.at("flat").current());
  CHECK(mon.at("adapted").units() == mon.at("flat").units());
  CHECK(mon.at("adapted").histograms() == mon.at("flat").histograms());

  satur::softmax const softmax;
  CHECK(satur::forward(softmax, z, y) == satur::forward(softmax, flat, flat_y, width));
  CHECK(same(y, flat_y));
  satur::pullback(softmax, y, z, dy);
  satur::pullback(softmax, flat_y, flat, flat_dy, width);
  CHECK(same(dy, flat_dy));
  std::vector<float> sums(batch), flat_sums(batch);
  satur::apply(satur::logsumexp{}, z, sums);
  satur::apply(satur::logsumexp{}, flat, flat_sums, width);
  CHECK(sums == flat_sums);
}

TEST_CASE("a layer of a monitor takes numbers whose type is known at run time alone") {
  other::matrix<float> const z = filled();
  other::matrix<double> wide(batch, width);
  for (std::ptrdiff_t j = 0; j < width; ++j) {
    for (std::ptrdiff_t i = 0; i < batch; ++i) {
      wide(i, j) = static_cast<double>(z(i, j));
    }
  }
  auto const layout = satur::unit_layout::nchw(1, batch, 1, width); // rows are units
  std::vector<unsigned char> keep(batch, 1);
  keep[3] = 0;
  satur::monitor of_any({.units = true});
  satur::monitor known({.units = true});
  auto const record = [&](satur::monitor& mon, auto const& x, std::string const& name) {
    mon[name].observe(tanh_unit, x);
    mon[name].gradient(x);
    mon[name].update(x, x, 0.5);
    mon[name + " masked"].observe(tanh_unit, x, satur::sample_mask(keep));
    mon[name + " by rows"].observe(tanh_unit, x, layout);
    mon[name + " by rows"].gradient(x, layout);
    mon.end_step();
  };
  record(of_any, other::any_matrix{z}, "float");
  record(of_any, other::any_matrix{wide}, "double");
  record(known, z, "float");
  record(known, wide, "double");
  CHECK(of_any == known);
  CHECK(known.at("float").total().saturation.count == batch * width);
  CHECK(known.at("double masked").total().saturation.count == (batch - 1) * width);
  CHECK(known.at("float by rows").units()->size() == batch);
}

namespace {

/// The part of std::mdspan's interface with layout_stride that satur uses.
struct mdspan_like {
  using element_type = double;
  using reference = double&;
  using data_handle_type = double*;
  static constexpr std::size_t rank() { return 2; }
  static constexpr bool is_always_strided() { return true; }
  double* start;
  double* data_handle() const { return start; }
  int extent(std::size_t axis) const { return axis == 0 ? 2 : 3; }
  int stride(std::size_t axis) const { return axis == 0 ? 4 : 1; }
};

} // namespace

TEST_CASE("array views: rows with gaps, one element, 16-bit numbers with strides, mdspan, no element") {
  std::vector<double> memory{1, 2, 3, 99, 4, 5, 6, 99};
  satur::array_view<double const> const gaps{memory.data(), {2, 3}, {4, 1}};
  CHECK(gaps(1, 2) == 6.0);
  CHECK_FALSE(gaps.is_row_major());
  CHECK_FALSE(gaps.is_column_major());
  CHECK(satur::observe(satur::identity{}, gaps) ==
        satur::observe(satur::identity{}, std::vector<double>{1, 2, 3, 4, 5, 6}));
  CHECK(satur::array_view<double>{memory.data(), {2, 4}}.is_row_major());
  CHECK(satur::array_view<double>{memory.data(), {1, 3}, {77, 1}}.is_column_major());
  CHECK(satur::observe(satur::identity{}, satur::array_view<double>{memory.data(), {}}).mean_z() == 1.0);
  CHECK(satur::observe(satur::identity{}, satur::array_view<double>{nullptr, {0, 3}}).count == 0);

  mdspan_like const span{memory.data()};
  satur::unit_records units, expected;
  satur::observe_units(units, satur::relu{}, span);
  satur::observe_units(expected, satur::relu{}, gaps);
  CHECK(units == expected);
  CHECK(units.size() == 3);
  satur::apply(satur::relu{}, gaps, span);
  memory[0] = -1.0;
  satur::apply_derivative(satur::relu{}, gaps, span);
  CHECK(memory == std::vector<double>{0, 1, 1, 99, 1, 1, 1, 99});

  std::vector<std::uint16_t> bits{0x3f80, 0, 0xc000, 0}; // 1, 0, -2, 0 in bfloat16
  using bfloat16 = satur::half_access<satur::math::half_format::bfloat16>;
  satur::array_view<std::uint16_t, bfloat16> const every_other{bits.data(), {2}, {2}};
  CHECK(satur::observe(satur::identity{}, every_other).min_z() == -2.0);
  satur::apply(satur::relu{}, every_other, every_other);
  CHECK(bits == std::vector<std::uint16_t>{0x3f80, 0, 0, 0});
}
