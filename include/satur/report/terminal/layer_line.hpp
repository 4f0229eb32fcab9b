/// \file report/terminal/layer_line.hpp  One layer in one line of a terminal.
#pragma once

#include "satur/monitor/history.hpp"
#include "satur/record/layer.hpp"
#include "satur/report/terminal/bars.hpp"
#include "satur/report/terminal/terminal_options.hpp"
#include "satur/text/number.hpp"
#include "satur/text/table.hpp"

#include <array>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

namespace satur::inline SATUR_ABI::detail {

/// Cells from left to right, as many as fit: name, low side, high side, slope, the slope over time, gradient.
class layer_line {
public:
  explicit layer_line(terminal_options const& options) : options_(options) {}

  [[nodiscard]] std::string head() const {
    cells line(options_);
    line.add(text::left("layer", name_width));
    for (std::string_view const share : {"low %", "high %", "slope %"}) {
      line.add(text::left(text::right(share, digits), share_width));
    }
    line.add(text::left("over time", points + 1));
    line.add(text::right("grad rms", number_width));
    return options_.color ? in_color(line.text, color::bold) : line.text;
  }
  [[nodiscard]] std::string of(std::string_view name, layer_record const& r, history const& past) const {
    saturation const& s = r.saturation;
    double const slope = s.slope_share();
    cells line(options_);
    line.add(text::left(text::shortened(printable(name), name_width - 1), name_width));
    add_share(line, s.low_fraction(), color::blue);
    add_share(line, s.high_fraction(), color::red);
    add_share(line, slope, slope < 0.1 ? color::red : slope < 0.5 ? color::yellow : color::green);
    line.add(over_time(past) + ' ');
    line.add(text::right(text::scientific(r.gradient.rms(), 1), number_width));
    if (r.nonfinite()) {
      line.add(" !", color::red);
    }
    return line.text;
  }

private:
  static constexpr std::size_t name_width = 13;
  static constexpr std::size_t digits = 6;
  static constexpr std::size_t bar_cells = 7;
  static constexpr std::size_t share_width = digits + 1 + bar_cells + 1;
  static constexpr std::size_t points = 10;
  static constexpr std::size_t number_width = 9;
  enum class color { none, bold, red, green, yellow, blue };

  /// Cells beside each other, as long as they fit.
  struct cells {
    explicit cells(terminal_options const& o) : options(o) {}
    void add(std::string const& cell, color c = color::none) { add(cell, text::width_of(cell), c); }
    /// `cell` may hold colors of its own: its width is given.
    void add(std::string const& cell, std::size_t own, color c = color::none) {
      width += own;
      if (width <= options.width) {
        text += options.color ? in_color(cell, c) : cell;
      }
    }
    terminal_options const& options;
    std::string text;
    std::size_t width = 0;
  };
  void add_share(cells& line, double share, color c) const {
    std::string const drawn = bar(share, bar_cells, options_.unicode);
    line.add(text::right(text::percent(share), digits) + ' ' + (options_.color ? in_color(drawn, c) : drawn) + ' ',
             share_width);
  }
  [[nodiscard]] static std::string in_color(std::string const& words, color c) {
    constexpr std::array<std::string_view, 6> codes{"", "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[34m"};
    return c == color::none ? words : std::string(codes[static_cast<std::size_t>(c)]) + words + "\x1b[0m";
  }
  /// A name cannot move the cursor.
  [[nodiscard]] static std::string printable(std::string_view name) {
    std::string text(name);
    for (char& c : text) {
      auto const byte = static_cast<unsigned char>(c);
      c = byte < 0x20 || byte == 0x7f ? '?' : c;
    }
    return text;
  }
  /// The mean slope as a share of its peak, from the first kept step to the last; of an activation whose peak is
  /// unknown as a share of the largest mean slope.
  [[nodiscard]] std::string over_time(history const& past) const {
    std::array<double, points> series{};
    series.fill(std::numeric_limits<double>::quiet_NaN());
    double top = 0.0;
    std::size_t const n = past.size();
    std::size_t const used = n < points ? n : points;
    for (std::size_t i = 0; i < used; ++i) {
      std::size_t const first = i * n / used;
      std::size_t const end = (i + 1) * n / used;
      double sum = 0.0;
      for (std::size_t k = first; k < end; ++k) {
        history_line const& l = past[k];
        bool const known = l.peak_slope > 0.0;
        sum += known ? l.slope_share() : l.mean_derivative();
        top = known ? 1.0 : top;
      }
      series[i] = sum / static_cast<double>(end - first);
    }
    if (top == 0.0) {
      for (double const x : series) {
        top = x > top ? x : top;
      }
    }
    return sparkline(series, top, options_.unicode);
  }

  terminal_options options_;
};

} // namespace satur::inline SATUR_ABI::detail
