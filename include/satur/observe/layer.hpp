/// \file observe/layer.hpp  observe, saturated_fraction and mean_derivative of a layer: any type with a member z().
///
///     struct layer { std::vector<float> const& z() const; … };   // the pre-activations of the last forward
///     saturated_fraction(layer);  mean_derivative(act, layer);  observe(act, layer, rule);
///
/// z() is const and gives numbers that `observe` takes. A type that is numbers itself is read as such, also if it has a
/// member z(). `satur/observe/layer_units.hpp` has observe_units.
#pragma once

#include "satur/observe/fraction.hpp"
#include "satur/observe/masked.hpp"
#include "satur/observe/observe.hpp"

#include <type_traits>

namespace satur { inline namespace SATUR_ABI {

namespace detail {
/// No numbers itself, but has z().
template <class L>
concept has_z = !numbers<L> && requires(L const& layer) { layer.z(); };

template <class L> using z_of = std::remove_cvref_t<decltype(std::declval<L const&>().z())>;

/// layer.z(); does not compile if that is no numbers.
template <has_z L> [[nodiscard]] decltype(auto) numbers_of(L const& layer) {
  static_assert(numbers<z_of<L>>,
                "satur: layer.z() must give numbers: a container, view or expression of float, double "
                "or long double (as_bfloat16 and as_float16 read 16-bit buffers)");
  return layer.z();
}
} // namespace detail

/// Share of layer.z() with |z| > threshold; see saturated_fraction(z).
template <detail::has_z L> [[nodiscard]] double saturated_fraction(L const& layer, double threshold = 5.0) {
  return satur::saturated_fraction(detail::numbers_of(layer), threshold);
}
/// Mean of act'(z) over layer.z(); see mean_derivative(act, z).
template <class A, detail::has_z L> [[nodiscard]] double mean_derivative(A const& act, L const& layer) {
  return satur::mean_derivative(act, detail::numbers_of(layer));
}
/// The whole record of layer.z(); see observe(act, z).
template <class A, detail::has_z L, saturation_rule<A> Rule = z_beyond>
[[nodiscard]] saturation observe(A const& act, L const& layer, Rule const& rule = Rule{}) {
  return satur::observe(act, detail::numbers_of(layer), rule);
}
/// Of the samples that the mask keeps; see sample_mask.
template <class A, detail::has_z L, saturation_rule<A> Rule = z_beyond>
[[nodiscard]] saturation observe(A const& act, L const& layer, sample_mask const& mask, Rule const& rule = Rule{}) {
  return satur::observe(act, detail::numbers_of(layer), mask, rule);
}

}} // namespace satur::SATUR_ABI
