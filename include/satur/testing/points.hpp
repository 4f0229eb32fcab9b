/// \file testing/points.hpp  Numbers at which activations often fail.
#pragma once

#include "satur/testing/mixed_bits.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace satur::inline SATUR_ABI::testing {

/// Numbers where activations bend, where slopes of float and double become subnormal or 0, and very large ones. Both
/// signs, ascending, without duplicates.
template <class T> [[nodiscard]] std::vector<T> telling_points() {
  std::vector<T> z;
  for (double const x :
       {1e-300, 1e-40, 1e-20, 1e-10, 1e-5,  1e-3,  0.01,  0.1,   0.25,  0.3,  0.35, 0.5,  0.7,  1.0,  1.5,  2.0,
        2.5,    3.0,   4.0,   5.0,   5.6,   7.0,   9.0,   12.0,  16.0,  16.6, 17.5, 20.0, 30.0, 36.8, 40.0, 80.0,
        87.5,   88.8,  100.0, 103.9, 300.0, 700.0, 708.5, 709.9, 745.0, 1e4,  1e10, 1e19, 1e22, 1e30, 1e38}) {
    z.push_back(static_cast<T>(x));
    z.push_back(static_cast<T>(-x));
  }
  for (T const x : {T(0), std::numeric_limits<T>::denorm_min(), (std::numeric_limits<T>::min)(),
                    (std::numeric_limits<T>::max)() / T(4)}) {
    z.push_back(x);
    z.push_back(-x);
  }
  std::sort(z.begin(), z.end());
  z.erase(std::unique(z.begin(), z.end()), z.end());
  return z;
}

/// Random numbers (splitmix64), the same on every platform for a seed. One in four has any bit pattern, NaN and
/// infinity included; the others are in [low, high).
template <class T>
[[nodiscard]] std::vector<T> random_points(std::size_t n, std::uint64_t seed, double low, double high) {
  std::vector<T> z(n);
  detail::mixed_bits bits{seed};
  for (T& e : z) {
    std::uint64_t const x = bits.next();
    if ((x & 3u) != 0) {
      e = static_cast<T>(low + (high - low) * (static_cast<double>(x >> 11) * 0x1p-53));
    } else if constexpr (sizeof(T) == sizeof(float)) {
      e = std::bit_cast<float>(static_cast<std::uint32_t>(x >> 16));
    } else {
      e = static_cast<T>(std::bit_cast<double>(x));
    }
  }
  return z;
}

} // namespace satur::inline SATUR_ABI::testing
