/// \file testing/check_activation.hpp  Checks value and slope of an activation.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/testing/check_facts.hpp"
#include "satur/testing/check_options.hpp"
#include "satur/testing/check_passes.hpp"
#include "satur/testing/check_slopes.hpp"
#include "satur/testing/check_specials.hpp"
#include "satur/testing/examined.hpp"

#include <concepts>
#include <utility>
#include <vector>

namespace satur::inline SATUR_ABI::testing {

namespace detail {

template <class T, class A> void check_array_passes(examined<T, A>& e) {
  if (!e.options.passes) {
    return;
  }
  if constexpr (std::same_as<T, float> || std::same_as<T, double>) {
    std::vector<T> z = random_points<T>(700, e.options.seed + 1, e.options.low, e.options.high);
    if constexpr (has_kinks<A>) {
      for (double const k : e.act.kinks()) {
        for (T const beside : e.at_kink(k)) {
          z.push_back(beside);
        }
      }
    }
    check_passes<T>(e.act, e.found, z);
  } else {
    e.found.skip("array passes: they are lanes for float and double only");
  }
}

/// An activation after the checks that need no reference.
template <class T, class A> [[nodiscard]] examined<T, A> checked(A const& act, check_options const& o) {
  examined<T, A> e(act, o);
  check_specials(e);
  check_digits(e);
  check_derivative(e);
  check_facts(e);
  check_symmetry(e);
  check_array_passes(e);
  return e;
}

} // namespace detail

/// Checks an activation (a struct with `value` and `derivative`) for numbers of type T: NaN, infinity, zeros, the far
/// tail and floating-point flags; the slope against finite differences and dual numbers; digits lost against the same
/// formula in a wider type; the facts that it states (lower, upper, peak_slope, flat sides, kinks, minimum); symmetry
/// and order as the options state them; array passes.
///
/// `report.skipped` names the checks that the formula does not allow. Takes some milliseconds; throws
/// and prints nothing.
template <class T = double, class A>
  requires std::floating_point<T> && activation<A, T>
[[nodiscard]] report check_activation(A const& act, check_options const& o = {}) {
  detail::examined<T, A> e = detail::checked<T>(act, o);
  return std::move(e.found).result();
}

/// The same, and against a reference: `reference(long double z)` returns f(z), or a struct with `value` and `slope`. It
/// should have more correct digits than T.
template <class T = double, class A, class Reference>
  requires std::floating_point<T> && activation<A, T> && std::invocable<Reference const&, long double>
[[nodiscard]] report check_activation(A const& act, Reference const& reference, check_options const& o = {}) {
  detail::examined<T, A> e = detail::checked<T>(act, o);
  detail::check_reference(e, reference);
  return std::move(e.found).result();
}

} // namespace satur::inline SATUR_ABI::testing
