// A picture of runs, for a page that shows pictures: what slope, gradient and loss did, one row for each run.
#pragma once

#include "support/picture_file.hpp"
#include "support/saved_run.hpp"

#include <satur/report/html/over_steps.hpp>
#include <satur/report/run_summary.hpp>
#include <satur/report/svg/canvas.hpp>
#include <satur/report/svg/line_chart.hpp>
#include <satur/text.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace support {

namespace detail {

/// Without layers whose activation is the identity: they have the slope 1 always.
inline std::vector<satur::svg::series> lines_of(satur::monitor const& mon, double (*read)(satur::history_line const&)) {
  std::vector<satur::svg::series> all = satur::detail::histories_of(mon, satur::phase::train, read);
  for (satur::layer_monitor const& layer : mon) {
    if (layer.last().saturation.activation == "identity") {
      std::erase_if(all, [&](satur::svg::series const& line) { return line.name == layer.name(); });
    }
  }
  return all;
}

/// Without the first block of steps if there are enough of them: its loss is often so large that the others look equal.
inline satur::svg::series loss_line(satur::loss_history const& losses) {
  satur::svg::series line = satur::detail::losses_of(losses, losses.size() < 8 ? 0 : 1);
  line.name.clear();
  return line;
}

/// "default. It did not learn: the loss stayed at chance: 2.131 (chance: 2.095)": the name of the file, and how it
/// went.
inline std::string heading_of(saved_run const& run) {
  std::string words = satur::run_summary(run.mon->losses());
  words = words.substr(0, words.find(')') == std::string::npos ? words.size() : words.find(')') + 1);
  words = words.starts_with("The run ") ? "It " + words.substr(8) : words;
  return std::filesystem::path(run.file).stem().string() + ". " + words;
}

/// "hidden 1 0.97, hidden 2 0.96": the last number of each line.
inline std::string ends_of(std::vector<satur::svg::series> const& lines) {
  std::string words;
  for (satur::svg::series const& line : lines) {
    words += (words.empty() ? "" : ", ") + line.name + ' ' + satur::text::significant(line.y.back(), 2);
  }
  return words;
}

} // namespace detail

/// The picture as a file. A row is headed by the name of its file and by whether the run learned; the axes of a column
/// are the same in all rows. Each run has a saved monitor. The same runs give the same bytes.
inline std::string picture_of(std::vector<saved_run> const& runs) {
  using satur::svg::line_chart;
  constexpr double width = 880.0, height = 190.0, head = 34.0, step = width / 3.0;
  std::vector<std::vector<line_chart>> rows;
  satur::svg::range of_gradients{.positive = true};
  satur::svg::range of_losses;
  std::string words;
  for (saved_run const& run : runs) {
    satur::monitor const& mon = *run.mon;
    auto const chart = [&](std::string const& name, std::vector<satur::svg::series> lines, double names) {
      return line_chart{.title = name,
                        .y_label = name,
                        .lines = std::move(lines),
                        .width = step,
                        .height = height,
                        .room_for_numbers = 40.0,
                        .room_for_names = names};
    };
    satur::svg::series const loss = detail::loss_line(mon.losses());
    std::vector<line_chart> row{chart("slope left in each layer (1: all)",
                                      detail::lines_of(mon, [](auto const& l) { return l.slope_share(); }), 56.0),
                                chart("gradient in each layer (rms of dL/dz)",
                                      detail::lines_of(mon, [](auto const& l) { return l.gradient_rms(); }), 56.0),
                                chart("loss", {loss}, 12.0)};
    row[0].low = 0.0;
    row[0].high = 1.0;
    row[1].logarithmic = true;
    if (!loss.x.empty() && loss.x.front() > 0.0) {
      row[2].y_label += " from step " + satur::text::number(loss.x.front()) + " on";
    }
    double const chance = mon.losses().chance();
    if (!satur::detail::is_nan(chance)) {
      row[2].levels.push_back({chance, "chance"});
      of_losses.add(chance);
    }
    for (satur::svg::series const& line : row[1].lines) {
      for (double const y : line.y) {
        of_gradients.add(y);
      }
    }
    for (double const y : loss.y) {
      of_losses.add(y);
    }
    words += detail::heading_of(run) + ". At the end, slope left: " + detail::ends_of(row[0].lines) +
             "; gradient: " + detail::ends_of(row[1].lines) + ". ";
    rows.push_back(std::move(row));
  }
  satur::svg::canvas picture(width, static_cast<double>(runs.size()) * (head + height));
  double top = 0.0;
  for (std::size_t r = 0; r < runs.size(); ++r, top += head + height) {
    picture.text({14.0, top + 20.0}, detail::heading_of(runs[r]), "start", "k",
                 satur::learned(runs[r].mon->losses()) ? "" : "fill:var(--alarm)");
    for (std::size_t c = 0; c < rows[r].size(); ++c) {
      line_chart chart = rows[r][c];
      satur::svg::range const& all = c == 1 ? of_gradients : of_losses;
      if (c > 0 && !all.empty()) {
        chart.low = all.low;
        chart.high = all.high;
      }
      picture.place({static_cast<double>(c) * step, top + head}, chart.draw());
    }
  }
  return picture_file(picture, "Slope, gradient and loss of " + std::string(runs.size() == 1 ? "a run" : "runs"),
                      words);
}

} // namespace support
