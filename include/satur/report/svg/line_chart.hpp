/// \file report/svg/line_chart.hpp  Series over a common axis, with named lines at the right and marks.
#pragma once

#include "satur/report/svg/axis.hpp"
#include "satur/report/svg/canvas.hpp"
#include "satur/text/table.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace satur::inline SATUR_ABI::svg {

/// One line: y[i] at x[i]; NaN leaves a gap.
struct series {
  std::string name;
  std::vector<double> x;
  std::vector<double> y;
};

/// A vertical line where something happened.
struct event {
  double x = 0.0;
  std::string text;
};
/// A horizontal line at a number with a meaning.
struct level {
  double y = 0.0;
  std::string text;
};

/// The color of line i of n: from blue to red, in the order of the layers.
[[nodiscard]] inline std::string hue_of(std::size_t i, std::size_t n) {
  double const share = n < 2 ? 0.0 : static_cast<double>(i) / static_cast<double>(n - 1);
  return "hsl(" + coordinate(205.0 + share * 175.0) + ",68%,50%)"; // blue, violet, magenta, red, orange
}

struct line_chart {
  std::string title; ///< read aloud in the place of the picture
  std::string x_label = "step";
  std::string y_label = {};
  std::vector<series> lines = {};
  std::vector<event> events = {};
  std::vector<level> levels = {};
  bool logarithmic = false;                              ///< y
  double low = std::numeric_limits<double>::quiet_NaN(); ///< of the y axis; NaN: by the numbers
  double high = std::numeric_limits<double>::quiet_NaN();

  double width = 760.0; ///< of the picture
  double height = 230.0;
  double room_for_numbers = 56.0; ///< at the left
  double room_for_names = 128.0;  ///< at the right

  [[nodiscard]] canvas draw() const {
    double const left = room_for_numbers;
    double const right = width - room_for_names;
    double const top = 14.0;
    double const bottom = height - 34.0;
    range of_x;
    range of_y{.positive = logarithmic};
    for (series const& s : lines) {
      for (std::size_t i = 0; i < s.x.size(); ++i) {
        of_x.add(s.x[i]);
        of_y.add(s.y[i]);
      }
    }
    for (level const& l : levels) {
      of_y.add(l.y);
    }
    if (!satur::detail::is_nan(low)) {
      of_y.add(low);
    }
    if (!satur::detail::is_nan(high)) {
      of_y.add(high);
    }
    axis const x(of_x, left, right);
    axis const y(of_y, bottom, top, logarithmic);
    canvas picture(width, height);
    for (tick const& t : y.ticks()) {
      picture.line({left, y.at(t.value)}, {right, y.at(t.value)}, "g");
      picture.text({left - 6.0, y.at(t.value) + 4.0}, t.text, "end");
    }
    int const wanted = right - left < 480.0 ? 3 : 6;
    for (tick const& t : x.ticks(wanted)) {
      if (t.value == std::floor(t.value)) { // there is no half step, and no half layer
        picture.text({x.at(t.value), bottom + 16.0}, t.text, "middle");
      }
    }
    picture.line({left, bottom}, {right, bottom}, "a");
    picture.text({right, bottom + 30.0}, x_label, "end", "l");
    picture.text({left, top - 4.0}, y_label, "start", "l");
    for (level const& l : levels) {
      picture.line({left, y.at(l.y)}, {right, y.at(l.y)}, "d");
      picture.text({right - 4.0, y.at(l.y) - 4.0}, l.text, "end", "n");
    }
    for (event const& e : events) {
      picture.line({x.at(e.x), top}, {x.at(e.x), bottom}, "e");
      bool const late = x.at(e.x) > (left + right) / 2.0;
      picture.text({x.at(e.x) + (late ? -4.0 : 4.0), top + 10.0}, e.text, late ? "end" : "start", "n");
    }
    draw_lines(picture, x, y, right, top, bottom);
    picture.attribute("data-x", text::number(x.low()) + ' ' + text::number(x.high()) + ' ' + text::number(left) + ' ' +
                                    text::number(right));
    picture.attribute("data-y", text::number(y.low()) + ' ' + text::number(y.high()) + ' ' + text::number(bottom) +
                                    ' ' + text::number(top) + (logarithmic ? " log" : ""));
    picture.attribute("tabindex", "0");
    return picture;
  }

private:
  void draw_lines(canvas& picture, axis const& x, axis const& y, double right, double top, double bottom) const {
    struct label {
      double at;
      std::size_t line;
    };
    std::vector<label> labels;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      series const& s = lines[i];
      std::vector<point> points;
      double last = std::numeric_limits<double>::quiet_NaN();
      for (std::size_t k = 0; k < s.x.size(); ++k) {
        points.push_back({x.at(s.x[k]), y.at(s.y[k])});
        last = satur::detail::is_nan(points.back().y) ? last : points.back().y;
      }
      picture.polyline(points, "s", "stroke:" + hue_of(i, lines.size()), s.name);
      if (!satur::detail::is_nan(last)) {
        labels.push_back({last, i});
      }
    }
    // Names stand at the ends of their lines, moved apart where they would overlap; if they do not fit, some are left
    // out: the table behind the chart has all of them.
    constexpr double apart = 12.0;
    auto const most = static_cast<std::size_t>((bottom - top) / apart);
    while (labels.size() > most) {
      std::vector<label> kept;
      for (std::size_t i = 0; i < labels.size(); i += 2) {
        kept.push_back(labels[i]);
      }
      labels = kept;
    }
    std::stable_sort(labels.begin(), labels.end(), [](label const& a, label const& b) { return a.at < b.at; });
    double used = top - apart;
    for (label& l : labels) {
      l.at = used = (std::max)(l.at, used + apart);
    }
    double limit = bottom;
    for (auto l = labels.rbegin(); l != labels.rend(); ++l) {
      l->at = (std::min)(l->at, limit);
      limit = l->at - apart;
    }
    for (label const& l : labels) {
      picture.text({right + 6.0, l.at + 4.0}, text::shortened(lines[l.line].name, 17), "start", "t",
                   "fill:" + hue_of(l.line, lines.size()));
    }
  }
};

} // namespace satur::inline SATUR_ABI::svg
