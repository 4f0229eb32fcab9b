/// \file tensor/lazy.hpp  Lazy activations of xtensor expressions, in SIMD if xtensor is compiled with xsimd.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/tensor/compat.hpp"

#include <concepts>
#include <type_traits>
#include <utility>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// The functor that xtensor calls for each element or batch. It holds the activation with its parameters.
template <class A, bool Slope> struct lazy_functor {
  A act;

  template <class T> constexpr auto operator()(T const& z) const {
    if constexpr (std::is_integral_v<T>) {
      return at(static_cast<double>(z));
    } else {
      return at(z);
    }
  }
  // One template parameter and no overload: otherwise xtensor silently falls back to scalars.
  template <class B> B simd_apply(B const& z) const {
    if constexpr (math::foreign_batch<B>) {
      return math::through_lanes(z, [this](auto const& lanes) { return this->at(lanes); });
    } else {
      return at(z); // without xsimd a batch is a scalar
    }
  }

private:
  template <class T> SATUR_INLINE constexpr T at(T const& z) const { return evaluate_one<Slope>(act, z); }
};

template <class E>
concept tensor_expression = xt::is_xexpression<std::remove_cvref_t<E>>::value;

/// The type of number that the activation gets: integers become double.
template <class E>
using lazy_number = std::conditional_t<std::is_integral_v<typename std::remove_cvref_t<E>::value_type>, double,
                                       typename std::remove_cvref_t<E>::value_type>;

template <bool Slope, class A, class E> [[nodiscard]] auto lazily(A const& act, E&& z) {
  using functor = lazy_functor<A, Slope>;
  require_valid_parameters(act);
  return xt::xfunction<functor, xt::const_xclosure_t<E>>(functor{act}, std::forward<E>(z));
}

template <class A, class E> struct lazy_call {
  [[nodiscard]] static auto make(A const& act, E&& z) { return lazily<false>(act, std::forward<E>(z)); }
};

struct value_function {
  template <class A, tensor_expression E>
    requires activation<A, lazy_number<E>>
  [[nodiscard]] auto operator()(A const& act, E&& z) const {
    return lazily<false>(act, std::forward<E>(z));
  }
  template <class A, std::floating_point T>
    requires activation<A, T>
  [[nodiscard]] constexpr T operator()(A const& act, T z) const {
    return value_at(act, z);
  }
};

} // namespace detail

/// value(act, z): act of every element of an xtensor expression z, as an expression: nothing is computed until it is
/// assigned or read. act(z) of one number z.
///
/// Lifetime: temporaries are kept by value, named containers by reference.
/// Accuracy: the same bits as an array pass at the instruction set that the file is compiled for.
/// Integers become double.
/// Lookup: satur::value, or value after `using namespace satur`. It is an object, because a function would be ambiguous
/// with xt::value(slice, i), which argument-dependent lookup finds for an xtensor z.
inline constexpr detail::value_function value{};

/// act' of every element of an xtensor expression z, as an expression. The rest as for value.
template <class A, detail::tensor_expression E>
  requires activation<A, detail::lazy_number<E>>
[[nodiscard]] auto derivative(A const& act, E&& z) {
  return detail::lazily<true>(act, std::forward<E>(z));
}
/// act'(z) of one number.
template <class A, std::floating_point T>
  requires activation<A, T>
[[nodiscard]] constexpr T derivative(A const& act, T z) {
  return detail::slope_at(act, z);
}

}} // namespace satur::SATUR_ABI
