// scaled_dot_product against plain loops, gradient checks of every option, seeded mistakes, shapes and errors.
#include "support/plain_attention.hpp"
#include "support/refusal.hpp"
#include "support/relative.hpp"

#include <satur/initializer.hpp>
#include <satur/layer.hpp>
#include <satur/testing.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace dot_product_test {

using namespace satur_test;
template <class T> using four = xt::xtensor<T, 4>;

template <class T> four<T> drawn(std::array<std::size_t, 4> shape, std::mt19937& g, double scale = 1.0) {
  return satur::make<T>(satur::normal{0, scale}, shape, g);
}

/// The largest difference; infinity if the shapes differ, or one is NaN or infinite and the other another.
template <class A, class B> double difference(A const& a, B const& b) {
  double worst = std::equal(a.shape().begin(), a.shape().end(), b.shape().begin(), b.shape().end())
                     ? 0.0
                     : std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    double const x = static_cast<double>(a.data()[i]), y = static_cast<double>(b.data()[i]);
    bool const same = x == y || (std::isnan(x) && std::isnan(y));
    double const off = std::abs(x - y);
    worst = same ? worst : std::isnan(off) ? std::numeric_limits<double>::infinity() : std::max(worst, off);
  }
  return worst;
}

/// Masks of batch 3 and 5 keys: all, the first hidden (so that causal query 0 sees none), none at all.
xt::xtensor<bool, 2> const tokens{
    {true, true, true, true, true}, {false, true, false, true, true}, {false, false, false, false, false}};

/// q, k, v and their gradients for a check.
struct inputs {
  four<double> q, k, v, dy;
  satur::scaled_dot_product<double> op;
  bool masked = false;

  inputs(satur::attention_options const& options, bool mask, unsigned seed = 1) : op(options), masked(mask) {
    std::mt19937 g(seed);
    q = drawn<double>({3, 2, 5, 4}, g);
    k = drawn<double>({3, 2, 5, 4}, g);
    v = drawn<double>({3, 2, 5, 3}, g);
    dy = drawn<double>({3, 2, 5, 3}, g);
  }
  double loss() {
    four<double> const& y = masked ? op.forward(q, k, v, tokens) : op.forward(q, k, v);
    double sum = 0.0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      sum += y.data()[i] * dy.data()[i];
    }
    return sum;
  }
};

/// Gradients as they would be with a mistake in the backward pass.
enum class mistake { none, no_scale, no_row_sum, swapped, causal_off_by_one, no_cap_slope };

struct spoiled {
  four<double> dq, dk, dv;

  void backward(inputs const& in, mistake what) {
    four<double> const& p = in.op.probabilities();
    satur::attention_options const& o = in.op.options;
    dq = xt::zeros<double>(in.q.shape());
    dk = xt::zeros<double>(in.k.shape());
    dv = xt::zeros<double>(in.v.shape());
    double const scale = what == mistake::no_scale ? 1.0 : 0.5; // 1 / sqrt(4)
    for (std::size_t b = 0; b < 3; ++b) {
      for (std::size_t h = 0; h < 2; ++h) {
        for (std::size_t i = 0; i < 5; ++i) {
          double dp[5] = {}, sum = 0.0;
          for (std::size_t j = 0; j < 5; ++j) {
            bool const lost = what == mistake::causal_off_by_one && j == i; // j < i instead of j <= i
            for (std::size_t c = 0; c < 3 && !lost; ++c) {
              dp[j] += in.dy(b, h, i, c) * in.v(b, h, j, c);
              dv(b, h, j, c) += p(b, h, i, j) * in.dy(b, h, i, c);
            }
            sum += p(b, h, i, j) * dp[j];
          }
          for (std::size_t j = 0; j < 5; ++j) {
            double const z = in.op.logits()(b, h, i, j);
            double const t = o.softcap > 0 && what != mistake::no_cap_slope && p(b, h, i, j) > 0 ? z / o.softcap : 0.0;
            double const ds = p(b, h, i, j) * (dp[j] - (what == mistake::no_row_sum ? 0.0 : sum)) * (1.0 - t * t);
            for (std::size_t c = 0; c < 4; ++c) {
              dq(b, h, i, c) += scale * ds * in.k(b, h, j, c);
              dk(b, h, j, c) += scale * ds * in.q(b, h, i, c);
            }
          }
        }
      }
    }
    if (what == mistake::swapped) {
      std::swap(dq, dk);
    }
  }
};

} // namespace dot_product_test

