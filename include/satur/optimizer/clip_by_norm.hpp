/// \file optimizer/clip_by_norm.hpp  The norm of all gradients, and a limit for it.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/observe/kernel/moments.hpp"
#include "satur/optimizer/each_layer.hpp"
#include "satur/simd/loop.hpp"
#include "satur/simd/run.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

template <class T> struct scale_pass {
  T* x;
  std::size_t n;
  T factor;

  template <class L> SATUR_INLINE void run() const {
    for_each_register<L>(n, [this](std::size_t i, auto part)
                                SATUR_INLINE_LAMBDA { part.store(x + i, part.load(x + i, T(0)) * L(factor)); });
  }
};

/// Calls f(number as double) for each number of each gradient.
template <class Layers, class F> void each_gradient_number(Layers&& layers, F const& f) {
  each_parameter_of(layers, [&f](std::string_view, auto&, auto const& gradient, auto&) {
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      f(static_cast<double>(gradient.data()[i]));
    }
  });
}

} // namespace detail

/// The Euclidean norm of all gradients of the layers, as one vector, in double. NaN if a gradient holds NaN, else inf
/// if one holds infinity. `layers`: a layer or a net (what has each_parameter), or a range or std::tie of such.
template <class Layers> [[nodiscard]] double gradient_norm(Layers&& layers) {
  double sum = 0.0;
  std::uint64_t nan = 0, infinite = 0;
  detail::each_parameter_of(layers, [&](std::string_view, auto&, auto const& gradient, auto&) {
    using T = std::remove_cvref_t<decltype(*gradient.data())>;
    detail::array_summary s;
    detail::summarize(static_cast<T const*>(gradient.data()), gradient.size(), s);
    nan += s.nan;
    infinite += s.infinite;
    sum += s.finite.deviations + s.finite.mean * s.finite.mean * static_cast<double>(s.finite.count);
  });
  if (nan + infinite != 0) {
    return nan != 0 ? std::numeric_limits<double>::quiet_NaN() : std::numeric_limits<double>::infinity();
  }
  if (detail::is_finite(sum) && sum > 1e-280) {
    return std::sqrt(sum);
  }
  double largest = 0.0; // the squares have overflowed, or lost digits
  detail::each_gradient_number(layers, [&](double g) { largest = (std::max)(largest, std::fabs(g)); });
  if (largest == 0.0) {
    return 0.0;
  }
  sum = 0.0;
  detail::each_gradient_number(layers, [&](double g) { sum += (g / largest) * (g / largest); });
  return largest * std::sqrt(sum);
}

/// Scales all gradients by max_norm / norm if their norm is above max_norm (Pascanu, Mikolov, Bengio 2013), and returns
/// the norm as it was. Call it between backward and the optimizer's step. `layers` as for gradient_norm:
///
///     double const norm = satur::clip_by_norm(std::tie(fc1, fc2), 1.0);
///
/// If the norm is NaN or infinite, nothing is changed: there is no direction to keep. The returned norm says so; leave
/// out the step. (torch.nn.utils.clip_grad_norm_ makes all gradients NaN or 0 then, and adds 1e-6 to the norm.) Throws
/// std::invalid_argument unless max_norm >= 0.
template <class Layers> double clip_by_norm(Layers&& layers, double max_norm) {
  if (!(max_norm >= 0.0) || detail::is_nan(max_norm)) {
    detail::bad_parameter("clip_by_norm", "max_norm", max_norm, "a number >= 0");
  }
  double const norm = gradient_norm(layers);
  if (detail::is_finite(norm) && norm > max_norm) {
    detail::each_parameter_of(layers, [factor = max_norm / norm](std::string_view, auto&, auto& gradient, auto&) {
      using T = std::remove_cvref_t<decltype(*gradient.data())>;
      detail::scale_pass<T> const pass{gradient.data(), gradient.size(), static_cast<T>(factor)};
      math::run<T>(pass);
    });
  }
  return norm;
}

}} // namespace satur::SATUR_ABI
