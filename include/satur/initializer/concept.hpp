/// \file initializer/concept.hpp  What a rule for initial weights must have, and the call that applies one.
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

/// A rule for initial weights: a small copyable struct, its parameters public members.
///   stddev(fans)            the standard deviation of a weight, in closed form
///   fill(out, fans, random) writes every element of out
/// The project's own rules also have a `name`, `mean(fans)`, and `half_width(fans)` where the law is uniform. A rule
/// whose law is the same for all fans says so with `static constexpr bool uses_fans = false;` and then fits any shape.
template <class Init, class T = double>
concept initializer = std::copyable<Init> && requires(Init const init, fans f, std::span<T> out, sampler const random) {
  { init.stddev(f) } -> std::convertible_to<double>;
  init.fill(out, f, random);
};

/// A rule that is about the whole matrix or kernel (orthogonal, dirac, …): it fills by the shape.
///   fill(out, shape, random) writes every element of out, the weights of `shape` in row-major order
template <class Init, class T = double>
concept shaped_initializer =
    std::copyable<Init> && requires(Init const init, weight_shape const& shape, std::span<T> out,
                                    sampler const random) { init.fill(out, shape, random); };

/// Whether the rule needs fans to know its scale (yes, unless it says otherwise).
template <class Init> inline constexpr bool uses_fans_v = true;
template <class Init>
  requires requires { Init::uses_fans; }
inline constexpr bool uses_fans_v<Init> = Init::uses_fans;

/// Fills `out` by the rule. Takes one key from the generator (draw_key says how many draws), whatever the rule: another
/// rule in one layer leaves the weights of all others as they were. The same state of the generator gives the same bits
/// on every platform and standard library.
/// Throws std::invalid_argument where the rule's parameters or the fans make no sense; nothing is written then.
template <class T, initializer<T> Init, std::uniform_random_bit_generator G>
void fill(Init const& init, std::span<T> out, fans f, G& generator) {
  sampler const random = sampler::from(generator);
  init.fill(out, f, random);
}

/// The same for any contiguous range: std::vector, std::array, a C array.
template <class Init, std::ranges::contiguous_range R, std::uniform_random_bit_generator G>
  requires initializer<Init, std::ranges::range_value_t<R>> && std::floating_point<std::ranges::range_value_t<R>> &&
           (!requires(R& r) { r.dimension(); })
void fill(Init const& init, R&& out, fans f, G& generator) {
  fill(init, std::span<std::ranges::range_value_t<R>>(out), f, generator);
}

/// Fills `out`, a weight of this shape, row-major, by a rule that needs more than fans: one key, as above. Throws
/// what the rule throws (a shape that it cannot fill, a bad parameter); nothing is written then.
template <class Init, std::ranges::contiguous_range R, std::uniform_random_bit_generator G>
  requires shaped_initializer<Init, std::ranges::range_value_t<R>> && std::floating_point<std::ranges::range_value_t<R>>
void fill(Init const& init, R&& out, weight_shape const& shape, G& generator) {
  sampler const random = sampler::from(generator);
  init.fill(std::span<std::ranges::range_value_t<R>>(out), shape, random);
}

}} // namespace satur::SATUR_ABI