TEST_CASE_TEMPLATE("scaled_dot_product: plain loops agree for every mask, softcap and odd shape", T, float, double) {
  using namespace dot_product_test;
  std::mt19937 g(5);
  double const tolerance = 100 * static_cast<double>(std::numeric_limits<T>::epsilon());
  struct sizes {
    std::size_t batch, heads, queries, keys, width, value_width;
  };
  for (sizes const& s : std::vector<sizes>{{3, 2, 5, 5, 4, 3},
                                           {1, 1, 1, 1, 1, 1},
                                           {2, 1, 3, 7, 5, 2},
                                           {2, 3, 7, 3, 2, 1},
                                           {1, 2, 17, 33, 8, 8},
                                           {0, 2, 3, 3, 2, 2},
                                           {2, 0, 3, 3, 2, 2},
                                           {2, 2, 0, 3, 2, 2},
                                           {2, 2, 3, 0, 2, 2},
                                           {2, 2, 3, 4, 2, 0}}) {
    for (int which = 0; which < 16; ++which) {
      CAPTURE(satur::detail::shape_text({s.batch, s.heads, s.queries, s.keys, s.width, s.value_width}));
      CAPTURE(which);
      plain_options o;
      o.causal = (which & 1) != 0;
      o.softcap = (which & 2) != 0 ? 1.5 : 0.0;
      o.nan_rows = (which & 4) != 0;
      auto const q = drawn<T>({s.batch, s.heads, s.queries, s.width}, g, 2);
      auto const k = drawn<T>({s.batch, s.heads, s.keys, s.width}, g, 2);
      auto const v = drawn<T>({s.batch, s.heads, s.keys, s.value_width}, g);
      satur::scaled_dot_product<T> op({.causal = o.causal,
                                       .softcap = o.softcap,
                                       .masked = o.nan_rows ? satur::masked_row::nan : satur::masked_row::zero});
      four<T> y;
      if ((which & 8) != 0) {
        o.tokens = xt::ones<bool>({s.batch, s.keys});
        for (std::size_t b = 0; b < s.batch; ++b) {
          for (std::size_t j = 0; j < s.keys; ++j) {
            o.tokens(b, j) = b != 1 && g() % 3 != 0; // sample 1 has no token at all
          }
        }
        y = op.forward(q, k, v, o.tokens);
      } else {
        y = op.forward(q, k, v);
      }
      plain_result const want = plain_attention(q, k, v, o);
      CHECK(difference(y, want.y) < tolerance);
      CHECK(difference(op.logits(), want.logits) < 20 * tolerance);
      CHECK(difference(op.probabilities(), want.probabilities) < 20 * tolerance);
      CHECK(difference(op.core().products(), want.products) < 20 * tolerance);
      op.backward(y); // of every shape
      CHECK(op.dq().shape() == q.shape());
      CHECK(op.dk().shape() == k.shape());
      CHECK(op.dv().shape() == v.shape());
      CHECK(difference(op.logits(), want.logits) < 20 * tolerance); // z survives backward
    }
  }
}

TEST_CASE("scaled_dot_product: gradient check of every mask and softcap") {
  using namespace dot_product_test;
  for (int which = 0; which < 8; ++which) {
    CAPTURE(which);
    inputs in({.causal = (which & 1) != 0, .softcap = (which & 2) != 0 ? 0.8 : 0.0}, (which & 4) != 0);
    satur::testing::gradient_check check("scaled_dot_product");
    check.add("q", in.q, in.op.dq());
    check.add("k", in.k, in.op.dk());
    check.add("v", in.v, in.op.dv());
    auto const r = check.run([&] { return in.loss(); }, [&] { in.op.backward(in.dy); });
    CHECK_MESSAGE(r.passed(), r.text());
    CHECK(r.skipped.empty());
  }
}

TEST_CASE("scaled_dot_product: the gradient check finds seeded mistakes") {
  using namespace dot_product_test;
  for (mistake const what : {mistake::none, mistake::no_scale, mistake::no_row_sum, mistake::swapped,
                             mistake::causal_off_by_one, mistake::no_cap_slope}) {
    CAPTURE(static_cast<int>(what));
    inputs in({.causal = true, .softcap = 0.8}, true);
    spoiled gradients;
    satur::testing::gradient_check check("mistaken attention");
    check.add("q", in.q, gradients.dq);
    check.add("k", in.k, gradients.dk);
    check.add("v", in.v, gradients.dv);
    auto const r = check.run([&] { return in.loss(); }, [&] { gradients.backward(in, what); });
    CHECK_MESSAGE(r.passed() == (what == mistake::none), r.text());
  }
}

TEST_CASE("scaled_dot_product: a query that sees no key gives 0 and no gradient, or NaN") {
  using namespace dot_product_test;
  inputs in({}, true);
  in.loss();
  in.op.backward(in.dy);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(in.op.dq()(2, 0, i, 0) == 0.0); // sample 2 has no token
    CHECK(in.op.dk()(2, 1, i, 3) == 0.0);
    CHECK(in.op.dv()(2, 1, i, 2) == 0.0);
  }
  CHECK(in.op.dq()(1, 0, 0, 0) != 0.0);
  in.op.options = {.causal = true, .masked = satur::masked_row::nan};
  auto const& y = in.op.forward(in.q, in.k, in.v, tokens);
  CHECK(std::isnan(y(1, 0, 0, 0))); // its only key is padding
  CHECK(!std::isnan(y(1, 0, 1, 0)));
  CHECK(std::isnan(y(2, 1, 4, 2)));
  CHECK(!std::isnan(y(0, 0, 0, 0)));
  in.op.backward(in.dy);
  CHECK(std::isnan(in.op.dv()(1, 0, 0, 0)));
  CHECK(!std::isnan(in.op.dv()(0, 0, 0, 0)));
}

