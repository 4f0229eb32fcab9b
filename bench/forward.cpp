// The fused pass against usual code of users, on one thread. Every result is checked before it is timed.
#include "measure.hpp"

#include <satur/diagnostic.hpp>
#include <satur/tensor.hpp>

#include <cmath>
#include <cstring>

#if __has_include(<xtensor/xmath.hpp>)
#include <xtensor/xmath.hpp>
#endif
#ifndef SATUR_BENCH_EIGEN
#define SATUR_BENCH_EIGEN 0
#endif
#if SATUR_BENCH_EIGEN
#include <Eigen/Core>
#endif

namespace {

using tensor = xt::xtensor<float, 1>;

/// What a user of Eigen writes: y = sigmoid(z), the share of |z| > 5, and the mean of y (1 - y).
void with_eigen([[maybe_unused]] tensor const& z, [[maybe_unused]] tensor& y, [[maybe_unused]] float (&means)[2]) {
#if SATUR_BENCH_EIGEN
  using array = Eigen::Array<float, Eigen::Dynamic, 1>;
  Eigen::Map<array const> const from(z.data(), static_cast<Eigen::Index>(z.size()));
  Eigen::Map<array> to(y.data(), static_cast<Eigen::Index>(y.size()));
  to = from.logistic();
  means[0] = (from.abs() > 5.0f).cast<float>().mean();
  means[1] = (to * (1.0f - to)).mean();
#endif
}

/// The sum of the array in enough accumulators to fill the registers of any instruction set.
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
      "ns an element, median of 15 (minimum); copy is memcpy; mean sigma' is forward's\n\n"
      "| n | forward, all counters | y = 1/(1+exp(-z)) | three readings | copy | forward / value | forward / three "
      "| forward / copy | saturated_fraction | sum | fraction / sum | mean sigma' | the three in Eigen | forward / "
      "Eigen "
      "|\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
  for (std::size_t const n : {std::size_t{1} << 14, std::size_t{1} << 17, std::size_t{1} << 20, std::size_t{1} << 24}) {
    tensor z = tensor::from_shape({n});
    for (std::size_t i = 0; i < n; ++i) {
      z(i) = static_cast<float>((i * 2654435761u) % 20000) / 1000.0f - 10.0f;
    }
    tensor y = xt::zeros<float>({n});
    satur::saturation record;
    double fraction = 0;
    float three[2] = {};
    float in_eigen[2] = {};
    float total = 0;
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
        {"sum", [&] { benchmark::DoNotOptimize(total = sum(z.data(), n)); }},
    };
    if (SATUR_BENCH_EIGEN) {
      all.push_back({"eigen", [&] { with_eigen(z, y, in_eigen); }});
    }
    all[0].run();
    bench::check(std::fabs(y(5) - 1.0f / (1.0f + std::exp(-z(5)))) < 1e-6f, "forward's value");
    all[4].run();
    bench::check(std::fabs(record.fraction() - fraction) < 1e-12, "two ways to the share");
    all[2].run();
    bench::check(std::fabs(static_cast<double>(three[0]) - fraction) < 1e-2, "the three readings' share");
    bench::check(std::fabs(static_cast<double>(three[1]) - record.mean_derivative()) < 1e-2,
                 "the three readings' slope");
    if (SATUR_BENCH_EIGEN) {
      all[6].run();
      bench::check(std::fabs(y(5) - 1.0f / (1.0f + std::exp(-z(5)))) < 1e-6f, "Eigen's value");
      bench::check(std::fabs(static_cast<double>(in_eigen[0]) - fraction) < 1e-2, "Eigen's share");
      bench::check(std::fabs(static_cast<double>(in_eigen[1]) - record.mean_derivative()) < 1e-2, "Eigen's slope");
    }
    bench::race(all, static_cast<double>(n));
    auto const cell = [&](std::size_t i) { std::printf(" %.3f (%.3f) |", all[i].median(), all[i].minimum()); };
    auto const ratio = [&](std::size_t a, std::size_t b) { return all[a].median() / all[b].median(); };
    std::printf("| %zu |", n);
    for (std::size_t const i : {0u, 1u, 2u, 3u}) {
      cell(i);
    }
    std::printf(" %.2f | %.3f | %.2f |", ratio(0, 1), ratio(0, 2), ratio(0, 3));
    cell(4);
    cell(5);
    std::printf(" %.2f | %.6f |", ratio(4, 5), record.mean_derivative());
    if (SATUR_BENCH_EIGEN) {
      cell(6);
      std::printf(" %.3f |\n", ratio(0, 6));
    } else {
      std::printf(" | |\n");
    }
  }
  return 0;
}
