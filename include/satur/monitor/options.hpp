/// \file monitor/options.hpp  What a monitor records, and how often.
#pragma once

#include "satur/activation/sigmoid.hpp"
#include "satur/format/formats.hpp" // what `monitor_options::formats` takes
#include "satur/monitor/history.hpp"
#include "satur/monitor/sampling.hpp"
#include "satur/record/format_losses.hpp"
#include "satur/rule/any_rule.hpp"

namespace satur { inline namespace SATUR_ABI {

/// Training and evaluation are recorded apart: dropout and batch normalization make them two networks.
enum class phase : std::uint8_t { train, eval };
[[nodiscard]] constexpr std::string_view to_text(phase p) { return p == phase::train ? "training" : "evaluation"; }

namespace detail {
/// Throws std::invalid_argument where a rule of the library has numbers that it does not allow.
inline void require_valid(any_rule const& rule) {
  if (rule.in_library()) {
    static_cast<void>(limits_of<double>(rule, sigmoid{})); // throws; every rule of the library takes a sigmoid
  }
}
} // namespace detail

/// What a monitor records, and how often.
///
///     monitor mon({.rule = slope_below{}, .histograms = 1, .sampling = {.every = 10}, .history = {.lines = 1000}});
struct monitor_options {
  any_rule rule = z_beyond{5.0}; ///< when a unit counts as saturated, in every layer
  /// Histograms of z, f'(z) and dL/dz, 10 kB a layer and phase. 0: none; 1: of all values; n: of one block of 256
  /// values in n, other blocks every step, at a n-th of the cost.
  std::size_t histograms = 0;
  /// `update` is recorded in one sampled step in n, and does nothing in the others; 0: never. Reading every weight
  /// costs about as much as changing it.
  std::size_t updates = 1;
  /// A record of each unit (`unit_records`, 64 bytes a unit and phase) of every layer whose z and dL/dz have two axes
  /// (batch, units), or come with a `unit_layout`. A layer so recorded always has as many units (shape_error
  /// otherwise).
  bool units = false;
  /// One row in n of every batch is observed, others each sampled step, so that each is in n of them; 1: all rows. The
  /// others are only computed, with the same bits. dL/dz is observed in the rows whose z were observed in this step. A
  /// row is one index of the first axis of z and dL/dz of two axes (batch, units), or one of the outer axes of a
  /// `unit_layout`: an image of `nchw`. Numbers without either are observed whole. Of fewer than n rows, one is
  /// observed; so all counts, intervals and findings are of what was observed. `update` reads one block of 256 values
  /// of w and of dw in n, and at least 16 blocks.
  std::size_t rows = 1;
  /// What of the numbers of each layer leaves a number format (`format_loss`), for z, outputs, gradients and weights,
  /// each in a format and at a scale of its own; without a format, nothing is read:
  ///
  ///     .formats = {.z = {formats::fp8_e4m3, 16.0}, .gradient = {formats::fp8_e5m2, 1024.0}}
  ///
  /// Outputs are f(z) as `forward` writes it; `observe` computes it once more. Weights are those that `update` is
  /// given. With `histograms`, the sizes of what is watched are drawn too, from which the loss in any other format
  /// follows: one format for each is enough. `layer_monitor::watch_formats` sets those of one layer.
  watched_formats formats = {};
  sampling_options sampling = {}; ///< which steps are recorded
  history_options history = {};   ///< how many of them are remembered one by one

  /// Those of the record of the data: units are features, and a rule of the activations says nothing of them.
  [[nodiscard]] monitor_options of_data() const {
    return {.rule = z_beyond{5.0},
            .units = true,
            .rows = rows,
            .sampling = sampling,
            .history = {.lines = 0, .unit_windows = 0}};
  }
  /// Throws std::invalid_argument where a number is out of range.
  void require_valid() const {
    detail::require_valid(rule);
    if (rows == 0) {
      detail::bad_parameter("monitor_options", "rows", rows, "1 for every row of a batch, 8 for one row in eight");
    }
    formats.require_valid();
    sampling.require_valid();
    history.require_valid();
  }
  bool operator==(monitor_options const&) const = default;
};

}} // namespace satur::SATUR_ABI
