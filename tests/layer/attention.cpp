// attention against plain loops over its options, gradient checks, masks, cross-attention, use of its own arrays,
// errors.
#include "support/plain_attention.hpp"
#include "support/refusal.hpp"

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
#include <string>
#include <utility>
#include <vector>

namespace attention_test {

using namespace satur_test;
template <class T> using sequence = xt::xtensor<T, 3>;

template <class T> sequence<T> drawn(std::size_t batch, std::size_t time, std::size_t units, std::mt19937& g) {
  return satur::make<T>(satur::normal{}, std::array<std::size_t, 3>{batch, time, units}, g);
}
/// A layer whose biases and gains are not those of the beginning.
template <class T>
satur::attention<T> layer_of(std::size_t units, std::size_t heads, satur::attention_options const& o, std::mt19937& g) {
  satur::attention<T> layer{units, heads, satur::glorot_normal{}, g, o};
  for (auto* b : {&layer.bq, &layer.bk, &layer.bv, &layer.bo}) {
    satur::fill(satur::normal{0, 0.3}, *b, g);
  }
  satur::fill(satur::uniform{0.5, 1.5}, layer.gq, g);
  satur::fill(satur::uniform{0.5, 1.5}, layer.gk, g);
  return layer;
}
template <class A, class B> double difference(A const& a, B const& b) {
  double worst = std::equal(a.shape().begin(), a.shape().end(), b.shape().begin(), b.shape().end())
                     ? 0.0
                     : std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    double const x = static_cast<double>(a.data()[i]), y = static_cast<double>(b.data()[i]);
    worst = x == y ? worst : std::max(worst, std::abs(x - y));
  }
  return worst;
}

/// The layer with a mask, or with a source, as one of one input: for check_gradients.
struct with_tokens {
  satur::attention<double>& layer;
  xt::xtensor<bool, 2> tokens;
  sequence<double> const& forward(sequence<double> const& x) { return layer.forward(x, tokens); }
  sequence<double> const& backward(sequence<double> const& dy) { return layer.backward(dy); }
  template <class F> void each_parameter(F&& f) { layer.each_parameter(f); }
};
/// The layer with a mistake in its backward pass.
enum class mistake { lost_paths, no_bias, transposed, no_mean };
struct mistaken {
  satur::attention<double>& layer;
  mistake what;
  sequence<double> dx{};
  sequence<double> const& forward(sequence<double> const& x) {
    // With x as another source, dL/dx lacks what comes through k and v.
    return what == mistake::lost_paths ? layer.forward_cross(x, x) : layer.forward(x);
  }
  sequence<double> const& backward(sequence<double> const& dy) {
    dx = layer.backward(dy);
    if (what == mistake::no_bias) {
      layer.dbv = xt::zeros<double>(layer.dbv.shape());
    } else if (what == mistake::transposed) {
      layer.dwo = xt::eval(xt::transpose(layer.dwo));
    } else if (what == mistake::no_mean) {
      layer.dgq *= 1.0 / 3.0; // the mean over the width in the place of the sum
    }
    return dx;
  }
  template <class F> void each_parameter(F&& f) { layer.each_parameter(f); }
};

} // namespace attention_test

