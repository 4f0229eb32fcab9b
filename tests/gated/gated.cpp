// Gated units against their definition, finite differences and the gates themselves.
#include "support/allocation.hpp"

#include <satur/activation.hpp>
#include <satur/gated.hpp>
#include <satur/tensor/compat.hpp>

#include "support/gradient.hpp"
#include "support/refusal.hpp"
#include "support/ulp.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <span>
#include <sstream>
#include <string>
#include <vector>

namespace {

using satur_test::refusal;

template <class T> xt::xtensor<T, 2> numbers(std::size_t rows, std::size_t length, double spread = 2.0) {
  xt::xtensor<T, 2> x = xt::zeros<T>({rows, length});
  std::mt19937_64 urbg(11);
  std::normal_distribution<double> normal(0.0, spread);
  std::generate(x.data(), x.data() + x.size(), [&] { return static_cast<T>(normal(urbg)); });
  return x;
}

long double gate_of(satur::sigmoid const&, long double b) { return 1 / (1 + std::exp(-b)); }
long double gate_of(satur::silu const&, long double b) { return b / (1 + std::exp(-b)); }
long double gate_of(satur::gelu const&, long double b) { return b / 2 * std::erfc(-b / std::sqrt(2.0L)); }
long double slope_of(satur::sigmoid const&, long double b) { return std::exp(-b) / std::pow(1 + std::exp(-b), 2.0L); }
long double slope_of(satur::silu const&, long double b) {
  long double const s = 1 / (1 + std::exp(-b));
  return s + b * s * (1 - s);
}
long double slope_of(satur::gelu const&, long double b) {
  return std::erfc(-b / std::sqrt(2.0L)) / 2 + b * std::exp(-b * b / 2) / std::sqrt(2 * std::acos(-1.0L));
}

} // namespace

TEST_CASE_TEMPLATE("gated: value and both gradients against the definition, at every length", Act, satur::glu,
                   satur::swiglu, satur::geglu) {
  auto const check = [](auto zero) {
    using T = decltype(zero);
    Act const act{};
    for (std::size_t const half : {1u, 3u, 16u, 37u, 1030u}) {
      auto const x = numbers<T>(3, 2 * half);
      auto const dy = numbers<T>(3, half, 1.0);
      xt::xtensor<T, 2> y = xt::zeros<T>({std::size_t{3}, half});
      xt::xtensor<T, 2> dx = xt::zeros_like(x);
      satur::apply(act, x, y);
      satur::pullback(act, x, dy, dx);
      double const eps = static_cast<double>(std::numeric_limits<T>::epsilon());
      for (std::size_t r = 0; r < 3; ++r) {
        for (std::size_t i = 0; i < half; ++i) {
          long double const a = static_cast<long double>(x(r, i));
          long double const b = static_cast<long double>(x(r, i + half));
          long double const d = static_cast<long double>(dy(r, i));
          CHECK(test::ulp_error(y(r, i), a * gate_of(act.gate, b)) <= 5);
          CHECK(test::ulp_error(dx(r, i), d * gate_of(act.gate, b)) <= 5);
          CHECK(static_cast<double>(
                    std::fabs(static_cast<long double>(dx(r, i + half)) - d * a * slope_of(act.gate, b))) <=
                6 * eps * static_cast<double>(std::fabs(d * a)));
        }
      }
      xt::xtensor<T, 2> fused = xt::zeros_like(y);
      satur::gate_saturation const record = satur::forward(act, x, fused);
      CHECK(fused == y);
      CHECK(record == satur::observe(act, x));
      xt::xtensor<T, 2> in_place = x;
      satur::pullback(act, in_place, dy, in_place);
      CHECK(in_place == dx);
      // other containers
      xt::xtensor<T, 2, xt::layout_type::column_major> const columns = x;
      xt::xtensor<T, 2, xt::layout_type::column_major> out = xt::zeros_like(y);
      CHECK(satur::forward(act, columns, out) == record);
      CHECK(out == y);
      CHECK(satur::observe(act, x + T(0)) == record);
      xt::xtensor<T, 2, xt::layout_type::column_major> back = xt::zeros_like(x);
      satur::pullback(act, columns, T(1) * dy, back);
      CHECK(back == dx);
      std::vector<T> const flat(x.begin(), x.end());
      std::vector<T> flat_y(y.size());
      CHECK(satur::forward(act, flat, flat_y, 2 * half) == record);
      CHECK(std::equal(flat_y.begin(), flat_y.end(), y.begin()));
    }
  };
  check(0.0f);
  check(0.0);
}

