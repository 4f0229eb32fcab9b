// The memory that a layer owns after a training step, beside what has to be there: parameters and their gradients, the
// activations that backward needs (z survives), and the gradients that it hands out. x is the caller's. Counted by
// operator new: build it without xsimd, whose allocator goes another way.
#include <satur/initializer.hpp>
#include <satur/layer.hpp>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <malloc.h>
#include <new>
#include <random>

namespace {
std::size_t live = 0;
}
void* operator new(std::size_t n) {
  void* const p = std::malloc(n == 0 ? 1 : n);
  if (p == nullptr) {
    std::abort();
  }
  live += malloc_usable_size(p);
  return p;
}
void operator delete(void* p) noexcept {
  live -= p == nullptr ? 0 : malloc_usable_size(p);
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept { ::operator delete(p); }

namespace {

std::mt19937 urbg(1);
std::size_t above = 0; // layers with more than 1.2 times what they need

/// make() returns the layer; `kept` and `handed_out` are in numbers, `workspace` is what it names as one.
template <class Make, class X, class Y>
void measure(char const* name, Make const& make, X const& x, Y const& dy, std::size_t kept, std::size_t handed_out,
             std::size_t workspace = 0) {
  std::size_t const before = live;
  auto layer = make();
  layer.forward(x);
  layer.backward(dy);
  std::size_t const parameters = 2 * satur::parameter_count(layer);
  double const needed = 4.0 * static_cast<double>(parameters + kept + handed_out);
  double const owned = static_cast<double>(live - before) - 4.0 * static_cast<double>(workspace);
  above += owned > 1.2 * needed ? 1 : 0;
  std::printf("| %s | %.0f | %.0f | %.0f | %.0f | %.2f |\n", name, static_cast<double>(parameters) * 4e-3,
              static_cast<double>(kept) * 4e-3, static_cast<double>(handed_out) * 4e-3, owned * 1e-3, owned / needed);
}

template <std::size_t N> auto numbers(std::array<std::size_t, N> const& shape) {
  return satur::make<float>(satur::normal{}, shape, urbg);
}

} // namespace

int main() {
  using two = std::array<std::size_t, 2>;
  using three = std::array<std::size_t, 3>;
  using four = std::array<std::size_t, 4>;
  std::printf(
      "| layer, float | parameters and gradients, kB | kept, kB | handed out, kB | owned, kB | owned / needed |\n"
      "|---|---|---|---|---|---|\n");
  std::size_t const b = 128, n = 256;
  measure(
      "dense 256 to 256, batch 128", [&] { return satur::dense<float>(n, n, satur::glorot_uniform{}, urbg); },
      numbers(two{b, n}), numbers(two{b, n}), b * n, b * n);
  measure(
      "layer_norm of 256, batch 128", [&] { return satur::layer_norm<float>(n); }, numbers(two{b, n}),
      numbers(two{b, n}), b * n + 2 * b, b * n);
  measure(
      "batch_norm of 256, batch 128", [&] { return satur::batch_norm<float>(n); }, numbers(two{b, n}),
      numbers(two{b, n}), b * n + 8 * n, b * n); // running and batch statistics in double
  std::size_t const t = 64, r = 32;
  measure(
      "lstm 256 to 256, T 64, batch 32", [&] { return satur::lstm<float>(n, n, satur::glorot_uniform{}, urbg); },
      numbers(three{t, r, n}), numbers(three{t, r, n}), t * r * 6 * n, t * r * 5 * n); // z, c, h; dz, dx
  measure(
      "gru 256 to 256, T 64, batch 32", [&] { return satur::gru<float>(n, n, satur::glorot_uniform{}, urbg); },
      numbers(three{t, r, n}), numbers(three{t, r, n}), t * r * 5 * n, t * r * 5 * n); // z, h, u h; both dz, dx
  std::size_t const tokens = 8 * 128, heads = 8;
  measure(
      "attention of 256, 8 heads, T 128, batch 8",
      [&] { return satur::attention<float>(n, heads, satur::glorot_uniform{}, urbg); }, numbers(three{8, 128, n}),
      numbers(three{8, 128, n}), tokens * 5 * n + 2 * heads * tokens * 128,
      tokens * 5 * n); // q, k, v, a, y, s, p; dq …
  measure(
      "conv2d 16 to 32, 3x3, 14x14, batch 32, without its workspace",
      [&] { return satur::conv2d<float>(16, 32, 3, satur::glorot_uniform{}, urbg, {.padding = 1}); },
      numbers(four{32, 16, 14, 14}), numbers(four{32, 32, 14, 14}), 32 * 32 * 196, 32 * 16 * 196, 16 * 9 * 196);
  std::printf("\nabove 1.2: %zu of 7\n", above);
  return 0;
}