TEST_CASE_TEMPLATE("attention: plain loops agree for every option and odd shape", T, float, double) {
  using namespace attention_test;
  std::mt19937 g(2);
  double const tolerance = 2000 * static_cast<double>(std::numeric_limits<T>::epsilon());
  struct sizes {
    std::size_t batch, time, keys, units, heads;
  };
  for (sizes const& s : std::vector<sizes>{{3, 5, 4, 6, 2},
                                           {1, 1, 1, 1, 1},
                                           {2, 1, 3, 4, 4},
                                           {0, 3, 2, 4, 2},
                                           {2, 0, 3, 4, 2},
                                           {2, 3, 0, 4, 2},
                                           {1, 9, 17, 16, 1}}) {
    for (int which = 0; which < 32; ++which) {
      CAPTURE(satur::detail::shape_text({s.batch, s.time, s.keys, s.units, s.heads}));
      CAPTURE(which);
      plain_options o;
      o.causal = (which & 1) != 0;
      o.softcap = (which & 2) != 0 ? 0.7 : 0.0;
      o.qk_norm = (which & 4) != 0;
      bool const cross = (which & 8) != 0;
      auto layer = layer_of<T>(s.units, s.heads, {.causal = o.causal, .softcap = o.softcap, .qk_norm = o.qk_norm}, g);
      auto const x = drawn<T>(s.batch, s.time, s.units, g);
      auto const source = cross ? drawn<T>(s.batch, s.keys, s.units, g) : x;
      sequence<T> y;
      if ((which & 16) != 0) {
        o.tokens = xt::ones<bool>({s.batch, source.shape(1)});
        for (std::size_t i = 0; i < o.tokens.size(); ++i) {
          o.tokens.data()[i] = g() % 3 != 0;
        }
        y = cross ? layer.forward_cross(x, source, o.tokens) : layer.forward(x, o.tokens);
      } else {
        y = cross ? layer.forward_cross(x, source) : layer.forward(x);
      }
      sequence<double> want;
      plain_result const parts = plain_multi_head(layer, x, source, o, want);
      CHECK(difference(y, want) < tolerance);
      CHECK(difference(layer.logits(), parts.logits) < tolerance);
      CHECK(difference(layer.probabilities(), parts.probabilities) < tolerance);
      auto const logits = layer.logits();
      CHECK(layer.backward(y).shape() == x.shape());
      CHECK(layer.logits() == logits); // z survives backward
      if (cross) {
        CHECK(layer.source_gradient().shape() == source.shape());
      }
      if (s.batch == 0) {
        for_each_parameter(layer, [](std::string_view, auto const&, auto const& gradient) {
          CHECK(std::all_of(gradient.data(), gradient.data() + gradient.size(), [](T d) { return d == T(0); }));
        });
      }
    }
  }
}

TEST_CASE("attention: gradient check of every option") {
  using namespace attention_test;
  std::mt19937 g(3);
  auto const x = drawn<double>(2, 4, 6, g);
  for (int which = 0; which < 8; ++which) {
    CAPTURE(which);
    auto layer = layer_of<double>(
        6, which == 5 ? 1 : 2,
        {.causal = (which & 1) != 0, .softcap = (which & 2) != 0 ? 0.5 : 0.0, .qk_norm = (which & 4) != 0}, g);
    auto const plain = satur::testing::check_gradients(layer, x, {.most = 12});
    CHECK_MESSAGE(plain.passed(), plain.text());
    CHECK(plain.skipped.empty());
    // The first token of sample 0 is padding: with causal order its query sees no key. Sample 1 has no token.
    with_tokens padded{layer, {{false, true, true, false}, {false, false, false, false}}};
    auto const masked = satur::testing::check_gradients(padded, x, {.most = 12});
    CHECK_MESSAGE(masked.passed(), masked.text());
  }
}

TEST_CASE("attention: gradient check of cross-attention, in x, the source and every parameter") {
  using namespace attention_test;
  std::mt19937 g(4);
  auto layer = layer_of<double>(6, 3, {.softcap = 0.6, .qk_norm = true}, g);
  auto x = drawn<double>(2, 3, 6, g);
  auto source = drawn<double>(2, 5, 6, g);
  auto const dy = drawn<double>(2, 3, 6, g);
  xt::xtensor<int, 2> const tokens{{1, 0, 1, 1, 0}, {1, 1, 1, 1, 1}};
  sequence<double> dx = x;
  satur::testing::gradient_check check("cross-attention");
  check.add("x", x, dx);
  check.add("source", source, layer.source_gradient());
  check.add_parameters(layer);
  auto const r = check.run([&] { return xt::sum(layer.forward_cross(x, source, tokens) * dy)(); },
                           [&] { dx = layer.backward(dy); }, {.most = 12});
  CHECK_MESSAGE(r.passed(), r.text());
}

TEST_CASE("attention: the gradient check finds seeded mistakes") {
  using namespace attention_test;
  std::mt19937 g(6);
  auto const x = drawn<double>(2, 3, 6, g);
  auto layer = layer_of<double>(6, 2, {.qk_norm = true}, g);
  for (mistake const what : {mistake::lost_paths, mistake::no_bias, mistake::transposed, mistake::no_mean}) {
    CAPTURE(static_cast<int>(what));
    mistaken wrong{layer, what};
    CHECK_FALSE(satur::testing::check_gradients(wrong, x, {.most = 12}).passed());
  }
}

TEST_CASE("attention: with one token the output is that of v alone, and q and k get no gradient") {
  using namespace attention_test;
  std::mt19937 g(7);
  auto layer = layer_of<double>(4, 2, {.causal = true}, g);
  auto const x = drawn<double>(3, 1, 4, g);
  sequence<double> const y = layer.forward(x);
  layer.backward(y);
  for (std::size_t i = 0; i < layer.dwq.size(); ++i) {
    CHECK(layer.dwq.data()[i] == 0.0);
    CHECK(layer.dwk.data()[i] == 0.0);
    CHECK(layer.dwv.data()[i] != 0.0);
  }
}

