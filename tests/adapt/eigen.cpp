// Everything of Eigen that has memory, and expressions that have none, give the record of the same numbers in a vector.
#include "satur/adapt/eigen.hpp"
#include "satur/diagnostic.hpp"
#include "satur/finding.hpp"
#include "satur/rowwise.hpp"

#include "support/allocation.hpp"

#include <doctest/doctest.h>

#include <Eigen/Dense>

#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

namespace {

using row_major_matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
constexpr Eigen::Index units = 70;
constexpr Eigen::Index batch = 150; // together more than is read at a time
satur::tanh const act;

/// One number through the activation.
float f(float z) {
  float y = 0.0f;
  satur::apply(act, std::span(&z, 1), std::span(&y, 1));
  return y;
}
/// z as (units, batch), with unlike units.
template <class M> M filled(Eigen::Index rows = units, Eigen::Index columns = batch) {
  using S = typename M::Scalar;
  M m(rows, columns);
  for (Eigen::Index j = 0; j < columns; ++j) {
    for (Eigen::Index i = 0; i < rows; ++i) {
      m(i, j) = S(4.0f * std::sin(0.37f * float(i) + 1.3f * float(j)) + 0.05f * float(i));
    }
  }
  return m;
}
/// The numbers of any expression, column after column.
template <class M> auto by_columns(M const& m) {
  using S = typename M::Scalar;
  std::vector<std::conditional_t<sizeof(S) == 2, float, S>> all;
  auto const known = m.eval();
  for (Eigen::Index j = 0; j < m.cols(); ++j) {
    for (Eigen::Index i = 0; i < m.rows(); ++i) {
      all.push_back(static_cast<typename decltype(all)::value_type>(known(i, j)));
    }
  }
  return all;
}
template <class X> std::string printed(X const& x) {
  std::ostringstream out;
  out << x;
  return out.str();
}
satur::unit_layout layout_of_columns(Eigen::Index rows, Eigen::Index columns) {
  return satur::unit_layout::matrix(static_cast<std::size_t>(columns), static_cast<std::size_t>(rows));
}

/// z, read column after column, against the vector; and its units.
template <class M> void check_read(M const& z) {
  auto const flat = by_columns(z);
  CHECK(satur::observe(act, z) == satur::observe(act, flat));
  CHECK(satur::saturated_fraction(z, 2.0) == satur::saturated_fraction(flat, 2.0));
  CHECK(satur::mean_derivative(act, z) == satur::mean_derivative(act, flat));

  satur::histogram drawn = satur::histogram::of_z(), expected_drawn = drawn;
  drawn.observe(z);
  expected_drawn.observe(flat);
  CHECK(drawn == expected_drawn);

  satur::unit_records records, expected;
  satur::observe_units(records, act, z);
  satur::observe_unit_gradients(records, z);
  satur::observe_units(expected, act, flat, layout_of_columns(z.rows(), z.cols()));
  satur::observe_unit_gradients(expected, flat, layout_of_columns(z.rows(), z.cols()));
  CHECK(records == expected);
}
/// The same of what each function reads, which is cheaper to compile: the memory, or the numbers of an expression.
template <class M> void check_numbers(M const& z) {
  auto const flat = by_columns(z);
  CHECK(satur::detail::shape_of(z) == satur::array_shape(z.cols(), z.rows()));
  std::vector<typename decltype(flat)::value_type> read(flat.size());
  satur::detail::number_reader<M>(z).read(0, read.size(), read.data());
  CHECK(read == flat);
  if constexpr (satur::detail::memory_of_numbers<M>) {
    auto const view = satur::as_array_view(z);
    CHECK(view.size() == flat.size());
    CHECK(static_cast<void const*>(view.data) == static_cast<void const*>(z.data()));
  } else {
    CHECK(satur::detail::size_of(z) == flat.size());
  }
}
/// y and dy are written where they should be.
template <class M, class Y> void check_written(M const& z, Y&& y, Y&& dy) {
  auto const flat = by_columns(z);
  auto flat_y = flat;
  auto flat_dy = flat;
  satur::saturation const expected = satur::forward(act, flat, flat_y, flat_dy);
  CHECK(satur::forward(act, z, y, dy) == expected);
  CHECK(by_columns(y) == flat_y);
  CHECK(by_columns(dy) == flat_dy);
  y.setZero();
  dy.setZero();
  satur::apply(act, z, y, dy);
  CHECK(by_columns(y) == flat_y);
  CHECK(by_columns(dy) == flat_dy);
  y.setZero();
  satur::unit_records records, of_flat;
  satur::forward_units(records, act, z, y);
  satur::forward_units(of_flat, act, flat, flat_y, layout_of_columns(z.rows(), z.cols()));
  CHECK(records == of_flat);
  CHECK(by_columns(y) == flat_y);
}

/// As Eigen's manual shows it.
struct named_matrix : Eigen::MatrixXf {
  using Eigen::MatrixXf::MatrixXf;
  template <class D> named_matrix(Eigen::MatrixBase<D> const& m) : Eigen::MatrixXf(m) {}
  std::string name = "z";
};

template <class S> using matrix_of = Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic>;

} // namespace

