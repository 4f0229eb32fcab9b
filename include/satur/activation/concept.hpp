/// \file activation/concept.hpp  What a struct must have to be an activation.
#pragma once

#include "satur/error.hpp"
#include "satur/math/logistic.hpp"

#include <concepts>
#include <limits>
#include <string_view>
#include <type_traits>
#include <utility>

namespace satur { inline namespace SATUR_ABI {

namespace detail {
/// True if a formula for T may return R: R converts to T and is not a floating-point type with fewer digits than T. A
/// formula in float has already lost digits of a double, so it is no activation for double.
template <class R, class T>
concept has_the_digits_of = !std::floating_point<R> || !std::floating_point<T> ||
                            std::numeric_limits<R>::digits >= std::numeric_limits<T>::digits;
/// What a formula may give for a T: anything that becomes a T, but no floating-point type of fewer digits, which has
/// lost some already (a formula in float is no activation for double).
template <class R, class T>
concept becomes_without_loss = std::convertible_to<R, T> && has_the_digits_of<std::remove_cvref_t<R>, T>;
} // namespace detail

/// A struct with `act.value(z)` and `act.derivative(z)`, which take a T and return a T.
///
/// Nothing else is required. Name, asymptotes, peak slope and flat sides are facts that it may state; functions that
/// need an unstated fact document what they do instead. Neither function may have side effects: a pass calls them any
/// number of times, also for padding values.
///
/// With SIMD lanes: `template <class T> SATUR_INLINE T value(T z) const`. T may be a register of numbers, so write
/// constants as T(1), a choice as math::select(z < T(0), a, b), and exp as math::exp(z), or as exp(z) after `using
/// std::exp;`. Without SATUR_INLINE it works, but at least ten times slower: compilers do not inline it into code for a
/// better instruction set than that of the file. If both results come from one exponential, define `act.evaluate(z)`,
/// which returns a `math::value_and_slope<T>`. It is called instead of the two functions, so a derived struct that
/// overrides value() or derivative() must override evaluate() as well.
///
/// One element at a time: `double value(double z) const`, or `template <std::floating_point T> T value(T z) const`. It
/// may call any function, and it gives the bits of a scalar call at every level. A formula in double also serves float
/// (its result is rounded once). An unconstrained template promises to accept lanes; if it cannot, because it calls
/// std::sin or tests `if (z > 0)`, the compiler reports an error there.
template <class A, class T = double>
concept activation = requires(A const& act, T const& z) {
  { act.value(z) } -> detail::becomes_without_loss<T>;
  { act.derivative(z) } -> detail::becomes_without_loss<T>;
};

/// Facts that an activation may state. Each is detected by its own name, so a struct may state some and not others.
template <class A>
concept has_peak_slope = requires(A const& act) {
  { act.peak_slope() } -> std::convertible_to<double>;
};
template <class A>
concept has_name = requires(A const& act) {
  { act.name } -> std::convertible_to<std::string_view>;
};

template <class A> // [[nodiscard]] static std::array<double, N> kinks(): where the slope jumps
concept has_kinks = requires(A const& act) { act.kinks().size(); };
template <class A> // minimum() at minimum_at(): the least value; f does not fall above minimum_at()
concept has_minimum = requires(A const& act) {
  { act.minimum() } -> std::convertible_to<double>;
  { act.minimum_at() } -> std::convertible_to<double>;
};

template <class A> // require_valid(): throws std::invalid_argument if a parameter is out of range
concept has_parameters = requires(A const& act) { act.require_valid(); };

/// An activation that states its asymptotes; they may be infinite.
template <class A>
concept has_limits = requires(A const& act) {
  { act.lower() } -> std::convertible_to<double>;
  { act.upper() } -> std::convertible_to<double>;
};

/// The activation's name, or "activation" if it states none.
template <class A>
  requires std::is_class_v<A>
[[nodiscard]] constexpr std::string_view name_of([[maybe_unused]] A const& act) noexcept {
  if constexpr (has_name<A>) {
    return act.name;
  } else {
    return "activation";
  }
}

namespace detail {

/// Checks the parameters. Passes over arrays and theory call it first; a call for one number does not.
template <class A> constexpr void require_valid_parameters([[maybe_unused]] A const& act) {
  if constexpr (has_parameters<A>) {
    act.require_valid();
  }
}

template <class Z>
concept lazy_expression = requires { typename std::remove_cvref_t<Z>::expression_tag; };

/// z as the argument of a formula that returns R, or S if R is an integer type. A formula in double gets a float as
/// double.
template <class R, class S, class T> SATUR_INLINE constexpr decltype(auto) argument_for(T const& z) {
  using F =
      std::conditional_t<std::floating_point<std::remove_cvref_t<R>>, std::remove_cvref_t<R>, std::remove_cvref_t<S>>;
  if constexpr (std::floating_point<F> && std::floating_point<T>) {
    return static_cast<F>(z);
  } else {
    return (z);
  }
}
template <class A, class T> SATUR_INLINE constexpr T value_at(A const& act, T const& z) {
  return static_cast<T>(act.value(argument_for<decltype(act.value(z)), decltype(act.derivative(z))>(z)));
}
template <class A, class T> SATUR_INLINE constexpr T slope_at(A const& act, T const& z) {
  return static_cast<T>(act.derivative(argument_for<decltype(act.derivative(z)), decltype(act.value(z))>(z)));
}

template <class A, class T>
concept evaluates = requires(A const& act, T const& z) {
  { act.evaluate(z) } -> std::same_as<math::value_and_slope<T>>;
};
/// Both functions accept lanes directly.
template <class A, class L>
concept takes_lanes = requires(A const& act, L const& z) {
  { act.value(z) } -> std::convertible_to<L>;
  { act.derivative(z) } -> std::convertible_to<L>;
};

/// Evaluates one number after another; writes values and slopes if their pointers are non-null. Not inlined into code
/// for another instruction set, which would contract and round differently: the results have the bits of a scalar call.
template <class A, class T> SATUR_NOINLINE void evaluate_each(A const& act, T const* z, T* values, T* slopes, int n) {
  for (int i = 0; i < n; ++i) {
    if (values != nullptr) {
      values[i] = value_at(act, z[i]);
    }
    if (slopes != nullptr) {
      slopes[i] = slope_at(act, z[i]);
    }
  }
}
template <bool Value, bool Slope, class A, class L>
SATUR_INLINE math::value_and_slope<L> evaluate_each_lane(A const& act, L const& z) {
  using T = math::element_t<L>;
  constexpr int n = math::lane_count<L>;
  T all[n];
  T values[n] = {};
  T slopes[n] = {};
  math::store(all, z);
  evaluate_each(act, static_cast<T const*>(all), Value ? values : nullptr, Slope ? slopes : nullptr, n);
  return {math::load_group<L>(values), math::load_group<L>(slopes)};
}

/// Value and slope at z: from `evaluate` if the activation has it, else from its two functions.
template <class A, class T> SATUR_INLINE constexpr math::value_and_slope<T> evaluate(A const& act, T const& z) {
  if constexpr (evaluates<A, T>) {
    return math::keep_nan(z, act.evaluate(z));
  } else if constexpr (math::is_lanes_v<T> && !takes_lanes<A, T>) {
    return evaluate_each_lane<true, true>(act, z);
  } else {
    return {value_at(act, z), slope_at(act, z)};
  }
}
/// Value or slope alone, with the same bits as evaluate().
template <bool Slope, class A, class T> SATUR_INLINE constexpr T evaluate_one(A const& act, T const& z) {
  if constexpr (evaluates<A, T>) {
    math::value_and_slope<T> const f = math::keep_nan(z, act.evaluate(z));
    return Slope ? f.slope : f.value;
  } else if constexpr (math::is_lanes_v<T> && !takes_lanes<A, T>) {
    math::value_and_slope<T> const f = evaluate_each_lane<!Slope, Slope>(act, z);
    return Slope ? f.slope : f.value;
  } else if constexpr (Slope) {
    return slope_at(act, z);
  } else {
    return value_at(act, z);
  }
}

/// Makes act(expression) lazy. tensor/lazy.hpp defines it, so this header does not need xtensor.
template <class A, class E> struct lazy_call;

/// act(z): the value for a number, or a lazy expression for an expression.
template <class A, class Z> SATUR_INLINE constexpr decltype(auto) call(A const& act, Z&& z) {
  if constexpr (lazy_expression<Z>) {
    return lazy_call<A, Z>::make(act, std::forward<Z>(z));
  } else {
    return act.value(std::remove_cvref_t<Z>(z));
  }
}

} // namespace detail

}} // namespace satur::SATUR_ABI
