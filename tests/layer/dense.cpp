// dense against a triple loop and central differences, with all kinds of x, and its errors.
#include <satur/initializer.hpp>
#include <satur/layer.hpp>
#include <satur/loss.hpp>

#include "support/gradient.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <string>
#include <vector>

using satur::dense;
using satur::make;
using namespace satur_test;
template <class T> using matrix = xt::xtensor<T, 2>;

namespace {

/// a b, or with either transposed, in double by the definition.
template <class T> matrix<double> product(matrix<T> const& a, matrix<T> const& b, bool ta, bool tb) {
  std::size_t const m = a.shape(ta ? 1 : 0), k = a.shape(ta ? 0 : 1), n = b.shape(tb ? 0 : 1);
  matrix<double> c = matrix<double>::from_shape({m, n});
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      double sum = 0;
      for (std::size_t l = 0; l < k; ++l) {
        sum += static_cast<double>(ta ? a(l, i) : a(i, l)) * static_cast<double>(tb ? b(j, l) : b(l, j));
      }
      c(i, j) = sum;
    }
  }
  return c;
}

template <class A, class B> double largest_difference(A const& a, B const& b) {
  double worst = a.shape() == b.shape() ? 0 : std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    worst = std::max(worst, std::abs(static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i])));
  }
  return worst;
}

template <class F> std::string refusal(F&& f) {
  try {
    f();
  } catch (satur::shape_error const& e) {
    return e.what();
  }
  return "nothing thrown";
}

} // namespace

TEST_CASE_TEMPLATE("dense: forward and backward against the sums of the definition", T, float, double) {
  std::mt19937 g(8);
  double const tolerance = 200 * static_cast<double>(std::numeric_limits<T>::epsilon());
  // Odd sizes, single rows and columns, and sizes on either side of every register width.
  for (std::size_t batch : {1u, 2u, 7u, 33u}) {
    for (std::size_t in : {1u, 3u, 16u, 65u}) {
      for (std::size_t out : {1u, 5u, 16u, 64u, 67u, 131u}) {
        CAPTURE(batch);
        CAPTURE(in);
        CAPTURE(out);
        dense<T> fc{in, out, satur::normal{0, 0.5}, g};
        satur::fill(satur::normal{1, 1}, fc.b, g);
        auto const x = make<T>(satur::normal{}, {batch, in}, g);
        auto const dz = make<T>(satur::normal{}, {batch, out}, g);
        auto want = product(x, fc.w, false, false);
        for (std::size_t r = 0; r < batch; ++r) {
          for (std::size_t c = 0; c < out; ++c) {
            want(r, c) += static_cast<double>(fc.b(c));
          }
        }
        CHECK(largest_difference(fc.forward(x), want) < tolerance);
        auto const before = fc.z();
        CHECK(largest_difference(fc.backward(dz), product(dz, fc.w, false, true)) < tolerance);
        CHECK(largest_difference(fc.dw, product(x, dz, true, false)) < tolerance);
        for (std::size_t c = 0; c < out; ++c) {
          double sum = 0;
          for (std::size_t r = 0; r < batch; ++r) {
            sum += static_cast<double>(dz(r, c));
          }
          CHECK(std::abs(static_cast<double>(fc.db(c)) - sum) < tolerance);
        }
        CHECK(fc.z() == before); // z survives backward
      }
    }
  }
}

