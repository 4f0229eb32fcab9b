/// \file report/html/units_over_time.hpp  The units of each layer over the steps of a run, as maps.
#pragma once

#include "satur/monitor/monitor.hpp"
#include "satur/report/html/elements.hpp"
#include "satur/report/svg/heat_map.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace satur::inline SATUR_ABI::detail {

/// "step 3", "steps 3 to 8"
[[nodiscard]] inline std::string steps_of(unit_window const& w) {
  return w.first == w.last ? message("step ", w.first) : message("steps ", w.first, " to ", w.last);
}
[[nodiscard]] inline std::string units_of(unit_history const& h, std::size_t g) {
  std::size_t const first = h.first_unit(g);
  std::size_t const last = h.first_unit(g + 1) - 1;
  return first == last ? message("unit ", first) : message("units ", first, " to ", last);
}

/// What the map of a layer shows, in words: its axes, and the flattest units of the last window.
[[nodiscard]] inline std::string map_in_words(unit_history const& h) {
  std::size_t const last = h.size() - 1;
  std::size_t flattest = 0;
  std::size_t seen = 0;
  std::size_t flat = 0;
  for (std::size_t g = 0; g < h.groups(); ++g) {
    double const share = h.slope_share(last, g);
    seen += is_nan(share) ? 0 : 1;
    flat += share < 0.05 ? 1 : 0;
    flattest = is_nan(h.slope_share(last, flattest)) || share < h.slope_share(last, flattest) ? g : flattest;
  }
  std::string const axes =
      message(count_text(h.units(), "unit"), " in ", count_text(h.groups(), "row"), ", ",
              count_text(h.size(), "window"), " of up to ", count_text(h.window(0).steps, "sampled step"), ". ");
  if (seen == 0) {
    return axes + "In the last window nothing was seen.";
  }
  return axes + message("In the last, ", steps_of(h.window(last)), ", ", flat, " of ", count_text(seen, "row"),
                        flat == 1 ? " keeps" : " keep", " less than 5 % of the peak slope; the flattest, ",
                        units_of(h, flattest), ", keeps ", text::percent(h.slope_share(last, flattest)),
                        " % and is saturated in ", text::percent(h(last, flattest).fraction()), " %.");
}

/// A map for each layer whose units were recorded and whose peak slope is known; empty if there is none.
[[nodiscard]] inline std::string units_over_time(monitor const& mon, phase p) {
  std::string page;
  for (layer_monitor const& layer : mon) {
    unit_history const h = layer.unit_history(p);
    if (h.empty() || !(h.peak_slope() > 0.0)) {
      continue;
    }
    svg::heat_map map{.title = "Units of " + layer.name() + " over time",
                      .x_label = steps_of({h.window(0).first, h.window(h.size() - 1).last, 0}),
                      .y_label = message("units 0 (top) to ", h.units() - 1),
                      .zero = "peak slope",
                      .one = "slope 0"};
    for (std::size_t w = 0; w < h.size(); ++w) {
      std::vector<double>& column = map.columns.emplace_back();
      for (std::size_t g = 0; g < h.groups(); ++g) {
        column.push_back(1.0 - h.slope_share(w, g));
      }
    }
    page += figure_of(layer.name(), map.draw().str(map.title), map_in_words(h));
  }
  return page.empty()
             ? page
             : "<p class=\"soft\">From left to right: windows of the run. From top to bottom: units, neighbors "
               "together. Color: how much of the peak slope is missing in the mean f'(z) of these units. A row "
               "in full color is units that stopped learning; a column from which on all is full is a layer "
               "that fell at once. Blank: the peak slope, or nothing seen.</p><div class=\"grid\">" +
                   page + "</div>\n";
}

} // namespace satur::inline SATUR_ABI::detail
