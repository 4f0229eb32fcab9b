// The fused pass against what a user writes today, on one thread. Every result is checked before it is timed.
#include "measure.hpp"

#include <satur/diagnostic.hpp>
#include <satur/tensor.hpp>

#include <cmath>
#include <cstdlib>
#include <cstring>

#if __has_include(<xtensor/xmath.hpp>)
#include <xtensor/xmath.hpp>
#endif

namespace {

using tensor = xt::xtensor<float, 1>;

void check(bool right, char const* what) {
  if (!right) {
    std::printf("WRONG RESULT: %s\n", what);
    std::exit(1);
  }
}

/// The array summed with four accumulators of whatever width the flags give.
float sum(float const* p, std::size_t n) {
  float s[64] = {};
  for (std::size_t i = 0; i + 64 <= n; i += 64) {
    for (std::size_t k = 0; k < 64; ++k) {
      s[k] += p[i + k];
    }
  }
  float total = 0;
  for (float const e : s) {
    total += e;
  }
  return total;
}

} // namespace

int main() {
  bench::machine();
  std::printf(
      "ns an element, median (minimum)\n\n| n | %s |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n",
      "forward, all counters | y = 1/(1+exp(-z)) | three readings | copy | ratio to value | to three | to copy | "
      "saturated_fraction | sum | ratio | mean sigma'");
  for (std::size_t const n : {std::size_t{1} << 14, std::size_t{1} << 17, std::size_t{1} << 20, std::size_t{1} << 24}) {
    tensor z = tensor::from_shape({n});
    for (std::size_t i = 0; i < n; ++i) {
      z(i) = static_cast<float>((i * 2654435761u) % 20000) / 1000.0f - 10.0f;
    }
    tensor y = xt::zeros<float>({n});
    satur::saturation record;
    double fraction = 0;
    float three[2] = {};
    float volatile total = 0;
    std::vector<bench::contender> all{
        {"forward", [&] { record = satur::forward(satur::sigmoid{}, z, y); }},
        {"value", [&] { xt::noalias(y) = 1.0f / (1.0f + xt::exp(-z)); }},
        {"three",
         [&] {
           xt::noalias(y) = 1.0f / (1.0f + xt::exp(-z));
           three[0] = static_cast<float>(xt::mean(xt::cast<float>(xt::abs(z) > 5.0f))());
           three[1] = static_cast<float>(xt::mean(y * (1.0f - y))());
         }},
        {"copy", [&] { std::memcpy(y.data(), z.data(), n * sizeof(float)); }},
        {"fraction", [&] { fraction = satur::saturated_fraction(z); }},
        {"sum", [&] { total = sum(z.data(), n); }},
    };
    all[0].run();
    check(std::fabs(y(5) - 1.0f / (1.0f + std::exp(-z(5)))) < 1e-6f, "forward's value");
    all[4].run();
    check(std::fabs(record.fraction() - fraction) < 1e-12, "two ways to the share");
    all[2].run();
    check(std::fabs(static_cast<double>(three[0]) - fraction) < 1e-2, "the three readings' share");
    check(std::fabs(static_cast<double>(three[1]) - record.mean_derivative()) < 1e-2, "the three readings' slope");
    bench::race(all, static_cast<double>(n), std::max(1, static_cast<int>((std::size_t{1} << 20) / n)));
    auto const cell = [&](std::size_t i) { std::printf(" %.3f (%.3f) |", all[i].median(), all[i].minimum()); };
    std::printf("| %zu |", n);
    for (std::size_t const i : {0u, 1u, 2u, 3u}) {
      cell(i);
    }
    std::printf(" %.2f | %.3f | %.2f |", all[0].median() / all[1].median(), all[0].median() / all[2].median(),
                all[0].median() / all[3].median());
    cell(4);
    cell(5);
    std::printf(" %.2f | %.6f |\n", all[4].median() / all[5].median(), record.mean_derivative());
  }
  return 0;
}
