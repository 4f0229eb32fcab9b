// One training step of a multi-layer perceptron, 784-256-256-256-10 tanh units, batch 128: forward, loss, backward and
// sgd, against its matrix products alone with the same BLAS, on one thread (start it with OPENBLAS_NUM_THREADS=1).
#include "measure.hpp"
#include "network.hpp"
#include "pairs.hpp"

#include <satur/optimizer.hpp>

#include <cmath>
#include <cstdio>
#include <tuple>

namespace {

/// The step of a user: layers, loss, optimizer.
struct mlp {
  bench::network net;
  satur::sgd<float> optimizer{.rate = 0.01};

  double gradients() { return net.gradients<false>(); }
  double step() {
    double const value = gradients();
    optimizer.step(net.layers);
    return value;
  }
};

/// The gradient of the first and last weights, by a difference of the loss in the direction of the gradient itself.
bool gradients_are_right(mlp& m) {
  m.gradients();
  for (std::size_t l : {std::size_t{0}, std::size_t{3}}) {
    m.gradients();
    auto& layer = m.net.layers[l];
    bench::matrix const w = layer.w, dw = layer.dw;
    double square = 0;
    for (float const g : dw) {
      square += static_cast<double>(g) * static_cast<double>(g);
    }
    double const h = 1e-2 / std::sqrt(square);
    layer.w = w + static_cast<float>(h) * dw;
    double const above = m.gradients();
    layer.w = w - static_cast<float>(h) * dw;
    double const below = m.gradients();
    layer.w = w;
    if (std::fabs((above - below) / (2 * h) / square - 1.0) > 5e-3) {
      return false;
    }
  }
  return true;
}

} // namespace

int main() {
  bench::machine();
  bench::matrix_products();
  mlp m;
  mlp products;
  products.step();
  bench::check(gradients_are_right(m), "the gradients of the step");
  double const before = m.step();
  for (int i = 0; i < 20; ++i) {
    m.step();
  }
  bench::check(m.step() < before, "the loss falls");

  satur::sgd<float> momentum{.rate = 1e-6, .momentum = 0.9};
  satur::adam<float> adam{.rate = 1e-6};
  auto& layers = products.net.layers;
  auto const base = [&] { products.net.products(); };
  auto const ratio = [&](char const* what, auto const& f) {
    f();
    bench::paired const p = bench::in_pairs(61, base, f);
    std::printf("| %s | %.3f | %.3f to %.3f |\n", what, p.median(), p.low(), p.high());
    return p;
  };
  std::printf("| time of | beside the matrix products | 95 %% interval |\n|---|---|---|\n");
  ratio("the step", [&] { m.step(); });
  ratio("the step without the optimizer", [&] { m.gradients(); });
  ratio("sgd", [&] { m.optimizer.step(m.net.layers); });
  ratio("sgd with momentum", [&] { momentum.step(layers); });
  ratio("adam", [&] { adam.step(layers); });
  ratio("clip_by_norm", [&] { satur::clip_by_norm(layers, 1e9); });
  ratio("softmax cross-entropy", [&] {
    m.net.loss.forward(m.net.layers[3].z(), m.net.labels);
    m.net.loss.backward();
  });
  ratio("tanh and its slope", [&] {
    for (std::size_t l = 0; l < 3; ++l) {
      satur::apply(satur::tanh{}, m.net.layers[l].z(), m.net.a[l], m.net.slope[l]);
    }
  });
  ratio("dz, the product with the slope", [&] {
    for (std::size_t l = 0; l < 3; ++l) {
      xt::noalias(m.net.dz[l]) = m.net.a[l] * m.net.slope[l];
    }
  });
  bench::paired const p = bench::in_pairs(3, base, base);
  std::printf("\nthe matrix products: %.0f us\n", p.base_ns / 1e3);
  return 0;
}
