// Rules for a whole matrix: orthogonality, the distribution of the matrices, positions of the ones and zeros.
#include <satur/initializer/concept.hpp>
#include <satur/initializer/identity_weights.hpp>
#include <satur/initializer/orthogonal.hpp>
#include <satur/initializer/sparse.hpp>

#include "support/refusal.hpp"
#include "support/statistics.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <vector>

using namespace satur_test;
using satur::axis_order;
using satur::fans;
using satur::weight_shape;

namespace {

template <class T, class Rule>
std::vector<T> filled(Rule const& rule, weight_shape const& shape, std::uint64_t seed = 42) {
  std::size_t n = 1;
  for (std::size_t const extent : shape.extents) {
    n *= extent;
  }
  std::mt19937_64 g(seed);
  std::vector<T> w(n, T(99));
  satur::fill(rule, w, shape, g);
  return w;
}

/// Largest entry of |A A^T - gain^2 1| / gain^2 (rows <= columns) or |A^T A - …| of a row-major matrix.
template <class T>
double from_orthogonal(std::vector<T> const& a, std::size_t rows, std::size_t columns, double gain = 1) {
  bool const wide = rows <= columns;
  std::size_t const n = wide ? rows : columns;
  std::size_t const length = wide ? columns : rows;
  auto const at = [&](std::size_t i, std::size_t k) { return wide ? a[i * columns + k] : a[k * columns + i]; };
  double worst = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i; j < n; ++j) {
      long double sum = 0;
      for (std::size_t k = 0; k < length; ++k) {
        sum += static_cast<long double>(at(i, k)) * static_cast<long double>(at(j, k));
      }
      long double const want = i == j ? static_cast<long double>(gain * gain) : 0.0L;
      worst = std::max(worst, static_cast<double>(std::abs(sum - want)) / (gain * gain));
    }
  }
  return worst;
}

template <class T> constexpr double orthogonality = sizeof(T) == 4 ? 1e-6 : 1e-14;

static_assert(satur::initializer<satur::orthogonal, float> && satur::shaped_initializer<satur::orthogonal, float>);
static_assert(satur::initializer<satur::sparse> && satur::shaped_initializer<satur::sparse>);
static_assert(satur::initializer<satur::identity_matrix> && satur::shaped_initializer<satur::identity_matrix>);
static_assert(!satur::initializer<satur::dirac> && satur::shaped_initializer<satur::dirac>);
static_assert(!satur::initializer<satur::delta_orthogonal> && satur::shaped_initializer<satur::delta_orthogonal>);
static_assert(std::regular<satur::orthogonal> && std::regular<satur::delta_orthogonal> && std::regular<satur::sparse> &&
              std::regular<satur::dirac> && std::regular<satur::identity_matrix>);

} // namespace

TEST_CASE("weight_shape: both orders of the axes") {
  weight_shape const ours{{3, 5, 4, 7}};
  CHECK(ours.in() == 4);
  CHECK(ours.out() == 7);
  CHECK(ours.matrix() == std::pair<std::size_t, std::size_t>{60, 7});
  CHECK(ours.index(2, 6, 14) == ((2 * 5 + 4) * 4 + 2) * 7 + 6);
  weight_shape const torch{{7, 4, 3, 5}, axis_order::out_in};
  CHECK(torch.in() == 4);
  CHECK(torch.out() == 7);
  CHECK(torch.matrix() == std::pair<std::size_t, std::size_t>{7, 60});
  CHECK(torch.index(2, 6, 14) == ((6 * 4 + 2) * 3 + 2) * 5 + 4);
  CHECK(weight_shape{{4, 7}}.kernel().empty());
}

