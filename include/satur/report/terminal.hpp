/// \file report/terminal.hpp  A live view of a training run in a terminal.
#pragma once

#include "satur/monitor/format_table.hpp"
#include "satur/monitor/monitor.hpp"
#include "satur/report/terminal/layer_line.hpp"
#include "satur/report/terminal/terminal_options.hpp"
#include "satur/text/number.hpp"
#include "satur/text/table.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// How far a run has come. What is unknown is left out of the first line.
struct run_progress {
  std::uint64_t step = 0;  ///< steps done
  std::uint64_t steps = 0; ///< of the whole run; 0: unknown
  double loss = std::numeric_limits<double>::quiet_NaN();
  double right = std::numeric_limits<double>::quiet_NaN(); ///< share of the examples that are classified correctly
};

/// Progress with rate and time left, then a line for each layer: the saturated shares of both sides and the mean slope
/// as bars, the mean slope over the run as a sparkline, and the size of the gradients; below them, what leaves the
/// number formats that the monitor watches. As an observer:
///
///     terminal_view view(std::cout, {.steps = 1200});
///     mon.end_step(view);
///
/// On a terminal it is redrawn in place, at most five times a second; elsewhere only what is asked for (`keep`) is
/// written, as plain lines. No line is longer than `terminal_options::width`. If the window has too few lines, the last
/// layers are left out and counted. For one thread at a time.
class terminal_view {
public:
  struct run {
    std::uint64_t steps = 0; ///< of the whole run; 0: unknown
    std::uint64_t every = 0; ///< as an observer: every so many steps a table is kept; 0: never
    table_stretch stretch = table_stretch::last_step;
  };

  explicit terminal_view(std::ostream& out) : terminal_view(out, run{}) {}
  /// Throws std::invalid_argument if an option is out of range. The clock is read once a call.
  terminal_view(std::ostream& out, run const& all, terminal_options const& options = terminal_of_stdout(),
                clock_function clock = steady_nanoseconds)
      : out_(&out), run_(all), options_(options), clock_(clock), start_(clock()) {
    options_.require_valid();
  }

  /// Draws the layers of `mon`. `keep`: draw even if the last drawing is younger than 200 ms or nothing is live, and
  /// leave it there if nothing is live. The sparklines are of `past`, another monitor of the same run, if there is one.
  void show(monitor const& mon, run_progress const& p, bool keep = false, monitor const* past = nullptr) {
    std::uint64_t const now = clock_();
    if (!keep && (!options_.live || (drawn_once_ && now - drawn_ < 200'000'000))) {
      return;
    }
    drawn_ = now;
    drawn_once_ = true;
    std::vector<std::string> const lines = lines_of(mon, past == nullptr ? mon : *past, p, now);
    std::string text;
    if (options_.live && on_screen_ != 0) {
      text += "\x1b[" + text::number(on_screen_) + "A\r"; // to the first line of the last drawing
    }
    for (std::string const& line : lines) {
      text += options_.live ? "\x1b[2K" + line + '\n' : line + '\n';
    }
    if (options_.live) {
      text += "\x1b[J"; // clears what is below
      on_screen_ = lines.size();
    } else {
      text += '\n';
    }
    *out_ << text << std::flush;
  }
  /// As an observer: the loss is the last one that the monitor was told.
  void on_step(monitor const& mon) {
    std::uint64_t const step = mon.steps();
    bool const last = step == run_.steps;
    show(mon, {step, run_.steps, mon.losses().last()}, last || (run_.every != 0 && step % run_.every == 0));
  }
  /// The next drawing goes below what was written since the last one.
  void below() { on_screen_ = 0; }

private:
  [[nodiscard]] std::vector<std::string> lines_of(monitor const& mon, monitor const& past, run_progress const& p,
                                                  std::uint64_t now) const {
    detail::layer_line const line(options_);
    std::vector<std::string> lines;
    lines.push_back(text::shortened(progress(p, static_cast<double>(now - start_) * 1e-9), options_.width));
    lines.push_back(line.head());
    std::size_t const room = options_.live && options_.height > 5 ? options_.height - 5 : mon.size();
    std::size_t shown = 0;
    for (layer_monitor const& layer : mon) {
      if (shown == room) {
        break;
      }
      ++shown;
      layer_record const& r =
          run_.stretch == table_stretch::last_step ? layer.last(mon.phase()) : layer.total(mon.phase());
      lines.push_back(line.of(layer.name(), r, history_of(past, layer)));
    }
    if (shown < mon.size()) {
      std::size_t const left = mon.size() - shown;
      lines.push_back(text::shortened(detail::message(left, left == 1 ? " more layer: a taller window shows it"
                                                                      : " more layers: a taller window shows them"),
                                      options_.width));
    }
    lines.push_back(text::shortened(
        detail::message("saturated: ", to_text(mon.rule().definition()), "; slope: mean f'(z), % of its peak"),
        options_.width));
    std::ostringstream formats;
    formats << format_table(mon, run_.stretch, mon.phase()); // nothing if none is watched
    std::istringstream more(formats.str());
    for (std::string one; std::getline(more, one);) {
      lines.push_back(text::shortened(one, options_.width));
    }
    return lines;
  }
  [[nodiscard]] static history const& history_of(monitor const& past, layer_monitor const& layer) {
    for (layer_monitor const& other : past) {
      if (other.name() == layer.name()) {
        return other.history();
      }
    }
    return layer.history();
  }
  [[nodiscard]] std::string progress(run_progress const& p, double seconds) const {
    std::string line = detail::message("step ", p.step);
    if (p.steps != 0) {
      line += detail::message(" of ", p.steps);
    }
    if (!detail::is_nan(p.loss)) {
      line += "   loss " + (p.loss < 1000.0 ? text::decimals(p.loss, 4) : text::significant(p.loss, 3));
    }
    if (!detail::is_nan(p.right)) {
      line += "   right " + text::percent(p.right) + " %";
    }
    if (double const rate = static_cast<double>(p.step) / seconds; seconds > 0.0 && p.step != 0) {
      line += "   " + text::decimals(rate, rate < 10.0 ? 1 : 0) + " steps/s";
      if (options_.live && p.step < p.steps) {
        line += "   " + text::decimals(static_cast<double>(p.steps - p.step) / rate, 0) + " s left";
      }
    }
    return line;
  }

  std::ostream* out_;
  run run_;
  terminal_options options_;
  clock_function clock_;
  std::uint64_t start_;
  std::uint64_t drawn_ = 0;
  bool drawn_once_ = false;
  std::size_t on_screen_ = 0; ///< lines of the last drawing
};

}} // namespace satur::SATUR_ABI
