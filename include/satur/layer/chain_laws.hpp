/// \file layer/chain_laws.hpp  What theory expects along a chain of layers, from their weights as they are.
#pragma once

#include "satur/activation/any_activation.hpp"
#include "satur/config.hpp"
#include "satur/initializer/fans.hpp"
#include "satur/layer/chain.hpp"
#include "satur/theory/units.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace satur::inline SATUR_ABI::detail {

/// The means and variances of the units between two layers, over inputs. Units are columns of rows, channels of images.
struct chain_laws {
  theory::element_laws now{};
  bool known = true;
  theory::unit_laws z{};               ///< of the last activation
  std::optional<any_activation> act{}; ///< the last layer, if that is what it was

  void set(theory::unit_laws const& laws) { now = {laws.mean, laws.variance}; }
};

/// Mean and variance of the largest of n independent f(z), z normal, for an f that does not fall:
/// E f(max z)^p = integral of f(m + s x)^p n phi(x) Phi(x)^(n-1) dx, by the trapezoidal rule (exact to 1e-9 for smooth
/// f).
template <class F>
[[nodiscard]] std::pair<double, double> moments_of_largest(F const& f, double mean, double variance, double n) {
  constexpr double step = 1.0 / 64.0, end = 9.0;
  double const scale = std::sqrt(variance);
  double first = 0.0, second = 0.0;
  for (double x = -end; x <= end; x += step) {
    double const density = n * std::exp(-0.5 * x * x) / std::sqrt(2.0 * std::numbers::pi) *
                           std::pow(0.5 * std::erfc(-x / std::numbers::sqrt2), n - 1.0) * step;
    double const y = f(mean + scale * x);
    first += density * y;
    second += density * y * y;
  }
  return {first, (std::max)(0.0, second - first * first)};
}

/// Weights (out, in, kh, kw): a convolution whose fan-in are the pixels of one window.
template <class L>
concept has_kernel = requires(L const& l) {
  requires std::tuple_size_v<typename std::remove_cvref_t<decltype(l.w)>::shape_type> == 4;
  l.b.size();
};
template <class L>
concept has_matrix = requires(L const& l) {
  requires std::tuple_size_v<typename std::remove_cvref_t<decltype(l.w)>::shape_type> == 2;
  theory::predict(l.w, l.b, 0.0, 1.0);
};

/// Fan-in and fan-out of a layer's weights; nothing if it has none.
template <class L> [[nodiscard]] std::optional<fans> fans_of(L const& l) {
  if constexpr (has_kernel<L>) {
    std::size_t const taps = l.w.shape(2) * l.w.shape(3);
    return fans{l.w.shape(1) * taps, l.w.shape(0) * taps};
  } else if constexpr (has_matrix<L>) {
    return fans{l.w.shape(0), l.w.shape(1)};
  } else {
    return std::nullopt;
  }
}

/// z of a convolution: every tap of a channel has the channel's mean and variance. Pixels of the padding are taken as
/// others.
template <has_kernel L> [[nodiscard]] theory::unit_laws laws_of_kernel(L const& l, theory::element_laws const& in) {
  std::size_t const taps = l.w.shape(2) * l.w.shape(3), channels = l.w.shape(1), out = l.w.shape(0);
  theory::element_laws each;
  for (std::size_t i = 0; i < channels * taps; ++i) {
    each.mean.push_back(in.mean[i / taps]);
    each.variance.push_back(in.variance[i / taps]);
  }
  auto const* const w = l.w.data();
  std::size_t const size = channels * taps;
  return predict_units(
      "summary", [=](std::size_t i, std::size_t j) { return w[j * size + i]; }, fans{size, out}, l.b, each.mean,
      each.variance);
}

/// The laws behind a layer that makes rows or images of shape `to` from those of shape `from`. What theory does not
/// know ends the prediction, until a normalization begins it anew.
template <class L, class From, class To> void pass_on(L const& l, From const& from, To const& to, chain_laws& laws) {
  constexpr std::string_view kind = L::layer_name;
  std::optional<any_activation> const before = std::exchange(laws.act, std::nullopt);
  std::size_t const units = static_cast<std::size_t>(to[1]);
  if constexpr (kind == "batch_norm" &&
                requires { l.beta.begin(), l.gamma.begin(); }) { // mean 0 and variance 1 whatever came in
    laws.known = true;
    laws.now = {std::vector<double>(l.beta.begin(), l.beta.end()), {}};
    for (auto const g : l.gamma) {
      laws.now.variance.push_back(static_cast<double>(g) * static_cast<double>(g));
    }
    return;
  }
  if (!laws.known) {
    return;
  }
  if constexpr (is_activation_layer<L>) {
    laws.z = {laws.now.mean, laws.now.variance};
    laws.now = laws.z.outputs(l.act);
    if constexpr (activation<decltype(l.act), double>) {
      laws.act.emplace(l.act);
    }
  } else if constexpr (requires { l.z_laws(laws.now.mean, laws.now.variance); }) {
    laws.set(l.z_laws(laws.now.mean, laws.now.variance));
  } else if constexpr (has_kernel<L>) {
    laws.set(laws_of_kernel(l, laws.now));
  } else if constexpr (has_matrix<L> && role_of<L>() == chain_role::weights) { // the output of gates is not their z
    laws.set(theory::predict(l.w, l.b, laws.now.mean, laws.now.variance));
  } else if constexpr (kind == "flatten") { // each channel becomes so many units
    std::size_t const pixels = laws.now.mean.empty() ? 0 : units / laws.now.mean.size();
    theory::element_laws each;
    for (std::size_t u = 0; u < units; ++u) {
      each.mean.push_back(laws.now.mean[u / pixels]);
      each.variance.push_back(laws.now.variance[u / pixels]);
    }
    laws.now = std::move(each);
  } else if constexpr (kind.ends_with("average_pool2d") || kind.ends_with("max_pool2d")) {
    double count = static_cast<double>(from[2] * from[3]); // of the pixels of a window
    if constexpr (requires { l.kernel.h* l.kernel.w; }) {
      count = static_cast<double>(l.kernel.h * l.kernel.w);
    }
    for (std::size_t u = 0; u < laws.now.mean.size(); ++u) {
      double& mean = laws.now.mean[u];
      double& variance = laws.now.variance[u];
      if constexpr (kind.ends_with("average_pool2d")) {
        variance /= count;
      } else if (before) {
        std::tie(mean, variance) =
            moments_of_largest([&](double z) { return before->value(z); }, laws.z.mean[u], laws.z.variance[u], count);
      } else {
        std::tie(mean, variance) = moments_of_largest([](double z) { return z; }, mean, variance, count);
      }
    }
  } else if constexpr (kind == "dropout") { // as in evaluation
    laws.act = before;
  } else {
    laws.known = false;
  }
}

} // namespace satur::inline SATUR_ABI::detail
