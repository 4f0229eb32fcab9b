/// \file monitor/columns.hpp  The numbers of a layer, each with its name, unit, definition and reader: the columns of
/// every table, file and page about a monitor.
#pragma once

#include "satur/monitor/history.hpp"
#include "satur/record/layer.hpp"
#include "satur/text/number.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// How `saturation_table` prints a column. A width of 0 says that it does not.
struct table_cell {
  std::string_view head = {};
  std::size_t width = 0;
  std::string (*text)(double) = text::number<double>;
  std::string_view note = {}; ///< below the table; empty where the head says enough
};

/// One number of a layer. Readers give NaN where nothing was seen; a count is a whole number, exact below 2^53.
struct monitor_column {
  std::string_view name;       ///< in files, such as "mean_slope"
  std::string_view unit;       ///< "count", "share" (0 to 1), "log10", or what z, f(z), f'(z) or dL/dz is measured in
  std::string_view definition; ///< one sentence
  double (*read)(layer_record const&);
  /// From one step of a history; null where a history does not keep it.
  double (*read_line)(history_line const&) = nullptr;
  table_cell cell = {};
};

/// All columns, in the order in which writers give them. A new one is one more entry, and a row in docs/monitor.md.
inline constexpr std::array monitor_columns{
    monitor_column{"count", "count", "pre-activations z seen, NaN not among them",
                   [](layer_record const& r) { return static_cast<double>(r.saturation.count); },
                   [](history_line const& l) { return static_cast<double>(l.count); }},
    monitor_column{"low", "count", "z saturated on the low side, by the monitor's rule",
                   [](layer_record const& r) { return static_cast<double>(r.saturation.low); },
                   [](history_line const& l) { return static_cast<double>(l.low); }},
    monitor_column{"high", "count", "z saturated on the high side, by the monitor's rule",
                   [](layer_record const& r) { return static_cast<double>(r.saturation.high); },
                   [](history_line const& l) { return static_cast<double>(l.high); }},
    monitor_column{"nan", "count", "z that is NaN",
                   [](layer_record const& r) { return static_cast<double>(r.saturation.nan); }},
    monitor_column{"infinite", "count", "z that is infinite",
                   [](layer_record const& r) { return static_cast<double>(r.saturation.infinite); }},
    monitor_column{"nonfinite", "count", "values of z and of dL/dz that are NaN or infinite",
                   [](layer_record const& r) {
                     return static_cast<double>(r.saturation.nan + r.saturation.infinite + r.gradient.nan +
                                                r.gradient.infinite);
                   },
                   [](history_line const& l) { return static_cast<double>(l.nonfinite); }},
    monitor_column{"mean_z",
                   "z",
                   "mean of finite z",
                   [](layer_record const& r) { return r.saturation.mean_z(); },
                   nullptr,
                   {"mean z", 9, [](double x) { return text::decimals_within(8, x, 3); }}},
    monitor_column{"std_z",
                   "z",
                   "standard deviation of finite z",
                   [](layer_record const& r) { return r.saturation.stddev_z(); },
                   nullptr,
                   {"std z", 9, [](double x) { return text::decimals_within(8, x, 3); }}},
    monitor_column{"low_fraction",
                   "share",
                   "low / count",
                   [](layer_record const& r) { return r.saturation.low_fraction(); },
                   [](history_line const& l) { return l.low_fraction(); },
                   {"low %", 9, text::percent}},
    monitor_column{"high_fraction",
                   "share",
                   "high / count",
                   [](layer_record const& r) { return r.saturation.high_fraction(); },
                   [](history_line const& l) { return l.high_fraction(); },
                   {"high %", 9, text::percent}},
    monitor_column{"mean_slope", "f'(z)", "mean of f'(z)",
                   [](layer_record const& r) { return r.saturation.mean_derivative(); },
                   [](history_line const& l) { return l.mean_derivative(); }},
    monitor_column{"slope_share",
                   "share",
                   "mean of f'(z) as a share of the activation's peak slope",
                   [](layer_record const& r) { return r.saturation.slope_share(); },
                   [](history_line const& l) { return l.slope_share(); },
                   {"slope %", 9, text::percent, "slope: mean f'(z) as a share of its peak"}},
    monitor_column{"mean_output", "f(z)", "mean of f(z) over finite z",
                   [](layer_record const& r) { return r.saturation.mean_output(); }},
    monitor_column{"std_output", "f(z)", "standard deviation of f(z) over finite z",
                   [](layer_record const& r) { return r.saturation.stddev_output(); }},
    monitor_column{"gradient_rms",
                   "dL/dz",
                   "root mean square of finite dL/dz",
                   [](layer_record const& r) { return r.gradient.rms(); },
                   [](history_line const& l) { return l.gradient_rms(); },
                   {"grad rms", 11, [](double x) { return text::scientific(x, 2); }, "grad: of dL/dz"}},
    monitor_column{
        "log10_update",
        "log10",
        "mean of log10(std(step) / std(weights))",
        [](layer_record const& r) { return r.update.log10_ratio(); },
        [](history_line const& l) { return l.log10_update(); },
        {"update", 9, [](double x) { return text::decimals(x, 2); }, "update: log10(std(step) / std(weights))"}},
};

}} // namespace satur::SATUR_ABI