TEST_CASE("dense: gradient check of every parameter and input of two layers and the loss") {
  std::mt19937 g(21);
  dense<double> one{5, 4, satur::glorot_normal{}, g};
  dense<double> two{4, 3, satur::glorot_normal{}, g};
  satur::fill(satur::normal{0, 0.3}, one.b, g);
  satur::fill(satur::normal{0, 0.3}, two.b, g);
  auto x = make<double>(satur::normal{}, {6, 5}, g);
  std::vector<int> const labels{0, 1, 2, 2, 1, 0};
  satur::softmax_cross_entropy<double> loss;
  matrix<double> a;
  auto const forward = [&] {
    matrix<double> const& z = one.forward(x);
    a = xt::eval(z * z); // a nonlinearity between the layers, with slope 2z
    return loss.forward(two.forward(a), labels);
  };
  forward();
  matrix<double> const& da = two.backward(loss.backward());
  matrix<double> const dz = xt::eval(2.0 * da * one.z());
  matrix<double> const dx = one.backward(dz);
  std::size_t seen = 0;
  auto const check = [&](std::string_view name, auto& value, auto& gradient) {
    CAPTURE(std::string(name));
    seen += value.size();
    CHECK(worst_gradient_error(value, gradient, forward) < 1e-7);
  };
  for_each_parameter(one, check);
  for_each_parameter(two, check);
  CHECK(seen == 5 * 4 + 4 + 4 * 3 + 3);
  CHECK(seen == satur::parameter_count(one) + satur::parameter_count(two));
  CHECK(worst_gradient_error(x, dx, forward) < 1e-7);
}

TEST_CASE("self-test: the gradient check detects a wrong gradient") {
  std::mt19937 g(21);
  dense<double> fc{5, 3, satur::glorot_normal{}, g};
  auto const x = make<double>(satur::normal{}, {6, 5}, g);
  std::vector<int> const labels{0, 1, 2, 2, 1, 0};
  satur::softmax_cross_entropy<double> loss;
  auto const forward = [&] { return loss.forward(fc.forward(x), labels); };
  forward();
  fc.backward_parameters(loss.backward());
  CHECK(worst_gradient_error(fc.w, fc.dw, forward) < 1e-7);
  fc.dw(2, 1) += 1e-4;
  CHECK(worst_gradient_error(fc.w, fc.dw, forward) > 1e-5);
  fc.dw(2, 1) = std::nan("");
  CHECK(!(worst_gradient_error(fc.w, fc.dw, forward) < 1e-5));
}

TEST_CASE_TEMPLATE("dense: x as tensor, temporary, view, expression and xarray", T, float, double) {
  std::mt19937 g(8);
  dense<T> fc{4, 3, satur::normal{}, g};
  matrix<T> const x = make<T>(satur::normal{}, {5, 4}, g);
  matrix<T> const dz = make<T>(satur::normal{}, {5, 3}, g);
  matrix<T> const z = fc.forward(x);
  matrix<T> const dx = fc.backward(dz);
  matrix<T> const dw = fc.dw;
  auto const same = [&] {
    bool const forward_same = fc.z() == z;
    bool const backward_same = fc.backward(dz) == dx && fc.dw == dw;
    return forward_same && backward_same;
  };
  fc.forward(matrix<T>(x));
  CHECK(same());
  xt::xarray<T> const array = x;
  fc.forward(array);
  CHECK(same());
  matrix<T> more = make<T>(satur::normal{}, {9, 4}, g);
  xt::view(more, xt::range(2, 7), xt::all()) = x;
  fc.forward(xt::view(more, xt::range(2, 7), xt::all()));
  std::fill_n(more.data(), more.size(), T(0)); // the layer kept a copy of the values
  CHECK(same());
  fc.forward(x + T(0));
  CHECK(same());
  // The same for dz; backward_parameters gives the same dw.
  fc.forward(x);
  CHECK(fc.backward(dz + T(0)) == dx);
  std::fill_n(fc.dw.data(), fc.dw.size(), T(9));
  fc.backward_parameters(dz + T(0));
  CHECK(fc.dw == dw);
  // A copy is independent of the layer.
  dense<T> copy = fc;
  copy.forward(matrix<T>(x));
  dense<T> const second = copy;
  CHECK(copy.backward(dz) == dx);
  CHECK(second.z() == z);
  CHECK(&second.z() != &copy.z());
}

