/// \file theory/moments.hpp  Moments of an activation of a normal pre-activation: E f, E f^2, E f', E f'^2.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/theory/closed_forms.hpp"
#include "satur/theory/normal_law.hpp"
#include "satur/theory/pieces.hpp"
#include "satur/theory/quadrature.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <span>
#include <type_traits>
#include <utility>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// double if the activation accepts it, else float.
template <class A> using theory_number = std::conditional_t<activation<A, double>, double, float>;

template <class A> [[nodiscard]] constexpr auto edges_of(A const& act) {
  if constexpr (has_kinks<A>) {
    return act.kinks();
  } else {
    return std::array<double, 1>{0.0};
  }
}

/// The width of the bend at 0: 1, or as the parameter of the activation sets it.
template <class A> [[nodiscard]] constexpr double bend_of(A const& act) {
  double width = 1.0;
  if constexpr (requires {
                  { act.beta } -> std::convertible_to<double>;
                }) {
    width = 1.0 / static_cast<double>(act.beta);
  } else if constexpr (requires {
                         { act.alpha } -> std::convertible_to<double>;
                       }) {
    width = static_cast<double>(act.alpha);
  } else if constexpr (requires {
                         { act.b } -> std::convertible_to<double>;
                       }) {
    width = sqrt_anywhere(0.25 * static_cast<double>(act.b));
  }
  width = width < 0.0 ? -width : width;
  return width > 1e-6 && width < 1.0 ? width : 1.0;
}

template <class A> [[nodiscard]] constexpr math::value_and_slope<double> both_at(A const& act, double z) {
  auto const both = detail::evaluate(act, static_cast<theory_number<A>>(z));
  return {static_cast<double>(both.value), static_cast<double>(both.slope)};
}

} // namespace detail

