/// \file observe/kernel/half_arrays.hpp  Arrays of sixteen-bit numbers for the passes, which compute in float.
#pragma once

#include "satur/array/chunk.hpp"
#include "satur/math/half.hpp"
#include "satur/observe/kernel/evaluate.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace satur::inline SATUR_ABI::detail {

/// z is read into a block of float; values and slopes are written from one. y and dy may be null. `floats` and
/// `slope_floats`, if non-null, keep all of z and f'(z) as float.
template <math::half_format F> struct half_arrays {
  using element = float;
  std::uint16_t const* z;
  std::uint16_t* y;
  std::uint16_t* dy;
  float* floats = nullptr;
  float* slope_floats = nullptr;

  [[nodiscard]] SATUR_INLINE float at(std::size_t i) const { return math::float_of_half<F>(std::int32_t{z[i]}); }
  template <class L> [[nodiscard]] SATUR_INLINE float const* read(std::size_t i, std::size_t count, float* own) const {
    float* const to = floats == nullptr ? own : floats + i;
    load<L>(z + i, count, to);
    return to;
  }
  [[nodiscard]] SATUR_INLINE float* values(std::size_t, float* own) const { return own; }
  [[nodiscard]] SATUR_INLINE float* slopes(std::size_t i, float* own) const {
    return slope_floats == nullptr ? own : slope_floats + i;
  }
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
    constexpr std::uint16_t zero = 0;
    for_each_register<L>(n, [&](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
      std::uint16_t room[width_of<L>];
      part.store(to + i, math::float_of_half<F>(math::load_16_bits<Int>(part.filled(from + i, zero, room))));
    });
  }
  template <class L> SATUR_INLINE static void store(std::uint16_t* to, std::size_t n, float const* from) {
    for_each_register<L>(n, [&](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
      auto const halves = math::half_of_float<F>(part.load(from + i, 0.0f));
      part.write(to + i, [&](std::uint16_t* at) SATUR_INLINE_LAMBDA { math::store_16_bits(at, halves); });
    });
  }
};

/// f(z), f'(z) or both. y or dy may be z.
template <math::half_format F, class A, wanted W> struct half_mapping_pass {
  A const& act;
  half_arrays<F> arrays;
  std::size_t n;

  template <class L> SATUR_INLINE void run() {
    alignas(64) float z[block_elements];
    alignas(64) float slopes[block_elements];
    for (std::size_t i = 0; i < n; i += block_elements) {
      std::size_t const count = (std::min)(block_elements, n - i);
      half_arrays<F>::template load<L>(arrays.z + i, count, z);
      mapping_pass<float, A, W> pass{act, z, z, slopes, count};
      pass.template run<L>();
      if constexpr (W != wanted::slope) {
        half_arrays<F>::template store<L>(arrays.y + i, count, z);
      }
      if constexpr (W != wanted::value) {
        half_arrays<F>::template store<L>(arrays.dy + i, count, slopes);
      }
    }
  }
};

} // namespace satur::inline SATUR_ABI::detail