TEST_CASE_TEMPLATE("dense: successive inputs of every kind in every order", T, float, double) {
  std::mt19937 g(8);
  dense<T> const fc{4, 3, satur::normal{0.1, 1}, g};
  struct step {
    matrix<T> x, dz;
  };
  std::vector<step> const steps{
      {make<T>(satur::normal{1, 2}, {5, 4}, g), make<T>(satur::normal{-1, 1}, {5, 3}, g)},
      {make<T>(satur::normal{-2, 1}, {5, 4}, g), make<T>(satur::normal{3, 1}, {5, 3}, g)}, // the same shape
      {make<T>(satur::normal{3, 1}, {2, 4}, g), make<T>(satur::normal{2, 1}, {2, 3}, g)}}; // another
  auto const give = [](dense<T>& layer, int kind, matrix<T> const& x) {
    switch (kind) {
    case 0:
      layer.forward(x);
      break;
    case 1:
      layer.forward(matrix<T>(x));
      break;
    default:
      layer.forward(x + T(0));
    }
  };
  for (step const& one : steps) {
    for (step const& two : steps) {
      for (int const first : {0, 1, 2}) {
        for (int const second : {0, 1, 2}) {
          for (bool const backward_between : {false, true}) {
            CAPTURE(first);
            CAPTURE(second);
            dense<T> fresh = fc;
            fresh.forward(two.x);
            matrix<T> const dx = fresh.backward(two.dz);
            dense<T> used = fc;
            give(used, first, one.x);
            if (backward_between) {
              used.backward(one.dz);
            }
            give(used, second, two.x);
            CHECK(used.z() == fresh.z());
            CHECK(largest_difference(used.z(), product(two.x, fc.w, false, false)) < 1e-4);
            CHECK(used.backward(two.dz) == dx);
            CHECK(used.dw == fresh.dw);
            CHECK(used.db == fresh.db);
            used.backward_parameters(two.dz); // overwritten, not added to
            CHECK(used.dw == fresh.dw);
            CHECK(used.db == fresh.db);
          }
        }
      }
    }
  }
}

TEST_CASE("dense: the batch size may change between steps") {
  std::mt19937 g(8);
  dense<float> fc{4, 3, satur::normal{}, g};
  for (std::size_t batch : {5u, 2u, 8u}) {
    auto const x = make<float>(satur::normal{}, {batch, 4}, g);
    CHECK(fc.forward(x).shape(0) == batch);
    CHECK(fc.backward(fc.z()).shape(0) == batch);
    CHECK(largest_difference(fc.dw, product(x, fc.z(), true, false)) < 1e-4);
  }
}

TEST_CASE_TEMPLATE("dense: an empty batch gives an empty result and gradients of 0", T, float, double) {
  std::mt19937 g(8);
  dense<T> fc{4, 3, satur::normal{}, g};
  matrix<T> const none = matrix<T>::from_shape({0, 4});
  matrix<T> const no_dz = matrix<T>::from_shape({0, 3});
  matrix<T> const x = make<T>(satur::normal{}, {5, 4}, g);
  matrix<T> const dz = make<T>(satur::normal{}, {5, 3}, g);
  using shape = std::array<std::size_t, 2>;
  for (int const kind : {0, 1, 2}) {
    fc.forward(x);
    matrix<T> const dx = fc.backward(dz);
    matrix<T> const dw = fc.dw;
    if (kind == 0) {
      fc.forward(none);
    } else if (kind == 1) {
      fc.forward(matrix<T>(none));
    } else {
      fc.forward(none + T(1));
    }
    CHECK(shape{fc.z().shape(0), fc.z().shape(1)} == shape{0, 3});
    CHECK(std::isnan(fc.saturated_fraction()));
    matrix<T> const& no_dx = fc.backward(no_dz);
    CHECK(shape{no_dx.shape(0), no_dx.shape(1)} == shape{0, 4});
    CHECK(std::all_of(fc.dw.data(), fc.dw.data() + fc.dw.size(), [](T v) { return v == 0; }));
    CHECK(std::all_of(fc.db.data(), fc.db.data() + fc.db.size(), [](T v) { return v == 0; }));
    CHECK(refusal([&] { fc.backward(dz); }) ==
          "satur::dense::backward: dz has shape (5, 3); expected (0, 3), the shape of z");
    fc.forward(x); // and back
    CHECK(fc.backward(dz) == dx);
    CHECK(fc.dw == dw);
  }
}

