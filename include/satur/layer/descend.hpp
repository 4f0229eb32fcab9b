/// \file layer/descend.hpp  One step of plain gradient descent, in place.
#pragma once

#include "satur/config.hpp"
#include "satur/layer/parameter.hpp"
#include "satur/math/arithmetic.hpp"
#include "satur/simd/lanes.hpp"
#include "satur/simd/load.hpp"
#include "satur/simd/run.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

namespace detail {
template <class T> struct descend_pass {
  T* value;
  T const* gradient;
  std::size_t n;
  T rate;

  template <class L> SATUR_INLINE void run() const {
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
    std::size_t i = 0;
    for (; i + width <= n; i += width) {
      math::store(value + i, math::madd(L(-rate), math::load<L>(gradient + i), math::load<L>(value + i)));
    }
    if (i < n) { // the tail goes through the same lanes: an element's bits do not depend on its position
      T v[width] = {};
      T g[width] = {};
      std::copy(value + i, value + n, v);
      std::copy(gradient + i, gradient + n, g);
      math::store(v, math::madd(L(-rate), math::load<L>(g), math::load<L>(v)));
      std::copy_n(v, n - i, value + i);
    }
  }
};

template <class T> void descend_array(T* value, T const* gradient, std::size_t n, double rate) {
  descend_pass<T> const pass{value, gradient, n, static_cast<T>(rate)};
  math::run<T>(pass);
}
} // namespace detail

/// value -= rate * gradient for every parameter of the layer, in place.
///
/// The same as for_each_parameter(layer, [&](auto, auto& v, auto& g) { xt::noalias(v) -= rate * g; }), but in SIMD
/// whatever the compiler flags.
template <parameterized L> void descend(L& layer, double rate) {
  for_each_parameter(layer, [rate](std::string_view, auto& value, auto& gradient) {
    detail::descend_array(value.data(), gradient.data(), value.size(), rate);
  });
}

}} // namespace satur::SATUR_ABI