TEST_CASE("matrices, arrays and vectors, of fixed and dynamic size") {
  Eigen::MatrixXf const z = filled<Eigen::MatrixXf>();
  check_read(z);
  check_numbers(filled<Eigen::ArrayXXf>());
  check_numbers(filled<Eigen::MatrixXd>());
  check_numbers(filled<matrix_of<long double>>(3, 5));
  Eigen::Matrix<double, 5, 3> fixed = filled<Eigen::MatrixXd>(5, 3);
  check_numbers(fixed);
  check_numbers(Eigen::VectorXf(z.col(3)));
  check_numbers(Eigen::RowVectorXf(z.row(3)));
  check_numbers(Eigen::Vector3f(0.5f, -7.0f, 2.0f));
  check_numbers(named_matrix(z));
  Eigen::MatrixXf y(units, batch), dy(units, batch);
  check_written(z, y, dy);
  Eigen::ArrayXXf array_y(units, batch);
  satur::apply(act, z, array_y);
  CHECK(array_y.matrix() == y);
  Eigen::RowVectorXf row_y(batch);
  satur::apply(act, z.row(3), row_y);
  CHECK(row_y == y.row(3));
}

TEST_CASE("row-major matrices are read in the order of their memory, and their units are rows too") {
  row_major_matrix const z = filled<row_major_matrix>();
  std::vector<float> const in_memory(z.data(), z.data() + z.size());
  CHECK(satur::observe(act, z) == satur::observe(act, in_memory));
  row_major_matrix y(units, batch);
  std::vector<float> flat_y(in_memory.size());
  CHECK(satur::forward(act, z, y) == satur::forward(act, in_memory, flat_y));
  CHECK(std::vector<float>(y.data(), y.data() + y.size()) == flat_y);

  satur::unit_records records, expected;
  satur::forward_units(records, act, z, y);
  satur::observe_units(expected, act, filled<Eigen::MatrixXf>());
  CHECK(records == expected);
  Eigen::MatrixXf other_order(units, batch);
  satur::apply(act, z, other_order);
  CHECK(other_order == y);
}

