/// \file report/svg/heat_map.hpp  Numbers from 0 to 1 over two axes, as shades.
#pragma once

#include "satur/report/svg/canvas.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace satur::inline SATUR_ABI::svg {

/// Columns of cells, from left to right; each has the same number of rows. NaN is blank.
struct heat_map {
  std::string title;
  std::string x_label = {};
  std::string y_label = {};
  std::vector<std::vector<double>> columns = {};
  std::string zero = {}; ///< what 0 means, for the legend; none without it
  std::string one = {};  ///< what 1 means

  static constexpr double width = 372.0;
  static constexpr double height = 190.0;
  static constexpr int shades = 16;

  /// A path for each shade, of vertical strokes as wide as a column; neighbors of one shade in a column are one stroke.
  [[nodiscard]] canvas draw() const {
    constexpr double left = 10.0;
    constexpr double right = width - 10.0;
    constexpr double top = 18.0;
    constexpr double bottom = height - 24.0;
    canvas picture(width, height);
    picture.text({left, top - 5.0}, y_label, "start", "n");
    picture.text({right, bottom + 16.0}, x_label, "end", "n");
    picture.rectangle({left, top}, right - left, bottom - top, "f");
    if (!zero.empty()) {
      legend(picture, {left, bottom + 8.0});
    }
    if (columns.empty() || columns.front().empty()) {
      return picture;
    }
    std::array<std::string, shades + 1> strokes;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      std::vector<double> const& cells = columns[c];
      for (std::size_t r = 0; r < cells.size();) {
        int const shade = shade_of(cells[r]);
        std::size_t end = r + 1;
        while (end < cells.size() && shade_of(cells[end]) == shade) {
          ++end;
        }
        strokes[static_cast<std::size_t>(shade)] +=
            'M' + std::to_string(c) + ' ' + std::to_string(r) + 'v' + std::to_string(end - r);
        r = end;
      }
    }
    double const wide = (right - left) / static_cast<double>(columns.size());
    double const tall = (bottom - top) / static_cast<double>(columns.front().size());
    for (std::size_t shade = 1; shade < strokes.size(); ++shade) {
      if (!strokes[shade].empty()) {
        picture.grid({left + 0.5 * wide, top}, wide, tall, strokes[shade], "h" + std::to_string(shade));
      }
    }
    return picture;
  }

private:
  /// Shades from 0 to 1, between the words for both.
  void legend(canvas& picture, point corner) const {
    constexpr int steps = 5;
    constexpr double side = 9.0;
    double const first = corner.x + 5.5 * static_cast<double>(zero.size()); // no letter of this size is much wider
    picture.text({corner.x, corner.y + 8.0}, zero, "start", "n");
    picture.rectangle({first, corner.y}, steps * side, side, "f");
    for (int k = 1; k < steps; ++k) {
      picture.grid({first + (k + 0.5) * side, corner.y}, side, side, "M0 0v1",
                   "h" + std::to_string(k * shades / (steps - 1)));
    }
    picture.text({first + steps * side + 4.0, corner.y + 8.0}, one, "start", "n");
  }
  [[nodiscard]] static int shade_of(double x) {
    return satur::detail::is_nan(x)
               ? 0
               : static_cast<int>(std::ceil((std::min)((std::max)(x, 0.0), 1.0) * static_cast<double>(shades)));
  }
};

} // namespace satur::inline SATUR_ABI::svg
