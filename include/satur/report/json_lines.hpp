/// \file report/json_lines.hpp  The history of a monitor as JSON Lines: one object a line, for any plotting program.
#pragma once

#include "satur/monitor/monitor.hpp"

#include <array>
#include <charconv>
#include <ostream>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// The shortest digits that read back as the same number; JSON has no NaN and no infinity: null.
inline void write_json(std::ostream& out, double x) {
  if (!is_finite(x)) {
    out << "null";
    return;
  }
  std::array<char, 32> text;
  out.write(text.data(), std::to_chars(text.data(), text.data() + text.size(), x).ptr - text.data());
}
inline void write_json(std::ostream& out, std::uint64_t x) {
  std::array<char, 24> text;
  out.write(text.data(), std::to_chars(text.data(), text.data() + text.size(), x).ptr - text.data());
}
/// A string of bytes; those that are UTF-8 stay so.
inline void write_json(std::ostream& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  out << '"';
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out << '\\' << c;
    } else if (byte < 0x20) {
      out << "\\u00" << digits[byte >> 4] << digits[byte & 15];
    } else {
      out << c;
    }
  }
  out << '"';
}

} // namespace detail

/// One line for each step that a layer's history kept, layer by layer, training before evaluation:
///
///     {"layer":"fc1","phase":"training","step":0,"count":32768,"low":12,"high":9,"nonfinite":0,"mean_slope":0.21,
///      "slope_share":0.84,"low_fraction":0.00037,"high_fraction":0.00027,"gradient_rms":0.0012,"log10_update":-3.1}
///
/// (without the line break). What was not seen is null. Digits do not depend on the stream's locale or format.
inline void write_history(monitor const& mon, std::ostream& out) {
  using detail::write_json;
  for (layer_monitor const& layer : mon) {
    for (phase const p : {phase::train, phase::eval}) {
      history const& lines = layer.history(p);
      for (std::size_t i = 0; i < lines.size(); ++i) {
        history_line const& line = lines[i];
        char const* separator = "{";
        auto const field = [&](std::string_view name, auto value) {
          out << separator << '"' << name << "\":";
          write_json(out, value);
          separator = ",";
        };
        field("layer", std::string_view(layer.name()));
        field("phase", to_text(p));
        field("step", line.step);
        field("count", line.count);
        field("low", line.low);
        field("high", line.high);
        field("nonfinite", line.nonfinite);
        field("mean_slope", line.mean_derivative());
        field("slope_share", line.slope_share());
        field("low_fraction", line.low_fraction());
        field("high_fraction", line.high_fraction());
        field("gradient_rms", line.gradient_rms());
        field("log10_update", line.log10_update());
        out << "}\n";
      }
    }
  }
}

}} // namespace satur::SATUR_ABI
