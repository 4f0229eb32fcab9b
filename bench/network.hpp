// A 784-256-256-256-10 network of tanh units, batch 128, and one training step of it, watched or not.
#pragma once

#include <satur/satur.hpp>

#include <cstdio>
#include <deque>
#include <random>
#include <string>
#include <vector>

// OpenBLAS's description of itself; other BLAS libraries lack this function.
extern "C" char* openblas_get_corename() __attribute__((weak));

namespace bench {

/// Matrix products are most of a step. With slow ones, every relative cost would look too small.
inline void matrix_products() {
  std::printf("matrix products by %s\n\n",
              openblas_get_corename != nullptr
                  ? (std::string("OpenBLAS, kernels of ") + openblas_get_corename()).c_str()
                  : "a BLAS that is not OpenBLAS");
}

using matrix = xt::xtensor<float, 2>;
inline constexpr std::size_t batch = 128;

struct network {
  std::deque<satur::dense<float>> layers;
  std::deque<matrix> a, slope, dz, dx;
  matrix x = xt::zeros<float>({batch, std::size_t{784}});
  std::vector<int> labels;
  satur::softmax_cross_entropy<float> loss;
  satur::monitor mon;
  bool hands_over = false; ///< the data and the loss too

  explicit network(satur::monitor_options const& options = {}) : mon(options) {
    std::mt19937_64 urbg(1);
    std::size_t const sizes[] = {784, 256, 256, 256, 10};
    for (std::size_t l = 0; l < 4; ++l) {
      layers.emplace_back(sizes[l], sizes[l + 1], satur::glorot_uniform{}, urbg);
      for (auto* set : {&a, &slope, &dz}) {
        set->push_back(xt::zeros<float>({batch, sizes[l + 1]}));
      }
      dx.push_back(xt::zeros<float>({batch, sizes[l]}));
    }
    satur::fill(satur::normal{0.0, 1.0}, x, urbg);
    for (std::size_t i = 0; i < batch; ++i) {
      labels.push_back(static_cast<int>(i % 10));
    }
  }

  void products() {
    for (std::size_t l = 0; l < 4; ++l) {
      matrix const& in = l == 0 ? x : a[l - 1];
      xt::blas::gemm(in, layers[l].w, dz[l], false, false, 1.0f, 0.0f);
    }
    for (std::size_t l = 4; l-- > 0;) {
      matrix const& in = l == 0 ? x : a[l - 1];
      xt::blas::gemm(in, slope[l], layers[l].dw, true, false, 1.0f, 0.0f);
      if (l > 0) {
        xt::blas::gemm(slope[l], layers[l].w, dx[l], false, true, 1.0f, 0.0f);
      }
    }
  }

  static constexpr char const* names[] = {"fc1", "fc2", "fc3", "out"};

  /// Forward, loss and backward; returns the loss.
  template <bool Watched> double gradients() {
    satur::tanh const act;
    matrix const* in = &x;
    if constexpr (Watched) {
      if (hands_over) {
        mon.input(x);
      }
    }
    for (std::size_t l = 0; l < 3; ++l) {
      matrix const& z = layers[l].forward(*in);
      if constexpr (Watched) {
        mon[names[l]].forward(act, z, a[l], slope[l]);
      } else { // the cheapest way to compute both without a record
        satur::apply(act, z, a[l], slope[l]);
      }
      in = &a[l];
    }
    matrix const& logits = layers[3].forward(*in);
    double const value = loss.forward(logits, labels);
    matrix const* d = &loss.backward();
    if constexpr (Watched) {
      mon[names[3]].observe(satur::identity{}, logits);
      mon[names[3]].gradient(*d);
      if (hands_over) {
        mon.loss(value, 2.302585);
      }
    }
    d = &layers[3].backward(*d);
    for (std::size_t l = 3; l-- > 0;) {
      xt::noalias(dz[l]) = *d * slope[l];
      if constexpr (Watched) {
        mon[names[l]].gradient(dz[l]);
      }
      if (l == 0) {
        layers[0].backward_parameters(dz[0]);
      } else {
        d = &layers[l].backward(dz[l]);
      }
    }
    return value;
  }
  /// And plain descent.
  template <bool Watched> double step() {
    double const value = gradients<Watched>();
    for (std::size_t l = 0; l < 4; ++l) {
      if constexpr (Watched) {
        mon[names[l]].update(layers[l].w, layers[l].dw, -0.01);
      }
      satur::descend(layers[l], 0.01);
    }
    if constexpr (Watched) {
      mon.end_step();
    }
    return value;
  }
};

} // namespace bench
