/// \file report/svg/histogram_chart.hpp  A histogram of z with the activation drawn behind it.
#pragma once

#include "satur/record/histogram.hpp"
#include "satur/report/svg/axis.hpp"
#include "satur/report/svg/canvas.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace satur::inline SATUR_ABI::svg {

/// A curve behind the bars: f(z), or f'(z), as a function that is sampled. Its name is in the legend.
struct curve {
  std::string name;
  std::string_view look; ///< class of the line
  std::vector<double> z;
  std::vector<double> y;
};

/// A vertical line at a z with a meaning, such as 5.
struct mark {
  double z;
  std::string text;
};

struct histogram_chart {
  std::string title;
  histogram const& counts; ///< on the linear scale
  std::vector<curve> curves = {};
  std::vector<mark> marks = {};

  static constexpr double width = 372.0;
  static constexpr double height = 190.0;

  /// The z that are shown: where the histogram has counts, and at least [-6, 6].
  [[nodiscard]] static std::pair<double, double> shown(histogram const& h) {
    double low = -6.0;
    double high = 6.0;
    for (std::size_t i = 0; i < h.bins(); ++i) {
      if (h.count(i) != 0) {
        low = (std::min)(low, h.edge(i));
        high = (std::max)(high, h.edge(i + 1));
      }
    }
    return {low, high};
  }

  [[nodiscard]] canvas draw() const {
    constexpr double left = 10.0;
    constexpr double right = width - 10.0;
    constexpr double top = 18.0;
    constexpr double bottom = height - 24.0;
    auto const [low, high] = shown(counts);
    axis const x = axis::between(low, high, left, right);
    canvas picture(width, height);
    for (tick const& t : x.ticks(6)) {
      picture.text({x.at(t.value), bottom + 16.0}, t.text, "middle");
    }
    for (mark const& m : marks) {
      if (m.z > low && m.z < high) {
        picture.line({x.at(m.z), top}, {x.at(m.z), bottom}, "d");
        picture.text({x.at(m.z), top - 5.0}, m.text, "middle", "n");
      }
    }
    draw_bars(picture, x, low, high, top, bottom);
    for (curve const& c : curves) {
      draw_curve(picture, x, c, top, bottom);
    }
    picture.line({left, bottom}, {right, bottom}, "a");
    return picture;
  }

private:
  /// At most 64 bars, each of as many whole bins.
  void draw_bars(canvas& picture, axis const& x, double low, double high, double top, double bottom) const {
    std::size_t first = 0;
    std::size_t end = counts.bins();
    while (first < end && counts.edge(first) < low) {
      ++first;
    }
    while (end > first && counts.edge(end) > high) {
      --end;
    }
    std::size_t const together = (end - first + 63) / 64;
    std::uint64_t most = 0;
    std::vector<std::uint64_t> bars;
    for (std::size_t i = first; i < end; i += together) {
      std::uint64_t sum = 0;
      for (std::size_t k = i; k < (std::min)(end, i + together); ++k) {
        sum += counts.count(k);
      }
      bars.push_back(sum);
      most = (std::max)(most, sum);
    }
    for (std::size_t i = 0; i < bars.size(); ++i) {
      if (bars[i] != 0) { // one count is seen too
        double const from = x.at(counts.edge(first + i * together));
        double const to = x.at(counts.edge((std::min)(end, first + (i + 1) * together)));
        double const tall = (std::max)(1.0, (bottom - top) * static_cast<double>(bars[i]) / static_cast<double>(most));
        picture.rectangle({from, bottom - tall}, (std::max)(0.5, to - from - 0.5), tall, "b");
      }
    }
  }
  /// From its own least to its own largest value in view.
  static void draw_curve(canvas& picture, axis const& x, curve const& c, double top, double bottom) {
    range of_y;
    for (double const v : c.y) {
      of_y.add(v);
    }
    axis const y(of_y, bottom - 2.0, top + 4.0);
    std::vector<point> points;
    for (std::size_t i = 0; i < c.z.size(); ++i) {
      points.push_back({x.at(c.z[i]), y.at(c.y[i])});
    }
    picture.polyline(points, c.look, {}, {});
  }
};

} // namespace satur::inline SATUR_ABI::svg
