/// \file text/cell.hpp  Numbers as the cells of a table.
#pragma once

#include "satur/error.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <string>

namespace satur::detail {

/// Text of a number in a cell; "-" where it is NaN because nothing was seen.
template <class... Parts> [[nodiscard]] std::string cell(char const* format, Parts... parts) {
  std::array<char, 128> text{};
  std::snprintf(text.data(), text.size(), format, parts...);
  return text.data();
}
[[nodiscard]] inline std::string number_cell(double x, char const* format) {
  return std::isnan(x) ? std::string("-") : cell(format, x);
}
/// A share in percent: 0 and 100 only where they are exact, so that a single saturated unit never reads as none.
[[nodiscard]] inline std::string percent_cell(double share) {
  if (std::isnan(share)) {
    return "-";
  }
  if (share > 0.0 && share < 0.0005) {
    return "<0.1";
  }
  if (share < 1.0 && share >= 0.9995) {
    return ">99.9";
  }
  return share == 0.0 ? "0" : share == 1.0 ? "100" : cell("%.1f", 100.0 * share);
}
/// A share in percent with two decimals; with all its digits where these would read 0.
[[nodiscard]] inline std::string percent_text(double share) {
  double const rounded = std::round(share * 1e4) / 1e2;
  return number_text(rounded > 0 ? rounded : share * 100.0);
}
[[nodiscard]] inline std::string padded(std::string const& text, std::size_t width, bool left = false) {
  std::string const fill(text.size() < width ? width - text.size() : 0, ' ');
  return left ? text + fill : fill + text;
}

} // namespace satur::detail
