/// \file testing/kernel/truth.hpp  The exact results that a kernel is compared with.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/observe/apply.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace satur::inline SATUR_ABI::testing {

/// An activation that is not ours, by its exact value and slope: two callables of long double or double, of which the
/// digits beyond those of the kernel's numbers must be right.
///
///     testing::truth const snake("snake", [](long double z) { return z + std::sin(z) * std::sin(z); },
///                                [](long double z) { return 1.0L + std::sin(2.0L * z); });
///
/// A kernel of double needs callables that return long double. They may be called by several threads at once.
template <class Value, class Slope> class truth {
public:
  std::string name;

  truth(std::string of, Value f, Slope df) : name(std::move(of)), value_(std::move(f)), slope_(std::move(df)) {}
  template <std::floating_point T> [[nodiscard]] auto value(T z) const { return value_(z); }
  template <std::floating_point T> [[nodiscard]] auto derivative(T z) const { return slope_(z); }

private:
  Value value_;
  Slope slope_;
};

/// The numbers of a kernel: float, double, and codes of a format of 16 or 8 bits.
template <class T>
concept kernel_number = std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, std::uint16_t> ||
                        std::same_as<T, std::uint8_t>;

namespace detail {

template <class T> inline constexpr bool is_code = std::unsigned_integral<T>;

/// The type of exact results: double for float and codes, long double for double.
template <class T> using exact_type = std::conditional_t<std::same_as<T, double>, long double, double>;

/// f or f' of each z.
template <bool Slope, class A, class R> void exact_results(A const& act, std::span<R const> z, std::span<R> f) {
  if constexpr (std::same_as<R, double>) { // by the array passes: as fast as a kernel of ours
    if constexpr (Slope) {
      satur::apply_derivative(act, z, f);
    } else {
      satur::apply(act, z, f);
    }
  } else {
    for (std::size_t i = 0; i < z.size(); ++i) {
      f[i] = satur::detail::evaluate_one<Slope>(act, z[i]);
    }
  }
}

/// What the check of a kernel of T must know of an activation. It hides the type: all that follows is compiled once for
/// each T, not for each activation.
template <class T> struct exact_activation {
  using exact = exact_type<T>;
  using over_array = std::function<void(std::span<exact const>, std::span<exact>)>;

  std::string name;
  over_array values; ///< empty if the activation is no truth for T
  over_array slopes;
  std::vector<double> kinks;
  std::optional<double> minimum_at;
  std::optional<double> peak_slope;

  template <activation<double> A> explicit exact_activation(A const& act) : name(name_of(act)) {
    satur::detail::require_valid_parameters(act);
    if constexpr (activation<A, exact>) {
      values = [act](std::span<exact const> z, std::span<exact> f) { exact_results<false>(act, z, f); };
      slopes = [act](std::span<exact const> z, std::span<exact> f) { exact_results<true>(act, z, f); };
    }
    if constexpr (has_kinks<A>) {
      auto const all = act.kinks();
      kinks.assign(all.begin(), all.end());
    }
    if constexpr (has_minimum<A>) {
      minimum_at = act.minimum_at();
    }
    if constexpr (has_peak_slope<A>) {
      peak_slope = act.peak_slope();
    }
  }

  [[nodiscard]] bool known() const { return static_cast<bool>(values); }
  [[nodiscard]] exact value(exact z) const { return one(values, z); }
  [[nodiscard]] exact slope(exact z) const { return one(slopes, z); }

private:
  [[nodiscard]] static exact one(over_array const& f, exact z) {
    exact result{};
    f(std::span<exact const>(&z, 1), std::span<exact>(&result, 1));
    return result;
  }
};

} // namespace detail

} // namespace satur::inline SATUR_ABI::testing
