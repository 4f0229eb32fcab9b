// Forward and backward of multi-head attention, T 128, d 256, 8 heads, batch 8, float, one thread (start it with
// OPENBLAS_NUM_THREADS=1): its matrix products alone, the step, options, and what the readings cost.
#include "measure.hpp"
#include "network.hpp"
#include "pairs.hpp"

#include <satur/initializer.hpp>
#include <satur/layer.hpp>

#include <array>
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

namespace {

using sequence = xt::xtensor<float, 3>;
using satur::detail::multiply;
constexpr std::size_t batch_size = 8, time_steps = 128, units = 256, heads = 8, width = units / heads;

/// The products that a step of attention makes, each with memory of its own as there, and nothing else.
struct products {
  sequence q, k, v, a, y, dy, da, dq, dk, dv, dx;
  xt::xtensor<float, 2> w[4], dw[4];
  std::vector<float> score, p, gradient;

  products()
      : score(batch_size * heads * time_steps * time_steps), p(score.size(), 0.01f),
        gradient(time_steps * time_steps, 0.01f) {
    std::mt19937_64 urbg(3);
    for (sequence* s : {&q, &k, &v, &a, &y, &dy, &da, &dq, &dk, &dv, &dx}) {
      s->resize({batch_size, time_steps, units});
      satur::fill(satur::normal{}, *s, urbg);
    }
    for (int i = 0; i < 4; ++i) {
      w[i] = satur::make<float>(satur::glorot_normal{}, {units, units}, urbg);
      dw[i] = w[i];
    }
  }
  void step(sequence const& x) {
    project(x, w[0], q);
    project(x, w[1], k);
    project(x, w[2], v);
    each_head([&](std::size_t at, std::size_t block) {
      multiply<float>({q.data() + at, units}, {k.data() + at, units, true}, time_steps, time_steps, width,
                      &score[block], time_steps, 0.0f, 0.2f);
      of_keys(&p[block], false, v, a, at);
    });
    project(a, w[3], y);
    backward(a, dy, w[3], dw[3], da, 0.0f);
    each_head([&](std::size_t at, std::size_t block) {
      of_keys(&p[block], true, da, dv, at);
      multiply<float>({da.data() + at, units}, {v.data() + at, units, true}, time_steps, time_steps, width,
                      gradient.data(), time_steps);
      of_keys(gradient.data(), false, k, dq, at);
      of_keys(gradient.data(), true, q, dk, at);
    });
    backward(x, dq, w[0], dw[0], dx, 0.0f);
    backward(x, dk, w[1], dw[1], dx, 1.0f);
    backward(x, dv, w[2], dw[2], dx, 1.0f);
  }

private:
  static constexpr std::size_t tokens = batch_size * time_steps;

  static void project(sequence const& in, xt::xtensor<float, 2> const& weights, sequence& out) {
    multiply<float>({in.data(), units}, {weights.data(), units}, tokens, units, units, out.data(), units);
  }
  static void backward(sequence const& in, sequence const& dout, xt::xtensor<float, 2> const& weights,
                       xt::xtensor<float, 2>& dweights, sequence& din, float beta) {
    multiply<float>({in.data(), units, true}, {dout.data(), units}, units, units, tokens, dweights.data(), units);
    multiply<float>({dout.data(), units}, {weights.data(), units, true}, tokens, units, units, din.data(), units, beta);
  }
  static void of_keys(float const* weights, bool transposed, sequence const& in, sequence& out, std::size_t at) {
    multiply<float>({weights, time_steps, transposed}, {in.data() + at, units}, time_steps, width, time_steps,
                    out.data() + at, units);
  }
  template <class F> static void each_head(F const& f) {
    for (std::size_t b = 0; b < batch_size; ++b) {
      for (std::size_t h = 0; h < heads; ++h) {
        f(b * time_steps * units + h * width, (b * heads + h) * time_steps * time_steps);
      }
    }
  }
};

} // namespace

int main() {
  bench::machine();
  bench::matrix_products();
  std::mt19937_64 urbg(1);
  sequence const x =
      satur::make<float>(satur::normal{}, std::array<std::size_t, 3>{batch_size, time_steps, units}, urbg);
  auto const layer_of = [](satur::attention_options const& o) {
    std::mt19937_64 weights(2);
    return satur::attention<float>{units, heads, satur::glorot_normal{}, weights, o};
  };
  satur::attention<float> plain = layer_of({});
  satur::attention<float> causal = layer_of({.causal = true});
  satur::attention<float> capped = layer_of({.softcap = 50});
  satur::attention<float> normed = layer_of({.qk_norm = true});
  xt::xtensor<bool, 2> const tokens = xt::ones<bool>({batch_size, time_steps});
  products alone;
  auto const step = [&](satur::attention<float>& layer) { layer.backward(layer.forward(x)); };

  // The result: each row of p sums to 1, and y is what the same layer gives with a mask that hides nothing.
  sequence const y = plain.forward(x);
  for (std::size_t r = 0; r < batch_size * heads * time_steps; ++r) {
    double sum = 0.0;
    for (std::size_t j = 0; j < time_steps; ++j) {
      sum += static_cast<double>(plain.probabilities().data()[r * time_steps + j]);
    }
    bench::check(std::fabs(sum - 1.0) < 1e-5, "the sum of a row of p");
  }
  bench::check(plain.forward(x, tokens) == y, "attention with a mask of tokens alone");
  bench::check(plain.observe()[0].record.rows.rows == batch_size * time_steps, "the rows of the record");

  auto const line = [&](char const* what, auto const& base, auto const& other) {
    bench::paired const p = bench::in_pairs(21, base, other);
    std::printf("| %s | %.0f | %.3f | %.3f to %.3f |\n", what, p.base_ns / 1e3 * p.median(), p.median(), p.low(),
                p.high());
  };
  auto const gemms = [&] { alone.step(x); };
  auto const bare = [&] { step(plain); };
  gemms();
  bare();
  std::printf("| what | median us | ratio | 95 %% interval |\n|---|---|---|---|\n");
  line("products alone, against themselves", gemms, gemms);
  line("step / products", gemms, bare);
  line("causal step / products", gemms, [&] { step(causal); });
  line("step with a mask of tokens / products", gemms, [&] { plain.backward(plain.forward(x, tokens)); });
  line("step with a softcap / products", gemms, [&] { step(capped); });
  line("step with qk-norm / products", gemms, [&] { step(normed); });
  line("step and observe() / step", bare, [&] {
    step(plain);
    bench::check(plain.observe().size() == heads, "the records");
  });
  line("step and saturated_fraction() / step", bare, [&] {
    step(plain);
    bench::check(plain.saturated_fraction() < 0.5, "the share");
  });
  return 0;
}
