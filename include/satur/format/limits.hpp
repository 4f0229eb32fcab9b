/// \file format/limits.hpp  The numbers from which on x * scale leaves a format, exactly, for x of a type.
#pragma once

#include "satur/error.hpp"
#include "satur/format/format.hpp"
#include "satur/format/rounding.hpp"
#include "satur/simd/lanes.hpp"
#include "satur/simd/special_values.hpp"

#include <cmath>
#include <concepts>
#include <limits>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// Where rounding without a bound leaves a format on one side: |x * scale| > at, or >= at if `inclusive`.
struct format_edge {
  double at = 0.0;
  bool inclusive = false;
  bool operator==(format_edge const&) const = default;
};

namespace detail {

[[nodiscard]] inline bool is_power_of_two(double x) {
  int exponent = 0;
  return is_finite(x) && std::frexp(x, &exponent) == 0.5;
}

/// Throws std::invalid_argument unless losses against the format are defined.
inline void require_format(std::string_view function, format const& f) {
  if (!(is_finite(f.low_end()) && is_finite(f.high_end()) && f.low_end() <= 0.0 && f.high_end() >= 0.0 &&
        f.low_end() < f.high_end())) {
    bad_parameter(function, "format", message(f.name.view(), ", from ", f.low_end(), " to ", f.high_end()),
                  "finite ends, lowest <= 0 <= largest and lowest < largest (of integers less the zero point)");
  }
  auto const on_grid = [&f](double x) { return round_to(f, x) == x; };
  if (f.is_integer()) {
    if (!(f.smallest_normal == 1.0 && f.smallest_subnormal == 1.0 && on_grid(f.lowest) && on_grid(f.largest) &&
          on_grid(f.zero_point))) {
      bad_parameter(function, "format", f.name.view(),
                    "an integer format with whole lowest, largest and zero_point, and a step of 1");
    }
    return;
  }
  if (!(f.zero_point == 0.0 && is_power_of_two(f.smallest_normal) && is_power_of_two(f.smallest_subnormal) &&
        f.smallest_subnormal <= f.smallest_normal && f.smallest_normal / f.smallest_subnormal <= 0x1p32)) {
    bad_parameter(function, "format",
                  message(f.name.view(), ", smallest normal ", f.smallest_normal, ", subnormal ", f.smallest_subnormal),
                  "powers of 2, subnormal <= normal <= 2^32 subnormal, and no zero point");
  }
  if (!(on_grid(f.lowest) && on_grid(f.largest))) {
    bad_parameter(function, "format", message(f.name.view(), ", from ", f.low_end(), " to ", f.high_end()),
                  "ends that the format itself can hold");
  }
}
inline void require_scale(std::string_view function, double scale) {
  if (!(is_finite(scale) && scale > 0.0)) {
    bad_parameter(function, "scale", scale, "a finite number > 0; x * scale is what is stored");
  }
}

/// Beyond the end of size `end` >= 0: from half a step further on. A tie goes to the even multiple of the step.
[[nodiscard]] inline format_edge edge_beyond(format const& f, double end) {
  double step = 1.0;
  if (!f.is_integer()) {
    int exponent = 0;
    std::frexp(end, &exponent);
    int const above = end == 0.0 ? 0 : (exponent - 1) - f.least_exponent();
    step = std::ldexp(f.smallest_subnormal, above > 0 ? above : 0);
  }
  return {end + 0.5 * step, std::fmod(end / step, 2.0) != 0.0};
}

/// The number before x > 0 and the number after x >= 0, also where the processor takes subnormal numbers for 0.
template <class T> [[nodiscard]] T before(T x) { return math::from_bits<T>(math::bits(x) - 1); }
template <class T> [[nodiscard]] T after(T x) { return math::from_bits<T>(math::bits(x) + 1); }

/// The largest p >= 0 that the edge leaves inside.
[[nodiscard]] inline double last_inside(format_edge const& edge) {
  return !is_finite(edge.at) ? (std::numeric_limits<double>::max)() : edge.inclusive ? before(edge.at) : edge.at;
}

/// The largest finite T with double(x) * scale <= p. The product is monotone in x: a search over bit patterns that
/// begins at p / scale, which is nearly always next to it.
template <class T> [[nodiscard]] T largest_with_product_up_to(double p, double scale) {
  using E = decltype(math::bits(T(0)));
  constexpr T largest = (std::numeric_limits<T>::max)();
  E const end = math::bits(largest) + 1;
  auto const holds = [p, scale](E b) { return double_of_bits<T>(b) * scale <= p; };
  double const guess = std::fabs(p / scale); // p may be -0
  E inside = guess < static_cast<double>(largest) ? math::bits(static_cast<T>(guess)) : end - 1;
  E outside = inside;
  if (holds(inside)) {
    for (E step = 1; outside < end && holds(outside); step *= 2) {
      inside = outside;
      outside = step < end - inside ? inside + step : end;
    }
  } else {
    for (E step = 1; !holds(inside); step *= 2) {
      outside = inside;
      inside = step < outside ? outside - step : 0;
    }
  }
  while (outside - inside > 1) {
    E const middle = inside + (outside - inside) / 2;
    (holds(middle) ? inside : outside) = middle;
  }
  return math::from_bits<T>(inside);
}

} // namespace detail