TEST_CASE_TEMPLATE("gated: gradients against central differences", Act, satur::glu, satur::swiglu, satur::geglu) {
  auto x = numbers<double>(3, 10);
  auto const c = numbers<double>(3, 5, 1.0);
  xt::xtensor<double, 2> y = xt::zeros<double>({3, 5});
  xt::xtensor<double, 2> dx = xt::zeros<double>({3, 10});
  auto const loss = [&] {
    satur::apply(Act{}, x, y);
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      sum += c.data()[i] * y.data()[i];
    }
    return sum;
  };
  satur::pullback(Act{}, x, c, dx);
  CHECK(satur_test::worst_gradient_error(x, dx, loss) < 1e-6);
}

TEST_CASE("gate_saturation: closed and open gates") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  double const edge = std::log(9.0); // sigmoid is 0.9 there
  // sigmoid and silu have the same openness: sigmoid(b)
  std::vector<double> const x{1,
                              1,
                              1,
                              1,
                              1,
                              1,
                              1,
                              -inf,
                              -edge - 1e-9,
                              -edge + 1e-9,
                              edge - 1e-9,
                              edge + 1e-9,
                              inf,
                              std::numeric_limits<double>::quiet_NaN()};
  auto const check = [&](satur::gate_saturation const& s) {
    CHECK(s.count() == 6);
    CHECK(s.closed == 2);
    CHECK(s.open == 2);
    CHECK(s.gate.nan == 1);
    CHECK(s.gate.infinite == 2);
    CHECK(s.closed_fraction() == doctest::Approx(1.0 / 3));
  };
  check(satur::observe(satur::glu{}, x, 14));
  check(satur::observe(satur::swiglu{}, x, 14));
  // gelu at Phi(b): 0.1 at -1.2815515655
  std::vector<double> const g{1, 1, 1, 1, 1, -1.28156, -1.28155, 0, 1.28155, 1.28156};
  satur::gate_saturation const s = satur::observe(satur::geglu{}, g, 10);
  CHECK(s.closed == 1);
  CHECK(s.open == 1);
  CHECK(satur::observe(satur::geglu{}, g, 10, satur::gate_within{0.5}).closed == 2);
  CHECK(satur::observe(satur::geglu{}, g, 10, satur::gate_within{0.5}).open == 2);
  // strictly: hard_tanh opens by (b + 1)/2, so by 0.25 at -0.5 and by 0.75 at 0.5
  double const step = 0x1p-50;
  std::vector<double> const h{1, 1, 1, 1, 1, -0.5 - step, -0.5, 0.5, 0.5 + step, 0.5 + 2 * step};
  satur::gate_saturation const strict =
      satur::observe(satur::gated<satur::hard_tanh>{}, h, 10, satur::gate_within{0.25});
  CHECK(strict.closed == 1);
  CHECK(strict.open == 2);
  // tanh between -1 and 1, relu by the sign of b, identity always open
  std::vector<double> const t{1, 1, -2, 2};
  CHECK(satur::observe(satur::gated<satur::tanh>{}, t, 4).closed == 1);
  CHECK(satur::observe(satur::gated<satur::relu>{}, t, 4).closed == 1);
  CHECK(satur::observe(satur::gated<satur::relu>{}, t, 4).open == 1);
  CHECK(satur::observe(satur::gated<satur::identity>{}, t, 4).open == 2);
}

TEST_CASE("gate_saturation: the merge of the parts equals the whole; text") {
  auto const x = numbers<float>(10, 8, 4.0);
  auto const whole = satur::observe(satur::glu{}, x);
  satur::gate_saturation merged;
  merged += satur::observe(satur::glu{}, xt::view(x, xt::range(0, 3), xt::all()));
  merged += satur::observe(satur::glu{}, xt::view(x, xt::range(3, 10), xt::all()));
  CHECK(merged.closed == whole.closed);
  CHECK(merged.open == whole.open);
  CHECK(merged.count() == whole.count());
  CHECK(merged.gate.mean_derivative() == doctest::Approx(whole.gate.mean_derivative()).epsilon(1e-15));
  CHECK(merged.gate.low == whole.gate.low);
  CHECK(whole.closed > 0);
  CHECK(refusal([&] { merged += satur::observe(satur::glu{}, x, satur::gate_within{0.2}); }) ==
        "satur::gate_saturation: cannot merge a record of share 0.1 with one of 0.2; merge records of one rule");
  std::ostringstream out;
  out << satur::observe(satur::glu{}, std::vector<double>{0, 0, 0, 0, 0, -3, 0, -4, 3, 0}, 10, satur::gate_within{0.2});
  CHECK(out.str().starts_with("gates: 5, closed below 0.2, open above 0.8\n  closed       40.0 %\n  open         20.0 "
                              "%\nsigmoid: 5 pre-activations z, saturated where |z| > 5\n"));
}

