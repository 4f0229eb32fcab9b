/// \file report/history_rows.hpp  What writers are handed: the columns, one layer in one step, one loss.
#pragma once

#include "satur/monitor/columns.hpp"
#include "satur/monitor/loss_history.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// Which of `monitor_columns` a file has.
enum class column_set : std::uint8_t {
  all,      ///< those of a record: a file that is written as the run goes
  each_step ///< those that a history keeps of each step: a file of a finished run
};

/// f(column) for each of them, in the order of `monitor_columns`.
template <class F> constexpr void for_each_column(column_set which, F const& f) {
  for (monitor_column const& column : monitor_columns) {
    if (which == column_set::all || column.read_line != nullptr) {
      f(column);
    }
  }
}

/// A number for each of `monitor_columns`; NaN where nothing was seen.
using column_numbers = std::array<double, monitor_columns.size()>;

/// One layer in one step. Refers to the monitor, or to the numbers, which outlive it.
class report_row {
public:
  std::string_view layer;
  std::string_view phase; ///< "training" or "evaluation"
  std::uint64_t step;     ///< the first of the phase is 0

  report_row(std::string_view layer_name, std::string_view phase_name, std::uint64_t number, layer_record const& record)
      : layer(layer_name), phase(phase_name), step(number), record_(&record) {}
  report_row(std::string_view layer_name, std::string_view phase_name, history_line const& line)
      : layer(layer_name), phase(phase_name), step(line.step), line_(&line) {}
  /// Numbers that were read from a file, one for each of `monitor_columns`, of which the set is given.
  report_row(std::string_view layer_name, std::string_view phase_name, std::uint64_t number, column_set columns,
             column_numbers const& numbers)
      : layer(layer_name), phase(phase_name), step(number), columns_(columns), numbers_(&numbers) {}

  /// f(column, number) for each column of the row's set; NaN where nothing was seen.
  template <class F> void each(F const& f) const {
    column_set const columns = numbers_ != nullptr  ? columns_
                               : record_ != nullptr ? column_set::all
                                                    : column_set::each_step;
    for_each_column(columns, [&](monitor_column const& column) {
      f(column, numbers_ != nullptr  ? (*numbers_)[static_cast<std::size_t>(&column - monitor_columns.data())]
                : record_ != nullptr ? column.read(*record_)
                                     : column.read_line(*line_));
    });
  }

private:
  column_set columns_ = column_set::all;
  column_numbers const* numbers_ = nullptr;
  layer_record const* record_ = nullptr;
  history_line const* line_ = nullptr;
};

/// The loss of one step of training, or the mean of several.
struct loss_row {
  std::uint64_t step = 0;      ///< the first one
  std::uint64_t steps = 0;     ///< how many
  std::uint64_t nonfinite = 0; ///< of these with a loss that is NaN or infinite
  double loss = 0.0;           ///< mean over the finite ones; of a single step, as it is

  loss_row(std::uint64_t number, double of_step)
      : step(number), steps(1), nonfinite(detail::is_finite(of_step) ? 0 : 1), loss(of_step) {}
  explicit loss_row(loss_block const& block)
      : step(block.first_step), steps(block.count + block.nonfinite), nonfinite(block.nonfinite),
        loss(block.count == 0 ? std::numeric_limits<double>::quiet_NaN() : block.mean) {}
};

namespace detail {

/// f(row) for each step that a layer's history kept: layer by layer, training before evaluation. M is monitor: a
/// template, so that a writer does not bring all of it.
template <class M, class F> void for_each_history_line(M const& mon, F const& f) {
  using phase_t = decltype(mon.phase());
  for (auto const& layer : mon) {
    for (phase_t const p : {phase_t::train, phase_t::eval}) {
      auto const& lines = layer.history(p);
      for (std::size_t i = 0; i < lines.size(); ++i) {
        f(report_row(layer.name(), to_text(p), lines[i]));
      }
    }
  }
}

} // namespace detail

}} // namespace satur::SATUR_ABI