TEST_CASE("maps with strides, blocks, transposes, references and other views of memory") {
  std::vector<float> memory(2 * units * batch + 3 * batch, 99.0f);
  using strides = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
  Eigen::Map<Eigen::MatrixXf, 0, strides> every_other(memory.data(), units, batch, strides(2 * units + 3, 2));
  every_other = filled<Eigen::MatrixXf>();
  check_read(every_other);
  check_numbers(Eigen::Map<Eigen::MatrixXf const, 0, strides>(memory.data(), units, batch, strides(2 * units + 3, 2)));
  std::vector<float> y_memory(memory.size(), 99.0f), dy_memory(memory.size(), 99.0f);
  Eigen::Map<Eigen::MatrixXf, 0, strides> y(y_memory.data(), units, batch, strides(2 * units + 3, 2));
  Eigen::Map<Eigen::MatrixXf, 0, strides> dy(dy_memory.data(), units, batch, strides(2 * units + 3, 2));
  check_written(every_other, y, dy);
  CHECK(y_memory[1] == 99.0f);
  CHECK(y_memory[2 * units] == 99.0f);

  Eigen::MatrixXf whole = filled<Eigen::MatrixXf>(units + 5, batch + 4);
  auto const block = whole.block(2, 3, units, batch);
  check_read(block);
  Eigen::MatrixXf room = Eigen::MatrixXf::Zero(units + 5, batch + 4), more = room;
  check_written(block, room.block(1, 1, units, batch), more.block(1, 1, units, batch));
  CHECK(room.row(0).isZero());
  CHECK(room.col(batch + 1).isZero());
  Eigen::MatrixXf const constant = whole;
  check_numbers(constant.leftCols(3));
  check_numbers(constant.row(1));
  check_numbers(constant.col(1));
  check_numbers(constant.col(1).segment(2, 9));
  check_numbers(constant.array().topRows(7));
  check_numbers(constant.diagonal());
  check_numbers(constant.topLeftCorner(9, 7).transpose());
  check_numbers(Eigen::Ref<Eigen::MatrixXf>(whole));
  check_numbers(Eigen::Ref<Eigen::MatrixXf const>(constant));
  Eigen::MatrixXcf const complex = constant.cast<std::complex<float>>();
  check_numbers(complex.real());

  // The transpose of a matrix exchanges samples and units, in place.
  satur::unit_records turned, by_rows;
  satur::observe_units(turned, act, whole.transpose());
  satur::observe_units(by_rows, act, satur::rows_are_samples(whole));
  CHECK(turned == by_rows);
  CHECK(turned.size() == static_cast<std::size_t>(batch + 4));
  satur::apply(act, filled<Eigen::MatrixXf>(3, 2), room.topLeftCorner(2, 3).transpose());
  CHECK(room(1, 2) == f(filled<Eigen::MatrixXf>(3, 2)(2, 1)));
}

TEST_CASE("rows are units and columns samples; rows_are_samples turns that around; nothing is copied") {
  Eigen::MatrixXf const z = filled<Eigen::MatrixXf>();
  satur::unit_records records, of_turned;
  satur::observe_units(records, act, z, satur::z_beyond{3.0});
  row_major_matrix const turned = z.transpose();
  satur::observe_units(of_turned, act, satur::rows_are_samples(turned), satur::z_beyond{3.0});
  REQUIRE(records.size() == static_cast<std::size_t>(units));
  CHECK(of_turned == records);
  for (Eigen::Index i = 0; i < units; ++i) { // counted by hand
    satur::unit_summary const u = records[static_cast<std::size_t>(i)];
    CHECK(u.samples == double(batch));
    CHECK(u.high == double((z.row(i).array() > 3.0f).count()));
    CHECK(u.low == double((z.row(i).array() < -3.0f).count()));
    CHECK(u.mean_z() == doctest::Approx(z.row(i).cast<double>().mean()).epsilon(1e-12));
  }

  auto const columns = satur::columns_are_samples(z);
  static_assert(std::is_same_v<decltype(columns), satur::array_view<float const> const>);
  CHECK(columns.data == z.data());
  CHECK(columns.shape == satur::array_shape(batch, units));
  CHECK(columns.is_row_major()); // so that units are read without a copy
  CHECK(columns(4, 2) == z(2, 4));
  Eigen::MatrixXf y(units, batch);
  auto const rows = satur::rows_are_samples(y);
  static_assert(std::is_same_v<decltype(rows), satur::array_view<float> const>);
  CHECK(rows.data == y.data());
  CHECK(rows.shape == satur::array_shape(units, batch));
  satur::apply(act, satur::rows_are_samples(z), rows);
  CHECK(y(2, 4) == f(z(2, 4)));
  CHECK(satur::rows_are_samples(turned).is_row_major());
}

