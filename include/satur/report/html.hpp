/// \file report/html.hpp  A run as one page: self-contained, drawn by the writer, readable without its script.
#pragma once

#include "satur/finding/diagnose.hpp"
#include "satur/report/file/whole_file.hpp"
#include "satur/report/html/assets.hpp"
#include "satur/report/html/elements.hpp"
#include "satur/report/html/layers.hpp"
#include "satur/report/html/options.hpp"
#include "satur/report/html/over_steps.hpp"
#include "satur/report/html/units_over_time.hpp"
#include "satur/report/run_summary.hpp"
#include "satur/report/svg/line_chart.hpp"

#include <concepts>
#include <cstddef>
#include <locale>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// What is wrong, and what to do, worst first as the diagnosis orders it.
[[nodiscard]] inline std::string finding_list(std::vector<finding> const& findings) {
  if (findings.empty()) {
    return "<p>No finding.</p>\n";
  }
  std::string page;
  for (finding const& f : findings) {
    std::ostringstream words;
    words.imbue(std::locale::classic());
    words << f;
    std::string_view const severity = to_text(f.severity);
    std::string text = words.str();
    text.erase(0, severity.size() + 3); // "[alarm] "
    std::size_t const line = text.find('\n');
    page += "<div class=\"finding " + std::string(severity) + "\"><b>" + std::string(severity) + "</b> " +
            svg::escaped(text.substr(0, line));
    if (line != std::string::npos) {
      page += "<br>" + svg::escaped(text.substr(line + 3));
    }
    if (f.since) {
      page +=
          "<br><span class=\"soft\">" +
          (f.since->first == f.since->last ? message("since step ", f.since->first)
                                           : message("since a step between ", f.since->first, " and ", f.since->last)) +
          "</span>";
    }
    if (std::string const details = f.details(); !details.empty()) {
      page += "<details><summary>Evidence</summary>";
      std::istringstream lines(details);
      for (std::string one; std::getline(lines, one);) {
        page += "<p>" + svg::escaped(one) + "</p>";
      }
      page += "</details>";
    }
    page += "</div>\n";
  }
  return page;
}

[[nodiscard]] inline std::string loss_figure(loss_history const& losses, std::vector<svg::event> const& events) {
  svg::line_chart chart{.title = "Loss", .y_label = "loss", .lines = {losses_of(losses)}, .events = events};
  if (!is_nan(losses.chance())) {
    chart.levels.push_back({losses.chance(), "chance: a model that knows nothing"});
  }
  return figure_of(chart, "Mean loss of blocks of steps. Dashed red: where a finding began.");
}

template <std::same_as<html_options> O> [[nodiscard]] std::string page_of(monitor const& mon, O const& o) {
  std::vector<finding> const findings = o.findings ? *o.findings : diagnose(mon, {}, o.activations);
  std::vector<svg::event> events;
  for (finding const& f : findings) {
    if (f.since) {
      events.push_back({static_cast<double>(f.since->first), f.layer + ": " + std::string(to_text(f.symptom))});
    }
  }
  sampling_record const& s = mon.sampling(o.phase);
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width,initial-scale=1\"><title>" +
      svg::escaped(o.title) + "</title><style>" + std::string(page_style) +
      "</style></head><body><main>\n<button id=\"theme\" type=\"button\" hidden>light or dark</button><h1>" +
      svg::escaped(o.title) + "</h1>\n";
  page += o.description.empty() ? "" : "<p>" + svg::escaped(o.description) + "</p>\n";
  page += "<p class=\"verdict\">" + svg::escaped(run_summary(mon.losses())) + "</p>\n<p class=\"soft\">" +
          svg::escaped(message(
              count_text(mon.size(), "layer"), ", ", count_text(s.seen, "step"), " of ", to_text(o.phase),
              s.sampled != s.seen ? message(", ", s.sampled, " of them sampled") : std::string(),
              mon.options().rows > 1 ? message(", one row in ", mon.options().rows, " observed") : std::string(),
              "; saturated: ", to_text(mon.rule().definition()), ".")) +
          "</p>\n<h2>Findings</h2>\n" + finding_list(findings);
  if (!mon.losses().empty()) {
    page += "<h2>Loss</h2>\n" + loss_figure(mon.losses(), events);
  }
  if (mon.size() != 0) {
    page += "<h2>Layers</h2>\n" + layer_table(mon, o.phase);
    if (o.prediction) {
      page += prediction_table(mon, o.phase, *o.prediction);
    }
    page += gradient_flow_chart(mon, o.phase) + "<h2>Over the steps</h2>\n" + over_steps(mon, o.phase, events);
    if (std::string const maps = units_over_time(mon, o.phase); !maps.empty()) {
      page += "<h2>Units over time</h2>\n" + maps;
    }
    if (std::string const spread = histogram_figures(mon, o); !spread.empty()) {
      page += "<h2>How z is spread</h2>\n" + spread;
    }
  }
  return page + "</main><script>" + std::string(page_script) + "</script></body></html>\n";
}

} // namespace detail

/// Writes a run as one HTML page: verdict and findings, the loss, each layer's numbers with their definitions, slopes,
/// saturated shares, gradients and updates over the steps, units over time where they are recorded, and how z is
/// spread. It needs no network, no other file and no script to be complete. The same monitor and options give the same
/// bytes. To a stream, or a file, which is replaced when the page is whole. Throws what `diagnose` throws; file_error
/// if the file cannot be written.
template <std::same_as<monitor> M> void write_html(M const& mon, std::ostream& out, html_options const& options = {}) {
  out << detail::page_of(mon, options);
}
template <std::same_as<monitor> M>
void write_html(M const& mon, std::string const& to, html_options const& options = {}) {
  detail::write_whole_file("write_html", to, "the page", detail::page_of(mon, options));
}

}} // namespace satur::SATUR_ABI