TEST_CASE("gate_saturation: every field after merge, copy and reset") {
  // 4 closed and 1 open of 9, of share 0.3; 1 closed and 2 open of 5; b of NaN and of infinity in both.
  constexpr double inf = std::numeric_limits<double>::infinity();
  double const nan = std::numeric_limits<double>::quiet_NaN();
  auto const observed = [](std::vector<double> const& b) {
    std::vector<double> x(b.size(), 1.5);
    x.insert(x.end(), b.begin(), b.end());
    return satur::observe(satur::glu{}, x, x.size(), satur::gate_within{0.3});
  };
  satur::gate_saturation const a = observed({-2, -3, -7, -inf, 4, 0.1, 0.2, 0.3, -0.4, nan});
  satur::gate_saturation const b = observed({-6, 1, 9, 0.7, -0.6, nan, nan});
  REQUIRE(a.closed == 4);
  REQUIRE(a.open == 1);
  REQUIRE(b.closed == 1);
  REQUIRE(b.open == 2);
  for (bool const swapped : {false, true}) {
    satur::gate_saturation const& first = swapped ? b : a;
    satur::gate_saturation const& second = swapped ? a : b;
    satur::gate_saturation sum = first;
    CHECK(sum == first);
    sum += second;
    CHECK(sum.closed == 5);
    CHECK(sum.open == 3);
    CHECK(sum.count() == 14);
    CHECK(sum.gate == first.gate + second.gate);
    CHECK(sum.gate.nan == 3);
    CHECK(sum.rule == satur::gate_within{0.3});
    CHECK(sum == first + second);
    CHECK(sum.closed_fraction() == 5.0 / 14.0);
    CHECK(sum.open_fraction() == 3.0 / 14.0);
    satur::gate_saturation const copy = sum;
    sum = {};
    CHECK(sum == satur::gate_saturation{});
    CHECK(sum.empty());
    CHECK(copy == first + second);
    CHECK(satur::gate_saturation{} + first == first); // an empty record takes the rule of the other
    CHECK(first + satur::gate_saturation{} == first);
  }
  satur::gate_saturation const nothing_but_nan = observed({nan, nan});
  CHECK_FALSE(nothing_but_nan.empty());
  CHECK((a + nothing_but_nan).gate.nan == 3);
  CHECK((nothing_but_nan + a).closed == 4);
  auto const differs = [&](auto const& change) {
    satur::gate_saturation other = a;
    change(other);
    return !(other == a);
  };
  CHECK(differs([](auto& r) { ++r.closed; }));
  CHECK(differs([](auto& r) { ++r.open; }));
  CHECK(differs([](auto& r) { ++r.gate.low; }));
  CHECK(differs([](auto& r) { r.rule.share = 0.2; }));
}