TEST_CASE("memory is not copied: no call allocates, but units of what is not in the order of samples") {
  Eigen::MatrixXf const z = filled<Eigen::MatrixXf>();
  Eigen::MatrixXf y(units, batch), dy(units, batch);
  std::size_t count = 0;
  satur::unit_records records;
  satur::observe_units(records, act, z);
  auto const calls = [&] {
    count += satur::forward(act, z, y, dy).count;
    count += satur::observe(act, z.topRows(9)).count;
    satur::apply(act, z.row(2), y.row(2));
    satur::observe_units(records, act, z);
  };
  CHECK(satur_test::allocations_in(calls) == 0);
  CHECK(count == static_cast<std::size_t>(z.size() + 9 * batch));
  row_major_matrix const turned = z;
  CHECK(satur_test::allocations_in([&] { satur::observe_units(records, act, turned); }) == 1);
  CHECK(satur_test::allocations_in([&] { count += satur::observe(act, 2.0f * z).count; }) > 0);
}

TEST_CASE("expressions: sums, products and mixtures, as if they had been evaluated before") {
  Eigen::MatrixXf const w = filled<Eigen::MatrixXf>(units, 9), x = filled<Eigen::MatrixXf>(9, batch);
  Eigen::VectorXf const b = x.row(0).head(units).transpose();
  Eigen::MatrixXf const z = (w * x).colwise() + b;
  check_read((w * x).colwise() + b);
  check_numbers(w * x);
  check_numbers(2.0f * w - w.cwiseProduct(w));
  check_numbers(x.array().sin() + 3.0f);
  check_numbers((2.0f * x).row(1));
  check_numbers(w * x.col(1));
  check_numbers(x.replicate(2, 3));
  check_numbers(x.cast<double>());
  check_numbers(x.rowwise().reverse());
  check_numbers(Eigen::MatrixXf::Constant(3, 4, 6.0f));
  check_numbers(satur::columns_are_samples(w * x));
  Eigen::MatrixXf y(units, batch), dy(units, batch);
  check_written((w * x).colwise() + b, y, dy);

  satur::unit_records by_rows, expected;
  satur::observe_units(by_rows, act, satur::rows_are_samples((w * x).colwise() + b));
  satur::observe_units(expected, act, satur::rows_are_samples(z));
  CHECK(by_rows == expected);
  CHECK(by_rows.size() == static_cast<std::size_t>(batch));

  satur::monitor mon({.histograms = 1, .units = true});
  mon["expression"].forward(act, (w * x).colwise() + b, y, dy);
  Eigen::MatrixXf y_of_z(units, batch), dy_of_z(units, batch);
  mon["matrix"].forward(act, z, y_of_z, dy_of_z);
  CHECK(mon.at("expression").current() == mon.at("matrix").current());
  CHECK(mon.at("expression").units() == mon.at("matrix").units());
  CHECK(mon.at("expression").histograms() == mon.at("matrix").histograms());
  CHECK(y == y_of_z);
  CHECK(dy == dy_of_z);
}

namespace {
/// How often an expression is evaluated.
struct counting {
  std::size_t* calls;
  float operator()(float z) const {
    ++*calls;
    return z;
  }
};
} // namespace

TEST_CASE("an expression is evaluated once by each function over z, and never for its shape") {
  Eigen::MatrixXf const z = filled<Eigen::MatrixXf>(200, 100); // read in three parts
  std::size_t calls = 0;
  auto const counted = z.unaryExpr(counting{&calls});
  Eigen::MatrixXf y(200, 100), wrong(2, 2);
  satur::unit_records records;
  auto const calls_of = [&](auto const& call) {
    calls = 0;
    call();
    return calls;
  };
  CHECK_THROWS_AS(satur::apply(act, counted, wrong), satur::shape_error);
  CHECK(calls == 0);
  CHECK(calls_of([&] { (void)satur::observe(act, counted); }) == 20000);
  CHECK(calls_of([&] { (void)satur::saturated_fraction(counted); }) == 20000);
  CHECK(calls_of([&] { (void)satur::forward(act, counted, y); }) == 20000);
  CHECK(calls_of([&] { satur::apply(act, counted, y); }) == 20000);
  CHECK(calls_of([&] { satur::observe_units(records, act, counted); }) == 20000);
}

