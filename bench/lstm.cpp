// One training step (forward and backward) of an LSTM of 256 units over 64 time steps of a batch of 32 (start it with
// OPENBLAS_NUM_THREADS=1, as run.sh does): its matrix products alone, the step, and the step with every gate recorded,
// one row in 8 and all rows. A gru beside it.
#include "measure.hpp"
#include "network.hpp"
#include "pairs.hpp"

#include <algorithm>
#include <random>
#include <vector>

namespace {

constexpr std::size_t steps = 64;
constexpr std::size_t rows = 32;
constexpr std::size_t in = 256;
constexpr std::size_t units = 256;

/// The products of an lstm of 4 gates, or of a gru of 3, each into memory of its own, and nothing else.
template <class Layer> void products(Layer const& layer, std::size_t gates, std::vector<float>& memory) {
  std::size_t const width = gates * units, all = steps * rows, block = rows * units;
  memory.resize(all * (2 * width + 2 * units + in) + (in + units) * width);
  float* const z = memory.data();
  float* const dz = z + all * width;
  float* const h = dz + all * width;
  float* const dh = h + all * units;
  float* const dx = dh + all * units;
  float* const dw = dx + all * in;
  float* const du = dw + in * width;
  auto const product = [](satur::detail::factor<float> const& a, satur::detail::factor<float> const& b, std::size_t m,
                          std::size_t n, std::size_t k, float* c, std::size_t stride,
                          float beta) { satur::detail::multiply<float>(a, b, m, n, k, c, stride, beta); };
  float const* const w = layer.w.data();
  float const* const u = layer.u.data();
  product({dx, in}, {w, width}, all, width, in, z, width, 0.0f);
  for (std::size_t t = 1; t < steps; ++t) {
    product({h + (t - 1) * block, units}, {u, width}, rows, width, units, z + t * rows * width, width, 1.0f);
  }
  for (std::size_t t = steps; t-- > 1;) {
    product({dz + t * rows * width, width}, {u, width, true}, rows, units, width, dh, units, 1.0f);
    std::fill_n(dh, block, 0.0f);
  }
  product({dx, in, true}, {dz, width}, in, width, all, dw, width, 0.0f);
  product({h, units, true}, {dz + rows * width, width}, units, width, all - rows, du, width, 0.0f);
  product({dz, width}, {w, width, true}, all, in, width, dx, in, 0.0f);
  std::fill_n(dx, all * in, 0.5f); // the next input: no number grows without bound
}

template <class Layer> void step(Layer& layer, xt::xtensor<float, 3> const& x, xt::xtensor<float, 3> const& dh) {
  layer.forward(x);
  layer.backward(dh);
}

} // namespace

int main() {
  bench::machine();
  bench::matrix_products();
  std::mt19937 urbg(1);
  satur::lstm<float> lstm{in, units, satur::glorot_uniform{}, urbg};
  satur::gru<float> gru{in, units, satur::glorot_uniform{}, urbg};
  auto const x = satur::make<float>(satur::normal{}, {steps, rows, in}, urbg);
  auto const dh = satur::make<float>(satur::normal{}, {steps, rows, units}, urbg);

  step(lstm, x, dh);
  auto const du = lstm.du;
  satur::monitor sampled({.rows = 8}), all;
  for (satur::monitor* const mon : {&sampled, &all}) {
    step(lstm, x, dh);
    lstm.record_in(*mon, "lstm");
    mon->end_step();
  }
  bench::check(lstm.du == du, "a recorded step has the gradients of a bare one");
  bench::check(all["lstm.forget"].total().saturation.count == steps * rows * units, "all rows are recorded");
  bench::check(sampled["lstm.output"].total().saturation.count == steps * rows * units / 8, "one row in 8 is recorded");

  std::vector<float> of_lstm, of_gru;
  auto const bare = [&] { step(lstm, x, dh); };
  auto const recorded = [&](satur::monitor& mon) {
    step(lstm, x, dh);
    lstm.record_in(mon, "lstm");
    mon.end_step();
  };
  std::printf("| what | as long as | ratio | 95 %% interval | base, ms | ns a unit and time step |\n"
              "|---|---|---|---|---|---|\n");
  auto const compare = [](char const* what, char const* than, auto const& base, auto const& other) {
    bench::paired const p = bench::in_pairs(25, base, other);
    std::printf("| %s | %s | %.3f | %.3f to %.3f | %.1f | %.1f |\n", what, than, p.median(), p.low(), p.high(),
                p.base_ns / 1e6, p.base_ns * p.median() / static_cast<double>(steps * rows * units));
  };
  compare(
      "lstm: step", "its matrix products alone", [&] { products(lstm, 4, of_lstm); }, bare);
  compare("lstm: step, one row in 8 recorded", "the step", bare, [&] { recorded(sampled); });
  compare("lstm: step, every row recorded", "the step", bare, [&] { recorded(all); });
  compare(
      "gru: step", "its matrix products alone", [&] { products(gru, 3, of_gru); }, [&] { step(gru, x, dh); });
  return 0;
}
