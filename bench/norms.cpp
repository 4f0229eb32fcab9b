// Normalization, gated_dense and dropout beside the matrix products of a layer of their size, one thread (start it with
// OPENBLAS_NUM_THREADS=1): batch 128, 256 units, float; forward and backward.
#include "measure.hpp"

#include <satur/initializer.hpp>
#include <satur/layer.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

namespace {

using matrix = xt::xtensor<float, 2>;
constexpr std::size_t batch = 128, units = 256;

/// layer_norm as loops that anyone would write: two passes in float.
struct loops {
  matrix y = matrix::from_shape({batch, units}), dx = y;
  void step(matrix const& x, matrix const& dy) {
    for (std::size_t r = 0; r < batch; ++r) {
      float const* const row = x.data() + r * units;
      float const* const d = dy.data() + r * units;
      float mean = 0.0f, variance = 0.0f, sum = 0.0f, product = 0.0f;
      for (std::size_t i = 0; i < units; ++i) {
        mean += row[i] / static_cast<float>(units);
      }
      for (std::size_t i = 0; i < units; ++i) {
        variance += (row[i] - mean) * (row[i] - mean) / static_cast<float>(units);
      }
      float const scale = 1.0f / std::sqrt(variance + 1e-5f);
      for (std::size_t i = 0; i < units; ++i) {
        y(r, i) = (row[i] - mean) * scale;
        sum += d[i] / static_cast<float>(units);
        product += d[i] * y(r, i) / static_cast<float>(units);
      }
      for (std::size_t i = 0; i < units; ++i) {
        dx(r, i) = scale * (d[i] - sum - y(r, i) * product);
      }
    }
  }
};

} // namespace

int main() {
  bench::machine();
  std::mt19937 g(1);
  auto const x = satur::make<float>(satur::normal{}, {batch, units}, g);
  auto const dy = satur::make<float>(satur::normal{}, {batch, units}, g);
  auto const images = satur::make<float>(satur::normal{}, std::array<std::size_t, 4>{32, 16, 8, 8}, g);
  satur::dense<float> fc{units, units, satur::glorot_normal{}, g};
  satur::dense<float> wide{units, 2 * units, satur::glorot_normal{}, g};
  satur::layer_norm<float> centered(units);
  satur::rms_norm<float> by_size(units);
  satur::batch_norm<float> over_batch(units);
  satur::batch_norm<float, 4> channels(16);
  satur::gated_dense<float> halves{units, units, satur::glorot_normal{}, g};
  satur::gated_dense<float> interleaved{
      units, units, satur::glorot_normal{}, g, satur::swiglu{satur::silu{1.702}}, satur::gated_options::gpt_oss()};
  satur::dropout<float> drop(0.1);
  loops naive;
  matrix const dz = satur::make<float>(satur::normal{}, {batch, 2 * units}, g);

  naive.step(x, dy);
  centered.forward(x);
  matrix const& dx = centered.backward(dy);
  for (std::size_t i = 0; i < dx.size(); ++i) {
    bench::check(std::fabs(dx.data()[i] - naive.dx.data()[i]) < 1e-4f, "dx of layer_norm");
  }

  auto const both = [](auto& layer, auto const& in, auto const& gradient) {
    layer.forward(in);
    layer.backward(gradient);
  };
  std::vector<bench::contender> all{
      {"dense 256 -> 256", [&] { both(fc, x, dy); }},
      {"layer_norm", [&] { both(centered, x, dy); }},
      {"rms_norm", [&] { both(by_size, x, dy); }},
      {"batch_norm", [&] { both(over_batch, x, dy); }},
      {"batch_norm, 16 channels of 8 x 8", [&] { both(channels, images, images); }},
      {"dropout",
       [&] {
         drop.forward(x, g);
         drop.backward(dy);
       }},
      {"layer_norm as plain loops in float, without gamma and beta", [&] { naive.step(x, dy); }},
      {"dense 256 -> 512", [&] { both(wide, x, dz); }},
      {"gated_dense 256 -> 256, swiglu", [&] { both(halves, x, dy); }},
      {"gated_dense 256 -> 256, gpt-oss", [&] { both(interleaved, x, dy); }}};
  bench::race(all, 1.0);
  std::printf(
      "| forward and backward | median us | minimum us | of the dense layer of its size |\n|---|---|---|---|\n");
  for (std::size_t k = 0; k < all.size(); ++k) {
    bench::contender const& peer = all[k < 7 ? 0 : 7];
    std::printf("| %s | %.1f | %.1f | %.2f |\n", all[k].name.c_str(), all[k].median() / 1e3, all[k].minimum() / 1e3,
                all[k].median() / peer.median());
  }
  return 0;
}
