// Every activation against its usual formula as an xtensor expression (on xsimd in the
// preset native), and against Eigen where Eigen has the function. One thread; every result is checked before it is
// timed.
#pragma once

#include "measure.hpp"

#include <satur/diagnostic.hpp>
#include <satur/tensor.hpp>

#include <cmath>
#include <cstring>
#include <string>

#if __has_include(<xtensor/xmath.hpp>)
#include <xtensor/xmath.hpp>
#else
#include <xtensor/core/xmath.hpp>
#endif
#if SATUR_BENCH_EIGEN
#include <Eigen/Core>
#endif

namespace bench {

struct no_peer {};

template <class T> using tensor = xt::xtensor<T, 1>;

template <class T> tensor<T> everyday(std::size_t n) {
  tensor<T> z = tensor<T>::from_shape({n});
  for (std::size_t i = 0; i < n; ++i) {
    z(i) = static_cast<T>(static_cast<double>((i * 2654435761u) % 20000) / 1000.0 - 10.0);
  }
  return z;
}

/// One row of the table: the usual formula, the value alone, the fused pass. `naive(z)` is an xtensor expression.
template <class T, class A, class Naive, class Eigen = no_peer>
void row(A const& act, Naive const& naive, [[maybe_unused]] Eigen const& eigen = {}) {
  std::string const name(A::name);
  std::size_t const n = std::size_t{1} << 14;
  tensor<T> const z = everyday<T>(n);
  tensor<T> y = xt::zeros<T>({n});
  tensor<T> usual = xt::zeros<T>({n});
  satur::saturation record;
  std::vector<contender> all{
      {"naive", [&] { xt::noalias(usual) = naive(z); }},
      {"value", [&] { satur::apply(act, z, y); }},
      {"forward", [&] { record = satur::forward(act, z, y); }},
  };
#if SATUR_BENCH_EIGEN
  if constexpr (!std::is_same_v<Eigen, no_peer>) {
    using array = ::Eigen::Array<T, ::Eigen::Dynamic, 1>;
    all.push_back({"eigen", [&] {
                     ::Eigen::Map<array const> const from(z.data(), static_cast<::Eigen::Index>(n));
                     ::Eigen::Map<array> to(usual.data(), static_cast<::Eigen::Index>(n));
                     eigen(from, to);
                   }});
  }
#endif
  for (std::size_t k = 0; k < all.size(); ++k) {
    all[k].run();
    for (std::size_t i = 0; i < n; ++i) {
      double const off =
          std::fabs(static_cast<double>((k == 0 || k == 3 ? usual : y)(i)) - static_cast<double>(act.value(z(i))));
      check(off <= 2e-6 * (1.0 + std::fabs(static_cast<double>(act.value(z(i))))), (name + ", " + all[k].name).c_str());
    }
  }
  race(all, static_cast<double>(n));

  std::size_t const many = std::size_t{1} << 24;
  tensor<T> const far = everyday<T>(many);
  tensor<T> far_y = xt::zeros<T>({many});
  std::vector<contender> far_all{
      {"forward", [&] { record = satur::forward(act, far, far_y); }},
      {"copy", [&] { std::memcpy(far_y.data(), far.data(), many * sizeof(T)); }},
  };
  race(far_all, static_cast<double>(many));

  double const value = all[1].median();
  double const forward = all[2].median();
  std::printf("| `%s` | %.3f | %.3f | %.2f | ", name.c_str(), all[0].median(), value, value / all[0].median());
  if (all.size() > 3) {
    std::printf("%.2f", value / all[3].median());
  }
  std::printf(" | %.3f | %.2f | %.3f | %.2f |\n", forward, forward / value, far_all[0].median(),
              far_all[0].median() / far_all[1].median());
  std::fflush(stdout);
}

template <class T> void all_rows() {
  machine();
  std::printf(
      "ns an element, medians of 15, z in [-10, 10)\n\n"
      "| activation | usual formula, 2^14 | `apply` | / usual | / Eigen | `forward`, all counters | / `apply` | "
      "`forward`, 2^24 | / copy |\n|---|---|---|---|---|---|---|---|---|\n");
  T const one(1);
  T const half = T(0.5);
  auto const logistic = [](auto const& from, auto& to) { to = from.logistic(); };
  auto const tangent = [](auto const& from, auto& to) { to = from.tanh(); };
  T const lambda = static_cast<T>(1.0507009873554805);
  T const lambda_alpha = static_cast<T>(1.7580993408473769);

  row<T>(satur::identity{}, [](auto const& z) { return +z; });
  row<T>(
      satur::sigmoid{}, [=](auto const& z) { return one / (one + xt::exp(-z)); }, logistic);
  row<T>(satur::centered_sigmoid{}, [=](auto const& z) { return one / (one + xt::exp(-z)) - half; });
  row<T>(satur::log_sigmoid{}, [=](auto const& z) { return -xt::log1p(xt::exp(-z)); });
  row<T>(
      satur::tanh{}, [](auto const& z) { return xt::tanh(z); }, tangent);
  row<T>(satur::lecun_tanh{}, [](auto const& z) { return T(1.7159) * xt::tanh(T(2.0 / 3.0) * z); });
  row<T>(satur::softsign{}, [=](auto const& z) { return z / (one + xt::abs(z)); });
  row<T>(satur::arctan{}, [](auto const& z) { return xt::atan(z); });
  row<T>(satur::erf{}, [](auto const& z) { return xt::erf(z); });
  row<T>(satur::softplus{}, [](auto const& z) { return xt::log1p(xt::exp(z)); });
  row<T>(satur::squareplus{}, [=](auto const& z) { return half * (z + xt::sqrt(z * z + T(4))); });
  row<T>(satur::exponential{}, [](auto const& z) { return xt::exp(z); });
  row<T>(satur::gelu{}, [=](auto const& z) { return half * z * (one + xt::erf(z * T(0.7071067811865476))); });
  row<T>(satur::gelu_tanh{}, [=](auto const& z) {
    return half * z * (one + xt::tanh(T(0.7978845608028654) * (z + T(0.044715) * z * z * z)));
  });
  row<T>(satur::gelu_quick{}, [=](auto const& z) { return z / (one + xt::exp(T(-1.702) * z)); });
  row<T>(satur::silu{}, [=](auto const& z) { return z / (one + xt::exp(-z)); });
  row<T>(satur::mish{}, [](auto const& z) { return z * xt::tanh(xt::log1p(xt::exp(z))); });
  row<T>(satur::hard_swish{}, [](auto const& z) { return z * xt::clip(z + T(3), T(0), T(6)) / T(6); });
  row<T>(satur::tanh_shrink{}, [](auto const& z) { return z - xt::tanh(z); });
  row<T>(satur::elu{}, [](auto const& z) { return xt::where(z > T(0), z, xt::expm1(z)); });
  row<T>(satur::celu{}, [](auto const& z) { return xt::where(z > T(0), z, xt::expm1(z)); });
  row<T>(satur::selu{}, [=](auto const& z) { return xt::where(z > T(0), lambda * z, lambda_alpha * xt::expm1(z)); });
  row<T>(satur::relu{}, [](auto const& z) { return xt::maximum(z, T(0)); });
  row<T>(satur::relu6{}, [](auto const& z) { return xt::clip(z, T(0), T(6)); });
  row<T>(satur::leaky_relu{}, [](auto const& z) { return xt::where(z > T(0), z, T(0.01) * z); });
  row<T>(satur::prelu{}, [](auto const& z) { return xt::where(z > T(0), z, T(0.25) * z); });
  row<T>(satur::hard_sigmoid{}, [=](auto const& z) { return xt::clip(z / T(6) + half, T(0), one); });
  row<T>(satur::hard_sigmoid_keras2{}, [=](auto const& z) { return xt::clip(T(0.2) * z + half, T(0), one); });
  row<T>(satur::hard_tanh{}, [=](auto const& z) { return xt::clip(z, -one, one); });
  row<T>(satur::sparse_sigmoid{}, [=](auto const& z) { return xt::clip(half * (z + one), T(0), one); });
  row<T>(satur::sparse_plus{}, [=](auto const& z) {
    return xt::where(z <= -one, T(0), xt::where(z >= one, z, T(0.25) * (z + one) * (z + one)));
  });
  row<T>(satur::soft_shrink{}, [=](auto const& z) { return xt::sign(z) * xt::maximum(xt::abs(z) - half, T(0)); });
  row<T>(satur::hard_shrink{}, [=](auto const& z) { return xt::where(xt::abs(z) > half, z, T(0)); });
  row<T>(satur::threshold{}, [=](auto const& z) { return xt::where(z > one, z, T(0)); });
}

} // namespace bench
