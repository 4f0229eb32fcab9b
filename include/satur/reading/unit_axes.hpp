/// \file reading/unit_axes.hpp  The saturated share of a layer by elements, by units and by samples.
#pragma once

#include "satur/record/units/unit_records.hpp"
#include "satur/text/number.hpp"

#include <cstdint>
#include <ostream>
#include <string>

namespace satur { inline namespace SATUR_ABI {

/// Three measures of the saturated part of a layer. Elements: pairs of a unit and a sample. Units: those saturated on
/// at least `unit_share` of their samples. Samples: those on which at least `sample_share` of the layer is saturated.
///
/// They differ. If 10 % of the elements are saturated, 10 % of the units may be saturated always, or every unit on 10 %
/// of the samples, or all units on 10 % of the samples.
struct saturation_axes {
  double elements = 0.0; ///< number of elements without NaN
  double low = 0.0;      ///< of them, saturated on the low side
  double high = 0.0;

  double unit_share = 0.95;          ///< share of samples from which a unit counts as saturated
  std::uint64_t units = 0;           ///< units with a sample that is not NaN
  std::uint64_t saturated_units = 0; ///< (low + high) / samples >= unit_share
  std::uint64_t low_units = 0;       ///< of them, low / samples >= unit_share
  std::uint64_t high_units = 0; ///< of them, high / samples >= unit_share; the rest reach it with both sides together

  double sample_share = 0.5; ///< share of units from which a sample counts as saturated, `unit_options::sample_share`
  std::uint64_t samples = 0;
  std::uint64_t saturated_samples = 0;

  rule_definition rule;

  [[nodiscard]] double element_fraction() const { return share(low + high, elements); }
  [[nodiscard]] double unit_fraction() const {
    return share(static_cast<double>(saturated_units), static_cast<double>(units));
  }
  [[nodiscard]] double sample_fraction() const {
    return share(static_cast<double>(saturated_samples), static_cast<double>(samples));
  }

  /// Three lines, each with its definition:
  ///
  ///     elements  12.5 % of 32768 saturated (low 12.0 %, high 0.5 %; |z| > 5)
  ///     units     31 of 256 saturated on >= 95 % of their samples (30 low, 0 high, 1 on both sides)
  ///     samples   3 of 128 with >= 50 % of the layer saturated
  friend std::ostream& operator<<(std::ostream& out, saturation_axes const& a) {
    return out << detail::message("elements  ", text::percent(a.element_fraction()), " % of ",
                                  text::decimals(a.elements, 0), " saturated (low ",
                                  text::percent(share(a.low, a.elements)), " %, high ",
                                  text::percent(share(a.high, a.elements)), " %; ", to_text(a.rule), ")\n")
               << detail::message("units     ", a.saturated_units, " of ", a.units,
                                  " saturated on >= ", text::limit_percent(a.unit_share), " % of their samples (",
                                  a.low_units, " low, ", a.high_units, " high, ",
                                  a.saturated_units - a.low_units - a.high_units, " on both sides)\n")
               << detail::message("samples   ", a.saturated_samples, " of ", a.samples,
                                  " with >= ", text::limit_percent(a.sample_share), " % of the layer saturated\n");
  }
  bool operator==(saturation_axes const&) const = default;

private:
  [[nodiscard]] static double share(double part, double whole) {
    return whole > 0.0 ? part / whole : std::numeric_limits<double>::quiet_NaN();
  }
};

/// The three measures of a record. Throws std::invalid_argument if unit_share is not in (0, 1].
[[nodiscard]] inline saturation_axes axes_of(unit_records const& units, double unit_share = 0.95) {
  if (detail::is_nan(unit_share) || !(unit_share > 0.0 && unit_share <= 1.0)) {
    detail::bad_parameter("axes_of", "unit_share", unit_share, "a share of the samples in (0, 1], such as 0.95");
  }
  saturation_axes a;
  a.unit_share = unit_share;
  a.sample_share = units.options().sample_share;
  a.samples = units.samples();
  a.saturated_samples = units.saturated_samples();
  a.rule = units.rule();
  for (std::size_t u = 0; u < units.size(); ++u) {
    unit_summary const s = units[u];
    if (s.samples > 0.0) {
      a.elements += s.samples;
      a.low += s.low;
      a.high += s.high;
      ++a.units;
      a.saturated_units += s.fraction() >= unit_share;
      a.low_units += s.low_fraction() >= unit_share;
      a.high_units += s.high_fraction() >= unit_share && s.low_fraction() < unit_share;
    }
  }
  return a;
}

}} // namespace satur::SATUR_ABI
