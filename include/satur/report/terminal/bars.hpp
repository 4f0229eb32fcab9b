/// \file report/terminal/bars.hpp  Shares as bars and series as sparklines, in block characters or ASCII.
#pragma once

#include "satur/error.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace satur::inline SATUR_ABI::detail {

/// A share as a bar of `cells` characters. In block characters an eighth of a cell is the least; a share above 0 is
/// never empty, one below 1 never full. NaN is blank.
[[nodiscard]] inline std::string bar(double share, std::size_t cells, bool unicode) {
  if (is_nan(share)) {
    return std::string(cells, ' ');
  }
  std::size_t const parts = unicode ? 8 : 1;
  auto const most = static_cast<double>(cells * parts);
  double const within = (std::min)((std::max)(share, 0.0), 1.0);
  auto filled = static_cast<std::size_t>(std::lround(within * most));
  filled = within > 0.0 && filled == 0 ? 1 : filled;
  filled = within < 1.0 && filled == cells * parts ? filled - 1 : filled;
  if (!unicode) {
    return std::string(filled, '#') + std::string(cells - filled, '.');
  }
  constexpr std::array<std::string_view, 8> eighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  std::string text;
  for (std::size_t i = 0; i < filled / 8; ++i) {
    text += "█";
  }
  text += eighths[filled % 8];
  return text + std::string(cells - filled / 8 - (filled % 8 != 0 ? 1 : 0), ' ');
}

/// Numbers from 0 to `top` as one character each, oldest first; NaN is blank. Numbers outside are drawn at the end that
/// they are beyond.
[[nodiscard]] inline std::string sparkline(std::span<double const> series, double top, bool unicode) {
  constexpr std::array<std::string_view, 8> blocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr std::string_view ascii = "_.:-=+*#";
  std::string text;
  for (double const x : series) {
    if (is_nan(x) || !(top > 0.0)) {
      text += ' ';
      continue;
    }
    double const within = (std::min)((std::max)(x / top, 0.0), 1.0);
    auto const level = (std::min)(std::size_t{7}, static_cast<std::size_t>(within * 8.0));
    text += unicode ? blocks[level] : ascii.substr(level, 1);
  }
  return text;
}

} // namespace satur::inline SATUR_ABI::detail
