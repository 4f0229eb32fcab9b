/// \file text/number.hpp  Numbers and shares as text: the same text in every locale.
///
///     text::number(0.1)             0.1          the shortest digits that read back as the same number
///     text::significant(1.0/3, 4)   0.3333       as %.4g
///     text::decimals(1.0/3, 2)      0.33         as %.2f
///     text::scientific(1.0/3, 2)    3.33e-01     as %.2e
///     text::percent(0.00001)        <0.1         a share that was measured
///     text::limit_percent(0.00001)  0.001        a share that is a limit
///
/// `number` writes "inf", "-inf", "nan" and "-0". The others are for readings: NaN says that nothing was seen, and
/// reads
/// "-"; what is 0 in the digits that are shown has no sign.
#pragma once

#include "satur/error.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

namespace satur::inline SATUR_ABI::detail {

[[nodiscard]] inline std::string formatted(double x, std::chars_format format, int digits) {
  if (is_nan(x)) {
    return "-";
  }
  std::array<char, 512> text; // 309 digits before the point
  char* const end = std::to_chars(text.data(), text.data() + text.size(), x, format, digits).ptr;
  std::string_view const all(text.data(), static_cast<std::size_t>(end - text.data()));
  bool const zero = all.substr(0, all.find('e')).find_first_not_of("-0.") == std::string_view::npos;
  return std::string(all.substr(zero && all.front() == '-' ? 1 : 0));
}

} // namespace satur::inline SATUR_ABI::detail

namespace satur::inline SATUR_ABI::text {

/// The shortest digits that read back as the same number of its type. An exponent stands where the number is below 1e-4
/// or so large that its type does not have every whole number: 5, 0.1, 100000, 1e-05, 1e+300.
template <class T>
  requires std::is_arithmetic_v<T>
[[nodiscard]] std::string number(T x) {
  return detail::number_text(x);
}

/// With so many significant digits at most: %.<digits>g, without the sign of 0. digits is 1 to 100.
[[nodiscard]] inline std::string significant(double x, int digits) {
  return detail::formatted(x, std::chars_format::general, digits);
}

/// With so many decimals: %.<digits>f, without the sign of 0. digits is 0 to 100.
[[nodiscard]] inline std::string decimals(double x, int digits) {
  return detail::formatted(x, std::chars_format::fixed, digits);
}

/// With so many decimals before the exponent: %.<digits>e, without the sign of 0. digits is 0 to 100.
[[nodiscard]] inline std::string scientific(double x, int digits) {
  return detail::formatted(x, std::chars_format::scientific, digits);
}

/// With so many decimals, or, where that takes more than `width` characters, with an exponent and as many decimals as
/// fit: 1234.500, -1.5e+38. digits is 0 to 100.
[[nodiscard]] inline std::string decimals_within(std::size_t width, double x, int digits) {
  std::string text = decimals(x, digits);
  for (; text.size() > width && digits >= 0; --digits) {
    text = scientific(x, digits);
  }
  return text;
}

/// A measured share in percent, one decimal: "0" and "100" only where they are exact, so that a single saturated unit
/// never reads as none. Between them and what one decimal can say: "<0.1" and ">99.9". A mean slope can be negative:
/// ">-0.1" stands between -0.1 and 0.
[[nodiscard]] inline std::string percent(double share) {
  if (detail::is_nan(share)) {
    return "-";
  }
  if (share > 0.0 && share < 0.0005) {
    return "<0.1";
  }
  if (share < 0.0 && share > -0.0005) {
    return ">-0.1";
  }
  if (share < 1.0 && share >= 0.9995) {
    return ">99.9";
  }
  return share == 0.0 ? "0" : share == 1.0 ? "100" : decimals(100.0 * share, 1);
}

/// A share that somebody chose, in percent: two decimals at most, but all digits where two would read 0 or 100.
[[nodiscard]] inline std::string limit_percent(double share) {
  if (detail::is_nan(share)) {
    return "-";
  }
  if (share == 0.0) {
    return "0"; // of -0.0 too
  }
  double const rounded = std::round(share * 1e4) / 1e2;
  bool const says_it = (rounded != 0.0 && rounded != 100.0) || share == 1.0;
  return says_it ? number(rounded) : significant(100.0 * share, 15);
}

} // namespace satur::inline SATUR_ABI::text
