// Special values by their bits, for test files in which the compiler may assume that there are none.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>

namespace test {

template <class T> struct special;
template <> struct special<float> {
  static constexpr std::uint32_t nan = 0x7fc00000u, infinity = 0x7f800000u, sign = 0x80000000u;
};
template <> struct special<double> {
  static constexpr std::uint64_t nan = 0x7ff8000000000000u, infinity = 0x7ff0000000000000u, sign = 0x8000000000000000u;
};

/// A NaN, and infinity with a sign, that the compiler has not seen.
template <class T> T nan_of() {
  if constexpr (std::same_as<T, long double>) {
    return static_cast<long double>(nan_of<double>());
  } else {
    auto volatile bits = special<T>::nan;
    auto const seen = bits;
    return std::bit_cast<T>(seen);
  }
}
template <class T> T infinity_of(bool negative) {
  if constexpr (std::same_as<T, long double>) {
    return static_cast<long double>(infinity_of<double>(negative));
  } else {
    auto volatile bits = negative ? special<T>::infinity | special<T>::sign : special<T>::infinity;
    auto const seen = bits;
    return std::bit_cast<T>(seen);
  }
}

enum class kind { number, nan, infinite };
/// What the bits say. A long double is asked as the double that it is stored as.
template <class T> kind kind_of(T x) {
  if constexpr (std::same_as<T, long double>) {
    double volatile stored = static_cast<double>(x);
    return kind_of<double>(stored);
  } else {
    using B = std::remove_const_t<decltype(special<T>::nan)>;
    B bits;
    std::memcpy(&bits, &x, sizeof x);
    bits &= static_cast<B>(~special<T>::sign);
    return bits > special<T>::infinity ? kind::nan : bits == special<T>::infinity ? kind::infinite : kind::number;
  }
}
template <class T> bool is_nan(T x) { return kind_of(x) == kind::nan; }
template <class T> bool is_negative(T x) {
  if constexpr (std::same_as<T, long double>) {
    return is_negative(static_cast<double>(x));
  } else {
    using B = std::remove_const_t<decltype(special<T>::nan)>;
    B bits;
    std::memcpy(&bits, &x, sizeof x);
    return (bits & special<T>::sign) != 0;
  }
}

/// x is the limit, to 4 ulp; an infinite limit, and 0, by the bits.
template <class T> bool is_limit(T x, double limit) {
  kind const wanted = kind_of(limit);
  if (wanted != kind::number) {
    return kind_of(x) == wanted && is_negative(x) == is_negative(limit);
  }
  double const off = static_cast<double>(x) - limit;
  double const size = limit < 0 ? -limit : limit;
  double const allowed = 4.0 * size * static_cast<double>(std::numeric_limits<T>::epsilon());
  return kind_of(x) == kind::number && off <= allowed && -off <= allowed;
}

} // namespace test