TEST_CASE("Eigen::half and Eigen::bfloat16 are read as float and written rounded") {
  auto const z = filled<matrix_of<Eigen::half>>();
  auto const z_b = filled<matrix_of<Eigen::bfloat16>>();
  std::vector<std::uint16_t> bits(static_cast<std::size_t>(z.size())), bits_b(bits.size());
  for (Eigen::Index k = 0; k < z.size(); ++k) {
    bits[static_cast<std::size_t>(k)] = z.data()[k].x;
    bits_b[static_cast<std::size_t>(k)] = z_b.data()[k].value;
  }
  matrix_of<Eigen::half> y(units, batch);
  matrix_of<Eigen::bfloat16> y_b(units, batch);
  std::vector<std::uint16_t> expected(bits.size()), expected_b(bits.size());
  CHECK(satur::forward(act, z, y) == satur::forward(act, satur::as_float16(bits), satur::as_float16(expected)));
  CHECK(satur::forward(act, z_b, y_b) ==
        satur::forward(act, satur::as_bfloat16(bits_b), satur::as_bfloat16(expected_b)));
  bool same = true;
  for (Eigen::Index k = 0; k < z.size(); ++k) {
    same = same && y.data()[k].x == expected[static_cast<std::size_t>(k)] &&
           y_b.data()[k].value == expected_b[static_cast<std::size_t>(k)];
  }
  CHECK(same);
  CHECK(y(3, 2) == Eigen::half(f(float(z(3, 2)))));
  CHECK(y_b(3, 2) == Eigen::bfloat16(f(float(z_b(3, 2)))));
  check_numbers(z + z);
  check_numbers(z_b.topRows(3));
}

TEST_CASE("no numbers, one number, NaN and infinity") {
  check_numbers(Eigen::MatrixXf(1, 1).setConstant(6.0f));
  check_numbers(Eigen::MatrixXf::Identity(1, 1));
  for (auto const& [rows, columns] : {std::pair{0, 0}, {0, 3}, {3, 0}}) {
    Eigen::MatrixXf const none(rows, columns);
    CHECK(satur::observe(act, none).count == 0);
    CHECK(satur::observe(act, 2.0f * none).count == 0);
    Eigen::MatrixXf y(rows, columns);
    CHECK(satur::forward(act, none, y).count == 0);
    CHECK(satur::forward(act, none + none, y).count == 0);
  }
  CHECK(satur::observe(act, Eigen::VectorXf()).count == 0);
  Eigen::Matrix2f odd;
  odd << std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -6.0f, 0.0f;
  satur::saturation const seen = satur::observe(act, odd);
  CHECK(seen.nan == 1);
  CHECK(seen.infinite == 1);
  CHECK(seen.high == 1);
  CHECK(seen.low == 1);
}

