/// \file report/html/over_steps.hpp  The charts over the steps of a run: slopes, saturated shares, gradients, updates.
#pragma once

#include "satur/monitor/monitor.hpp"
#include "satur/report/html/elements.hpp"
#include "satur/report/svg/line_chart.hpp"

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace satur::inline SATUR_ABI::detail {

/// One reading of every layer, from its history: at most 256 points, each the mean of neighbors.
[[nodiscard]] inline std::vector<svg::series> histories_of(monitor const& mon, phase p,
                                                           double (*read)(history_line const&)) {
  constexpr std::size_t most = 256;
  std::vector<svg::series> all;
  for (layer_monitor const& layer : mon) {
    history const& lines = layer.history(p);
    svg::series s{layer.name(), {}, {}};
    std::size_t const n = lines.size();
    std::size_t const points = n < most ? n : most;
    bool any = false;
    for (std::size_t i = 0; i < points; ++i) {
      double sum = 0.0;
      std::size_t const first = i * n / points;
      std::size_t const end = (i + 1) * n / points;
      for (std::size_t k = first; k < end; ++k) {
        sum += read(lines[k]); // NaN leaves a gap
      }
      s.x.push_back(static_cast<double>(lines[first].step));
      s.y.push_back(sum / static_cast<double>(end - first));
      any = any || !is_nan(s.y.back());
    }
    if (any) {
      all.push_back(std::move(s));
    }
  }
  return all;
}

/// The mean losses of blocks of steps, from block `first` on.
[[nodiscard]] inline svg::series losses_of(loss_history const& losses, std::size_t first = 0) {
  svg::series line{"loss", {}, {}};
  for (std::size_t i = first; i < losses.size(); ++i) {
    loss_block const& b = losses[i];
    line.x.push_back(static_cast<double>(b.first_step));
    line.y.push_back(b.count == 0 ? std::numeric_limits<double>::quiet_NaN() : b.mean);
  }
  return line;
}

/// The charts; `events` are the steps at which findings began.
[[nodiscard]] inline std::string over_steps(monitor const& mon, phase p, std::vector<svg::event> const& events) {
  std::string page;
  auto const chart = [&](std::string_view title, std::string_view unit, double (*read)(history_line const&),
                         std::string_view caption, auto const&... changes) {
    svg::line_chart c{.title = std::string(title),
                      .y_label = std::string(unit),
                      .lines = histories_of(mon, p, read),
                      .events = events};
    (changes(c), ...);
    page += "<h3>" + std::string(title) + "</h3>\n" + figure_of(c, caption);
  };
  auto const share = [](svg::line_chart& c) {
    c.low = 0.0;
    c.high = 1.0;
  };
  auto const logarithmic = [](svg::line_chart& c) { c.logarithmic = true; };
  std::string const rule = to_text(mon.rule().definition());
  chart(
      "Mean slope", "share of the peak slope", [](history_line const& l) { return l.slope_share(); },
      "Mean of f'(z) over units and samples, as a share of the activation's peak slope. Near 0 the weights below get "
      "no gradient.",
      share);
  chart(
      "Saturated on the low side", "share", [](history_line const& l) { return l.low_fraction(); },
      "Share of units and samples that are saturated on the low side: " + rule + ".", share);
  chart(
      "Saturated on the high side", "share", [](history_line const& l) { return l.high_fraction(); },
      "Share of units and samples that are saturated on the high side: " + rule + ".", share);
  chart(
      "Size of the gradients", "rms of dL/dz", [](history_line const& l) { return l.gradient_rms(); },
      "Root mean square of dL/dz. Lines that spread by a factor from layer to layer are gradients that vanish or "
      "explode by depth.",
      logarithmic);
  chart(
      "Size of the updates", "log10", [](history_line const& l) { return l.log10_update(); },
      "log10 of std(step) / std(weights). About -3 is usual: a thousandth of the weights in a step.",
      [](svg::line_chart& c) {
        if (!c.lines.empty()) {
          c.levels.push_back({-3.0, "usual"});
        }
      });
  return page;
}

} // namespace satur::inline SATUR_ABI::detail