/// Where a format ends above and below: 464, not inclusive, for fp8_e4m3, which rounds 464 itself to 448. The lower one
/// is given by its size.
[[nodiscard]] inline format_edge upper_edge(format const& f) { return detail::edge_beyond(f, f.high_end()); }
[[nodiscard]] inline format_edge lower_edge(format const& f) { return detail::edge_beyond(f, -f.low_end()); }

/// What becomes of x in a format, decided by comparing x alone: exactly as `round_to(f, double(x) * scale)` decides,
/// for every finite x and both infinities. NaN is nowhere.
///
///     auto const e4m3 = format_limits<float>::of(formats::fp8_e4m3);   // e4m3.high == 464
template <class T>
  requires std::same_as<T, float> || std::same_as<T, double>
struct format_limits {
  T high = T(0);        ///< x > high is rounded beyond the largest number
  T low = T(0);         ///< x < low is rounded beyond the lowest number
  T high_before = T(0); ///< x > high_before has a product beyond the largest number
  T low_before = T(0);  ///< x < low_before has a product beyond the lowest number
  T zero = T(0);        ///< |x| <= zero is rounded to zero, or is zero
  T normal = T(0);      ///< |x| >= normal is rounded to the smallest normal number or more; may be infinite

  /// Throws std::invalid_argument if the scale is NaN, infinite or not above 0, or the format's numbers contradict each
  /// other: its ends are not finite, or exclude 0; its smallest numbers are no powers of 2; it cannot hold its ends.
  [[nodiscard]] static format_limits of(format const& f, double scale = 1.0) {
    detail::require_format("format_limits", f);
    detail::require_scale("format_limits", scale);
    auto const up_to = [scale](double p) { return detail::largest_with_product_up_to<T>(p, scale); };
    double const half = 0.5 * f.smallest_subnormal; // ties to zero, which is even
    double const least_normal =
        f.fraction_bits() == 0 ? detail::after(half) : f.smallest_normal - half; // the tie goes to the normal number
    format_limits l;
    l.high = up_to(detail::last_inside(upper_edge(f)));
    l.high_before = up_to(f.high_end());
    bool const symmetric = f.low_end() == -f.high_end();
    l.low = symmetric ? -l.high : -up_to(detail::last_inside(lower_edge(f)));
    l.low_before = symmetric ? -l.high_before : -up_to(-f.low_end());
    l.zero = up_to(half);
    l.normal = detail::after(up_to(detail::before(least_normal)));
    return l;
  }

  [[nodiscard]] bool to_limit(T x) const { return x > high || x < low; }
  [[nodiscard]] bool before_rounding(T x) const { return x > high_before || x < low_before; }
  [[nodiscard]] bool to_zero(T x) const { return size_of(x) != 0 && size_of(x) <= size_of(zero); }
  [[nodiscard]] bool subnormal(T x) const { return size_of(x) > size_of(zero) && size_of(x) < size_of(normal); }
  bool operator==(format_limits const&) const = default;

private:
  /// |x| by its bits: subnormal numbers are what they are under every flag.
  [[nodiscard]] static auto size_of(T x) { return math::bits(x) & detail::special_bits<T>::magnitude; }
};

}} // namespace satur::SATUR_ABI
