/// \file report/observers/stop_when.hpp  Asks for the end of a run when a number crosses a limit, and says why.
#pragma once

#include "satur/monitor/columns.hpp"
#include "satur/monitor/monitor.hpp"
#include "satur/text/number.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// When `stop_when` stops.
struct stop_options {
  double below = std::numeric_limits<double>::quiet_NaN(); ///< stop if the number is < below; NaN: no such limit
  double above = std::numeric_limits<double>::quiet_NaN(); ///< stop if the number is > above; NaN: no such limit
  std::string layer = {};                                  ///< the only layer that is read; empty: each of them
  std::uint64_t steps = 1;                  ///< sampled steps of the phase in a row, in the same layer; 1 or more
  satur::phase phase = satur::phase::train; ///< the steps of the other one are not read
};

namespace detail {

/// Reads one of `monitor_columns` of the last step.
struct column_reading {
  monitor_column const* column;
  satur::phase phase;

  [[nodiscard]] double operator()(layer_monitor const& layer) const { return column->read(layer.last(phase)); }
};

[[nodiscard]] inline monitor_column const& column_named(char const* function, std::string_view name) {
  std::string known;
  for (monitor_column const& column : monitor_columns) {
    if (column.name == name) {
      return column;
    }
    known += (known.empty() ? "" : ", ") + std::string(column.name);
  }
  bad_parameter(function, "column", std::string(name), known);
}

} // namespace detail

/// An observer that answers `verdict::stop` when a number of a layer or of the run is beyond a limit, or when a rule
/// holds. Then `monitor::stop_requested()` is true, and `why()` says what happened.
///
///     stop_when flat("slope_share", {.below = 0.05, .steps = 10});           // a column, in any layer
///     stop_when broken("nonfinite", {.above = 0.0, .layer = "fc1"});         // in one layer
///     stop_when wide("loss", [](monitor const& m) { return m.losses().last(); }, {.above = 10.0});
///     stop_when rare("fraction", [](layer_monitor const& l) { return l.last().saturation.fraction(); }, {.above =
///     0.9}); stop_when done("the loss is low", [](monitor const& m) { return m.losses().last() < 0.01; }); while
///     (!mon.stop_requested()) { …; mon.end_step(flat, broken, wide, rare, done); }
///
/// A Reading takes `layer_monitor const&` or `monitor const&` and returns a number, or whether to stop (bool). A number
/// that is NaN (nothing was seen) is beyond no limit, and ends a row of steps.
template <class Reading = detail::column_reading> class stop_when {
public:
  /// One of `monitor_columns`, by its name. Throws std::invalid_argument, with the names, if there is none of that
  /// name, and as the next constructor does.
  explicit stop_when(std::string_view column, stop_options options)
    requires std::same_as<Reading, detail::column_reading>
      : stop_when(std::string(column), {&detail::column_named("stop_when", column), options.phase}, options) {}
  /// name: what is read, for `why()`. Throws std::invalid_argument if steps is 0, a number has no limit, an answer of
  /// yes or no has one, or a layer is named and the reading is one of the run.
  stop_when(std::string name, Reading reading, stop_options options = {})
      : name_(std::move(name)), reading_(std::move(reading)), options_(std::move(options)) {
    bool const limited = !detail::is_nan(options_.below) || !detail::is_nan(options_.above);
    if (options_.steps == 0) {
      detail::bad_parameter("stop_when", "steps", options_.steps, "1 or more sampled steps in a row");
    }
    if (limited == yes_or_no) {
      detail::bad_parameter("stop_when", "a limit of '" + name_ + "'", std::string(limited ? "given" : "not given"),
                            yes_or_no ? "none: its answer is yes or no" : "below, above, or both");
    }
    if (!of_layers && !options_.layer.empty()) {
      detail::bad_parameter("stop_when", "layer", options_.layer, "none: '" + name_ + "' is read of the whole run");
    }
  }

  /// Throws std::invalid_argument, with the known layers, if the monitor has none of the name that was given.
  [[nodiscard]] verdict on_step(monitor const& mon) {
    if (mon.phase() != options_.phase || mon.steps(options_.phase) == 0) {
      return verdict::go_on;
    }
    if constexpr (of_layers) {
      if (!options_.layer.empty()) {
        return judged(mon, 0, mon.at(options_.layer).name(), reading_(mon.at(options_.layer)));
      }
      verdict all = verdict::go_on;
      std::size_t place = 0;
      for (layer_monitor const& layer : mon) {
        all = judged(mon, place++, layer.name(), reading_(layer)) == verdict::stop ? verdict::stop : all;
      }
      return all;
    } else {
      return judged(mon, 0, {}, reading_(mon));
    }
  }

  [[nodiscard]] bool stopped() const { return !why_.empty(); }
  /// Why it stopped first: the step (the first is 0), the layer, the number and the limit. Empty if it did not.
  ///
  ///     step 412 of training: fc2: slope_share is 0.031, below 0.05, for 10 sampled steps in a row
  [[nodiscard]] std::string const& why() const { return why_; }
  /// Forgets what it saw, for another run.
  void clear() {
    why_.clear();
    in_a_row_.clear();
  }

private:
  static constexpr bool of_layers = std::invocable<Reading const&, layer_monitor const&>;
  static_assert(of_layers || std::invocable<Reading const&, monitor const&>,
                "satur: a reading of stop_when takes (satur::layer_monitor const&) or (satur::monitor const&)");
  using argument = std::conditional_t<of_layers, layer_monitor, monitor>;
  using answer = std::invoke_result_t<Reading const&, argument const&>;
  static constexpr bool yes_or_no = std::same_as<answer, bool>;
  static_assert(yes_or_no || std::convertible_to<answer, double>,
                "satur: a reading of stop_when returns a number or bool");

  /// Counts the layer at that place; its answer is of this step.
  [[nodiscard]] verdict judged(monitor const& mon, std::size_t place, std::string_view layer, answer const& read) {
    if (in_a_row_.size() <= place) {
      in_a_row_.resize(place + 1, 0);
    }
    bool beyond = false;
    std::string words;
    if constexpr (yes_or_no) {
      beyond = read;
      words = beyond ? name_ : std::string();
    } else {
      auto const x = static_cast<double>(read);
      bool const low = detail::is_below(x, options_.below);
      beyond = low || detail::is_above(x, options_.above);
      if (beyond) {
        words = name_ + " is " + text::number(x) + (low ? ", below " : ", above ") +
                text::number(low ? options_.below : options_.above);
      }
    }
    in_a_row_[place] = beyond ? in_a_row_[place] + 1 : 0;
    if (in_a_row_[place] < options_.steps || !beyond) {
      return verdict::go_on;
    }
    if (why_.empty()) {
      why_ = detail::message("step ", mon.steps(options_.phase) - 1, " of ", to_text(options_.phase), ": ", layer,
                             layer.empty() ? "" : ": ", words);
      why_ +=
          options_.steps == 1 ? std::string() : detail::message(", for ", options_.steps, " sampled steps in a row");
    }
    return verdict::stop;
  }

  std::string name_;
  Reading reading_;
  stop_options options_;
  std::vector<std::uint64_t> in_a_row_; ///< steps so far, for each layer, or for the run
  std::string why_;
};

stop_when(std::string_view, stop_options) -> stop_when<detail::column_reading>;
template <class Reading> stop_when(std::string, Reading, stop_options) -> stop_when<Reading>;
template <class Reading> stop_when(std::string, Reading) -> stop_when<Reading>;

}} // namespace satur::SATUR_ABI
