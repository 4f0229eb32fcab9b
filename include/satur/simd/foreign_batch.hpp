/// \file simd/foreign_batch.hpp  SIMD batches of another library, known by their shape.
#pragma once

#include "satur/simd/lanes.hpp"
#include "satur/simd/level.hpp"
#include "satur/simd/load.hpp"
#include "satur/simd/run.hpp"

#include <concepts>
#include <cstddef>

namespace satur::inline SATUR_ABI::math {

/// A SIMD batch of another library, known by its shape (xsimd 8 to 14 fit): value_type, size, loads and stores.
template <class B>
concept foreign_batch = requires(B const b, typename B::value_type* p) {
  typename B::batch_bool_type;
  typename B::arch_type;
  { B::size } -> std::convertible_to<std::size_t>;
  b.store_unaligned(p);
  B::load_unaligned(p);
};

/// f over the lanes of a foreign batch, through our own lanes, so that the result has the same bits as an array pass.
template <foreign_batch B, class F> SATUR_INLINE B through_lanes(B const& b, F const& f) {
  using T = typename B::value_type;
  constexpr int bytes = static_cast<int>(B::size * sizeof(T));
  using L = detail::register_t<T, (bytes < native_bytes ? bytes : native_bytes)>;
  alignas(64) T buffer[B::size];
  b.store_unaligned(buffer);
  for (std::size_t i = 0; i < B::size; i += static_cast<std::size_t>(lane_count<L>)) {
    store(buffer + i, f(load<L>(buffer + i)));
  }
  return B::load_unaligned(buffer);
}

} // namespace satur::inline SATUR_ABI::math