TEST_CASE("gated: invalid arguments throw; no pass allocates") {
  std::vector<float> x(12);
  std::vector<float> y(6);
  CHECK(
      refusal([&] { satur::apply(satur::glu{}, x, y, 3); }) ==
      "satur::apply: x has shape (12); expected a multiple of the row length 3, which must be even and at least 2: two "
      "halves");
  CHECK(refusal([&] { satur::apply(satur::glu{}, x, x, 4); }) ==
        "satur::apply: y has shape (12); expected (6), half of x");
  CHECK(refusal([&] { satur::pullback(satur::glu{}, x, x, x, 4); }) ==
        "satur::pullback: dy has shape (12); expected (6), half of x");
  CHECK(refusal([&] { satur::pullback(satur::glu{}, x, y, y, 4); }) ==
        "satur::pullback: dx has shape (6); expected (12), the size of z");
  CHECK(refusal([&] { (void)satur::observe(satur::glu{}, numbers<float>(2, 5)); }) ==
        "satur::observe: x has shape (2, 5); expected a last axis that is even, and at least 2: two halves");
  CHECK(refusal([&] { (void)satur::observe(satur::glu{}, x, 4, satur::gate_within{0.6}); }) ==
        "satur::gate_within: share is 0.6; allowed: a share in (0, 0.5], such as 0.1");
  auto const z = numbers<float>(2, 6);
  auto wrong = numbers<float>(3, 2);
  CHECK(refusal([&] { satur::forward(satur::glu{}, z, wrong); }) ==
        "satur::forward: y has shape (3, 2); expected a last axis of 3 and 6 numbers, half of x");
  auto right = numbers<float>(2, 3);
  auto dx = numbers<float>(2, 6);
  // The message names the called function, for calls with a shape and with a row length.
  CHECK(refusal([&] {
          satur::apply(satur::glu{}, z, wrong);
        }).starts_with("satur::apply: y has shape (3, 2); expected a last axis of 3 and 6 numbers, half of x"));
  CHECK(refusal([&] {
          satur::apply(satur::glu{}, numbers<float>(2, 5), right);
        }).starts_with("satur::apply: x has shape (2, 5); expected a last axis that is even"));
  CHECK(refusal([&] {
          satur::forward(satur::glu{}, numbers<float>(2, 5), right);
        }).starts_with("satur::forward: x has shape (2, 5); expected a last axis that is even"));
  CHECK(refusal([&] {
          satur::pullback(satur::glu{}, numbers<float>(2, 5), right, dx);
        }).starts_with("satur::pullback: x has shape (2, 5); expected a last axis that is even"));
  CHECK(refusal([&] {
          satur::pullback(satur::glu{}, z, wrong, dx);
        }).starts_with("satur::pullback: dy has shape (3, 2); expected a last axis of 3 and 6 numbers"));
  CHECK(refusal([&] {
          satur::pullback(satur::glu{}, z, right, wrong);
        }).starts_with("satur::pullback: dx has shape (3, 2); expected (2, 6), "));
  CHECK(refusal([&] { (void)satur::observe(satur::glu{}, x, 0); }) ==
        "satur::observe: x has shape (12); expected a multiple of the row length 0, which must be even and at least "
        "2: two halves");
  CHECK(refusal([&] {
          (void)satur::observe(satur::glu{}, x, 10);
        }).starts_with("satur::observe: x has shape (12); expected a multiple of the row length 10, "));
  CHECK(refusal([&] {
          satur::forward(satur::glu{}, x, y, 5);
        }).starts_with("satur::forward: x has shape (12); expected a multiple of the row length 5, "));
  CHECK(refusal([&] { satur::forward(satur::glu{}, x, x, 4); }) ==
        "satur::forward: y has shape (12); expected (6), half of x");
  CHECK(refusal([&] {
          satur::pullback(satur::glu{}, x, y, x, 7);
        }).starts_with("satur::pullback: x has shape (12); expected a multiple of the row length 7, "));
  CHECK_THROWS_AS(satur::apply(satur::glu{}, x, y, 3), satur::shape_error);
  // y overlaps x: with a shape, with a row length, contiguous and strided, anywhere in x.
  std::string const shared = "satur::forward: y shares memory with x; x is the evidence";
  auto own = numbers<float>(1, 6);
  auto const before = own;
  for (int const at : {0, 1, 3}) {
    CHECK(refusal([&] {
            satur::forward(satur::glu{}, own, xt::view(own, xt::all(), xt::range(at, at + 3)));
          }).starts_with(shared));
  }
  auto tall = numbers<float>(2, 6);
  CHECK(refusal([&] {
          satur::forward(satur::glu{}, tall, xt::view(tall, xt::all(), xt::range(0, 3)));
        }).starts_with(shared));
  for (std::ptrdiff_t const at : {0, 2, 6}) {
    CHECK(refusal([&] {
            satur::forward(satur::glu{}, x, std::span(x).subspan(static_cast<std::size_t>(at), 6), 4);
          }).starts_with(shared));
  }
  CHECK(own == before);
  std::vector<float> together(18); // adjacent memory does not overlap
  CHECK(satur::forward(satur::glu{}, std::span(together).first(12), std::span(together).last(6), 4).count() == 6);
  CHECK(satur::forward(satur::glu{}, std::span(together).last(12), std::span(together).first(6), 4).count() == 6);
  CHECK(satur_test::allocations_in([&] {
          satur::forward(satur::glu{}, z, right);
          satur::apply(satur::swiglu{}, z, right);
          satur::pullback(satur::geglu{}, z, right, dx);
        }) == 0);
}
