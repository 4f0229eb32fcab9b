/// \file concept.hpp  What a struct must have to be an activation.
#pragma once

#include "satur/math/logistic.hpp"

#include <concepts>
#include <string_view>
#include <type_traits>
#include <utility>

namespace satur::inline SATUR_ABI {

/// A struct whose `act.value(z)` and `act.derivative(z)` take a T and give a T. That is all: name, asymptotes, peak
/// slope and flat sides are facts that it may state, and what needs one it does not state says so.
///
/// Both must be templates over T (`template <class T> T value(T z) const`) to run in lanes; an activation that is
/// written for one scalar type joins with that type, one element at a time.
template <class A, class T = double>
concept activation = requires(A const& act, T const& z) {
  { act.value(z) } -> std::convertible_to<T>;
  { act.derivative(z) } -> std::convertible_to<T>;
};

/// Facts that an activation may state (each is found by its own name, so a struct may state some and not others).
template <class A>
concept has_peak_slope = requires(A const& act) {
  { act.peak_slope() } -> std::convertible_to<double>;
};
template <class A>
concept has_name = requires {
  { A::name } -> std::convertible_to<std::string_view>;
};

template <class A> // [[nodiscard]] static std::array<double, N> kinks(): where the slope jumps
concept has_kinks = requires(A const& act) {
  act.kinks().size();
};
template <class A> // minimum() at minimum_at(): the value falls to the left of it, and the slope is 0 there
concept has_minimum = requires(A const& act) {
  { act.minimum() } -> std::convertible_to<double>;
  { act.minimum_at() } -> std::convertible_to<double>;
};

/// The activation's own name, or "activation" where it states none.
template <class A> [[nodiscard]] constexpr std::string_view name_of(A const&) noexcept {
  if constexpr (has_name<A>) {
    return A::name;
  } else {
    return "activation";
  }
}

namespace detail {

template <class Z>
concept lazy_expression = requires {
  typename std::remove_cvref_t<Z>::expression_tag;
};

/// Value and slope at z: in one evaluation where the activation offers `evaluate`, else from its two functions.
template <class A, class T> SATUR_INLINE constexpr math::value_and_slope<T> evaluate(A const& act, T const& z) {
  if constexpr (requires {
                  { act.evaluate(z) } -> std::same_as<math::value_and_slope<T>>;
                }) {
    return act.evaluate(z);
  } else {
    return {static_cast<T>(act.value(z)), static_cast<T>(act.derivative(z))};
  }
}

/// Makes act(expression) lazy; tensor/lazy.hpp defines it, so that nothing here needs xtensor.
template <class A, class E> struct lazy_call;

/// act(z): the value of a number, or a lazy expression of an expression.
template <class A, class Z> SATUR_INLINE constexpr decltype(auto) call(A const& act, Z&& z) {
  if constexpr (lazy_expression<Z>) {
    return lazy_call<A, Z>::make(act, std::forward<Z>(z));
  } else {
    return act.value(std::remove_cvref_t<Z>(z));
  }
}

} // namespace detail

} // namespace satur::inline SATUR_ABI