namespace theory {

/// Moments of y = f(z), z ~ N(mean, variance).
struct gaussian_moments {
  double mean = 0;                    ///< E z
  double variance = 0;                ///< Var z (not the standard deviation)
  double mean_output = 0;             ///< E f
  double variance_output = 0;         ///< Var f, without cancellation if f is nearly constant
  double mean_squared_output = 0;     ///< E f^2
  double mean_fourth_output = 0;      ///< E f^4: gives the fluctuation of E f^2 over finitely many units
  double mean_derivative = 0;         ///< E f', the mean slope
  double mean_squared_derivative = 0; ///< E f'^2: factor on a squared gradient, per weight variance times fan-in
  /// dE f^2 / d variance = E[f'^2 + f f''] = E[(z - mean) f f'] / variance: the last form holds with kinks too, but not
  /// if f itself jumps (threshold, hard_shrink). NaN if the variance is 0.
  double output_growth = 0;
  /// dE f' / d variance = E[f' (t^2 - 1)] / (2 variance), t = (z - mean)/sd. NaN if the variance is 0.
  double derivative_growth = 0;
  bool operator==(gaussian_moments const&) const = default;
};

/// All moments of one activation, computed in one sweep. Takes 1 to 10 microseconds.
///
/// Accuracy, relative to max(the moment, 1e-3): 1e-13 for activations of straight lines and parabolas (relu,
/// leaky_relu, prelu, hard_tanh, hard_sigmoid, relu6, hard_swish, …), by closed forms; for these 2e-12, and 1e-9 for
/// the fourth moment, if |mean| is above the standard deviation. 1e-13 for erf, gelu (at mean 0) and exponential. 1e-11
/// for the others, by quadrature with edges at 0 and at `kinks()` if the activation states them. An activation of your
/// own that bends elsewhere, or much more sharply than on a scale of 1, should state `kinks()`.
///
/// Special values: a variance of 0 puts z at the mean. A moment that overflows is infinite or NaN.
///
/// Throws std::invalid_argument if the mean is not finite, or the variance is negative or not finite.
template <class A>
  requires activation<A, double> || activation<A, float>
[[nodiscard]] constexpr gaussian_moments moments(A const& act, double mean, double variance) {
  detail::require_law("theory::moments", mean, variance);
  detail::require_valid_parameters(act);
  gaussian_moments m{.mean = mean, .variance = variance};
  auto const at_mean = detail::both_at(act, mean);
  if (variance == 0.0) {
    m.mean_output = at_mean.value;
    m.mean_squared_output = at_mean.value * at_mean.value;
    m.mean_fourth_output = m.mean_squared_output * m.mean_squared_output;
    m.mean_derivative = at_mean.slope;
    m.mean_squared_derivative = at_mean.slope * at_mean.slope;
    m.output_growth = std::numeric_limits<double>::quiet_NaN();
    m.derivative_growth = m.output_growth;
    return m;
  }
  double const sd = detail::sqrt_anywhere(variance);
  double const center = at_mean.value; // outputs are shifted by this, so that their variance keeps its digits
  double d1 = 0;                       // E (f - center)
  double d2 = 0;                       // E (f - center)^2
  double tff = 0;                      // E t f f', t = (z - mean)/sd
  double tts = 0;                      // E (t^2 - 1) f'
  auto const add = [&](double t, double w, double value, double slope) {
    double const y = value - center;
    d1 += w * y;
    d2 += w * y * y;
    m.mean_derivative += w * slope;
    m.mean_squared_derivative += w * slope * slope;
    tff += w * t * value * slope;
    tts += w * (t * t - 1.0) * slope;
    m.mean_fourth_output += w * (value * value) * (value * value);
  };
  if constexpr (detail::piecewise<A>) {
    for (detail::polynomial_piece const& p : detail::pieces_of<A>::get(act)) {
      double const from = (p.from - mean) / sd;
      double const to = (p.to - mean) / sd;
      if (detail::narrow(from, to)) {
        detail::legendre_panel(from, to, [&](double t, double w) {
          double const z = mean + sd * t;
          add(t, w * detail::normal_density(t), p.c0 + z * (p.c1 + z * p.c2), p.c1 + 2 * p.c2 * z);
        });
        continue;
      }
      auto const j = detail::partial_moments(from, to);
      double const f0 = p.c0 + mean * (p.c1 + mean * p.c2); // f = f0 + f1 t + f2 t^2
      double const f1 = sd * (p.c1 + 2 * p.c2 * mean);
      double const f2 = p.c2 * variance;
      double const y = f0 - center;
      double const s0 = p.c1 + 2 * p.c2 * mean; // f' = s0 + s1 t
      double const s1 = 2 * p.c2 * sd;
      d1 += y * j[0] + f1 * j[1] + f2 * j[2];
      d2 += y * y * j[0] + 2 * y * f1 * j[1] + (f1 * f1 + 2 * y * f2) * j[2] + 2 * f1 * f2 * j[3] + f2 * f2 * j[4];
      m.mean_derivative += s0 * j[0] + s1 * j[1];
      m.mean_squared_derivative += s0 * s0 * j[0] + 2 * s0 * s1 * j[1] + s1 * s1 * j[2];
      tts += s0 * (j[2] - j[0]) + s1 * (j[3] - j[1]);
      tff += f0 * s0 * j[1] + (f0 * s1 + f1 * s0) * j[2] + (f1 * s1 + f2 * s0) * j[3] + f2 * s1 * j[4];
      double const square[] = {f0 * f0, 2 * f0 * f1, f1 * f1 + 2 * f0 * f2, 2 * f1 * f2, f2 * f2}; // f^2
      for (std::size_t i = 0; i < 5; ++i) {
        for (std::size_t k = 0; k < 5; ++k) {
          m.mean_fourth_output += square[i] * square[k] * j[i + k];
        }
      }
    }
  } else {
    auto const edges = detail::edges_of(act);
    std::span<double const> const at(edges.data(), edges.size());
    detail::normal_sweep(mean, sd, at, detail::bend_of(act), [&](double t, double w) {
      auto const f = detail::both_at(act, mean + sd * t);
      add(t, w, f.value, f.slope);
    });
  }
  m.mean_output = center + d1;
  double const spread = d2 - d1 * d1;
  m.variance_output = spread < 0.0 ? 0.0 : spread;
  m.mean_squared_output = center == 0.0 ? d2 : m.mean_output * m.mean_output + m.variance_output;
  m.output_growth = tff / sd;
  m.derivative_growth = 0.5 * tts / variance;
  if constexpr (detail::has_closed_moments<A>) {
    if (!std::is_constant_evaluated()) {
      detail::closed_moments(act, m);
    }
  }
  return m;
}

/// E f(z), z ~ N(mean, variance), for an activation or any callable of a double. Takes less than 10 microseconds for a
/// callable of 20 ns.
///
/// Accuracy: that of `moments`. A callable must be smooth on a scale of 1 except at 0 and at `edges` (its kinks and
/// jumps, in any order), and must not grow like e^z.
///
/// Special values: a variance of 0 gives f(mean).
///
/// Throws std::invalid_argument if the mean is not finite, or the variance is negative or not finite.
template <class F>
  requires std::invocable<F&, double> || activation<std::remove_cvref_t<F>, double> ||
           activation<std::remove_cvref_t<F>, float>
[[nodiscard]] constexpr double gaussian_mean(F&& f, double mean, double variance, std::span<double const> edges = {}) {
  using A = std::remove_cvref_t<F>;
  detail::require_law("theory::gaussian_mean", mean, variance);
  if constexpr (detail::piecewise<A> || detail::has_closed_moments<A>) {
    return moments(f, mean, variance).mean_output;
  } else {
    auto const at = [&f](double z) {
      if constexpr (activation<A, double> || activation<A, float>) {
        return static_cast<double>(detail::value_at(f, static_cast<detail::theory_number<A>>(z)));
      } else {
        return static_cast<double>(f(z));
      }
    };
    if (variance == 0.0) {
      return at(mean);
    }
    double const sd = detail::sqrt_anywhere(variance);
    double sum = 0;
    auto const visit = [&](double t, double w) { sum += w * at(mean + sd * t); };
    if constexpr (activation<A, double> || activation<A, float>) {
      if (edges.empty()) {
        auto const own = detail::edges_of(f);
        detail::normal_sweep(mean, sd, std::span<double const>(own.data(), own.size()), detail::bend_of(f), visit);
        return sum;
      }
      detail::normal_sweep(mean, sd, edges, detail::bend_of(f), visit);
    } else {
      detail::normal_sweep(mean, sd, edges, 1.0, visit);
    }
    return sum;
  }
}

} // namespace theory
}} // namespace satur::SATUR_ABI

namespace satur::inline SATUR_ABI::detail {

/// Of two units of a layer, over inputs: E f(z_i) f(z_j) and E f'(z_i) f'(z_j).
struct products_of_units {
  double output;
  double slope;
};

/// z_i = S + T_i with S ~ N(mean, shared), the same for all units, and T_i ~ N(0, variance - shared), independent of
/// each other. 0 <= shared <= variance. Takes about a millisecond.
template <class A>
[[nodiscard]] products_of_units products_of(A const& act, double mean, double variance, double shared) {
  double const rest = (std::max)(0.0, variance - shared);
  double const sd = std::sqrt(shared);
  auto const edges = edges_of(act);
  double const scale = (std::max)(1e-9 * sd, (std::min)(bend_of(act), std::sqrt(rest))); // a kink of f is as wide
  products_of_units all{0.0, 0.0};
  normal_sweep(mean, sd, std::span<double const>(edges.data(), edges.size()), scale, [&](double t, double w) {
    theory::gaussian_moments const one = theory::moments(act, mean + sd * t, rest);
    all.output += w * one.mean_output * one.mean_output;
    all.slope += w * one.mean_derivative * one.mean_derivative;
  });
  return all;
}

} // namespace satur::inline SATUR_ABI::detail