TEST_CASE_TEMPLATE("orthogonal: any shape, any gain", T, float, double) {
  struct size {
    std::size_t rows, columns;
  };
  for (size const k : {size{1, 1}, size{1, 5}, size{5, 1}, size{2, 2}, size{64, 64}, size{100, 37}, size{37, 100},
                       size{128, 129}, size{300, 200}}) {
    for (double const gain : {1.0, 1.7}) {
      CAPTURE(k.rows);
      CAPTURE(k.columns);
      auto const w = filled<T>(satur::orthogonal{gain}, {{k.rows, k.columns}});
      CHECK(from_orthogonal(w, k.rows, k.columns, gain) < orthogonality<T>);
    }
  }
  // A fill by fans, as a dense layer calls it, gives the same numbers.
  std::mt19937_64 g(42);
  std::vector<T> w(6 * 4);
  satur::fill(satur::orthogonal{}, w, fans{6, 4}, g);
  CHECK(w == filled<T>(satur::orthogonal{}, {{6, 4}}));
  // Kernels as matrices, as the libraries reshape them: (kernel x in, out) and (out, in x kernel).
  CHECK(from_orthogonal(filled<T>(satur::orthogonal{}, {{3, 3, 4, 8}}), 36, 8) < orthogonality<T>);
  CHECK(from_orthogonal(filled<T>(satur::orthogonal{}, {{8, 4, 3, 3}, axis_order::out_in}), 8, 36) < orthogonality<T>);
  CHECK(from_orthogonal(filled<T>(satur::orthogonal{}, {{3, 2, 40}}), 6, 40) < orthogonality<T>);
}

TEST_CASE("self-test: the measure of orthogonality detects a wrong matrix") {
  auto w = filled<double>(satur::orthogonal{}, {{20, 20}});
  CHECK(from_orthogonal(w, 20, 20) < 1e-14);
  w[7] += 1e-12;
  CHECK(from_orthogonal(w, 20, 20) > 1e-14);
}

TEST_CASE("orthogonal: uniform among all orthogonal matrices") {
  // Of a Haar matrix of n rows: the trace has mean 0 and variance 1, the squared trace of its square … (P. Diaconis,
  // M. Shahshahani, J. Appl. Probab. 31A, 1994, theorem 4: traces of powers k are normal with mean 1 for even k and
  // variance k, exactly up to moments of order n/k). One column is uniform on the sphere: x_1^2 of a point in 3
  // dimensions has x_1 uniform on [-1, 1].
  std::size_t const draws = 40'000;
  std::vector<double> corner, other;
  double trace = 0, trace_2 = 0, square_trace = 0, determinant = 0, product = 0;
  for (std::size_t k = 0; k < draws; ++k) {
    auto const q = filled<double>(satur::orthogonal{}, {{3, 3}}, k);
    corner.push_back(q[0]);
    other.push_back(q[5]);
    double const t = q[0] + q[4] + q[8];
    trace += t;
    trace_2 += t * t;
    for (std::size_t i = 0; i < 3; ++i) {
      for (std::size_t j = 0; j < 3; ++j) {
        square_trace += q[3 * i + j] * q[3 * j + i];
      }
    }
    determinant +=
        q[0] * (q[4] * q[8] - q[5] * q[7]) - q[1] * (q[3] * q[8] - q[5] * q[6]) + q[2] * (q[3] * q[7] - q[4] * q[6]);
    product += q[0] * q[4];
  }
  double const n = static_cast<double>(draws);
  double const root_n = std::sqrt(n);
  auto const flat = [](double x) { return (x + 1) / 2; };
  CHECK(kolmogorov_smirnov(std::span<double const>(corner), flat) < 1.95);
  CHECK(kolmogorov_smirnov(std::span<double const>(other), flat) < 1.95);
  CHECK(std::abs(trace / n) < 5 / root_n);
  CHECK(std::abs(trace_2 / n - 1) < 5 * 1.5 / root_n); // E t^4 = 3
  CHECK(std::abs(square_trace / n - 1) < 5 * 2 / root_n);
  CHECK(std::abs(determinant / n) < 5 / root_n); // both signs are equally likely
  CHECK(std::abs(product / n) < 5 / root_n);
}

