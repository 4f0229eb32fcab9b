// The loops of every activation of the library, for numbers of one type.
#pragma once
#define SATUR_COMPILED_SOURCE 1
#include "satur/observe/kernel/evaluate.hpp"

#include <utility>

namespace satur::inline SATUR_ABI::detail {

template <class T, math::simd_level Level> [[nodiscard]] compiled_map_t<T>* maps_at_level() {
  return []<std::size_t... Place>(std::index_sequence<Place...>) {
    static constinit compiled_map_t<T> maps[] = {
        &evaluate_at<T, std::tuple_element_t<Place, all_activations>, Level>...};
    return maps;
  }(std::make_index_sequence<std::tuple_size_v<all_activations>>{});
}

template <class T> compiled_map_t<T> compiled_map(std::size_t place, [[maybe_unused]] math::simd_level level) {
#if SATUR_HAS_DISPATCH
  if (level == math::simd_level::avx512) {
    return maps_at_level<T, math::simd_level::avx512>()[place];
  }
  if (level == math::simd_level::avx2) {
    return maps_at_level<T, math::simd_level::avx2>()[place];
  }
#endif
  return maps_at_level<T, math::compiled_level>()[place];
}

} // namespace satur::inline SATUR_ABI::detail
