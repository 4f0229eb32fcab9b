/// \file initializer/concept.hpp  The concept of a rule for initial weights, and the call that applies one.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/initializer/fans.hpp"
#include "satur/initializer/sampler.hpp"
#include "satur/initializer/weight_shape.hpp"

#include <concepts>
#include <cstddef>
#include <ranges>
#include <span>
#include <type_traits>

namespace satur { inline namespace SATUR_ABI {

/// A rule for initial weights: a small copyable struct whose parameters are public members.
///   stddev(fans)            the standard deviation of a weight, in closed form
///   fill(out, fans, random) writes every element of out
///
/// The library's rules also have a `name`, `mean(fans)`, and `half_width(fans)` if the law is uniform. A rule with the
/// same law for all fans states `static constexpr bool uses_fans = false;`, and then fits any shape.
template <class Init, class T = double>
concept initializer = std::copyable<Init> && requires(Init const init, fans f, std::span<T> out, sampler const random) {
  { init.stddev(f) } -> std::convertible_to<double>;
  init.fill(out, f, random);
};

/// A rule for the whole matrix or kernel (orthogonal, dirac, …), which fills by the shape.
///   fill(out, shape, random) writes every element of out, the weights of `shape` in row-major order
template <class Init, class T = double>
concept shaped_initializer =
    std::copyable<Init> && requires(Init const init, weight_shape const& shape, std::span<T> out,
                                    sampler const random) { init.fill(out, shape, random); };

/// True if the rule needs fans to know its scale. This is the default.
template <class Init> inline constexpr bool uses_fans_v = true;
template <class Init>
  requires requires { Init::uses_fans; }
inline constexpr bool uses_fans_v<Init> = Init::uses_fans;

/// Fills `out` by the rule. The same state of the generator gives the same bits on every platform and standard library.
///
/// Any rule takes one key from the generator (draw_key states how many draws). So another rule in one layer does not
/// change the weights of the others.
///
/// Throws std::invalid_argument if the parameters of the rule or the fans are invalid; then nothing is written.
template <class T, initializer<T> Init, std::uniform_random_bit_generator G>
void fill(Init const& init, std::span<T> out, fans f, G& generator) {
  sampler const random = sampler::from(generator);
  init.fill(out, f, random);
}

/// Fills any contiguous range: std::vector, std::array, a C array.
template <class Init, std::ranges::contiguous_range R, std::uniform_random_bit_generator G>
  requires initializer<Init, std::ranges::range_value_t<R>> && std::floating_point<std::ranges::range_value_t<R>> &&
           (!requires(R& r) { r.dimension(); })
void fill(Init const& init, R&& out, fans f, G& generator) {
  fill(init, std::span<std::ranges::range_value_t<R>>(out), f, generator);
}

/// Fills `out`, a row-major weight of this shape, by a rule that needs more than fans. Takes one key, as above. Throws
/// what the rule throws (a shape that it cannot fill, an invalid parameter); then nothing is written.
template <class Init, std::ranges::contiguous_range R, std::uniform_random_bit_generator G>
  requires shaped_initializer<Init, std::ranges::range_value_t<R>> && std::floating_point<std::ranges::range_value_t<R>>
void fill(Init const& init, R&& out, weight_shape const& shape, G& generator) {
  sampler const random = sampler::from(generator);
  init.fill(std::span<std::ranges::range_value_t<R>>(out), shape, random);
}

}} // namespace satur::SATUR_ABI