TEST_CASE("scaled_dot_product: the gradient keeps its digits where p rounds to 1") {
  using namespace dot_product_test;
  satur::scaled_dot_product<float> op;
  four<float> const q{{{{60.0f}}}}, k{{{{1.0f}, {0.0f}}}}, v{{{{1.0f}, {0.0f}}}}, dy{{{{1.0f}}}};
  CHECK(op.forward(q, k, v)(0, 0, 0, 0) == 1.0f);
  op.backward(dy);
  double const slope = std::exp(-60.0); // p (1 - p)
  CHECK(static_cast<double>(op.dq()(0, 0, 0, 0)) == doctest::Approx(slope).epsilon(1e-6));
  CHECK(static_cast<double>(op.dk()(0, 0, 0, 0)) == doctest::Approx(60 * slope).epsilon(1e-6));
  op.options.softcap = 8; // 8 tanh(60 / 8) has the slope 4 e^-15
  op.forward(q, k, v);
  op.backward(dy);
  double const p = std::exp(-8.0) / std::pow(1 + std::exp(-8.0), 2); // tanh(7.5) is 1 to 6e-7
  CHECK(static_cast<double>(op.dq()(0, 0, 0, 0)) == satur_test::relative(p * 4 * std::exp(-15.0), 1e-4));
}

TEST_CASE("scaled_dot_product: its own arrays, views, and another mask or none in the next pass") {
  using namespace dot_product_test;
  inputs in({}, false), other({}, false);
  four<double> const before = in.op.forward(in.q, in.k, in.v);
  CHECK(in.op.forward(in.q, in.k, in.v, tokens) != before);
  CHECK(in.op.forward(in.q, in.k, in.v) == before); // the mask is not kept
  xt::xtensor<int, 2> const all = xt::ones<int>({3, 5});
  CHECK(in.op.forward(in.q, in.k, in.v, 7 * all) == before);
  in.op.backward(in.dy);
  four<double> const dq = in.op.dq();
  other.loss();
  CHECK(in.op.forward(dq, dq, in.v) == other.op.forward(in.op.dq(), in.op.dq(), in.v));
  CHECK(in.op.forward(in.op.dq(), 1.0 * in.op.dq(), in.v) == other.op.forward(dq, dq, in.v));
  in.op.backward(in.op.dv());
  four<double> const dv = in.op.dv();
  in.op.backward(dv);
  four<double> const want = in.op.dq();
  in.op.backward(in.op.dv());
  in.op.backward(1.0 * dv);
  CHECK(in.op.dq() == want);
}

TEST_CASE("scaled_dot_product: errors name the function and both shapes") {
  using namespace dot_product_test;
  inputs in({}, false);
  using message = std::string;
  CHECK(refusal([&] {
          in.op.forward(in.q, xt::zeros<double>({3, 2, 5, 3}), in.v);
        }) == message("satur::scaled_dot_product::forward: k has shape (3, 2, 5, 3); expected (3, 2, keys, 4), for q "
                      "(3, 2, 5, 4)"));
  CHECK(refusal([&] {
          in.op.forward(in.q, in.k, xt::zeros<double>({3, 2, 4, 3}));
        }) ==
        message("satur::scaled_dot_product::forward: v has shape (3, 2, 4, 3); expected (3, 2, 5, value width), for k "
                "(3, 2, 5, 4)"));
  CHECK(refusal([&] {
          in.op.forward(xt::zeros<double>({3, 2, 5, 0}), in.k, in.v);
        }).find("q has shape") != message::npos);
  CHECK(refusal([&] {
          in.op.forward(in.q, in.k, in.v, xt::ones<bool>({3, 4}));
        }) ==
        message("satur::scaled_dot_product::forward: the mask has shape (3, 4); expected (3, 5), one number for each "
                "key, 0 for padding"));
  std::size_t const many = std::size_t{1} << 31; // with no samples they take no memory
  std::array<std::size_t, 4> const queries{0, 2, many, 4};
  std::array<std::size_t, 4> const keys{0, 2, 5, 4};
  CHECK(refusal([&] {
          in.op.forward(four<double>(xt::zeros<double>(queries)), xt::zeros<double>(keys), xt::zeros<double>(keys));
        }).find("q has shape (0, 2, 2147483648, 4)") != message::npos);
  CHECK(refusal([&] {
          in.op.forward(xt::zeros<double>(keys), four<double>(xt::zeros<double>(queries)), xt::zeros<double>(queries));
        }).find("k has shape (0, 2, 2147483648, 4)") != message::npos);
  CHECK_THROWS_AS(in.op.backward(in.dy), std::logic_error);
  in.loss();
  CHECK(refusal([&] { in.op.backward(in.q); }) ==
        message("satur::scaled_dot_product::backward: dy has shape (3, 2, 5, 4); expected (3, 2, 5, 3), the shape of "
                "y"));
  in.op.options.softcap = -1;
  CHECK(refusal([&] { in.loss(); }) ==
        message("satur::attention_options: softcap is -1; allowed: 0 for none, or a finite number above 0"));
}