TEST_CASE("dense: NaN and infinity propagate") {
  std::mt19937 g(8);
  dense<float> fc{2, 2, satur::constant{1}, g};
  matrix<float> x{{1, 2}, {std::numeric_limits<float>::quiet_NaN(), 0}};
  fc.forward(x);
  CHECK(fc.z()(0, 0) == 3);
  CHECK(std::isnan(fc.z()(1, 1)));
  // Earlier results are overwritten, NaN included.
  x(1, 0) = 1;
  CHECK(fc.forward(x)(1, 1) == 1);
}

TEST_CASE("dense: initial state") {
  std::mt19937 g(8);
  std::mt19937 same(8);
  dense<float> const fc{7, 3, satur::he_uniform{}, g};
  CHECK(fc.w == make<float>(satur::he_uniform{}, {7, 3}, same));
  CHECK(fc.inputs() == 7);
  CHECK(fc.outputs() == 3);
  CHECK(fc.z().size() == 0);
  std::vector<std::string> names;
  for_each_parameter(fc, [&](std::string_view name, auto const& value, auto const& gradient) {
    names.emplace_back(name);
    CHECK(value.shape() == gradient.shape());
    CHECK(std::all_of(gradient.data(), gradient.data() + gradient.size(), [](float v) { return v == 0; }));
  });
  CHECK(names == std::vector<std::string>{"w", "b"});
  CHECK(std::all_of(fc.b.data(), fc.b.data() + 3, [](float v) { return v == 0; }));
}

TEST_CASE("dense: invalid arguments throw with a message") {
  std::mt19937 g(8);
  CHECK(refusal([&] {
          dense<float>{0, 3, satur::zeros{}, g};
        }) == "satur::dense: the weight has shape (0, 3); expected (in, out), each from 1 to 2147483647");
  CHECK(refusal([&] {
          dense<float>{3, 0, satur::zeros{}, g};
        }).starts_with("satur::dense: the weight has shape (3, 0)"));
  CHECK(refusal([&] {
          dense<float>{std::size_t{1} << 31, 1, satur::zeros{}, g};
        }).starts_with("satur::dense: the weight has shape (2147483648, 1)"));
  CHECK_THROWS_WITH_AS((dense<float>{3, 2, satur::normal{0, -1}, g}),
                       "satur::normal: stddev is -1; allowed: a finite number >= 0", std::invalid_argument);

  dense<float> fc{4, 3, satur::normal{}, g};
  auto const dz = make<float>(satur::normal{}, {5, 3}, g);
  CHECK_THROWS_WITH_AS(fc.backward(dz), "satur::dense::backward: no forward pass to differentiate; call forward first",
                       std::logic_error);
  CHECK_THROWS_WITH_AS(fc.backward_parameters(dz),
                       "satur::dense::backward_parameters: no forward pass to differentiate; call forward first",
                       std::logic_error);
  auto const wrong = make<float>(satur::normal{}, {5, 3}, g);
  CHECK(refusal([&] { fc.forward(wrong); }) ==
        "satur::dense::forward: x has shape (5, 3); expected (batch, 4), for w (4, 3)");
  CHECK(refusal([&] {
          fc.forward(xt::xarray<float>::from_shape({4}));
        }).starts_with("satur::dense::forward: x has shape (4); expected "));
  CHECK(fc.z().size() == 0); // unchanged

  auto x = make<float>(satur::normal{}, {5, 4}, g);
  fc.forward(x);
  auto const short_dz = make<float>(satur::normal{}, {4, 3}, g);
  CHECK(refusal([&] { fc.backward(short_dz); }) ==
        "satur::dense::backward: dz has shape (4, 3); expected (5, 3), the shape of z");
  CHECK(refusal([&] { fc.backward_parameters(x); }) ==
        "satur::dense::backward_parameters: dz has shape (5, 4); expected (5, 3), the shape of z");
  x.resize({2, 4});
  CHECK(refusal([&] { fc.backward(dz); }) == "satur::dense::backward: x has shape (2, 4); expected (5, 4), as in "
                                             "forward; x must stay unchanged until backward");
  CHECK(refusal([&] {
          fc.backward_parameters(dz);
        }).starts_with("satur::dense::backward_parameters: x has shape (2, 4); expected (5, 4), as in forward"));
  x.resize({5, 4});
  for (std::size_t const length : {2u, 4u, 0u}) { // too short, too long, none
    fc.b.resize({length});
    CHECK(refusal([&] { fc.forward(x); }) ==
          "satur::dense::forward: b has shape (" + std::to_string(length) + "); expected (3), for w (4, 3)");
  }
}

