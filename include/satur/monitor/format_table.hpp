/// \file monitor/format_table.hpp  What leaves the watched number formats as text: a row for each layer.
#pragma once

#include "satur/monitor/monitor.hpp"
#include "satur/text/number.hpp"
#include "satur/text/table.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <ostream>
#include <string>

namespace satur { inline namespace SATUR_ABI {

/// Which sampled steps a table is of.
enum class table_stretch : std::uint8_t { last_step, all_steps };

/// One row per layer, two columns for each of z, outputs, dL/dz and weights that is watched in some layer: at most 77
/// columns. Prints nothing if no layer watches any.
class format_table {
public:
  format_table(monitor const& mon, table_stretch what, phase p = phase::train)
      : monitor_(mon), what_(what), phase_(p) {}

  SATUR_COMPILED_MEMBER friend std::ostream& operator<<(std::ostream& out, format_table const& table)
#if SATUR_COMPILED
      ;
#else
  {
    std::string above = text::left("", 13);
    std::string head = text::left("layer", 13);
    for (layer_numbers const which : format_losses::each) {
      if (std::string const title = table.title_of(which); !title.empty()) {
        above += text::right(to_text(which), 16);
        head += text::right("limit %", 8) + text::right("zero %", 8);
      }
    }
    std::string const formats = table.formats();
    if (formats.empty()) {
      return out;
    }
    out << above << '\n' << head << '\n';
    for (layer_monitor const& layer : table.monitor_) {
      std::string row = text::left(text::shortened(layer.name(), 12), 13);
      for (layer_numbers const which : format_losses::each) {
        if (!table.title_of(which).empty()) {
          format_loss const loss = table.loss_of(layer, which);
          row += text::right(text::percent(loss.to_limit_fraction()), 8);
          row += text::right(text::percent(loss.to_zero_of_nonzero()), 8);
        }
      }
      out << row << '\n';
    }
    return out << formats << "\nlimit: rounded beyond the largest number; zero: rounded to it, of what is not\n";
  }
#endif

private:
  /// "z, outputs: fp8_e4m3 at scale 1; dL/dz: float16 at scale 1024", on as many lines as that takes.
  [[nodiscard]] std::string formats() const {
    std::string all;
    std::size_t line = 0; ///< where the last line begins
    for (std::size_t i = 0; i < std::size(format_losses::each); ++i) {
      std::string const title = title_of(format_losses::each[i]);
      std::string names;
      bool told = title.empty();
      for (std::size_t k = 0; k < std::size(format_losses::each) && !told; ++k) {
        if (title_of(format_losses::each[k]) == title) {
          told = k < i;
          names += detail::message(names.empty() ? "" : ", ", to_text(format_losses::each[k]));
        }
      }
      if (told) {
        continue;
      }
      bool const fits = all.size() - line + names.size() + title.size() + 4 <= 80;
      all += all.empty() ? "" : fits ? "; " : "\n";
      line = fits || all.empty() ? line : all.size();
      all.append(names).append(": ").append(title);
    }
    return all;
  }
  [[nodiscard]] format_loss loss_of(layer_monitor const& layer, layer_numbers which) const {
    if (!layer.formats(phase_)) {
      return {};
    }
    return (what_ == table_stretch::last_step ? layer.formats(phase_)->last : layer.formats(phase_)->total).of(which);
  }
  /// "fp8_e4m3 at scale 1"; empty if no layer watches these numbers.
  [[nodiscard]] std::string title_of(layer_numbers which) const {
    scaled_format found;
    for (layer_monitor const& layer : monitor_) {
      scaled_format const& as = layer.watched().of(which);
      if (as.is_set() && found.is_set() && !(as == found)) {
        return as.format == found.format ? detail::message(as.format.name.view(), ", scales differ by layer")
                                         : "formats differ by layer";
      }
      found = as.is_set() ? as : found;
    }
    format_loss as;
    as.format = found.format;
    as.scale = found.scale;
    return found.is_set() ? as.title() : std::string();
  }
  monitor const& monitor_;
  table_stretch what_;
  phase phase_;
};

}} // namespace satur::SATUR_ABI