TEST_CASE_TEMPLATE("orthogonal: weights have the stated standard deviation", T, float, double) {
  struct row {
    weight_shape shape;
    double stddev;
  };
  row const rows[] = {{{{200, 100}}, 0.0707106781186547524},    // 1/sqrt(200)
                      {{{50, 400}}, 0.05},                      // 1/sqrt(400)
                      {{{3, 3, 10, 60}}, 0.105409255338945978}, // 1/sqrt(90)
                      {{{60, 10, 3, 3}, axis_order::out_in}, 0.105409255338945978}};
  for (row const& r : rows) {
    satur::orthogonal const rule{2};
    CHECK(rule.stddev(r.shape) == doctest::Approx(2 * r.stddev).epsilon(1e-14));
    auto const w = filled<T>(rule, r.shape);
    double sum = 0;
    for (T x : w) {
      sum += static_cast<double>(x) * static_cast<double>(x);
    }
    // Exact for every draw: the squares of an orthogonal matrix sum to min(rows, columns).
    CHECK(std::sqrt(sum / static_cast<double>(w.size())) == doctest::Approx(2 * r.stddev).epsilon(1e-6));
  }
  CHECK(satur::orthogonal{}.stddev(fans{200, 100}) == doctest::Approx(0.0707106781186547524));
}

TEST_CASE("orthogonal: golden bits") {
  auto const w = filled<double>(satur::orthogonal{}, {{70, 50}});
  CHECK(hash_of_bits(std::span<double const>(w)) == 0x6e8e1f5216783bd6u);
  auto const f = filled<float>(satur::orthogonal{1.5}, {{50, 70}});
  CHECK(hash_of_bits(std::span<float const>(f)) == 0x871aa258182fafc9u);
}

TEST_CASE_TEMPLATE("delta_orthogonal: one orthogonal tap, the others 0", T, float, double) {
  for (axis_order const order : {axis_order::in_out, axis_order::out_in}) {
    weight_shape const shape =
        order == axis_order::in_out ? weight_shape{{3, 4, 6, 10}, order} : weight_shape{{10, 6, 3, 4}, order};
    auto const w = filled<T>(satur::delta_orthogonal{3}, shape);
    std::vector<T> middle;
    for (std::size_t i = 0; i < 6; ++i) {
      for (std::size_t o = 0; o < 10; ++o) {
        middle.push_back(w[shape.index(i, o, 1 * 4 + 1)]); // (3 - 1)/2 and (4 - 1)/2
      }
    }
    CHECK(from_orthogonal(middle, 6, 10, 3) < orthogonality<T>);
    CHECK(std::ranges::count(w, T(0)) == 11 * 60);
    double sum = 0;
    for (T x : w) {
      sum += static_cast<double>(x) * static_cast<double>(x);
    }
    double const stddev = satur::delta_orthogonal{3}.stddev(shape);
    CHECK(std::sqrt(sum / 720) == doctest::Approx(stddev).epsilon(1e-6));
    CHECK(satur::delta_orthogonal{3}.stddev(satur::convolution_fans(6, 10, {3, 4})) == stddev);
  }
}

TEST_CASE("identity_matrix and dirac: positions of the ones, mean and standard deviation") {
  CHECK(filled<float>(satur::identity_matrix{2}, {{2, 3}}) == std::vector<float>{2, 0, 0, 0, 2, 0});
  CHECK(filled<float>(satur::identity_matrix{}, {{3, 2}, axis_order::out_in}) == std::vector<float>{1, 0, 0, 1, 0, 0});
  // torch.nn.init.dirac_ of (2, 3, 3): [d, d, 3 // 2] = 1.
  CHECK(filled<double>(satur::dirac{}, {{2, 3, 3}, axis_order::out_in}) ==
        std::vector<double>{0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0});
  // dirac_(groups = 2) of (4, 3, 2): rows 0 and 2 have their first channel, rows 1 and 3 their second.
  CHECK(filled<double>(satur::dirac{2}, {{4, 3, 2}, axis_order::out_in}) ==
        std::vector<double>{0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0});
  // The same, (kernel, in, out).
  CHECK(filled<double>(satur::dirac{2}, {{2, 3, 4}}) ==
        std::vector<double>{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0});
  auto const check = [](auto const& rule, weight_shape const& shape, fans const& f) {
    auto const w = filled<double>(rule, shape);
    auto const m = moments_of(std::span<double const>(w));
    CHECK(m.mean == doctest::Approx(rule.mean(f)).epsilon(1e-13));
    CHECK(std::sqrt(m.variance) == doctest::Approx(rule.stddev(f)).epsilon(1e-13));
    CHECK(rule.stddev(shape) == rule.stddev(f));
  };
  check(satur::identity_matrix{-3}, {{7, 5}}, {7, 5});
  check(satur::dirac{}, {{3, 3, 4, 6}}, satur::convolution_fans(4, 6, {3, 3}));
  check(satur::dirac{3}, {{3, 3, 4, 6}}, satur::convolution_fans(12, 6, {3, 3}, 3));
  check(satur::dirac{2}, {{8, 3, 5}, axis_order::out_in}, satur::convolution_fans(6, 8, {5}, 2));
}