TEST_CASE_TEMPLATE("descend: one step of plain gradient descent", T, float, double) {
  std::mt19937 g(8);
  dense<T> fc{5, 7, satur::normal{}, g};
  satur::fill(satur::normal{}, fc.b, g);
  satur::fill(satur::normal{}, fc.dw, g);
  satur::fill(satur::normal{}, fc.db, g);
  matrix<T> const w = fc.w;
  xt::xtensor<T, 1> const b = fc.b;
  satur::descend(fc, 0.1);
  double const tolerance = 4 * static_cast<double>(std::numeric_limits<T>::epsilon());
  for (std::size_t i = 0; i < w.size(); ++i) {
    double const want = static_cast<double>(w.data()[i]) - 0.1 * static_cast<double>(fc.dw.data()[i]);
    CHECK(std::abs(static_cast<double>(fc.w.data()[i]) - want) < tolerance);
  }
  for (std::size_t i = 0; i < b.size(); ++i) {
    CHECK(std::abs(static_cast<double>(fc.b(i)) - (static_cast<double>(b(i)) - 0.1 * static_cast<double>(fc.db(i)))) <
          tolerance);
  }
  // The bits do not depend on the position: a shifted copy gives the same numbers.
  std::vector<T> value(40, T(1.1)), slope(40, T(0.3));
  satur::detail::descend_array(value.data(), slope.data(), 37, 0.7);
  CHECK(std::all_of(value.begin(), value.begin() + 37, [&](T v) { return v == value[0]; }));
  CHECK(value[37] == T(1.1));
}

TEST_CASE_TEMPLATE("descend: every length at every level, no write beyond it", T, float, double) {
  using satur::math::simd_level;
  constexpr std::size_t most = 70; // more than four of the widest registers
  std::mt19937 g(8);
  std::vector<T> const before = [&] {
    std::vector<T> all(most + 2);
    satur::fill(satur::normal{1, 2}, all, {1, 1}, g);
    return all;
  }();
  std::vector<T> slope(most + 2);
  satur::fill(satur::normal{-1, 3}, slope, {1, 1}, g);
  T const rate = T(0.37);
  double const tolerance = static_cast<double>(std::numeric_limits<T>::epsilon());
  for (simd_level level : {simd_level::baseline, simd_level::avx2, simd_level::avx512}) {
    if (level > satur::math::best_level()) {
      continue;
    }
    std::vector<T> alone = before; // each element alone
    for (std::size_t i = 0; i < most; ++i) {
      satur::detail::descend_pass<T> const pass{alone.data() + i, slope.data() + i, 1, rate};
      satur::math::run<T>(pass, level);
      double const step = static_cast<double>(rate) * static_cast<double>(slope[i]);
      double const exact = static_cast<double>(before[i]) - step;
      CHECK(std::abs(static_cast<double>(alone[i]) - exact) <= tolerance * (std::abs(exact) + std::abs(step)));
    }
    for (std::size_t n = 0; n <= most; ++n) {
      CAPTURE(n);
      std::vector<T> value = before;
      satur::detail::descend_pass<T> const pass{value.data(), slope.data(), n, rate};
      satur::math::run<T>(pass, level);
      auto const end = static_cast<std::ptrdiff_t>(n);
      CHECK(std::equal(value.begin(), value.begin() + end, alone.begin()));
      CHECK(std::equal(value.begin() + end, value.end(), before.begin() + end));
    }
  }
}
