/// \file report/html/layers.hpp  The layers of a run: a table of their numbers, the prediction, the flow of the
/// gradient, and how z is spread.
#pragma once

#include "satur/activation/named.hpp"
#include "satur/monitor/columns.hpp"
#include "satur/monitor/monitor.hpp"
#include "satur/report/html/elements.hpp"
#include "satur/report/html/options.hpp"
#include "satur/report/svg/histogram_chart.hpp"
#include "satur/rule/equivalents.hpp"
#include "satur/rule/presets.hpp"

#include <cmath>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace satur::inline SATUR_ABI::detail {

/// Every column of every layer in the last sampled step, and what each column is.
[[nodiscard]] inline std::string layer_table(monitor const& mon, phase p) {
  std::vector<std::string> heads{"layer", "activation"};
  for (monitor_column const& c : monitor_columns) {
    heads.push_back(std::string(c.name));
  }
  html_table table("The last sampled step. A click on a head sorts.", heads, true);
  for (layer_monitor const& layer : mon) {
    layer_record const& r = layer.last(p);
    std::vector<html_cell> cells{{std::string(r.saturation.activation)}};
    for (monitor_column const& c : monitor_columns) {
      double const x = c.read(r);
      cells.push_back({c.unit == "count" ? text::number(x) : text::significant(x, 4), x});
    }
    table.add(layer.name(), cells);
  }
  std::string page = std::move(table).str() + "<details><summary>What the columns are</summary><dl>";
  for (monitor_column const& c : monitor_columns) {
    page += "<dt>" + svg::escaped(c.name) + "</dt><dd>" + svg::escaped(c.definition) + " (" + svg::escaped(c.unit) +
            ")</dd>";
  }
  return page + "</dl></details>\n";
}

/// Theory beside the first sampled step.
[[nodiscard]] inline std::string prediction_table(monitor const& mon, phase p, theory::prediction const& expected) {
  html_table table("Expected before training, over random weights, and measured in the first sampled step.",
                   {"layer", "mean z, expected", "measured", "std z, expected", "measured",
                    "|z| > " + text::number(expected.threshold) + ", expected", "measured", "mean slope, expected",
                    "measured"},
                   true);
  std::size_t l = 0;
  for (layer_monitor const& layer : mon) {
    if (l == expected.layers.size()) {
      break;
    }
    theory::layer_prediction const& e = expected.layers[l++];
    saturation const& s = layer.origin(p).first.saturation;
    bool const same_rule = s.rule == z_beyond{expected.threshold}.definition();
    auto const number = [](double x) { return html_cell{text::significant(x, 3), x}; };
    auto const percent = [](double x) { return html_cell{text::percent(x) + (is_nan(x) ? "" : " %"), x}; };
    table.add(layer.name(),
              {number(e.mean), number(s.mean_z()), number(e.stddev()), number(s.stddev_z()), percent(e.fraction()),
               percent(same_rule ? s.fraction() : std::numeric_limits<double>::quiet_NaN()), number(e.mean_derivative),
               number(s.mean_derivative())});
  }
  return std::move(table).str();
}

/// The size of dL/dz from layer to layer, in the last sampled step and in the first.
[[nodiscard]] inline std::string gradient_flow_chart(monitor const& mon, phase p) {
  svg::series now{"last step", {}, {}};
  svg::series then{"first step", {}, {}};
  double number = 0.0;
  std::string names;
  for (layer_monitor const& layer : mon) {
    number += 1.0;
    names += (names.empty() ? "" : ", ") + text::number(number) + " " + layer.name();
    now.x.push_back(number);
    now.y.push_back(layer.last(p).gradient.rms());
    then.x.push_back(number);
    then.y.push_back(layer.origin(p).first.gradient.rms());
  }
  svg::line_chart const chart{.title = "Gradient by layer",
                              .x_label = "layer",
                              .y_label = "rms of dL/dz",
                              .lines = {then, now},
                              .logarithmic = true};
  return figure_of(chart, "Root mean square of dL/dz of each layer, from the input to the output. A line that falls "
                          "toward the left is a gradient that vanishes. Layers: " +
                              names + ".");
}

// Templates, so that a file that writes no page does not compile every activation.

/// The activation of a layer: one of those given, or the library's of that name with its usual parameters.
template <std::same_as<html_options> O>
[[nodiscard]] std::optional<any_activation> activation_of(saturation const& s, O const& o) {
  for (any_activation const& a : o.activations) {
    if (s.activation == a.name) {
      return a;
    }
  }
  return s.activation.empty() ? std::nullopt : activation_named(s.activation);
}

/// z of a layer in the window, with f and f' behind it, the rule's limits, and where the slope has the share of its
/// peak that a sigmoid has at 5.
template <std::same_as<html_options> O>
[[nodiscard]] std::string histogram_figure(layer_monitor const& layer, phase p, O const& o) {
  histogram const& h = layer.histograms(p)->z;
  svg::histogram_chart chart{.title = "z of " + layer.name(), .counts = h};
  std::string words = detail::message(h.total(), " z, from ", text::significant(h.lowest(), 3), " to ",
                                      text::significant(h.highest(), 3));
  if (h.below() + h.above() != 0) {
    words += detail::message("; ",
                             text::percent(static_cast<double>(h.below() + h.above()) / static_cast<double>(h.total())),
                             " % lie outside of the picture");
  }
  if (h.nan() + h.infinite() != 0) {
    words += detail::message("; ", h.nan(), " NaN and ", h.infinite(), " infinite");
  }
  chart.marks = {{-5.0, "-5"}, {5.0, "5"}};
  if (std::optional<any_activation> const act = activation_of(layer.total(p).saturation, o); act) {
    auto const [low, high] = svg::histogram_chart::shown(h);
    svg::curve value{"f", "v", {}, {}};
    svg::curve slope{"f'", "w", {}, {}};
    for (int i = 0; i <= 120; ++i) {
      double const z = low + (high - low) * i / 120.0;
      value.z.push_back(z);
      value.y.push_back(act->value(z));
      slope.z.push_back(z);
      slope.y.push_back(act->derivative(z));
    }
    chart.curves = {value, slope};
    rule_equivalents const e = equivalents(rules::equal_slope(), *act);
    for (double const z : {e.z_low, e.z_high}) {
      if (!is_nan(z) && std::fabs(std::fabs(z) - 5.0) > 0.05) {
        chart.marks.push_back({z, text::significant(z, 3)});
      }
    }
  }
  return figure_of(layer.name(), chart.draw().str(chart.title), words + ".");
}

template <std::same_as<html_options> O> [[nodiscard]] std::string histogram_figures(monitor const& mon, O const& o) {
  std::string page;
  for (layer_monitor const& layer : mon) {
    if (layer.histograms(o.phase) && layer.histograms(o.phase)->z.total() != 0) {
      page += histogram_figure(layer, o.phase, o);
    }
  }
  return page.empty() ? page
                      : "<p class=\"soft\">Bars: how often each z occurred in the window. Black: the activation f(z). "
                        "Red: its slope f'(z). Each is drawn from its least to its largest value in the picture. "
                        "Dashed: |z| = 5, and where the slope is 2.66 % of its peak, as that of a sigmoid is at "
                        "5.</p><div class=\"grid\">" +
                            page + "</div>\n";
}

} // namespace satur::inline SATUR_ABI::detail
