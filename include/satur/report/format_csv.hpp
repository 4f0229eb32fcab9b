/// \file report/format_csv.hpp  What leaves the number formats of a run as comma-separated values.
#pragma once

#include "satur/monitor/monitor.hpp"
#include "satur/report/csv.hpp"
#include "satur/text/number.hpp"

#include <array>
#include <ostream>
#include <string>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// One number of a loss in a number format. Readers give NaN where nothing was seen; a count is a whole number, exact
/// below 2^53.
struct format_column {
  std::string_view name;
  std::string_view unit; ///< "count", "share" (0 to 1), "bits", or "x": what the numbers are measured in
  std::string_view definition;
  double (*read)(format_loss const&);
};

/// All of them, in the order in which writers give them: a row in docs/monitor.md each.
inline constexpr std::array format_columns{
    format_column{"count", "count", "numbers seen, NaN not among them",
                  [](format_loss const& l) { return static_cast<double>(l.count); }},
    format_column{"to_limit", "count", "rounded beyond the largest or lowest number",
                  [](format_loss const& l) { return static_cast<double>(l.to_limit); }},
    format_column{"before_rounding", "count", "beyond the largest or lowest number before rounding",
                  [](format_loss const& l) { return static_cast<double>(l.before_rounding); }},
    format_column{"to_zero", "count", "not zero, and rounded to zero",
                  [](format_loss const& l) { return static_cast<double>(l.to_zero); }},
    format_column{"subnormal", "count", "rounded to a subnormal number",
                  [](format_loss const& l) { return static_cast<double>(l.subnormal); }},
    format_column{"zeros", "count", "exactly zero", [](format_loss const& l) { return static_cast<double>(l.zeros); }},
    format_column{"nonfinite", "count", "NaN or infinite",
                  [](format_loss const& l) { return static_cast<double>(l.nan + l.infinite); }},
    format_column{"to_limit_fraction", "share", "to_limit / count",
                  [](format_loss const& l) { return l.to_limit_fraction(); }},
    format_column{"to_zero_of_nonzero", "share", "to_zero / (count - zeros)",
                  [](format_loss const& l) { return l.to_zero_of_nonzero(); }},
    format_column{"amax", "x", "largest finite size, without the scale", [](format_loss const& l) { return l.amax; }},
    format_column{"smallest_nonzero", "x", "smallest size that is not 0, without the scale",
                  [](format_loss const& l) { return l.smallest_nonzero; }},
    format_column{"headroom_bits", "bits", "log2(largest / (amax scale))",
                  [](format_loss const& l) { return l.headroom_bits(); }},
};

/// A header, then one row for each layer, phase and kind of numbers (z, outputs, dL/dz, weights) that was recorded,
/// over all sampled steps: `layer`, `phase`, `numbers`, `format`, `scale`, and `format_columns`. A missing number is an
/// empty field. Quoted as `write_csv` quotes.
inline void write_format_csv(monitor const& mon, std::ostream& out) {
  std::string text = "layer,phase,numbers,format,scale";
  for (format_column const& column : format_columns) {
    text += ',' + detail::csv_field(column.name);
  }
  out << text + '\n';
  for (layer_monitor const& layer : mon) {
    for (phase const p : {phase::train, phase::eval}) {
      for (layer_numbers const which : format_losses::each) {
        if (!layer.formats(p) || layer.formats(p)->total.of(which).empty()) {
          continue;
        }
        format_loss const& loss = layer.formats(p)->total.of(which);
        text = detail::csv_field(layer.name()) + ',' + std::string(to_text(p)) + ',' + std::string(to_text(which)) +
               ',' + detail::csv_field(loss.format.name.view()) + ',' + text::number(loss.scale);
        for (format_column const& column : format_columns) {
          double const x = column.read(loss);
          text += detail::is_nan(x) ? "," : ',' + text::number(x);
        }
        out << text + '\n';
      }
    }
  }
}

}} // namespace satur::SATUR_ABI