TEST_CASE_TEMPLATE("sparse: number and positions of zeros in a column, the other weights normal", T, float, double) {
  std::size_t const rows = 40;
  std::size_t const columns = 5000;
  satur::sparse const rule{0.7, 0.1};
  auto const w = filled<T>(rule, {{rows, columns}});
  std::vector<std::size_t> zeros_of_row(rows);
  std::size_t together = 0; // columns where rows 3 and 4 are both 0
  std::vector<T> rest;
  for (std::size_t j = 0; j < columns; ++j) {
    std::size_t zeros = 0;
    for (std::size_t i = 0; i < rows; ++i) {
      bool const is_zero = w[i * columns + j] == 0;
      zeros += is_zero;
      zeros_of_row[i] += is_zero;
      if (!is_zero) {
        rest.push_back(w[i * columns + j]);
      }
    }
    REQUIRE(zeros == 28);
    together += w[3 * columns + j] == 0 && w[4 * columns + j] == 0;
  }
  double const n = static_cast<double>(columns);
  for (std::size_t const zeros : zeros_of_row) {
    CHECK(std::abs(static_cast<double>(zeros) - 0.7 * n) < 5 * std::sqrt(0.7 * 0.3 * n));
  }
  double const both = 0.7 * 27 / 39; // without replacement
  CHECK(std::abs(static_cast<double>(together) - both * n) < 5 * std::sqrt(both * (1 - both) * n));
  CHECK(kolmogorov_smirnov(std::span<T const>(rest), [](double x) { return normal_cdf(x / 0.1); }) < 1.95);
  CHECK(rule.stddev(fans{rows, columns}) == doctest::Approx(0.1 * std::sqrt(0.3)).epsilon(1e-14));
  auto const m = moments_of(std::span<T const>(w));
  CHECK(std::sqrt(m.variance) == doctest::Approx(rule.stddev(fans{rows, columns})).epsilon(0.02));
}

TEST_CASE("sparse: the number of zeros is the ceiling for the exact decimal share") {
  auto const zeros = [](double share, std::size_t rows) {
    return std::ranges::count(filled<float>(satur::sparse{share}, {{rows, 1}}), 0.0f);
  };
  CHECK(zeros(0, 10) == 0);
  CHECK(zeros(1, 10) == 10);
  CHECK(zeros(0.1, 10) == 1);
  CHECK(zeros(0.11, 10) == 2);
  CHECK(zeros(0.55, 100) == 55); // 0.55 * 100 = 55.00000000000001
  CHECK(zeros(1e-9, 10) == 1);
  // Golden positions of the zeros.
  auto const w = filled<float>(satur::sparse{0.5, 1}, {{20, 30}});
  CHECK(hash_of_bits(std::span<float const>(w)) == 0x81a18683a9d368bfu);
}

