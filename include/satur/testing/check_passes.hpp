/// \file testing/check_passes.hpp  Compares array passes with scalar calls: bits depend on the element only.
#pragma once

#include "satur/observe/apply.hpp"
#include "satur/observe/observe.hpp"
#include "satur/simd/level.hpp"
#include "satur/simd/special_values.hpp"
#include "satur/testing/finder.hpp"

#include <cstring>
#include <span>
#include <vector>

namespace satur::inline SATUR_ABI::testing::detail {

template <class T> [[nodiscard]] bool same_bits(T a, T b) {
  return (satur::detail::is_nan(a) && satur::detail::is_nan(b)) || std::memcmp(&a, &b, sizeof(T)) == 0;
}

/// Checks `forward` and `apply` over z: scalar calls give the bits of the lanes that the file is compiled for; bits do
/// not depend on position or length at any instruction set; AVX2 and AVX-512 agree.
template <class T, class A> void check_passes(A const& act, finder<T>& found, std::vector<T> const& z) {
  char const* const by_place = "the formula asks which type it is given, or the compiler contracts a product into a "
                               "sum: see math::rounded, math::madd";
  std::vector<T> y(z.size());
  std::vector<T> dy(z.size());
  std::vector<T> alone(z.size());
  auto const compare = [&](std::string_view property, T at, T got, T expected) {
    found.require(same_bits(got, expected), property, at, got, expected, std::fabs(static_cast<double>(got - expected)),
                  "", by_place);
  };

  {
    scoped_level const compiled(math::compiled_level);
    satur::forward(act, z, y, dy);
    satur::apply(act, z, alone);
  }
  for (std::size_t i = 0; i < z.size(); ++i) {
    compare("a scalar call gives the bits of an array pass", z[i], satur::detail::value_at(act, z[i]), y[i]);
    compare("a scalar call gives the bits of an array pass", z[i], satur::detail::slope_at(act, z[i]), dy[i]);
    compare("apply gives the bits of forward", z[i], alone[i], y[i]);
  }

  std::vector<T> wide_y;
  for (int l = 0; l <= static_cast<int>(math::best_level()); ++l) {
    auto const level = static_cast<simd_level>(l);
    scoped_level const forced(level);
    satur::forward(act, z, y, dy);
    for (std::size_t const length : {1u, 2u, 7u, 15u, 16u, 17u, 63u, 128u, 129u, 300u}) {
      for (std::size_t const offset : {0u, 1u, 3u, 8u, 21u}) {
        if (offset + length > z.size()) {
          continue;
        }
        std::vector<T> part(length);
        std::vector<T> slope(length);
        satur::forward(act, std::span<T const>(z.data() + offset, length), part, slope);
        for (std::size_t i = 0; i < length; ++i) {
          compare("place and length change nothing", z[offset + i], part[i], y[offset + i]);
          compare("place and length change nothing", z[offset + i], slope[i], dy[offset + i]);
        }
      }
    }
    if (level == simd_level::avx512 && !wide_y.empty()) {
      for (std::size_t i = 0; i < z.size(); ++i) {
        compare("AVX2 and AVX-512 agree", z[i], y[i], wide_y[i]);
      }
    }
    if (level == simd_level::avx2) {
      wide_y = y;
    }
  }
}

} // namespace satur::inline SATUR_ABI::testing::detail
