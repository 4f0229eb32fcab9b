/// \file layer/descend.hpp  One step of plain gradient descent, in place.
#pragma once

#include "satur/array/numbers.hpp"
#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/layer/parameter.hpp"
#include "satur/math/arithmetic.hpp"
#include "satur/simd/loop.hpp"
#include "satur/simd/run.hpp"

#include <cstddef>
#include <stdexcept>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

namespace detail {
template <class T> struct descend_pass {
  T* value;
  T const* gradient;
  std::size_t n;
  T rate;

  template <class L> SATUR_INLINE void run() const {
    for_each_register<L>(n, [this](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
      part.store(value + i, math::madd(L(-rate), part.load(gradient + i, T(0)), part.load(value + i, T(0))));
    });
  }
};

/// Throws shape_error if the gradient has another size than its parameter, std::invalid_argument if their memory
/// overlaps without being the same.
template <class V, class G>
void require_gradient(std::string_view function, std::string_view name, V const& parameter, G const& gradient) {
  if (gradient.size() != parameter.size()) {
    bad_shape(function, message("the gradient of ", name), shape_text({gradient.size()}),
              message(shape_text({parameter.size()}), ", the size of ", name));
  }
  if (parameter.data() != gradient.data() &&
      overlap(parameter.data(), parameter.size(), gradient.data(), gradient.size())) {
    raise(std::invalid_argument(message("satur::", function, ": the gradient of ", name, " shares memory with ", name,
                                        "; give it memory of its own")));
  }
}

template <class T> void descend_array(T* value, T const* gradient, std::size_t n, double rate) {
  descend_pass<T> const pass{value, gradient, n, static_cast<T>(rate)};
  math::run<T>(pass);
}
} // namespace detail

/// value -= rate * gradient for every parameter of the layer, in place.
///
/// The same as for_each_parameter(layer, [&](auto, auto& v, auto& g) { xt::noalias(v) -= rate * g; }), but in SIMD
/// whatever the compiler flags. `sgd` adds momentum, and tells the monitor. Throws shape_error if a gradient has
/// another size than its parameter, std::invalid_argument if their memory overlaps without being the same; parameters
/// before it have been changed then. The monitors of a `sequential` record the updates of weights first.
template <parameterized L> void descend(L& layer, double rate) {
  if constexpr (requires { layer.record_updates(-rate); }) { // a chain that monitors watch
    layer.record_updates(-rate);
  }
  for_each_parameter(layer, [rate](std::string_view name, auto& parameter, auto& gradient) {
    detail::require_gradient("descend", name, parameter, gradient);
    detail::descend_array(parameter.data(), gradient.data(), parameter.size(), rate);
  });
}

}} // namespace satur::SATUR_ABI
