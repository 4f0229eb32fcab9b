/// \file testing/kernel/sweep/numbers.hpp  The numbers of a kernel's buffers: what they stand for, and the size of one
/// unit in the last place.
#pragma once

#include "satur/error.hpp"
#include "satur/format/code.hpp"
#include "satur/testing/kernel/truth.hpp"
#include "satur/testing/mixed_bits.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

namespace satur::inline SATUR_ABI::testing::detail {

using satur::detail::is_finite;
using satur::detail::is_nan;

/// The bits of x, as a number.
template <class T> [[nodiscard]] std::uint64_t bits_of(T x) {
  if constexpr (is_code<T>) {
    return x;
  } else if constexpr (std::same_as<T, float>) {
    return std::bit_cast<std::uint32_t>(x);
  } else {
    return std::bit_cast<std::uint64_t>(x);
  }
}

/// Numbers of a type: float, double, or codes of a format.
template <class T> class numbers {
public:
  using exact = exact_type<T>;

  numbers() = default;
  numbers(format const&, double) {}

  [[nodiscard]] double number(T x) const { return static_cast<double>(x); }
  [[nodiscard]] T nearest(exact x) const { return static_cast<T>(x); }
  /// One unit in the last place at x, which is finite; 0 has the smallest one.
  [[nodiscard]] exact unit(exact x) const {
    int exponent = 0;
    std::frexp(x, &exponent);
    int const least = std::numeric_limits<T>::min_exponent - std::numeric_limits<T>::digits;
    exponent = x == exact(0) ? least : (std::max)(exponent - std::numeric_limits<T>::digits, least);
    return std::ldexp(exact(1), (std::min)(exponent, std::numeric_limits<T>::max_exponent));
  }
  /// Whether x is too large: it rounds to infinity.
  [[nodiscard]] bool overflows(exact x) const { return satur::detail::is_infinite(static_cast<T>(x)); }
  /// By its size: under -ffast-math a conversion flushes to zero.
  [[nodiscard]] bool rounds_to_zero(exact x) const {
    constexpr int least = std::numeric_limits<T>::min_exponent - std::numeric_limits<T>::digits;
    return std::fabs(x) <= std::ldexp(exact(1), least - 1);
  }
  [[nodiscard]] exact largest(bool) const { return exact((std::numeric_limits<T>::max)()); }
  [[nodiscard]] double smallest_normal() const { return static_cast<double>((std::numeric_limits<T>::min)()); }
  [[nodiscard]] double smallest() const { return static_cast<double>(std::numeric_limits<T>::denorm_min()); }
  [[nodiscard]] static constexpr bool has_nan() { return true; }
  [[nodiscard]] static constexpr bool saturates() { return false; }
};

template <class T>
  requires is_code<T>
class numbers<T> {
public:
  using exact = double;

  numbers() = default;
  /// A code of an integer format stands for (q - zero_point) / scale.
  numbers(format const& f, double scale) : format_(f), scale_(f.is_integer() ? scale : 1.0) {
    for (std::uint32_t code = 0; code < (1u << f.bits); ++code) {
      all_.push_back(decode(f, code) / scale_);
      has_nan_ = has_nan_ || is_nan(all_.back());
    }
  }

  [[nodiscard]] double number(T code) const { return all_[code & (all_.size() - 1)]; }
  [[nodiscard]] T nearest(double x) const { return static_cast<T>(encode(format_, x * scale_)); }
  [[nodiscard]] std::size_t codes() const { return all_.size(); }
  [[nodiscard]] double unit(double x) const {
    if (format_.is_integer()) {
      return 1.0 / scale_;
    }
    int exponent = 0;
    std::frexp(x, &exponent);
    int const above = x == 0.0 ? 0 : (exponent - 1) - format_.least_exponent();
    return std::ldexp(format_.smallest_subnormal, (std::max)(above, 0));
  }
  [[nodiscard]] bool overflows(double x) const {
    double const rounded = round_to(format_, x * scale_);
    return rounded > format_.high_end() || rounded < format_.low_end();
  }
  [[nodiscard]] bool rounds_to_zero(double x) const { return round_to(format_, x * scale_) == 0.0; }
  [[nodiscard]] double largest(bool negative) const {
    return (negative ? format_.low_end() : format_.high_end()) / scale_;
  }
  /// Integers have no subnormal numbers.
  [[nodiscard]] double smallest_normal() const { return format_.is_integer() ? 0.0 : format_.smallest_normal; }
  [[nodiscard]] double smallest() const { return format_.smallest_subnormal / scale_; }
  [[nodiscard]] bool has_nan() const { return has_nan_; }
  /// Whether the largest number may stand for what is beyond it.
  [[nodiscard]] static constexpr bool saturates() { return true; }

private:
  format format_ = {};
  double scale_ = 1.0;
  std::vector<double> all_;
  bool has_nan_ = false;
};

/// |got - exact| in units in the last place of `exact`, quickly. Both are finite, and exact does not overflow.
[[nodiscard]] inline double error_in_units(float got, double exact) {
  std::uint64_t const exponent = std::bit_cast<std::uint64_t>(exact) >> 52 & 0x7ff;
  std::uint64_t const unit = (std::max<std::uint64_t>)(exponent, 1022 - 125) - 23; // biased exponent of one unit
  return std::fabs(static_cast<double>(got) - exact) * std::bit_cast<double>((2046 - unit) << 52);
}

} // namespace satur::inline SATUR_ABI::testing::detail
