// Convolution of images, forward and backward (start it with OPENBLAS_NUM_THREADS=1, as run.sh does), against im2col
// and matrix products timed alone: one im2col of each image, the product of the forward pass, and those of dL/dw and of
// the gradient of the windows. The layer also adds the bias and its gradient, makes the windows again in the backward
// pass and puts their gradient back into the image.
#include "measure.hpp"
#include "pairs.hpp"

#include <satur/initializer.hpp>
#include <satur/layer.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

namespace {

using images = xt::xtensor<float, 4>;

struct problem {
  char const* name;
  std::size_t batch, in, out, kernel, side, padding;
  bool first; ///< the first layer of a net: dL/dx is not needed
};

/// As it is usually written, with square kernels and stride 1: a row of the image is copied for each tap.
struct by_hand {
  problem p;
  std::size_t across;
  std::vector<float> windows, gradient, z, dw;

  explicit by_hand(problem const& of)
      : p(of), across(p.side + 2 * p.padding - p.kernel + 1), windows(p.in * p.kernel * p.kernel * across * across),
        gradient(windows.size()), z(p.batch * p.out * across * across), dw(p.out * p.in * p.kernel * p.kernel) {}

  void im2col(float const* image) {
    float* to = windows.data();
    for (std::size_t c = 0; c < p.in; ++c) {
      for (std::size_t i = 0; i < p.kernel; ++i) {
        for (std::size_t j = 0; j < p.kernel; ++j) {
          std::size_t const first = j < p.padding ? p.padding - j : 0;
          std::size_t const last = std::min(across, p.side + p.padding - j);
          for (std::size_t y = 0; y < across; ++y, to += across) {
            if (y + i < p.padding || y + i >= p.side + p.padding) {
              std::fill(to, to + across, 0.0f);
              continue;
            }
            float const* const row = image + (c * p.side + y + i - p.padding) * p.side;
            std::fill(to, to + first, 0.0f);
            std::copy(row + (first + j - p.padding), row + (last + j - p.padding), to + first);
            std::fill(to + last, to + across, 0.0f);
          }
        }
      }
    }
  }
  void step(images const& x, images const& w, images const& dz, bool with_windows) {
    std::size_t const pixels = across * across, products = p.in * p.kernel * p.kernel;
    for (std::size_t n = 0; n < p.batch; ++n) {
      if (with_windows) {
        im2col(x.data() + n * p.in * p.side * p.side);
      }
      float const* const g = dz.data() + n * p.out * pixels;
      satur::detail::multiply<float>({w.data(), products}, {windows.data(), pixels}, p.out, pixels, products,
                                     z.data() + n * p.out * pixels, pixels);
      satur::detail::multiply<float>({g, pixels}, {windows.data(), pixels, true}, p.out, products, pixels, dw.data(),
                                     products, n == 0 ? 0.0f : 1.0f);
      if (!p.first) {
        satur::detail::multiply<float>({w.data(), products, true}, {g, pixels}, products, pixels, p.out,
                                       gradient.data(), pixels);
      }
    }
  }
};

template <class A, class B> double largest_difference(A const& a, B const& b) {
  double worst = a.size() == b.size() ? 0 : 1e9;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    worst = std::max(worst, std::fabs(static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i])));
  }
  return worst;
}

void measure(problem const& p) {
  std::mt19937 g(1);
  satur::conv2d<float> conv{p.in, p.out, {p.kernel, p.kernel}, satur::he_normal{}, g, {.padding = p.padding}};
  auto const x = satur::make<float>(satur::normal{}, {p.batch, p.in, p.side, p.side}, g);
  by_hand hand(p);
  auto const dz = satur::make<float>(satur::normal{}, {p.batch, p.out, hand.across, hand.across}, g);
  auto const layer = [&] {
    conv.forward(x);
    if (p.first) {
      conv.backward_parameters(dz);
    } else {
      conv.backward(dz);
    }
  };
  layer();
  hand.step(x, conv.w, dz, true);
  bench::check(largest_difference(conv.z(), hand.z) < 1e-4, "z of the convolution");
  bench::check(largest_difference(conv.dw, hand.dw) < 1e-2, "dL/dw of the convolution");
  auto const ratio = bench::in_pairs(
      101, [&] { hand.step(x, conv.w, dz, true); }, layer);
  auto const products = bench::in_pairs(
      101, [&] { hand.step(x, conv.w, dz, false); }, layer);
  std::printf("| %s | %.0f | %.2f (%.2f-%.2f) | %.2f (%.2f-%.2f) |\n", p.name, ratio.base_ns / 1e3, ratio.median(),
              ratio.low(), ratio.high(), products.median(), products.low(), products.high());
}

/// Pooling of 2 x 2 after a convolution, forward and backward, as a share of the convolution.
template <class Pool> void measure_pool(char const* name) {
  std::mt19937 g(1);
  satur::conv2d<float> conv{16, 16, {3, 3}, satur::he_normal{}, g, {.padding = 1}};
  auto const x = satur::make<float>(satur::normal{}, {32, 16, 28, 28}, g);
  conv.forward(x);
  Pool pool({2, 2});
  auto const dy = satur::make<float>(satur::normal{}, {32, 16, 14, 14}, g);
  auto const ratio = bench::in_pairs(
      51,
      [&] {
        conv.forward(x);
        conv.backward(x);
      },
      [&] {
        pool.forward(conv.z());
        pool.backward(dy);
      });
  std::printf("%s of 2 x 2 on 32 x 16 x 28 x 28: %.3f of the time of a 3 x 3 convolution (%.0f us)\n", name,
              ratio.median(), ratio.base_ns / 1e3);
}

} // namespace

int main() {
  bench::machine();
  std::printf(
      "| convolution, forward and backward | im2col + products us | layer / im2col + products | layer / products "
      "alone |\n|---|---|---|---|\n");
  for (problem const& p : {problem{"32 x 16 x 14 x 14, 3 x 3 to 32, padding 1", 32, 16, 32, 3, 14, 1, false},
                           problem{"32 x 1 x 28 x 28, 5 x 5 to 16, no dL/dx", 32, 1, 16, 5, 28, 0, true},
                           problem{"8 x 32 x 56 x 56, 3 x 3 to 32, padding 1", 8, 32, 32, 3, 56, 1, false}}) {
    measure(p);
  }
  std::printf("\n");
  measure_pool<satur::max_pool2d<float>>("max_pool2d");
  measure_pool<satur::average_pool2d<float>>("average_pool2d");
  return 0;
}