TEST_CASE("wrong shapes and shared memory are refused; what holds no real numbers is none") {
  Eigen::MatrixXf z = filled<Eigen::MatrixXf>(3, 4), y(4, 3);
  CHECK_THROWS_WITH_AS(satur::forward(act, z, y), "satur::forward: y has shape (3, 4); expected (4, 3), the shape of z",
                       satur::shape_error);
  CHECK_THROWS_WITH_AS(satur::forward(act, 2.0f * z, y),
                       "satur::forward: y has shape (3, 4); expected (4, 3), the shape of z", satur::shape_error);
  CHECK_THROWS_AS(satur::forward(act, z, z), std::invalid_argument);
  CHECK_THROWS_AS(satur::forward(act, z.leftCols(2), z.leftCols(2)), std::invalid_argument);
  std::vector<float> beside(12);
  CHECK(satur::forward(act, z, beside).count == 12); // a vector has no shape
  CHECK(beside[5] == f(z(2, 1)));

  using satur::detail::numbers;
  static_assert(!numbers<Eigen::MatrixXi> && !numbers<Eigen::MatrixXcf>);
  static_assert(!numbers<decltype(z.array() > 0.0f)>);
  static_assert(numbers<decltype(z * z)> && numbers<Eigen::ArrayXd>);
  static_assert(!satur::detail::memory_of_numbers<decltype(z + z)>);
  auto const takes_temporary = []<class M>(std::type_identity<M>) {
    return requires(M&& m) { satur::rows_are_samples(static_cast<M&&>(m)); };
  };
  static_assert(!takes_temporary(std::type_identity<Eigen::MatrixXf>{})); // it would be gone
  static_assert(!takes_temporary(std::type_identity<named_matrix>{}));
  static_assert(takes_temporary(std::type_identity<Eigen::MatrixXf&>{}));
  static_assert(takes_temporary(std::type_identity<Eigen::Map<Eigen::MatrixXf>>{}));
}

TEST_CASE("a monitor, its findings, attribution and cures are those of the same numbers in vectors") {
  Eigen::MatrixXf w = 8.0f * filled<Eigen::MatrixXf>(units, 9), x = filled<Eigen::MatrixXf>(9, batch);
  Eigen::VectorXf b = Eigen::VectorXf::Constant(units, 0.25f);
  Eigen::MatrixXf z(units, batch), a(units, batch), slope(units, batch);
  satur::monitor of_eigen({.histograms = 1, .units = true}), of_flat({.histograms = 1, .units = true});
  for (int step = 0; step < 3; ++step) {
    z = (w * x).colwise() + b;
    of_eigen["hidden"].forward(act, z, a, slope);
    Eigen::MatrixXf const dz = a.cwiseProduct(slope);
    Eigen::MatrixXf const dw = dz * x.transpose();
    of_eigen["hidden"].gradient(a.cwiseProduct(slope));
    of_eigen["hidden"].update(w, dw, -0.01);
    of_eigen.end_step();

    std::vector<float> const flat = by_columns(z);
    auto flat_a = flat, flat_slope = flat;
    auto const layout = layout_of_columns(units, batch);
    of_flat["hidden"].forward(act, flat, flat_a, flat_slope, layout);
    of_flat["hidden"].gradient(by_columns(dz), layout);
    of_flat["hidden"].update(by_columns(w), by_columns(dw), -0.01);
    of_flat.end_step();
    w -= 0.01f * dw;
  }
  CHECK(of_eigen == of_flat);
  auto const text = [](satur::monitor const& mon) {
    std::string all;
    for (satur::finding const& found : satur::diagnose(mon)) {
      all += printed(found) + '\n';
    }
    return all;
  };
  CHECK(text(of_eigen) == text(of_flat));
  CHECK(text(of_eigen).find("[alarm] hidden:") != std::string::npos);

  // w (units, inputs) is what a layer of satur has as (inputs, units).
  auto const flat_w = by_columns(w);
  std::vector<float> const flat_b(b.data(), b.data() + b.size());
  CHECK(printed(satur::attribute(act, w, b, satur::moments_of_inputs(x, 9))) ==
        printed(satur::attribute(act, flat_w, flat_b, satur::moments_of_inputs(by_columns(x), 9))));
  Eigen::MatrixXf const before = w;
  satur::rescale(w, b, 0.25);
  CHECK(w == 0.25f * before);
  row_major_matrix other_order = before;
  CHECK_THROWS_AS(satur::rescale(other_order, b, 0.25), satur::shape_error);

  // Softmax takes the classes of a sample: a column.
  Eigen::MatrixXf p(units, batch);
  satur::apply(satur::softmax{}, z, p);
  CHECK(p.colwise().sum().isApproxToConstant(1.0f, 1e-5f));
}