TEST_CASE("matrix rules: invalid arguments throw and nothing is written") {
  auto const said = [](auto const& rule, weight_shape const& shape, std::size_t size) {
    return refusal([&] {
      std::mt19937 g(1);
      std::vector<float> w(size, 77.0f);
      try {
        satur::fill(rule, w, shape, g);
      } catch (...) {
        CHECK(w == std::vector<float>(size, 77.0f));
        throw;
      }
    });
  };
  double const nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(said(satur::orthogonal{}, {{5}}, 5) ==
        "satur::orthogonal: the weight has shape (5); expected at least two axes, in and out");
  CHECK(said(satur::orthogonal{}, {{5, 0}}, 0) ==
        "satur::orthogonal: the weight has shape (5, 0); expected extents of at least 1");
  CHECK(said(satur::orthogonal{}, {{5, 2}}, 11) ==
        "satur::orthogonal: 11 weights to fill, and the shape (5, 2) has 10; allowed: as many");
  CHECK(said(satur::orthogonal{-1}, {{5, 2}}, 10) == "satur::orthogonal: gain is -1; allowed: a finite number >= 0");
  CHECK(said(satur::orthogonal{nan}, {{5, 2}}, 10) == "satur::orthogonal: gain is nan; allowed: a finite number >= 0");
  CHECK(
      said(satur::delta_orthogonal{}, {{5, 2}}, 10) ==
      "satur::delta_orthogonal: the weight has shape (5, 2); expected at least three axes, a kernel's and in and out");
  CHECK(said(satur::delta_orthogonal{}, {{3, 5, 2}}, 30) ==
        "satur::delta_orthogonal: the weight has shape (3, 5, 2); expected at least as many output channels as input "
        "channels, not 2 and 5");
  CHECK(said(satur::delta_orthogonal{nan}, {{3, 2, 5}}, 30) ==
        "satur::delta_orthogonal: gain is nan; allowed: a finite number >= 0");
  CHECK(said(satur::identity_matrix{}, {{3, 2, 5}}, 30) ==
        "satur::identity_matrix: the weight has shape (3, 2, 5); expected two axes, in and out");
  CHECK(said(satur::identity_matrix{nan}, {{3, 2}}, 6) ==
        "satur::identity_matrix: gain is nan; allowed: a finite number");
  CHECK(said(satur::dirac{}, {{3, 2}}, 6) ==
        "satur::dirac: the weight has shape (3, 2); expected at least three axes, a kernel's and in and out");
  CHECK(said(satur::dirac{4}, {{3, 2, 6}}, 36) ==
        "satur::dirac: the number of output channels is 6; allowed: a multiple of the 4 groups");
  CHECK(said(satur::dirac{0}, {{3, 2, 6}}, 36) == "satur::dirac: the number of groups is 0; allowed: at least 1");
  CHECK(said(satur::sparse{1.1}, {{3, 2}}, 6) ==
        "satur::sparse: the share of zeros is 1.1; allowed: a number between 0 and 1");
  CHECK(said(satur::sparse{nan}, {{3, 2}}, 6) ==
        "satur::sparse: the share of zeros is nan; allowed: a number between 0 and 1");
  CHECK(said(satur::sparse{0.5, -1}, {{3, 2}}, 6) == "satur::sparse: spread is -1; allowed: a finite number >= 0");
  // A fill by fans throws for a kernel: its shape is not (in, out).
  CHECK(refusal([] {
          std::mt19937 g(1);
          std::vector<float> w(3 * 4 * 5);
          satur::fill(satur::orthogonal{}, w, satur::convolution_fans(4, 5, {3}), g);
        }) ==
        "satur::orthogonal: 60 weights are no matrix of the fans (in 12, out 15); allowed: in x out weights; for a "
        "kernel give its weight_shape instead of fans");
  CHECK(refusal([] { static_cast<void>(satur::orthogonal{}.stddev(weight_shape{{4}})); }) ==
        "satur::orthogonal: the weight has shape (4); expected at least two axes, in and out");
  CHECK(refusal([] {
          static_cast<void>(satur::sparse{}.stddev(fans{0, 4}));
        }) == "satur::sparse: fans are (in 0, out 4); allowed: both at least 1");
}
