/// \file observe/half.hpp  observe, forward, apply over buffers of sixteen-bit floating-point numbers, computed in
/// float.
///
///     std::vector<std::uint16_t> z, y;                                   // bfloat16, as a framework stores it
///     saturation const record = forward(silu{}, as_bfloat16(z), as_bfloat16(y));
///
/// Each number becomes a float exactly; f and f' are computed and recorded in float, and rounded once where they are
/// stored. The record is that of the floats: bit for bit what `forward` gives over a float copy of z.
#pragma once

#include "satur/array/half_span.hpp"
#include "satur/observe/apply.hpp"
#include "satur/observe/observe.hpp"

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// The same arrays for a pass: read into a block of float, written from one. y and dy may be null.
template <math::half_format F> struct half_arrays {
  using element = float;
  std::uint16_t const* z;
  std::uint16_t* y;
  std::uint16_t* dy;

  [[nodiscard]] SATUR_INLINE float at(std::size_t i) const { return math::float_of_half<F>(std::int32_t{z[i]}); }
  template <class L> [[nodiscard]] SATUR_INLINE float const* read(std::size_t i, std::size_t count, float* own) const {
    load<L>(z + i, count, own);
    return own;
  }
  [[nodiscard]] SATUR_INLINE float* values(std::size_t, float* own) const { return own; }
  [[nodiscard]] SATUR_INLINE float* slopes(std::size_t, float* own) const { return own; }
  template <class L>
  SATUR_INLINE void written(std::size_t i, std::size_t count, float const* values, float const* slopes) const {
    if (y != nullptr) {
      store<L>(y + i, count, values);
    }
    if (dy != nullptr) {
      store<L>(dy + i, count, slopes);
    }
  }

  template <class L> SATUR_INLINE static void load(std::uint16_t const* from, std::size_t n, float* to) {
    using Int = decltype(math::bits(L(0)));
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
    std::size_t i = 0;
    for (; i + width <= n; i += width) {
      math::store(to + i, math::float_of_half<F>(math::load_16_bits<Int>(from + i)));
    }
    for (; i < n; ++i) {
      to[i] = math::float_of_half<F>(std::int32_t{from[i]});
    }
  }
  template <class L> SATUR_INLINE static void store(std::uint16_t* to, std::size_t n, float const* from) {
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
    std::size_t i = 0;
    for (; i + width <= n; i += width) {
      math::store_16_bits(to + i, math::half_of_float<F>(math::load<L>(from + i)));
    }
    for (; i < n; ++i) {
      to[i] = static_cast<std::uint16_t>(math::half_of_float<F>(from[i]));
    }
  }
};

/// f(z) or f'(z) alone.
template <math::half_format F, class A, wanted W> struct half_mapping_pass {
  A const& act;
  std::uint16_t const* z;
  std::uint16_t* out;
  std::size_t n;

  template <class L> SATUR_INLINE void run() {
    alignas(64) float block[block_elements];
    for (std::size_t i = 0; i < n; i += block_elements) {
      std::size_t const count = (std::min)(block_elements, n - i);
      half_arrays<F>::template load<L>(z + i, count, block);
      mapping_pass<float, A, W> pass{act, block, block, block, count};
      pass.template run<L>();
      half_arrays<F>::template store<L>(out + i, count, block);
    }
  }
};

template <class A, math::half_format F, class U, class Rule>
saturation half_forward(A const& act, half_span<F, U> z, std::uint16_t* y, std::uint16_t* dy, Rule const& rule) {
  auto const bound = limits_of<float>(rule, act);
  saturation const nothing = empty_record(act, rule);
  saturation record = nothing;
  if (z.size() != 0) {
    observe_arrays(evaluator_of<float>(act), bound, half_arrays<F>{z.bits(), y, dy}, z.size(), nothing, record);
  }
  return record;
}

template <wanted W, class A, math::half_format F, class U>
void half_map(char const* function, A const& act, half_span<F, U> z, half_span<F, std::uint16_t> y) {
  require_same_shape(function, "the result", y, z);
  require_valid_parameters(act);
  over_leaves(z.size(), [&](std::size_t first, std::size_t count) {
    half_mapping_pass<F, A, W> pass{act, z.bits() + first, y.bits() + first, count};
    math::run<float>(pass);
  });
}

} // namespace detail

/// The record of z in one pass; see `observe` over float.
template <class A, math::half_format F, class U, saturation_rule<A> Rule = z_beyond>
  requires activation<A, float>
[[nodiscard]] saturation observe(A const& act, half_span<F, U> z, Rule const& rule = Rule{}) {
  return detail::half_forward(act, z, nullptr, nullptr, rule);
}

/// y = act(z), rounded once, and the record. y has z's size (shape_error otherwise), z's format and memory of its own.
template <class A, math::half_format F, class U, saturation_rule<A> Rule = z_beyond>
  requires activation<A, float>
saturation forward(A const& act, half_span<F, U> z, half_span<F, std::uint16_t> y, Rule const& rule = Rule{}) {
  detail::require_same_shape("forward", "y", y, z);
  detail::require_apart<std::uint16_t>("y", y.bits(), z.bits(), z.size());
  return detail::half_forward(act, z, y.bits(), nullptr, rule);
}
/// The same with dy = act'(z).
template <class A, math::half_format F, class U, saturation_rule<A> Rule = z_beyond>
  requires activation<A, float>
saturation forward(A const& act, half_span<F, U> z, half_span<F, std::uint16_t> y, half_span<F, std::uint16_t> dy,
                   Rule const& rule = Rule{}) {
  detail::require_same_shape("forward", "y", y, z);
  detail::require_same_shape("forward", "dy", dy, z);
  detail::require_apart<std::uint16_t>("y", y.bits(), z.bits(), z.size());
  detail::require_apart<std::uint16_t>("dy", dy.bits(), z.bits(), z.size());
  return detail::half_forward(act, z, y.bits(), dy.bits(), rule);
}

/// y = act(z), nothing recorded. y may be z itself.
template <class A, math::half_format F, class U>
  requires activation<A, float>
void apply(A const& act, half_span<F, U> z, half_span<F, std::uint16_t> y) {
  detail::half_map<detail::wanted::value>("apply", act, z, y);
}
/// dy = act'(z), nothing recorded. dy may be z itself.
template <class A, math::half_format F, class U>
  requires activation<A, float>
void apply_derivative(A const& act, half_span<F, U> z, half_span<F, std::uint16_t> dy) {
  detail::half_map<detail::wanted::slope>("apply_derivative", act, z, dy);
}

}} // namespace satur::SATUR_ABI