TEST_CASE("attention: temporaries, views, its own arrays, and passes of other kinds in between") {
  using namespace attention_test;
  std::mt19937 g(8);
  auto layer = layer_of<float>(4, 2, {}, g);
  satur::attention<float> other = layer;
  auto const x = drawn<float>(2, 3, 4, g);
  auto const source = drawn<float>(2, 5, 4, g);
  sequence<float> const y = layer.forward(x);
  sequence<float> const dx = layer.backward(y);
  xt::xtensor<bool, 2> const some{{true, false, true}, {false, true, true}};
  sequence<float> const masked = layer.forward(x, some);
  CHECK(masked != y);
  CHECK(layer.forward(1.0f * x, some) == masked);
  CHECK(layer.forward(sequence<float>(x), some) == masked);
  layer.forward_cross(x, source);
  CHECK(layer.forward(sequence<float>(x)) == y); // neither mask nor source is kept
  CHECK(layer.backward(1.0f * y) == dx);
  CHECK(layer.forward_cross(x, x) == y);
  // The layer's own arrays as x, source and dy.
  sequence<float> const next = other.forward(y);
  layer.forward(x);
  CHECK(layer.forward(layer.forward(x)) == next);
  CHECK(layer.backward(layer.forward(x)) == dx);
  other.forward(x);
  other.backward(dx);
  layer.forward(x);
  layer.backward(y);
  layer.forward_cross(x, layer.backward(y));
  CHECK(layer.logits() == (other.forward_cross(x, dx), other.logits()));
  CHECK(layer.forward_cross(layer.q(), layer.q()) == other.forward_cross(sequence<float>(other.q()), other.q()));
  // Another batch size, then the first one again.
  layer.forward(drawn<float>(5, 2, 4, g));
  CHECK(layer.forward(x) == y);
}

TEST_CASE("attention: errors name the layer and both shapes, and change nothing") {
  using namespace attention_test;
  std::mt19937 g(9);
  using message = std::string;
  CHECK(refusal([&] {
          satur::attention<float>(6, 4, satur::glorot_normal{}, g);
        }).starts_with("satur::attention: (units, heads) has shape (6, 4); expected units from 1 to "));
  CHECK_THROWS_AS(satur::attention<float>(0, 1, satur::glorot_normal{}, g), satur::shape_error);
  CHECK_THROWS_AS(satur::attention<float>(4, 0, satur::glorot_normal{}, g), satur::shape_error);
  CHECK_THROWS_AS(satur::attention<float>(4, 2, satur::glorot_normal{}, g, {.softcap = -1}), std::invalid_argument);
  auto layer = layer_of<float>(4, 2, {}, g);
  auto const x = drawn<float>(2, 3, 4, g);
  CHECK_THROWS_AS(layer.backward(x), std::logic_error);
  sequence<float> const y = layer.forward(x);
  CHECK(refusal([&] { layer.forward(drawn<float>(2, 3, 5, g)); }) ==
        message("satur::attention::forward: x has shape (2, 3, 5); expected (batch, time, 4), for wq (4, 4)"));
  CHECK(refusal([&] {
          layer.forward(x, xt::ones<bool>({2, 4}));
        }) ==
        message("satur::attention::forward: the mask has shape (2, 4); expected (2, 3), one number for each key, 0 for "
                "padding"));
  CHECK(refusal([&] { layer.forward_cross(x, drawn<float>(3, 3, 4, g)); }) ==
        message("satur::attention::forward_cross: the source has shape (3, 3, 4); expected the batch of x (2, 3, 4)"));
  CHECK(refusal([&] {
          layer.forward_cross(x, x, xt::ones<bool>({3, 3}));
        }).starts_with("satur::attention::forward_cross: the mask has shape (3, 3); expected (2, 3)"));
  CHECK(refusal([&] { layer.backward(drawn<float>(2, 4, 4, g)); }) ==
        message("satur::attention::backward: dy has shape (2, 4, 4); expected (2, 3, 4), the shape of y"));
  CHECK(layer.forward(x) == y); // no refused mask or source counts
  layer.bk.resize({3});
  CHECK(refusal([&] { layer.forward(x); }) ==
        message("satur::attention::forward: bk has shape (3); expected (4), as constructed"));
}
